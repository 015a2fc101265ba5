//! `lab talk`: like netcat, for systems that have none. It sends what the user types. It shows what it receives, with
//! visible line ends, and marks each read.
//!
//! Two threads: this one reads the connection, another reads what is typed. It ends when the server closes.
//!
//! Read first: `dial.rs`. It does not know any protocol.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::Builder;

use crate::lab::dial::{host_and_port, Target};
use crate::programs::args::{exit_code, say, unknown, Arg, Args, Usage};
use crate::programs::human::counted;
use crate::server::connection::end_sending;
use crate::wire::visible;

/// Most bytes of one read.
const READ: usize = 64 * 1024;

/// Most bytes of one read of what is typed.
const TYPED: usize = 4096;

/// Bytes in a line with `--hex`.
const HEX_LINE: usize = 16;

/// What was asked for.
struct Asked {
    server: String,
    hex: bool,
    crlf: bool,
}

/// Runs `lab talk`.
///
/// # Errors
/// Wrong usage.
pub fn talk(args: Args) -> Result<ExitCode, Usage> {
    let asked = asked(args)?;
    Ok(exit_code("lab", converse(&asked).map(|()| true)))
}

fn asked(mut args: Args) -> Result<Asked, Usage> {
    let (mut server, mut hex, mut crlf) = (None, false, false);
    while let Some(argument) = args.take()? {
        match &argument {
            Arg::Word(word) if server.is_none() => server = Some(host_and_port(word.to_string_lossy().into_owned())?),
            Arg::Option(option) if option == "--hex" => hex = true,
            Arg::Option(option) if option == "--crlf" => crlf = true,
            _ => return Err(unknown(&argument, "lab")),
        }
    }
    let server = server.ok_or(Usage("with whom? lab talk 127.0.0.1:4456 talks to the server there".to_string()))?;
    Ok(Asked { server, hex, crlf })
}

fn converse(asked: &Asked) -> Result<(), String> {
    let stream = Target::find(&asked.server)?.connect()?;
    // What the user types is sent immediately.
    let _ = stream.set_nodelay(true);
    let stream = Arc::new(stream);
    let (typing, crlf) = (Arc::clone(&stream), asked.crlf);
    let typing = Builder::new().name("typing".to_string()).spawn(move || send_what_is_typed(&typing, crlf));
    typing.map_err(|error| format!("can't start the thread that reads what is typed: {error}"))?;
    let show = if asked.hex { hex } else { text };
    show_what_comes(&stream, show)
}

/// Until the end of the input, or of the connection. The other thread sees the end of the connection too.
fn send_what_is_typed(mut stream: &TcpStream, crlf: bool) {
    let mut buffer = [0; TYPED];
    let mut last = 0;
    loop {
        let typed = match io::stdin().read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => break,
            Ok(count) => &buffer[..count],
        };
        let sent = if crlf { stream.write_all(&with_cr(typed, &mut last)) } else { stream.write_all(typed) };
        if sent.is_err() {
            return;
        }
    }
    let _ = say("-> end of the sending side");
    end_sending(stream);
}

/// A CR before each LF that has none. `last` is the byte before the first of these.
fn with_cr(bytes: &[u8], last: &mut u8) -> Vec<u8> {
    let mut sent = Vec::with_capacity(bytes.len());
    for byte in bytes {
        if *byte == b'\n' && *last != b'\r' {
            sent.push(b'\r');
        }
        sent.push(*byte);
        *last = *byte;
    }
    sent
}

/// Until the server closes.
fn show_what_comes(mut stream: &TcpStream, show: fn(&[u8]) -> String) -> Result<(), String> {
    let cant_print = |error: io::Error| format!("can't print: {error}");
    let mut buffer = vec![0; READ];
    loop {
        match stream.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(format!("the connection broke: {error}")),
            Ok(0) => return say("<- end: the server has closed").map_err(cant_print),
            Ok(count) => {
                let bytes = counted(count as u64, "byte");
                say(&format!("<- a read of {bytes}{}", show(&buffer[..count]))).map_err(cant_print)?;
            }
        }
    }
}

/// A line for each line that came, with its line end visible.
fn text(bytes: &[u8]) -> String {
    bytes.split_inclusive(|byte| *byte == b'\n').map(|line| format!("\n   {}", visible(line))).collect()
}

/// The offset in this read, the bytes, and those that are printable.
fn hex(bytes: &[u8]) -> String {
    let printable = |byte: &u8| if byte.is_ascii_graphic() || *byte == b' ' { char::from(*byte) } else { '.' };
    let mut lines = String::new();
    for (number, line) in bytes.chunks(HEX_LINE).enumerate() {
        let numbers: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let shown: String = line.iter().map(printable).collect();
        let width = HEX_LINE * "00 ".len();
        lines.push_str(&format!("\n   {:06x}  {:<width$} {shown}", number * HEX_LINE, numbers.join(" ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_shown_and_lines_stay_lines() {
        assert_eq!(text(b"OK 5\r\nab\n\x1bc"), "\n   OK 5\\r\\n\n   ab\\n\n   \\u{1b}c");
        let shown = hex(b"OK 5\r\n0123456789ab");
        let wanted = "\n   000000  4f 4b 20 35 0d 0a 30 31 32 33 34 35 36 37 38 39  OK 5..0123456789\n   \
                      000010  61 62                                            ab";
        assert_eq!(shown, wanted);
    }

    #[test]
    fn a_cr_comes_before_each_line_feed_that_has_none_wherever_reads_end() {
        let mut last = 0;
        assert_eq!(with_cr(b"a\nb\r", &mut last), b"a\r\nb\r");
        assert_eq!(with_cr(b"\n\nc", &mut last), b"\n\r\nc");
    }
}
