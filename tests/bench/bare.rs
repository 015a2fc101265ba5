//! The bare servers: a thread for each connection, and no commands, no limits, no time-outs, no log.
//!
//! One sends bytes from memory: as many for each request as the reply has. The other makes the same system calls as a
//! real server for each DOWNLOAD, and no more: it opens the file, asks for its size, reads and writes.
//!
//! Both are this same program, started with other arguments: a process of its own like the real server, so that its
//! memory and its file descriptors count alike.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use file_transfer::server::reply::GREETING;
use file_transfer::server::session::PART;
use file_transfer::server::SESSION_STACK;
use file_transfer::wire::{ReplyHeader, MAX_COMMAND_LINE};

/// The argument that makes this program the bare server of bytes from memory.
pub const BYTES: &str = "--bare-bytes";

/// The argument that makes this program the bare server of files.
pub const FILES: &str = "--bare-files";

/// How many bytes the bare server sends and receives, in place of the real server's replies.
#[derive(Debug, Clone, Copy)]
pub struct Script {
    /// Sent to each client that connects.
    pub greeting: u64,
    /// Read, again and again, ...
    pub request: u64,
    /// ... and answered with so many bytes each time.
    pub reply: u64,
}

impl Script {
    /// The script as this program's arguments.
    pub fn arguments(&self) -> [String; 4] {
        [BYTES.to_string(), self.greeting.to_string(), self.request.to_string(), self.reply.to_string()]
    }

    fn parse(arguments: &[String]) -> Option<Script> {
        let numbers: Vec<u64> = arguments.iter().map(|number| number.parse().ok()).collect::<Option<_>>()?;
        let [greeting, request, reply] = numbers[..] else { return None };
        Some(Script { greeting, request, reply })
    }
}

/// Runs a bare server until it is killed, if these are its arguments.
pub fn main(arguments: &[String]) -> Option<ExitCode> {
    let served = match arguments {
        [mode, numbers @ ..] if mode == BYTES => Script::parse(numbers)
            .ok_or_else(wrong_usage)
            .and_then(|script| serve(move |stream| send_bytes(stream, script))),
        [mode, dir, part] if mode == FILES => part.parse().map_err(|_| wrong_usage()).and_then(|part| {
            let dir = PathBuf::from(dir);
            serve(move |stream| send_files(stream, &dir, part))
        }),
        _ => return None,
    };
    if let Err(error) = served {
        eprintln!("bench: the bare server failed: {error}");
    }
    Some(ExitCode::FAILURE)
}

fn wrong_usage() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "its arguments are wrong")
}

fn serve(converse: impl Fn(TcpStream) -> io::Result<()> + Clone + Send + 'static) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept()?;
        let converse = converse.clone();
        thread::Builder::new().stack_size(SESSION_STACK).spawn(move || converse(stream))?;
    }
}

/// Goes on until the client ends the connection, which shows as an error of the reading.
fn send_bytes(mut stream: TcpStream, script: Script) -> io::Result<()> {
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

/// Treats one read as one request. This is enough for the load of this benchmark and for nothing else.
fn send_files(mut stream: TcpStream, dir: &Path, part: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.write_all(format!("{}{GREETING}", ReplyHeader::Ok(GREETING.len() as u64).to_line()).as_bytes())?;
    let (mut request, mut buffer) = ([0; MAX_COMMAND_LINE], vec![0; part]);
    loop {
        let count = stream.read(&mut request)?;
        let line = String::from_utf8_lossy(&request[..count]);
        let Some(name) = line.strip_prefix("DOWNLOAD ").and_then(|rest| rest.strip_suffix('\n')) else { return Ok(()) };
        send_file(&mut stream, &dir.join(name), &mut buffer)?;
    }
}

/// The header and the beginning of the file are sent in one write.
fn send_file(stream: &mut TcpStream, path: &Path, buffer: &mut [u8]) -> io::Result<()> {
    let mut file = File::open(path)?;
    let mut left = file.metadata()?.len();
    let header = ReplyHeader::Ok(left).to_line();
    let mut start = header.len();
    buffer[..start].copy_from_slice(header.as_bytes());
    while left > 0 {
        let room = buffer.len().min(start + usize::try_from(left).unwrap_or(usize::MAX - start));
        let count = file.read(&mut buffer[start..room])?;
        stream.write_all(&buffer[..start + count])?;
        left -= count as u64;
        start = 0;
    }
    Ok(())
}
