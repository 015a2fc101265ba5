//! Step 2: the client asks for the list of the server's files.

use crate::support::TestServer;

/// The answer to LIST where the directory holds `a.txt` with `hello\n`: the header, then a line for the file.
const THE_LIST: &str = "OK 8\n6 a.txt\n";

#[test]
fn list_is_one_word_and_a_line_end() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LIST\n");
    wire.expect_bytes(THE_LIST);
}

#[test]
fn list_matches_in_upper_and_in_lower_case() {
    let server = TestServer::start();
    let mut wire = server.session();
    for line in ["list\n", "List\n", "lIsT\n"] {
        wire.send(line);
        wire.expect_bytes(THE_LIST);
    }
}

#[test]
fn list_is_not_answered_before_its_line_has_ended() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LIST");
    wire.expect_silence();
    wire.send("\n");
    wire.expect_bytes(THE_LIST);
}

#[test]
fn list_may_be_sent_before_the_greeting_has_come() {
    let server = TestServer::start();
    let mut wire = server.connect();
    wire.send("LIST\n");
    wire.expect_ok();
    wire.expect_bytes(THE_LIST);
}

#[test]
fn list_takes_no_argument() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LIST a.txt\n");
    wire.expect_err("BAD_ARGUMENTS");
    wire.send("LIST\n");
    wire.expect_bytes(THE_LIST);
}
