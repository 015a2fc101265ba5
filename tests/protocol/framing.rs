//! Framing: how bytes become lines, even if the network cuts and joins them, and Telnet mixes bytes in.

use file_transfer::server::reply::GOODBYE;
use file_transfer::wire::{visible, MAX_COMMAND_LINE};

use crate::support::{TestServer, Wire};

/// `IAC DO TIMING-MARK`: the only Telnet sequence that is answered.
const DO_TIMING_MARK: &[u8] = b"\xff\xfd\x06";

/// `IAC WONT TIMING-MARK`: the answer.
const WONT_TIMING_MARK: &[u8] = b"\xff\xfc\x06";

/// Every kind of Telnet sequence: two bytes, three bytes, subnegotiations; with bytes in them that mean something
/// elsewhere (LF, space, IAC, SE, the timing mark).
const SEQUENCES: [&[u8]; 14] = [
    b"\xff\xf1",                           // NOP
    b"\xff\xf4",                           // interrupt process: Ctrl-C
    b"\xff\xff",                           // an escaped 255
    b"\xff\xf0",                           // SE without SB
    b"\xff\n",                             // no command of Telnet's, but `IAC x` all the same
    b"\xff\xfb\x18",                       // WILL
    b"\xff\xfc\n",                         // WONT, option 10
    b"\xff\xfd ",                          // DO, option 32
    b"\xff\xfe\xff",                       // DONT, option 255
    b"\xff\xfb\x06",                       // WILL TIMING-MARK, which asks nothing
    b"\xff\xfa\xff\xf0",                   // an empty subnegotiation
    b"\xff\xfa\x1f\0\x50\0\n\xff\xf0",     // the window's size: 80 columns, 10 lines
    b"\xff\xfa\x18\0a\xff\xffb\xff\xf0",   // an escaped 255 inside
    b"\xff\xfa\xff\xfd\x06LIST\n\xff\xf0", // a timing mark and a whole line inside
];

impl Wire {
    /// Reads exactly these bytes.
    #[track_caller]
    pub fn expect_bytes(&mut self, wanted: impl AsRef<[u8]>) {
        let wanted = wanted.as_ref();
        if self.bytes(wanted.len()) != wanted {
            let begin = visible(&wanted[..wanted.len().min(200)]);
            self.fail(&format!("expected {} bytes that begin: {begin}", wanted.len()));
        }
    }

    /// Reads the answer to `DOWNLOAD a.txt`.
    #[track_caller]
    fn expect_hello(&mut self) {
        self.expect_bytes("OK 6\nhello\n");
    }
}

/// A command, padded with spaces and ended with LF, of so many bytes in all.
fn padded(command: &str, length: usize) -> String {
    format!("{command:<width$}\n", width = length - 1)
}

#[test]
fn a_line_may_come_byte_by_byte() {
    let server = TestServer::start();
    let mut wire = server.session();
    for byte in b"DOWNLOAD a.txt\r\nDOWNLOAD a.txt\n" {
        wire.send([*byte]);
    }
    wire.expect_hello();
    wire.expect_hello();
}

#[test]
fn lines_may_come_glued() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LIST\nDOWNLOAD a.txt\nNONSENSE\nDOWNLOAD a.txt\n");
    wire.expect_bytes("OK 8\n6 a.txt\n");
    wire.expect_hello();
    wire.expect_err("UNKNOWN_COMMAND");
    wire.expect_hello();
}

#[test]
fn a_line_may_come_cut_anywhere_and_glued_to_the_one_before() {
    let server = TestServer::start();
    let mut wire = server.session();
    let line = "DOWNLOAD a.txt\n";
    for cut in 0..line.len() {
        let (begin, end) = line.split_at(cut);
        wire.send(format!("{line}{begin}"));
        wire.expect_hello();
        wire.send(end);
        wire.expect_hello();
    }
}

#[test]
fn a_thousand_pipelined_commands_are_answered_in_order() {
    let server = TestServer::start();
    for digit in 0..10 {
        server.dir.put(&format!("{digit}.txt"), digit.to_string());
    }
    let mut wire = server.session();
    let digits: String = (0..1000).map(|index| char::from(b'0' + (index * 7 % 10) as u8)).collect();
    wire.send(digits.chars().map(|digit| format!("DOWNLOAD {digit}.txt\n")).collect::<String>());
    wire.send("LOGOUT\n");
    let answers: String = digits.chars().map(|digit| format!("OK 1\n{digit}")).collect();
    wire.expect_bytes(answers);
    wire.expect_body(GOODBYE);
    wire.expect_end();
}

#[test]
fn a_client_that_has_ended_its_sending_side_gets_every_answer() {
    let server = TestServer::start();
    let big: Vec<u8> = (0..8_000_000u32).map(|index| (index % 253) as u8).collect();
    server.dir.put("big.bin", &big);
    let mut wire = server.connect();
    wire.send("LIST\nDOWNLOAD big.bin\nNONSENSE\nDOWNLOAD a.txt\n");
    wire.half_close();
    wire.expect_ok();
    wire.expect_bytes("OK 24\n6 a.txt\n8000000 big.bin\n");
    wire.expect_body(&big);
    wire.expect_err("UNKNOWN_COMMAND");
    wire.expect_hello();
    wire.expect_end();
}

#[test]
fn a_client_that_sends_nothing_and_ends_its_side_gets_the_greeting_and_the_end() {
    let server = TestServer::start();
    let mut wire = server.connect();
    wire.half_close();
    wire.expect_ok();
    wire.expect_end();
}

#[test]
fn a_client_that_ends_its_side_inside_a_line_gets_the_answers_to_the_complete_ones_first() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("DOWNLOAD a.txt\nLIST\nDOWNLOAD a.t");
    wire.half_close();
    wire.expect_hello();
    wire.expect_bytes("OK 8\n6 a.txt\n");
    let message = wire.expect_err("INCOMPLETE_LINE");
    assert!(message.contains("12 bytes"), "{message}");
    wire.expect_end();
}

#[test]
fn one_cr_before_the_lf_is_dropped() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("LIST\r\nDOWNLOAD a.txt\r\nDOWNLOAD a.txt  \r\n");
    wire.expect_bytes("OK 8\n6 a.txt\n");
    wire.expect_hello();
    wire.expect_hello();
}

#[test]
fn a_cr_anywhere_else_is_kept() {
    let server = TestServer::start();
    let mut wire = server.session();
    for line in ["LIST\r\r\n", "LIST\r \n", "\rLIST\n", "LI\rST\n", "\r\r\n"] {
        wire.send(line);
        wire.expect_err("UNKNOWN_COMMAND");
    }
    for line in ["DOWNLOAD a\r.txt\n", "DOWNLOAD a.txt\r\r\n", "DOWNLOAD \r\r\n"] {
        wire.send(line);
        wire.expect_err("BAD_FILENAME");
    }
    // A CR ends no line: LIST is an argument here.
    wire.send("HELP \rLIST\n");
    wire.expect_err("BAD_ARGUMENTS");
}

#[test]
fn spaces_at_both_ends_and_behind_the_verb_do_not_matter() {
    let server = TestServer::start();
    server.dir.put("two  spaces", "2");
    let mut wire = server.session();
    wire.send("   LIST   \n");
    wire.expect_bytes("OK 22\n6 a.txt\n1 two  spaces\n");
    wire.send("  DOWNLOAD     a.txt   \n");
    wire.expect_hello();
    wire.send("DOWNLOAD   two  spaces \r\n");
    wire.expect_bytes("OK 1\n2");
}

#[test]
fn tabs_and_other_blanks_are_no_spaces() {
    let server = TestServer::start();
    let mut wire = server.session();
    for blank in ["\t", "\u{b}", "\u{c}", "\0", "\u{85}", "\u{a0}", "\u{2003}", "\u{3000}", "\u{feff}"] {
        wire.send(format!("{blank}LIST\nLIST{blank}\nDOWNLOAD{blank}a.txt\n{blank}\n"));
        for _ in 0..4 {
            wire.expect_err("UNKNOWN_COMMAND");
        }
        wire.send(format!("LIST {blank}\n"));
        wire.expect_err("BAD_ARGUMENTS");
        wire.send(format!("DOWNLOAD a.txt{blank}\n"));
        let is_control = blank.contains(char::is_control);
        wire.expect_err(if is_control { "BAD_FILENAME" } else { "NOT_FOUND" });
    }
}

#[test]
fn only_ascii_letters_match_in_either_case() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("lIsT\ndOwNlOaD a.txt\n");
    wire.expect_bytes("OK 8\n6 a.txt\n");
    wire.expect_hello();
    // Their capital letters, or what they are called, are LIST all the same: long s, dotless and dotted i, full width.
    for look_alike in ["LIſT", "liſt", "lıst", "Lİst", "ＬＩＳＴ"] {
        wire.send(format!("{look_alike}\n"));
        wire.expect_err("UNKNOWN_COMMAND");
    }
}

#[test]
fn a_line_of_exactly_1024_bytes_works_and_so_does_the_next() {
    let server = TestServer::start();
    let mut wire = server.session();
    let line = padded("DOWNLOAD a.txt", MAX_COMMAND_LINE);
    assert_eq!(line.len(), 1024);
    wire.send(&line);
    wire.expect_hello();
    wire.send(line.repeat(10));
    for _ in 0..10 {
        wire.expect_hello();
    }
}

#[test]
fn a_line_whose_lf_is_byte_1025_is_too_long() {
    let server = TestServer::start();
    let line = padded("DOWNLOAD a.txt", MAX_COMMAND_LINE + 1);
    let mut whole = server.session();
    whole.send(&line);
    whole.expect_err("LINE_TOO_LONG");
    whole.expect_end();
    let mut in_two = server.session();
    in_two.send(&line[..MAX_COMMAND_LINE]);
    in_two.expect_err("LINE_TOO_LONG");
    in_two.expect_end();
}

#[test]
fn nothing_behind_a_line_that_is_too_long_is_answered() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send(format!("DOWNLOAD a.txt\n{}\nDOWNLOAD a.txt\n", "x".repeat(2000)));
    wire.expect_hello();
    wire.expect_err("LINE_TOO_LONG");
    wire.expect_end();
}

#[test]
fn the_first_1023_bytes_of_a_line_are_no_reason_to_close() {
    let server = TestServer::start();
    let mut wire = server.session();
    let line = padded("DOWNLOAD a.txt", MAX_COMMAND_LINE);
    wire.send(&line[..MAX_COMMAND_LINE - 1]);
    wire.expect_silence();
    wire.send("\n");
    wire.expect_hello();
}

#[test]
fn a_telnet_sequence_is_dropped_wherever_it_stands() {
    let server = TestServer::start();
    let mut wire = server.session();
    let line = b"DOWNLOAD a.txt\r\n";
    for sequence in SEQUENCES {
        for place in 0..line.len() {
            wire.send([&line[..place], sequence, &line[place..]].concat());
        }
        for _ in 0..line.len() {
            wire.expect_hello();
        }
    }
    wire.send("LOGOUT\n");
    wire.expect_body(GOODBYE);
    wire.expect_end();
}

#[test]
fn a_telnet_sequence_may_be_split_over_packets() {
    let server = TestServer::start();
    let mut wire = server.session();
    let all = [b"DOWN", &*SEQUENCES.concat(), b"LOAD a.txt\n"].concat();
    for cut in 1..all.len() {
        wire.send(&all[..cut]);
        wire.send(&all[cut..]);
        wire.expect_hello();
    }
    for byte in all {
        wire.send([byte]);
    }
    wire.expect_hello();
}

#[test]
fn an_lf_inside_a_telnet_sequence_ends_no_line() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send(b"LIST\xff\xfa\x1f\n");
    wire.expect_silence();
    wire.send(b"LIST\n\xff\xf0\xff\xfd");
    wire.expect_silence();
    wire.send(b"\n\n");
    wire.expect_bytes("OK 8\n6 a.txt\n");
    wire.send("LOGOUT\n");
    wire.expect_body(GOODBYE);
    wire.expect_end();
}

#[test]
fn telnet_bytes_count_in_the_length_of_a_line() {
    let server = TestServer::start();
    let nops = b"\xff\xf1".repeat(500);
    let mut just_fits = server.session();
    just_fits.send([&*nops, padded("DOWNLOAD a.txt", 24).as_bytes()].concat());
    just_fits.expect_hello();
    let mut too_long = server.session();
    too_long.send([&*nops, padded("DOWNLOAD a.txt", 25).as_bytes()].concat());
    too_long.expect_err("LINE_TOO_LONG");
    too_long.expect_end();
}

#[test]
fn a_flood_of_telnet_bytes_alone_is_a_line_too_long() {
    let server = TestServer::start();
    let subnegotiation_without_end = [&b"\xff\xfa"[..], &[b'\n'; 1022]].concat();
    for flood in [b"\xff\xf1".repeat(512), subnegotiation_without_end] {
        let mut wire = server.session();
        wire.send(flood);
        wire.expect_err("LINE_TOO_LONG");
        wire.expect_end();
    }
}

#[test]
fn the_end_of_input_with_nothing_but_telnet_bytes_waiting_is_a_plain_end() {
    let server = TestServer::start();
    let unfinished: [&[u8]; 4] = [b"\xff", b"\xff\xfb", b"\xff\xfa\x18\nabc", b"\xff\xfa\x18\xff"];
    for bytes in SEQUENCES.into_iter().chain(unfinished) {
        let mut wire = server.session();
        wire.send([b"DOWNLOAD a.txt\n", bytes].concat());
        wire.half_close();
        wire.expect_hello();
        wire.expect_end();
    }
}

#[test]
fn a_timing_mark_is_answered_between_two_replies() {
    let server = TestServer::start();
    let mut wire = server.session();
    for _ in 0..3 {
        wire.send(DO_TIMING_MARK);
        wire.expect_bytes(WONT_TIMING_MARK);
        wire.send("DOWNLOAD a.txt\n");
        wire.expect_hello();
    }
}

#[test]
fn a_timing_mark_inside_a_line_is_answered_without_waiting_for_the_lines_end() {
    let server = TestServer::start();
    let mut wire = server.session();
    // What telnet sends for Ctrl-C in the middle of a word: interrupt process, then the timing mark.
    wire.send([b"DOWN\xff\xf4", DO_TIMING_MARK].concat());
    wire.expect_bytes(WONT_TIMING_MARK);
    wire.send([b"LOAD a", DO_TIMING_MARK].concat());
    wire.expect_bytes(WONT_TIMING_MARK);
    wire.send(".txt\n");
    wire.expect_hello();
}

#[test]
fn a_timing_mark_may_be_split_over_packets() {
    let server = TestServer::start();
    let mut wire = server.session();
    for cut in 1..DO_TIMING_MARK.len() {
        wire.send(&DO_TIMING_MARK[..cut]);
        wire.expect_silence();
        wire.send(&DO_TIMING_MARK[cut..]);
        wire.expect_bytes(WONT_TIMING_MARK);
    }
}

#[test]
fn a_timing_mark_that_comes_with_commands_is_answered_in_its_turn_and_never_inside_a_body() {
    let server = TestServer::start();
    server.dir.put("big.bin", vec![b'x'; 2_000_000]);
    let mut wire = server.session();
    wire.send([b"DOWNLOAD big.bin\n", DO_TIMING_MARK, DO_TIMING_MARK, b"DOWNLOAD a.txt\nHEL", DO_TIMING_MARK].concat());
    wire.expect_body(vec![b'x'; 2_000_000]);
    wire.expect_bytes([WONT_TIMING_MARK, WONT_TIMING_MARK].concat());
    wire.expect_hello();
    wire.expect_bytes(WONT_TIMING_MARK);
}

#[test]
fn timing_marks_count_in_the_length_of_a_line_too() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send([&*DO_TIMING_MARK.repeat(341), b"x"].concat());
    wire.expect_bytes(WONT_TIMING_MARK.repeat(341));
    wire.expect_err("LINE_TOO_LONG");
    wire.expect_end();
}

#[test]
fn nothing_else_of_telnets_is_ever_answered() {
    let server = TestServer::start();
    let mut wire = server.session();
    let mut answers = Vec::new();
    for option in 0..=255 {
        let mut line = vec![255, 251, option, 255, 252, option, 255, 254, option, 255, 250, option, b'x', 255, 240];
        if option != 6 {
            line.extend([255, 253, option]);
        }
        // WILL, WONT, DO, DONT and SB are no sequences of two bytes.
        if !(250..=254).contains(&option) {
            line.extend([255, option]);
        }
        line.extend(b"DOWNLOAD a.txt\n");
        wire.send(line);
        answers.extend(b"OK 6\nhello\n");
    }
    wire.half_close();
    if wire.rest() != answers {
        wire.fail("expected the files and nothing else");
    }
}
