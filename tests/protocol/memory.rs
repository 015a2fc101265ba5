//! How much memory the tools take at most, whatever a server sends them.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;

use crate::support::TempDir;

/// The largest list that `lab load` reads.
const LIST_BYTES: usize = 16 * 1024 * 1024;

/// A server whose list has millions of files with the shortest names; every other body is empty.
fn server_with_an_enormous_list() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // An error means that the tool has left, as soon as it has read enough.
            thread::spawn(move || serve(&stream));
        }
    });
    address
}

fn serve(mut stream: &TcpStream) -> std::io::Result<()> {
    let line = b"0 a\n";
    stream.write_all(b"OK 0\n")?;
    for command in BufReader::new(stream).lines() {
        match command?.as_str() {
            "LIST" => {
                stream.write_all(format!("OK {LIST_BYTES}\n").as_bytes())?;
                stream.write_all(&line.repeat(LIST_BYTES / line.len()))?;
            }
            "LOGOUT" => return stream.write_all(b"OK 0\n"),
            _ => stream.write_all(b"OK 0\n")?,
        }
    }
    Ok(())
}

/// Runs the lab with at most so much address space, in KiB; what it printed, and on standard error.
fn lab_within(kibibytes: usize, arguments: &[&str]) -> (String, String) {
    let mut command = Command::new("sh");
    let limited = format!(r#"ulimit -v {kibibytes}; exec "$0" "$@""#);
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_lab")]).args(arguments);
    // Otherwise glibc reserves 64 MiB of addresses for each thread, used or not.
    let output = command.env("MALLOC_ARENA_MAX", "1").output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A third of the memory that both tools took while they kept each line of a list in separate memory.
const BOUND: usize = 90 * 1024;

#[test]
fn a_load_finds_its_file_in_an_enormous_list_within_90_mib() {
    let server = server_with_an_enormous_list().to_string();
    let (told, errors) = lab_within(BOUND, &["load", &server, "--clients", "1", "--seconds", "0.2", "--file", "a"]);
    assert!(told.contains("every client got answers"), "{told}\n{errors}");
}

#[test]
fn a_check_looks_through_an_enormous_list_within_90_mib() {
    let dir = TempDir::new();
    dir.put("b.txt", "");
    let server = server_with_an_enormous_list().to_string();
    let fixtures = dir.path().to_str().unwrap().to_string();
    let arguments = ["check", &server, "--fixtures", &fixtures, "--timeout", "20"];
    for (check, finding) in [("3.1", "1 of 1 passed"), ("3.2", "'0 b.txt' is not in the list"), ("3.3", "'a' stands")] {
        let (told, errors) = lab_within(BOUND, &[&arguments[..], &["--only", check]].concat());
        assert!(told.contains(finding), "{told}\n{errors}");
    }
}
