//! Step 8: the server closes the connection, and nothing that it has sent gets lost.

use file_transfer::server::reply::GOODBYE;

use crate::support::{TestServer, Wanted, Wire};

/// Less than what the server drops when it closes, and less than the sockets hold; much more than one read brings.
const MUCH: usize = 30 * 1024;

/// A client that still sends when the server closes. On its own, a socket that is closed on unread input sends a reset.
#[track_caller]
fn send_with_much_behind_it(wire: &mut Wire, bytes: &str) {
    let mut all = bytes.as_bytes().to_vec();
    all.resize(all.len() + MUCH, b'x');
    wire.send(all);
}

#[test]
fn the_end_comes_right_behind_the_goodbye_also_if_the_client_keeps_its_side_open() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LOGOUT\n");
    wire.expect_body(GOODBYE);
    wire.expect_end();
}

#[test]
fn what_follows_logout_is_ignored() {
    let server = TestServer::start();
    for behind in ["LIST\n", "DOWNLOAD a.txt\nLOGOUT\n", "NONSENSE\n", "unfinished", "\u{0}", &"x".repeat(1024)] {
        let mut wire = server.session();
        wire.send(format!("LOGOUT\n{behind}"));
        wire.half_close();
        wire.expect_body(GOODBYE);
        wire.expect_end();
    }
}

#[test]
fn unread_input_makes_no_reset_that_destroys_the_goodbye() {
    let server = TestServer::start();
    for _ in 0..10 {
        let mut wire = server.session();
        send_with_much_behind_it(&mut wire, "LOGOUT\n");
        // Only now that the session is over does the client look at what came.
        server.wait_for_sessions(0);
        wire.expect_body(GOODBYE);
        wire.expect_end();
    }
}

#[test]
fn unread_input_makes_no_reset_that_destroys_a_file_on_its_way() {
    let server = TestServer::start();
    let file = vec![b'f'; 3_000_000];
    server.dir.put("file.bin", &file);
    for _ in 0..5 {
        let mut wire = server.session();
        // The session is over long before the client has received the file.
        send_with_much_behind_it(&mut wire, "DOWNLOAD file.bin\nLOGOUT\n");
        wire.expect_body(&file);
        wire.expect_body(GOODBYE);
        wire.expect_end();
    }
}

#[test]
fn unread_input_makes_no_reset_that_destroys_the_last_error() {
    let server = TestServer::start();
    for _ in 0..10 {
        let mut wire = server.session();
        send_with_much_behind_it(&mut wire, "");
        server.wait_for_sessions(0);
        wire.expect_err("LINE_TOO_LONG");
        wire.expect_end();
    }
}

#[test]
fn the_place_is_given_back_before_the_client_can_see_the_end() {
    let server = TestServer::with(Wanted { max_sessions: 1, ..Wanted::default() });
    for _ in 0..30 {
        let mut wire = server.session();
        wire.send("LOGOUT\n");
        wire.expect_body(GOODBYE);
        wire.expect_end();
        assert_eq!(server.server.registry().active(), 0);
    }
}

#[test]
fn the_place_is_given_back_before_the_end_however_the_session_ends() {
    let server = TestServer::with(Wanted { max_sessions: 1, ..Wanted::default() });
    let too_long = "x".repeat(1024);
    for last_words in ["LOGOUT\n", "LIST\n", "", "unfinished", &too_long] {
        let mut wire = server.session();
        wire.send(last_words);
        wire.half_close();
        wire.rest();
        assert_eq!(server.server.registry().active(), 0, "after {last_words:?}");
    }
}
