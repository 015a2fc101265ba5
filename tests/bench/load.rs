//! The load: clients that send requests and count the bytes of the replies. They look at nothing, so they cost little,
//! and they are the same for both servers.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use file_transfer::server::reply::{GOODBYE, GREETING};
use file_transfer::wire::ReplyHeader;

use crate::bare::Script;

/// A server that says nothing for so long fails the row.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most bytes that one read takes.
const READ: usize = 64 * 1024;

/// How many sessions each opener opens, one after the other. It is a number and not a time: every closed connection
/// keeps a port of the machine busy for a while.
const SESSIONS_EACH: usize = 500;

/// How many sessions are opened side by side.
const OPENERS: usize = 4;

/// What a client asks for, and how much it gets.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub request: String,
    /// Bytes of the reply, its header included.
    pub reply: u64,
}

impl Exchange {
    /// A command, without its line end, and the size of the body that answers it.
    pub fn new(command: impl ToString, body: u64) -> Exchange {
        Exchange { request: format!("{}\n", command.to_string()), reply: reply_length(body) }
    }

    /// The same exchange for the bare server.
    pub fn script(&self) -> Script {
        Script { greeting: greeting_length(), request: self.request.len() as u64, reply: self.reply }
    }
}

/// The exchange of a session that does nothing.
pub fn logout() -> Exchange {
    Exchange::new("LOGOUT", GOODBYE.len() as u64)
}

fn greeting_length() -> u64 {
    reply_length(GREETING.len() as u64)
}

fn reply_length(body: u64) -> u64 {
    ReplyHeader::Ok(body).to_line().len() as u64 + body
}

/// Connects and reads the greeting.
pub fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = connect(address)?;
    receive(&stream, greeting_length(), &mut [0; 1024])?;
    Ok(stream)
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Reads exactly so many bytes and drops them.
fn receive(mut stream: &TcpStream, count: u64, buffer: &mut [u8]) -> io::Result<()> {
    let mut left = count;
    while left > 0 {
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match stream.read(&mut buffer[..most])? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => left -= count as u64,
        }
    }
    Ok(())
}

fn ask(mut stream: &TcpStream, exchange: &Exchange, buffer: &mut [u8]) -> io::Result<()> {
    stream.write_all(exchange.request.as_bytes())?;
    receive(stream, exchange.reply, buffer)
}

/// Seconds that one exchange takes; the connection is open already.
pub fn seconds_for_one(address: SocketAddr, exchange: &Exchange) -> io::Result<f64> {
    let stream = open(address)?;
    let mut buffer = vec![0; READ];
    let begun = Instant::now();
    ask(&stream, exchange, &mut buffer)?;
    Ok(begun.elapsed().as_secs_f64())
}

/// Exchanges per second on so many connections, each with a thread of its own, measured for a while.
pub fn exchanges_per_second(
    address: SocketAddr,
    exchange: &Exchange,
    connections: usize,
    lasting: Duration,
) -> io::Result<f64> {
    let opened = (0..connections).map(|_| open(address)).collect::<io::Result<Vec<_>>>()?;
    let begun = Instant::now();
    let count = on_threads(opened, |stream| ask_until(begun + lasting, &stream, exchange))?;
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

fn ask_until(deadline: Instant, stream: &TcpStream, exchange: &Exchange) -> io::Result<usize> {
    let mut buffer = vec![0; READ];
    let mut count = 0;
    while Instant::now() < deadline {
        ask(stream, exchange, &mut buffer)?;
        count += 1;
    }
    Ok(count)
}

/// Bytes per second when so many connections ask for the same at the same time, once each.
pub fn bytes_per_second(address: SocketAddr, exchange: &Exchange, connections: usize) -> io::Result<f64> {
    let opened = (0..connections).map(|_| open(address)).collect::<io::Result<Vec<_>>>()?;
    let begun = Instant::now();
    let count = on_threads(opened, |stream| ask(&stream, exchange, &mut vec![0; READ]).map(|()| 1))?;
    Ok((count as u64 * exchange.reply) as f64 / begun.elapsed().as_secs_f64())
}

/// Sessions per second: each is opened, greeted, logged out and closed.
pub fn sessions_per_second(address: SocketAddr) -> io::Result<f64> {
    let begun = Instant::now();
    let count = on_threads(vec![(); OPENERS], |()| {
        (0..SESSIONS_EACH).try_for_each(|_| open_and_close(address)).map(|()| SESSIONS_EACH)
    })?;
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}

/// A whole session, with as little waiting as the protocol allows: the command is sent immediately, and so is our end.
/// The bare server takes that end as its sign to close, the real one the LOGOUT.
fn open_and_close(address: SocketAddr) -> io::Result<()> {
    let mut stream = connect(address)?;
    let logout = logout();
    stream.write_all(logout.request.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    receive(&stream, greeting_length() + logout.reply, &mut [0; 1024])?;
    match stream.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "more came than the greeting and the goodbye")),
    }
}

/// Works on a thread for each item, and returns the sum of what they counted.
fn on_threads<T: Send>(items: Vec<T>, work: impl Fn(T) -> io::Result<usize> + Sync) -> io::Result<usize> {
    let work = &work;
    thread::scope(|scope| {
        let threads: Vec<_> = items.into_iter().map(|item| scope.spawn(move || work(item))).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread of the load panicked")).sum()
    })
}
