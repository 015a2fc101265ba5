//! Random input from a small generator with fixed seeds: a failure names its seed, and can be repeated.

use std::io::{self, ErrorKind, Read};

use file_transfer::wire::framing::{LineReader, Received};
use file_transfer::wire::{visible, Command, ErrorCode, Refusal, ReplyHeader, MAX_COMMAND_LINE, MAX_REPLY_LINE};

use crate::support::{Reply, TestServer, Wire};

/// Marsaglia's xorshift: three shifts make numbers that look random, the same ones for the same seed.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        // The state must not be 0, and neighbouring seeds should begin far apart.
        Random((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to `limit` - 1.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    fn one_of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }

    /// Bytes in which line ends, spaces and Telnet's bytes are frequent enough to meet.
    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let special = b"\n\n\r  \xff\xfd\xfa\xf0\x06LIST";
        let count = self.below(most);
        (0..count).map(|_| if self.below(3) == 0 { self.one_of(special) } else { self.next() as u8 }).collect()
    }

    /// The bytes, cut into pieces of random lengths.
    fn pieces(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let longest = self.one_of(&[1, 2, 10, 1000, 10_000]);
        let mut pieces = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((1 + self.below(longest)).min(rest.len()));
            pieces.push(piece.to_vec());
            rest = after;
        }
        pieces
    }
}

/// Commands that do not end a session, right and wrong ones, and the answer that each must get.
const KNOWN: [(&[u8], Expected); 12] = [
    (b"LIST\n", Expected::Body(b"6 a.txt\n")),
    (b"  list  \r\n", Expected::Body(b"6 a.txt\n")),
    (b"L\xff\xfb\x01IS\xff\xfa\n\xff\xf0T\n", Expected::Body(b"6 a.txt\n")),
    (b"DOWNLOAD a.txt\n", Expected::Body(b"hello\n")),
    (b"download   a.txt \r\n", Expected::Body(b"hello\n")),
    (b"DOWNLOAD missing\n", Expected::Refusal("NOT_FOUND")),
    (b"DOWNLOAD ../a.txt\n", Expected::Refusal("BAD_FILENAME")),
    (b"DOWNLOAD\n", Expected::Refusal("BAD_ARGUMENTS")),
    (b"LIST x\n", Expected::Refusal("BAD_ARGUMENTS")),
    (b"\n", Expected::Refusal("UNKNOWN_COMMAND")),
    (b"UPLOAD a.txt\n", Expected::Refusal("UNKNOWN_COMMAND")),
    (b"LIST\x80\n", Expected::Refusal("NOT_TEXT")),
];

#[derive(Clone, Copy)]
enum Expected {
    Body(&'static [u8]),
    Refusal(&'static str),
}

/// Several known commands, one after the other, and what must answer them.
fn known_commands(random: &mut Random) -> (Vec<u8>, Vec<Expected>) {
    let count = random.below(20);
    let (lines, expected): (Vec<_>, _) = (0..count).map(|_| random.one_of(&KNOWN)).unzip();
    (lines.concat(), expected)
}

/// Sends the bytes in random pieces, ends the sending side, and takes all that comes apart into replies.
#[track_caller]
fn converse(server: &TestServer, random: &mut Random, bytes: &[u8]) -> (Wire, Vec<Reply>) {
    let mut wire = server.connect();
    for piece in random.pieces(bytes) {
        wire.send(piece);
    }
    wire.half_close();
    let answer = wire.rest();
    match replies(&answer) {
        Some(replies) => (wire, replies),
        None => wire.fail("these are no replies, or no whole ones"),
    }
}

/// All replies in these bytes, with Telnet's answers between them dropped; `None` if there is anything else.
fn replies(mut bytes: &[u8]) -> Option<Vec<Reply>> {
    let mut replies = Vec::new();
    while !bytes.is_empty() {
        if let Some(rest) = bytes.strip_prefix(b"\xff\xfc\x06") {
            bytes = rest;
            continue;
        }
        let end = bytes.iter().position(|byte| *byte == b'\n').filter(|end| *end < MAX_REPLY_LINE)?;
        let (header, rest) = (&bytes[..end], &bytes[end + 1..]);
        let (reply, size) = match ReplyHeader::parse(header).ok()? {
            ReplyHeader::Ok(size) => (Reply::Ok(rest.get(..size as usize)?.to_vec()), size as usize),
            ReplyHeader::Err(Refusal { code, message }) => (Reply::Err { code: code.word().to_string(), message }, 0),
        };
        replies.push(reply);
        bytes = &rest[size..];
    }
    Some(replies)
}

/// What must answer these bytes: the greeting, then a reply for each line up to LOGOUT, the last one perhaps for a line
/// that is too long or has no end. `None` is any `OK`.
fn expected_replies(bytes: &[u8]) -> Vec<Option<ErrorCode>> {
    let mut expected = vec![None];
    let mut lines = LineReader::new(bytes);
    loop {
        match lines.receive().unwrap() {
            Received::TimingMark => {}
            Received::Line(line) => match Command::parse(&line) {
                Ok(Command::Logout) => break expected.push(None),
                Ok(Command::Download(name)) if name.as_str() != "a.txt" => expected.push(Some(ErrorCode::NotFound)),
                Ok(_) => expected.push(None),
                Err(refusal) => expected.push(Some(refusal.code)),
            },
            Received::TooLong => break expected.push(Some(ErrorCode::LineTooLong)),
            Received::End if lines.waiting() > Some(0) => break expected.push(Some(ErrorCode::IncompleteLine)),
            Received::End => break,
        }
    }
    expected
}

/// Every line is answered, in order, and the session ends in order.
#[track_caller]
fn expect_every_line_answered(server: &TestServer, random: &mut Random, seed: u64, bytes: &[u8]) {
    let (wire, replies) = converse(server, random, bytes);
    let expected = expected_replies(bytes);
    let fits = |(reply, code): (&Reply, &Option<ErrorCode>)| match (reply, code) {
        (Reply::Ok(_), None) => true,
        (Reply::Err { code, .. }, Some(expected)) => code == expected.word(),
        _ => false,
    };
    if replies.len() != expected.len() || !replies.iter().zip(&expected).all(fits) {
        let sent = visible(bytes);
        wire.fail(&format!("seed {seed} sent: {sent}\nexpected: {expected:?}\nbut got: {replies:?}"));
    }
}

#[track_caller]
fn expect_a_healthy_server(server: &TestServer) {
    server.wait_for_sessions(0);
    let mut wire = server.session();
    wire.send("LIST\n");
    wire.expect_body("6 a.txt\n");
    let panics = server.journal.lock().unwrap().iter().filter(|line| line.contains("panicked")).count();
    assert_eq!(panics, 0);
}

#[test]
fn random_bytes_get_a_reply_for_every_line() {
    let server = TestServer::start();
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let bytes = random.bytes(2000);
        expect_every_line_answered(&server, &mut random, seed, &bytes);
    }
    expect_a_healthy_server(&server);
}

#[test]
fn known_commands_get_the_same_replies_however_they_are_split_into_packets() {
    let server = TestServer::start();
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let (bytes, expected) = known_commands(&mut random);
        let (wire, replies) = converse(&server, &mut random, &bytes);
        let fits = |(reply, expected): (&Reply, &Expected)| match (reply, expected) {
            (Reply::Ok(body), Expected::Body(expected)) => body == expected,
            (Reply::Err { code, .. }, Expected::Refusal(expected)) => code == expected,
            _ => false,
        };
        // The first reply is the greeting.
        if replies.len() != 1 + expected.len() || !replies[1..].iter().zip(&expected).all(fits) {
            wire.fail(&format!("seed {seed} sent: {}\nbut got: {replies:?}", visible(&bytes)));
        }
    }
    expect_a_healthy_server(&server);
}

#[test]
fn commands_with_random_mistakes_get_a_reply_for_every_line() {
    let server = TestServer::start();
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let (mut bytes, _) = known_commands(&mut random);
        bytes.extend_from_slice(b"LOGOUT\nHELP\n");
        for _ in 0..random.below(10) {
            let at = random.below(bytes.len());
            match random.below(5) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                2 => bytes.insert(at, random.one_of(b"\n\r \xff\xfd\x06")),
                3 => bytes.truncate(at + 1),
                _ => bytes.extend_from_within(at..bytes.len().min(at + 50)),
            }
        }
        expect_every_line_answered(&server, &mut random, seed, &bytes);
    }
    expect_a_healthy_server(&server);
}

#[test]
fn a_line_of_random_length_is_answered_up_to_1024_bytes() {
    let server = TestServer::start();
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let mut bytes = vec![b'x'; MAX_COMMAND_LINE - 5 + random.below(10)];
        bytes.extend_from_slice(b"\nLIST\n");
        expect_every_line_answered(&server, &mut random, seed, &bytes);
    }
}

#[test]
fn clients_that_vanish_at_any_moment_leave_nothing_behind() {
    let server = TestServer::start();
    server.dir.put("big.bin", vec![0; 1024 * 1024]);
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let mut wire = server.connect();
        if random.below(2) == 0 {
            wire.expect_ok();
        }
        for _ in 0..random.below(4) {
            match random.below(3) {
                0 => wire.send(random.one_of(&KNOWN).0),
                1 => wire.send("DOWNLOAD big.bin\n"),
                _ => wire.send(&b"DOWNLOAD a.txt\n"[..random.below(15)]),
            }
        }
    }
    server.wait_for_sessions(0);
    server.session();
}

#[test]
fn random_header_lines_are_taken_or_refused_and_never_changed() {
    let headers = ["OK 0", "OK 9223372036854775807", "ERR NOT_FOUND there is no file 'é'", "ERR TEA_POT x"];
    let (mut taken, mut refused) = (0, 0);
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let mut line = random.one_of(&headers).as_bytes().to_vec();
        for _ in 0..random.below(4) {
            let at = random.below(line.len());
            line[at] = match random.below(2) {
                0 => random.next() as u8,
                _ => random.one_of(b"0123456789+- \rOKER_"),
            };
        }
        match ReplyHeader::parse(&line) {
            Ok(ReplyHeader::Ok(size)) => assert_eq!(format!("OK {size}").as_bytes(), line, "seed {seed}"),
            Ok(ReplyHeader::Err(refusal)) => {
                let begin = format!("ERR {} ", refusal.code.word());
                assert!(line.starts_with(begin.as_bytes()), "seed {seed}: {}", visible(&line));
                assert!(!refusal.message.contains(char::is_control), "seed {seed}: {}", visible(&line));
            }
            Err(_) => refused += 1,
        }
        taken = seed + 1 - refused;
        let _ = ReplyHeader::parse(&random.bytes(100));
    }
    assert!(taken > 1000 && refused > 1000, "both happen: {taken} taken, {refused} refused");
}

#[test]
fn the_line_reader_gives_the_same_lines_however_its_input_is_split() {
    for seed in 0..500 {
        let mut random = Random::new(seed);
        let bytes = random.bytes(4000);
        let whole = lines_of(Pieces(vec![bytes.clone()]));
        let mut pieces = random.pieces(&bytes);
        pieces.reverse();
        assert!(lines_of(Pieces(pieces)) == whole, "seed {seed}: {}", visible(&bytes));
    }
}

/// Everything that a reader meets up to the end, and how much of a line is left.
fn lines_of(input: Pieces) -> (Vec<Received>, Option<usize>) {
    let mut reader = LineReader::new(input);
    let mut met = Vec::new();
    loop {
        match reader.receive() {
            Ok(end @ (Received::End | Received::TooLong)) => {
                met.push(end);
                return (met, reader.waiting());
            }
            Ok(other) => met.push(other),
            // A time-out loses nothing.
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
        }
    }
}

/// An input that comes in these pieces, the last one first, with a time-out after each.
struct Pieces(Vec<Vec<u8>>);

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.last_mut() {
            None => Ok(0),
            Some(piece) if piece.is_empty() => {
                self.0.pop();
                Err(ErrorKind::WouldBlock.into())
            }
            Some(piece) => {
                let count = buffer.len().min(piece.len());
                buffer[..count].copy_from_slice(&piece[..count]);
                piece.drain(..count);
                Ok(count)
            }
        }
    }
}
