//! The bare server: a thread for each connection, and nothing but bytes. It knows no commands, no files, no limits and
//! no time-outs: it reads as many bytes as a request has and writes as many as the reply has, from memory.
//!
//! It is this same program, started with another argument: a process of its own like the real server, so that its
//! memory and its file descriptors count alike.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::thread;

use file_transfer::server::session::PART;
use file_transfer::server::SESSION_STACK;

/// The argument that makes this program the bare server.
pub const ARGUMENT: &str = "--bare";

/// How many bytes the bare server moves, in place of what the real one says.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// Sent to whoever connects.
    pub greeting: u64,
    /// Read, again and again, ...
    pub request: u64,
    /// ... and answered with so many bytes each time.
    pub reply: u64,
}

impl Script {
    /// The script as this program's arguments.
    pub fn arguments(&self) -> [String; 4] {
        [ARGUMENT.to_string(), self.greeting.to_string(), self.request.to_string(), self.reply.to_string()]
    }

    fn parse(arguments: &[String]) -> Option<Script> {
        let numbers: Vec<u64> = arguments.iter().map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let [greeting, request, reply] = numbers[..] else { return None };
        Some(Script { greeting, request, reply })
    }
}

/// Runs the bare server until it is killed.
pub fn main(arguments: &[String]) -> ExitCode {
    let Some(script) = Script::parse(arguments) else {
        eprintln!("bench: {ARGUMENT} needs three numbers: bytes of the greeting, of a request, of a reply");
        return ExitCode::FAILURE;
    };
    if let Err(error) = serve(script) {
        eprintln!("bench: the bare server failed: {error}");
    }
    ExitCode::FAILURE
}

fn serve(script: Script) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept()?;
        thread::Builder::new().stack_size(SESSION_STACK).spawn(move || converse(stream, script))?;
    }
}

/// Goes on until the client ends the connection, which shows as an error of the reading.
fn converse(mut stream: TcpStream, script: Script) -> io::Result<()> {
    stream.set_nodelay(true)?;
    send(&mut stream, script.greeting)?;
    let mut request = vec![0; script.request as usize];
    loop {
        stream.read_exact(&mut request)?;
        send(&mut stream, script.reply)?;
    }
}

fn send(stream: &mut TcpStream, count: u64) -> io::Result<()> {
    static BYTES: [u8; PART] = [0; PART];
    let mut left = count;
    while left > 0 {
        let part = left.min(PART as u64);
        stream.write_all(&BYTES[..part as usize])?;
        left -= part;
    }
    Ok(())
}
