//! Step 1: the client opens a TCP connection to the server.

use crate::support::TestServer;

#[test]
fn the_server_greets_each_client_with_a_text_that_names_help() {
    let server = TestServer::start();
    let mut wire = server.connect();
    let greeting = String::from_utf8(wire.expect_ok()).unwrap();
    assert!(greeting.contains("HELP") && greeting.ends_with('\n'), "{greeting}");
}

#[test]
fn many_clients_are_greeted_at_the_same_time() {
    let server = TestServer::start();
    let _sessions: Vec<_> = (0..40).map(|_| server.session()).collect();
    server.wait_for_sessions(40);
}
