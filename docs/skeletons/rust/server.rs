//! A server of ../../PROTOCOL.md, to be finished:   rustc server.rs && ./server DIR PORT
//! It runs as it is: it greets each client, and it refuses each command. Do the TODOs in their order. A TODO names the
//! checks that pass after it. You change a few functions each time. ../README.md tells how to run the checks.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

enum Trouble {
    /// The server answers ERR: a code and a message. The session goes on.
    Refused(&'static str, &'static str),
    /// The client has vanished. The session ends.
    Vanished,
}

impl From<io::Error> for Trouble {
    fn from(_: io::Error) -> Trouble {
        Trouble::Vanished
    }
}

/// One client.
struct Session {
    stream: TcpStream,
    received: Vec<u8>, // bytes that have arrived, and that nobody has looked at yet
}

fn send_ok(stream: &mut TcpStream, body: &[u8]) -> io::Result<()> {
    stream.write_all(&[format!("OK {}\n", body.len()).as_bytes(), body].concat())
}

/// Answers one command. Returns false if the session ends after it.
fn answer(_stream: &mut TcpStream, _dir: &Path, _verb: &[u8], _argument: &[u8]) -> Result<bool, Trouble> {
    // TODO 1 (checks 1.3 2.1 2.2 2.15 3.1 3.2 3.3 3.4 3.5 3.6 3.7 6.2 7.1 8.1 8.2 8.3
    // 8.4 3.8): Write list_files(). Answer LIST, HELP and LOGOUT.
    // TODO 2 (checks 4.1 4.2 4.3 4.9 4.13 4.14 5.1 5.2 5.3 5.4 5.5 5.6 5.7 5.8 5.9 6.1 4.15 5.15): Write send_file(): first OK
    // and the size, then exactly so many bytes of the file. Answer DOWNLOAD.
    Err(Trouble::Refused("UNKNOWN_COMMAND", "this server knows no commands yet"))
}

/// Waits for bytes of the client. Returns false at the end of the stream.
/// TODO 6: wait no longer than the idle time-out.
fn receive(session: &mut Session) -> io::Result<bool> {
    let mut part = [0; 4096];
    let count = session.stream.read(&mut part)?;
    session.received.extend_from_slice(&part[..count]);
    Ok(count > 0)
}

/// The next line without its line end; none at the end of the stream.
fn read_line(session: &mut Session) -> Result<Option<Vec<u8>>, Trouble> {
    // TODO 3 (checks 2.3 2.4 2.5 2.6 2.7 2.8 2.16 2.18 4.4 5.10 5.11 6.4 7.2): One read is not one line. Call receive()
    // until there is an LF. Keep what stands behind the LF for the next time.
    let (more, line) = (receive(session)?, std::mem::take(&mut session.received));
    Ok(more.then(|| line.strip_suffix(b"\n").unwrap_or(&line).to_vec()))
}

/// Cuts a line into verb, in capital letters, and argument.
fn parse(line: &[u8]) -> Result<(Vec<u8>, Vec<u8>), Trouble> {
    // TODO 4 (checks 2.9 2.10 2.12 4.5 4.6 4.7 4.8 4.10 4.11 4.12 6.5 6.7 7.3 3.9): Drop spaces. Refuse lines that are not
    // UTF-8, wrong arguments, and names that no file can have.
    let (verb, argument) = line.split_at(line.iter().position(|byte| *byte == b' ').unwrap_or(line.len()));
    Ok((verb.to_ascii_uppercase(), argument.get(1..).unwrap_or_default().to_vec()))
}

fn converse(session: &mut Session, dir: &Path) -> Result<(), Trouble> {
    // TODO 6 (checks 1.7 1.8 1.9 2.17 2.19 2.20 7.4 8.5 8.6): see ../README.md.
    send_ok(&mut session.stream, b"Welcome. Send HELP for the commands.\n")?;
    while let Some(line) = read_line(session)? {
        match parse(&line).and_then(|(verb, argument)| answer(&mut session.stream, dir, &verb, &argument)) {
            Ok(true) => {}
            Ok(false) => break,
            Err(Trouble::Refused(code, message)) => writeln!(session.stream, "ERR {code} {message}")?,
            Err(Trouble::Vanished) => return Err(Trouble::Vanished),
        }
    }
    Ok(())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, dir, port] = &arguments[..] else { panic!("usage: server DIR PORT") };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).expect("another port may be free");
    // TODO 5 (checks 1.5 1.6 5.13 5.14 6.8 8.7 6.9): A thread for each client: std::thread::spawn().
    for stream in listener.incoming().flatten() {
        let _ = converse(&mut Session { stream, received: Vec::new() }, Path::new(dir));
    }
}
