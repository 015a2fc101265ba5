//! Step 5: the server sends the file. `files` has more about sizes, and about files that change meanwhile.

use std::thread;

use crate::support::TestServer;

#[test]
fn a_file_is_its_size_a_line_end_and_its_bytes_with_nothing_around_them() {
    let server = TestServer::start();
    server.dir.put("no line end", "two\r\nlines");
    let mut wire = server.session();
    wire.send("DOWNLOAD no line end\nDOWNLOAD a.txt\n");
    wire.expect_bytes("OK 10\ntwo\r\nlinesOK 6\nhello\n");
}

#[test]
fn an_empty_file_is_ok_0_and_no_body() {
    let server = TestServer::start();
    server.dir.put("empty", "");
    let mut wire = server.session();
    wire.send("DOWNLOAD empty\nDOWNLOAD empty\n");
    wire.expect_bytes("OK 0\nOK 0\n");
}

#[test]
fn a_file_that_looks_like_the_protocol_arrives_as_it_is() {
    let server = TestServer::start();
    let tricky = b"OK 5\nERR NOT_FOUND x\nLOGOUT\n\xff\xfd\x06\xff\xff\0\x1a";
    server.dir.put("tricky", tricky);
    let mut wire = server.session();
    wire.send("DOWNLOAD tricky\n");
    wire.expect_body(tricky);
    wire.send("DOWNLOAD a.txt\n");
    wire.expect_bytes("OK 6\nhello\n");
}

#[test]
fn several_clients_receive_the_same_file_at_the_same_time() {
    let server = TestServer::start();
    let content: Vec<u8> = (0..1_000_000u32).map(|index| (index % 251) as u8).collect();
    server.dir.put("shared.bin", &content);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut wire = server.session();
                wire.send("DOWNLOAD shared.bin\n");
                wire.expect_body(&content);
            });
        }
    });
}
