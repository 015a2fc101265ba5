//! Files: every size around the boundaries of buffers, every byte, and what changes while it is being sent.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::thread;

use file_transfer::server::registry::Doing;

#[cfg(unix)]
use crate::support::TempDir;
use crate::support::{Reply, TestServer, Wire};

/// More than the sockets on both sides hold while nobody reads: a transfer of so much stands still in the middle.
const BIG: usize = 32 * 1024 * 1024;

/// Bytes that look different at every place: a part that is missing, doubled or moved shows.
fn pattern(size: usize) -> Vec<u8> {
    (0..size as u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// The length of the line that announces so many bytes.
fn header_length(size: usize) -> usize {
    format!("OK {size}\n").len()
}

/// A session that has received the header of `big.bin`, which holds `content`, while the server waits, in the middle
/// of the body, for somebody who reads.
fn session_inside_a_body(server: &TestServer, content: &[u8]) -> Wire {
    server.dir.put("big.bin", content);
    let mut wire = server.session();
    wire.send("DOWNLOAD big.bin\n");
    wire.expect_bytes(format!("OK {}\n", content.len()));
    match &server.sessions()[0].doing {
        Doing::Sending { sent, size, .. } if sent < size => {}
        doing => wire.fail(&format!("the server should be inside the body, but: {doing:?}")),
    }
    wire
}

fn big_file(server: &TestServer) -> PathBuf {
    server.dir.path().join("big.bin")
}

/// One of each kind of file that is not a regular file, and their names.
#[cfg(unix)]
pub fn put_what_is_no_regular_file(dir: &TempDir) -> Vec<&'static str> {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    use std::process::Command;

    let at = |name| dir.path().join(name);
    fs::create_dir(at("directory")).unwrap();
    symlink("a.txt", at("link to a file")).unwrap();
    symlink("directory", at("link to a directory")).unwrap();
    symlink("nowhere", at("link to nothing")).unwrap();
    symlink("/dev/zero", at("link to a device")).unwrap();
    assert!(Command::new("mkfifo").arg(at("fifo")).status().unwrap().success());
    symlink("fifo", at("link to a fifo")).unwrap();
    UnixListener::bind(at("socket")).unwrap();
    let links = ["link to a file", "link to a directory", "link to nothing", "link to a device", "link to a fifo"];
    ["directory", "fifo", "socket"].into_iter().chain(links).collect()
}

#[test]
fn files_of_every_size_around_a_buffers_boundary_arrive_whole() {
    let server = TestServer::start();
    let mut wire = server.session();
    let boundaries = [1024, 4096, 8192, 48 * 1024, 64 * 1024, 96 * 1024, 128 * 1024, 1024 * 1024];
    let full_with_header = boundaries.map(|boundary| boundary - header_length(boundary));
    for boundary in [1].into_iter().chain(boundaries).chain(full_with_header) {
        for size in boundary - 1..=boundary + 1 {
            let content = pattern(size);
            server.dir.put("file.bin", &content);
            wire.send("DOWNLOAD file.bin\nDOWNLOAD a.txt\n");
            wire.expect_bytes(format!("OK {size}\n"));
            if wire.bytes(size) != content {
                wire.fail(&format!("the {size} bytes are not the file's"));
            }
            wire.expect_bytes("OK 6\nhello\n");
        }
    }
}

#[test]
fn every_byte_arrives_as_it_is() {
    let server = TestServer::start();
    let all: Vec<u8> = (0..=255).collect();
    let mut wire = server.session();
    for content in
        [all.clone(), all.iter().rev().copied().collect(), all.repeat(300), vec![0; 70_000], vec![255; 70_000]]
    {
        server.dir.put("bytes.bin", &content);
        wire.send("DOWNLOAD bytes.bin\n");
        wire.expect_body(content);
    }
}

#[test]
fn a_file_that_grows_meanwhile_arrives_in_the_size_that_was_promised() {
    let server = TestServer::start();
    let content = vec![b'o'; BIG];
    let mut wire = session_inside_a_body(&server, &content);
    OpenOptions::new().append(true).open(big_file(&server)).unwrap().write_all(&[b'n'; 100_000]).unwrap();
    wire.expect_bytes(&content);
    wire.send("DOWNLOAD a.txt\n");
    wire.expect_bytes("OK 6\nhello\n");
    wire.send("LIST\n");
    wire.expect_body(format!("6 a.txt\n{} big.bin\n", BIG + 100_000));
}

#[test]
fn a_file_that_shrinks_meanwhile_ends_the_connection_and_is_never_filled_up() {
    let server = TestServer::start();
    let mut wire = session_inside_a_body(&server, &vec![b'o'; BIG]);
    OpenOptions::new().write(true).open(big_file(&server)).unwrap().set_len(1).unwrap();
    // This is not an answer: after a cut body, later bytes can't be distinguished from the body.
    wire.send("DOWNLOAD a.txt\n");
    let arrived = wire.rest();
    assert!(arrived.len() < BIG, "{} bytes arrived of a file that was cut", arrived.len());
    assert!(arrived == vec![b'o'; arrived.len()], "other bytes than the file's arrived");
    server.wait_for_sessions(0);
}

#[test]
fn a_file_that_shrinks_hurts_no_other_session() {
    let server = TestServer::start();
    let mut wire = session_inside_a_body(&server, &vec![b'o'; BIG]);
    let mut other = server.session();
    OpenOptions::new().write(true).open(big_file(&server)).unwrap().set_len(0).unwrap();
    wire.rest();
    other.send("DOWNLOAD big.bin\nDOWNLOAD a.txt\n");
    other.expect_bytes("OK 0\nOK 6\nhello\n");
}

/// Windows may refuse to replace a file that is open.
#[cfg(unix)]
#[test]
fn a_file_that_is_replaced_by_a_rename_meanwhile_arrives_as_it_was() {
    let server = TestServer::start();
    let content = vec![b'o'; BIG];
    let mut wire = session_inside_a_body(&server, &content);
    server.dir.put(".new", "the new one");
    fs::rename(server.dir.path().join(".new"), big_file(&server)).unwrap();
    wire.expect_bytes(&content);
    wire.send("DOWNLOAD big.bin\n");
    wire.expect_body("the new one");
}

/// Windows may refuse to delete a file that is open.
#[cfg(unix)]
#[test]
fn a_file_that_is_deleted_meanwhile_arrives_as_it_was() {
    let server = TestServer::start();
    let content = vec![b'o'; BIG];
    let mut wire = session_inside_a_body(&server, &content);
    fs::remove_file(big_file(&server)).unwrap();
    wire.expect_bytes(&content);
    wire.send("DOWNLOAD big.bin\n");
    wire.expect_err("NOT_FOUND");
}

#[cfg(unix)]
#[test]
fn a_served_directory_that_vanishes_cuts_no_transfer_and_ends_no_session() {
    let server = TestServer::start();
    let content = vec![b'o'; BIG];
    let mut wire = session_inside_a_body(&server, &content);
    fs::remove_dir_all(server.dir.path()).unwrap();
    wire.expect_bytes(&content);
    wire.send("LIST\n");
    wire.expect_err("READ_FAILED");
    wire.send("DOWNLOAD a.txt\n");
    match wire.reply() {
        Reply::Err { code, .. } if code == "NOT_FOUND" || code == "READ_FAILED" => {}
        _ => wire.fail("expected NOT_FOUND or READ_FAILED"),
    }
    wire.send("HELP\n");
    wire.expect_ok();
}

/// Downloads `big.bin` many times, while it is replaced by renames all the time. Each version is one letter, `length`
/// times the letter's code: no two are of the same size.
#[cfg(unix)]
fn download_while_it_is_replaced(length: usize) {
    let version = |letter: u8| vec![letter; length * usize::from(letter)];
    let server = TestServer::start();
    let at = |name: &str| server.dir.path().join(name);
    server.dir.put("big.bin", version(b'a'));
    server.dir.put(".a", version(b'a'));
    server.dir.put(".b", version(b'b'));
    let download = || {
        let mut wire = server.session();
        let mut whole = 0;
        for _ in 0..500 {
            wire.send("DOWNLOAD big.bin\n");
            match wire.reply() {
                Reply::Ok(body) if body == version(body[0]) => whole += 1,
                Reply::Ok(_) => wire.fail("two versions were mixed"),
                Reply::Err { code, .. } if code == "READ_FAILED" => {}
                Reply::Err { .. } => wire.fail("the name was there all the time"),
            }
        }
        whole
    };
    thread::scope(|scope| {
        let downloads = scope.spawn(download);
        for name in [".a", ".b"].into_iter().cycle().take_while(|_| !downloads.is_finished()) {
            // A second name for the version that waits, which is then moved into its place.
            fs::hard_link(at(name), at(".new")).unwrap();
            fs::rename(at(".new"), at("big.bin")).unwrap();
        }
        assert!(downloads.join().unwrap() > 0, "not one download arrived whole");
    });
}

#[cfg(unix)]
#[test]
fn a_small_file_that_is_replaced_again_and_again_is_opened_anew_and_arrives_whole_or_is_refused() {
    download_while_it_is_replaced(1);
}

#[cfg(unix)]
#[test]
fn a_large_file_that_is_replaced_again_and_again_arrives_whole_or_is_refused() {
    download_while_it_is_replaced(2_500);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_not_found_and_asking_for_it_never_blocks() {
    let server = TestServer::start();
    let names = put_what_is_no_regular_file(&server.dir);
    let mut wire = server.session();
    for name in names {
        wire.send(format!("DOWNLOAD {name}\nDOWNLOAD a.txt\n"));
        wire.expect_err("NOT_FOUND");
        wire.expect_bytes("OK 6\nhello\n");
    }
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_file_is_followed_neither_before_nor_after_a_download() {
    let server = TestServer::start();
    let outside = TempDir::new();
    outside.put("secret.txt", "secret");
    let mut wire = server.session();
    wire.send("DOWNLOAD a.txt\n");
    wire.expect_bytes("OK 6\nhello\n");
    fs::remove_file(server.dir.path().join("a.txt")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret.txt"), server.dir.path().join("a.txt")).unwrap();
    wire.send("DOWNLOAD a.txt\n");
    wire.expect_err("NOT_FOUND");
}
