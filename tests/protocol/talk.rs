//! `lab talk`: what is typed goes out, what comes is shown, each read of it marked.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::command_lines::{run, Program, LAB};
use crate::support::TestServer;

fn talk(to: SocketAddr, options: &[&str]) -> Program {
    Program::start(Command::new(LAB).args(["talk", &to.to_string()]).args(options))
}

/// A server that does this with its one client.
fn serving(serve: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || serve(listener.accept().unwrap().0));
    address
}

#[test]
fn a_whole_conversation_is_typed_and_ends_with_exit_code_0() {
    let server = TestServer::start();
    let talk = talk(server.address, &[]);
    talk.shows("<- a read of 89 bytes\n   OK 83\\n\n   Welcome to the file server.");
    talk.types("LIST\n");
    talk.shows("<- a read of 13 bytes\n   OK 8\\n\n   6 a.txt\\n\n");
    talk.types("LOGOUT\n");
    let ended = talk.ended();
    assert!(ended.stdout.ends_with("   Goodbye.\\n\n<- end: the server has closed\n"), "{ended:?}");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
}

#[test]
fn the_transcript_of_the_document_takes_place_line_by_line() {
    let document = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/RELAY.md")).unwrap();
    let shown = document.split("-- talk 127.0.0.1:4456\n").nth(1).unwrap().split("```").next().unwrap();
    let server = TestServer::start();
    server.dir.put("notes.txt", "TCP delivers bytes, not messages.\n");
    let talk = talk(server.address, &[]);
    let mut wanted = String::new();
    for line in shown.lines() {
        if line.starts_with("<-") || line.starts_with("   ") {
            wanted += &format!("{line}\n");
        } else {
            talk.shows(&wanted);
            talk.types(&format!("{line}\n"));
        }
    }
    let ended = talk.ended();
    assert!(ended.stdout == wanted && wanted.lines().count() > 8, "{ended:?}");
}

#[test]
fn each_read_is_marked_and_every_byte_visible() {
    // Each part is sent when the client has answered to the one before: so each is a read of its own.
    let server = serving(|mut stream| {
        for part in [&b"OK 5\r"[..], b"\n\x1b[2J\xff", b"\\"] {
            stream.write_all(part).unwrap();
            stream.read_exact(&mut [0; 2]).unwrap();
        }
    });
    let talk = talk(server, &[]);
    for read in ["<- a read of 5 bytes\n   OK 5\\r\n", "6 bytes\n   \\n\n   \\u{1b}[2J\\xff\n", "1 byte\n   \\\\\n"] {
        talk.shows(read);
        talk.types("x\n");
    }
    assert_eq!(talk.ended().code, Some(0));
}

#[test]
fn hex_shows_numbers() {
    let talk = talk(serving(|mut stream| stream.write_all(b"OK 5\r\n").unwrap()), &["--hex"]);
    let ended = talk.ended();
    assert!(ended.stdout.starts_with("<- a read of 6 bytes\n   000000  4f 4b 20 35 0d 0a "), "{ended:?}");
    assert!(ended.stdout.contains(" OK 5..\n"), "{ended:?}");
}

#[test]
fn the_end_of_the_input_ends_the_sending_side_and_it_goes_on_reading() {
    for (options, wanted) in [(&[][..], &b"LIST\nno line end"[..]), (&["--crlf"], b"LIST\r\nno line end")] {
        let server = serving(move |mut stream| {
            let mut came = Vec::new();
            stream.read_to_end(&mut came).unwrap();
            stream.write_all(if came == wanted { b"as wanted" } else { b"something else" }).unwrap();
        });
        let mut talk = talk(server, options);
        talk.pipe_in("LIST\nno line end");
        let ended = talk.ended();
        assert!(
            ended.stdout.starts_with("-> end of the sending side\n<- a read of 9 bytes\n   as wanted\n"),
            "{ended:?}"
        );
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
}

#[test]
fn it_ends_when_the_server_closes_although_the_input_does_not_end() {
    let talk = talk(serving(|stream| stream.shutdown(Shutdown::Both).unwrap()), &[]);
    assert_eq!(talk.ended().code, Some(0));
}

#[test]
fn what_can_not_be_is_told_in_one_line() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    for (arguments, code, word) in [
        (&[gone.as_str()][..], 1, "is a server running there?"),
        (&["nosuch.invalid:1"], 1, "is no address"),
        (&["127.0.0.1"], 2, "needs a port"),
        (&[], 2, "with whom?"),
        (&[&gone, "--nonsense"], 2, "lab --help"),
        (&[&gone, "extra"], 2, "lab --help"),
        (&[&gone, "--hex=1"], 2, "takes no value"),
    ] {
        let ended = run(LAB, &[&["talk"], arguments].concat());
        ended.expect_failure(code, &[word]);
        assert_eq!(ended.stdout, "", "{ended:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_connection_that_breaks_is_a_failure() {
    let server = serving(|stream| {
        let mut byte = [0];
        while stream.peek(&mut byte).unwrap() == 0 {}
        // Closed on unread input, so reset.
    });
    let mut talk = talk(server, &[]);
    talk.pipe_in("unread\n");
    let ended = talk.ended();
    ended.expect_failure(1, &["the connection broke"]);
}
