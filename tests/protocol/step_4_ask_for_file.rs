//! Step 4: the client asks for a file by its name.

use crate::support::TestServer;

#[test]
fn download_is_a_word_a_space_and_the_files_name() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("DOWNLOAD a.txt\n");
    wire.expect_bytes("OK 6\nhello\n");
}

#[test]
fn download_matches_in_upper_and_in_lower_case() {
    let server = TestServer::start();
    let mut wire = server.session();
    for line in ["download a.txt\n", "Download a.txt\n", "dOWNLOAd a.txt\n"] {
        wire.send(line);
        wire.expect_bytes("OK 6\nhello\n");
    }
}

#[test]
fn the_name_is_the_whole_rest_of_the_line_with_the_spaces_inside_it() {
    let server = TestServer::start();
    server.dir.put("my  own notes.txt", "mine");
    let mut wire = server.session();
    wire.send("DOWNLOAD    my  own notes.txt  \n");
    wire.expect_bytes("OK 4\nmine");
    wire.send("DOWNLOAD my own notes.txt\n");
    wire.expect_err("NOT_FOUND");
    wire.send("DOWNLOAD my\n");
    wire.expect_err("NOT_FOUND");
}

#[test]
fn the_name_is_taken_as_it_stands_and_nothing_in_it_is_special() {
    let server = TestServer::start();
    let mut wire = server.session();
    for name in ["Été.txt", "LIST", "DOWNLOAD a.txt", "100%20.txt", "'a.txt'", "~", "-rf", "$HOME", "a..b"] {
        server.dir.put(name, name);
        wire.send(format!("DOWNLOAD {name}\n"));
        wire.expect_body(name);
    }
    wire.send("DOWNLOAD \"a.txt\"\n");
    wire.expect_err("NOT_FOUND");
    wire.send("DOWNLOAD a%2Etxt\n");
    wire.expect_err("NOT_FOUND");
}

#[test]
fn the_longest_name_is_255_bytes_not_255_letters() {
    let server = TestServer::start();
    let longest = "é".repeat(127) + "e";
    server.dir.put(&longest, "long");
    let mut wire = server.session();
    wire.send(format!("DOWNLOAD {longest}\n"));
    wire.expect_bytes("OK 4\nlong");
    wire.send(format!("DOWNLOAD {}\n", "é".repeat(128)));
    wire.expect_err("BAD_FILENAME");
}
