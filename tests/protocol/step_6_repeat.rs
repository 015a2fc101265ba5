//! Step 6: the client asks again, as often as it likes.

use crate::support::TestServer;

#[test]
fn one_session_carries_any_number_of_lists_and_downloads() {
    let server = TestServer::start();
    let mut wire = server.session();
    for _ in 0..200 {
        wire.send("LIST\n");
        wire.expect_bytes("OK 8\n6 a.txt\n");
        wire.send("DOWNLOAD a.txt\n");
        wire.expect_bytes("OK 6\nhello\n");
    }
}

#[test]
fn each_download_gives_the_file_as_it_is_then() {
    let server = TestServer::start();
    let mut wire = server.session();
    for content in ["first", "the second", "", "3"] {
        server.dir.put("a.txt", content);
        wire.send("DOWNLOAD a.txt\n");
        wire.expect_body(content);
    }
}

#[test]
fn a_refusal_does_not_end_the_session() {
    let server = TestServer::start();
    let mut wire = server.session();
    for _ in 0..20 {
        wire.send("DOWNLOAD missing.txt\n");
        wire.expect_err("NOT_FOUND");
        wire.send("DOWNLOAD a.txt\n");
        wire.expect_bytes("OK 6\nhello\n");
    }
}

#[test]
fn help_may_come_at_any_time_and_has_a_line_for_each_command() {
    let server = TestServer::start();
    let mut wire = server.session();
    for _ in 0..3 {
        wire.send("HELP\n");
        let help = String::from_utf8(wire.expect_ok()).unwrap();
        let words: Vec<_> = help.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(words, ["LIST", "DOWNLOAD", "HELP", "LOGOUT"]);
        assert!(help.ends_with('\n'), "{help}");
        wire.send("LIST\n");
        wire.expect_bytes("OK 8\n6 a.txt\n");
    }
}
