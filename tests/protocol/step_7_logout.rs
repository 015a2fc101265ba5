//! Step 7: the client ends its session.

use file_transfer::server::reply::GOODBYE;

use crate::support::TestServer;

#[test]
fn logout_is_answered_with_a_goodbye() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LOGOUT\n");
    wire.expect_bytes(format!("OK {}\n{GOODBYE}", GOODBYE.len()));
    wire.expect_end();
}

#[test]
fn logout_matches_in_upper_and_in_lower_case() {
    let server = TestServer::start();
    for line in ["logout\n", "Logout\r\n", "  lOgOuT  \n"] {
        let mut wire = server.session();
        wire.send(line);
        wire.expect_body(GOODBYE);
        wire.expect_end();
    }
}

#[test]
fn logout_with_an_argument_is_refused_and_ends_nothing() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LOGOUT now\n");
    wire.expect_err("BAD_ARGUMENTS");
    wire.send("DOWNLOAD a.txt\n");
    wire.expect_bytes("OK 6\nhello\n");
}

#[test]
fn what_was_asked_before_logout_is_answered_before_the_goodbye() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LIST\nDOWNLOAD a.txt\nLOGOUT\n");
    wire.expect_bytes("OK 8\n6 a.txt\nOK 6\nhello\n");
    wire.expect_body(GOODBYE);
    wire.expect_end();
}

#[test]
fn the_logout_of_one_client_leaves_the_others_alone() {
    let server = TestServer::start();
    let (mut leaving, mut staying) = (server.session(), server.session());
    leaving.send("LOGOUT\n");
    leaving.expect_body(GOODBYE);
    leaving.expect_end();
    server.wait_for_sessions(1);
    staying.send("DOWNLOAD a.txt\n");
    staying.expect_bytes("OK 6\nhello\n");
}

#[test]
fn a_client_that_leaves_without_logout_gets_no_goodbye() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.half_close();
    wire.expect_end();
    server.wait_for_sessions(0);
}
