//! The extensions of docs/EXTENSIONS.md, RESUME and SUM: unknown commands unless they are switched on, and what they
//! answer then.

use std::fs::{self, File, OpenOptions};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use file_transfer::journal::Event;
use file_transfer::lab::check::command;
use file_transfer::lab::check::results::Graded;
use file_transfer::lab::check::servers::{grade, Options, Target};
use file_transfer::server::registry::Doing;

use crate::command_lines::{run, ServerProgram, CLIENT, SERVER};
use crate::fuzz::Random;
use crate::support::{eventually, Reply, TestServer, Wanted, Wire, PATIENCE};

const MIB: usize = 1024 * 1024;

/// Bytes of a file so large that no test sees the end of its SUM. It has nothing but a hole, which takes no room.
const ENDLESS: u64 = 1 << 36;

fn extended() -> TestServer {
    TestServer::with(Wanted { extensions: true, ..Wanted::default() })
}

/// A session with a server that has its extensions, and one file of these bytes.
fn session_with(name: &str, bytes: impl AsRef<[u8]>) -> (TestServer, Wire) {
    let server = extended();
    server.dir.put(name, bytes);
    let wire = server.session();
    (server, wire)
}

/// The body that answers SUM: for each MiB that has begun, the checksum of all up to its end. It is CRC-32C as RFC 3720
/// defines it, bit after bit, without a table.
fn sums_of(bytes: &[u8]) -> String {
    let shifted = |sum: u32| if sum & 1 == 1 { (sum >> 1) ^ 0x82F6_3B78 } else { sum >> 1 };
    let (mut lines, mut sum) = (String::new(), !0);
    for part in bytes.chunks(MIB).chain(bytes.is_empty().then_some(bytes)) {
        for byte in part {
            sum ^= u32::from(*byte);
            for _ in 0..8 {
                sum = shifted(sum);
            }
        }
        lines += &format!("{:08x}\n", !sum);
    }
    lines
}

/// Bytes that repeat nothing at any distance that a mistake would be likely to have.
fn some_bytes(count: usize) -> Vec<u8> {
    let mut random = Random::new(count as u64);
    (0..count).map(|_| random.next() as u8).collect()
}

// The switch.

#[test]
fn without_the_switch_both_are_unknown_commands_whatever_follows_them() {
    let server = TestServer::start();
    let mut wire = server.session();
    for word in ["RESUME", "SUM", "resume", "Sum"] {
        for arguments in ["", " a.txt", " 0 a.txt", " 7 ../x"] {
            wire.send(format!("{word}{arguments}\n"));
            let message = wire.expect_err("UNKNOWN_COMMAND");
            assert_eq!(message, format!("'{word}' is no command here; send HELP for the commands"));
        }
    }
}

#[test]
fn without_the_switch_help_is_that_of_version_1_to_the_letter() {
    let server = TestServer::start();
    let mut wire = server.session();
    wire.send("HELP\n");
    wire.expect_body(
        "LIST                 the files that can be downloaded, each with its size in bytes\n\
         DOWNLOAD <filename>  the file of that name\n\
         HELP                 these lines\n\
         LOGOUT               ends the session\n",
    );
}

#[test]
fn with_the_switch_help_has_six_lines_and_an_unknown_command_is_unknown_as_before() {
    let server = extended();
    let mut wire = server.session();
    wire.send("HELP\nRESUMES 0 a.txt\nSUMS a.txt\n");
    let help = String::from_utf8(wire.expect_ok()).unwrap();
    let usages: Vec<_> = help.lines().map(|line| line[..28].trim_end()).collect();
    let wanted = ["LIST", "DOWNLOAD <filename>", "HELP", "LOGOUT", "RESUME <offset> <filename>", "SUM <filename>"];
    assert_eq!(usages, wanted, "{help}");
    wire.expect_err("UNKNOWN_COMMAND");
    wire.expect_err("UNKNOWN_COMMAND");
}

#[test]
fn they_belong_to_no_step_of_the_report() {
    for extensions in [false, true] {
        let steps = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&steps);
        let observer = Box::new(move |record: &file_transfer::journal::Record| {
            if let Event::Received(line) = record.event {
                told.lock().unwrap().push((String::from_utf8_lossy(line).into_owned(), record.step));
            }
        });
        let server = TestServer::with(Wanted { extensions, observer, ..Wanted::default() });
        let mut wire = server.session();
        wire.send("RESUME 0 a.txt\nSUM a.txt\n");
        wire.reply();
        wire.reply();
        let steps = steps.lock().unwrap();
        assert_eq!(*steps, [("RESUME 0 a.txt\n".to_string(), None), ("SUM a.txt\n".to_string(), None)]);
    }
}

#[test]
fn the_program_takes_them_with_its_option_alone() {
    let without = ServerProgram::start(&[]);
    let mut wire = without.session();
    wire.send("SUM a.txt\nRESUME 1 a.txt\n");
    wire.expect_err("UNKNOWN_COMMAND");
    wire.expect_err("UNKNOWN_COMMAND");

    let with = ServerProgram::start(&["--extensions"]);
    let mut wire = with.session();
    wire.send("SUM a.txt\nRESUME 1 a.txt\nLOGOUT\n");
    wire.expect_body(sums_of(b"hello\n"));
    wire.expect_body("ello\n");
    wire.expect_body("Goodbye.\n");
    wire.expect_end();
    // The log tells of both, as of a download.
    with.program.complains("sent 'SUM a.txt': 9 bytes");
    with.program.complains("sent 'RESUME 1 a.txt': 5 bytes");
}

#[test]
fn a_server_that_has_them_passes_every_check_of_version_1() {
    let command = format!("'{SERVER}' --extensions --bind 127.0.0.1:{{port}} --dir {{dir}}");
    let target = Target::Command(command::words(&command).unwrap());
    let options = Options { target, levels: Vec::new(), only: Vec::new(), timeout: PATIENCE, seed: 1, idle: None };
    let failed = |graded: &&Graded| !graded.is_well() && cfg!(target_os = "linux");
    let results = grade(&options, |_| {}).unwrap();
    let stories: Vec<_> = results.iter().filter(failed).map(Graded::text).collect();
    assert!(stories.is_empty(), "{}", stories.join("\n"));
}

#[test]
fn the_client_of_version_1_sends_neither_and_is_served_as_ever() {
    let server = extended();
    let (address, into) = (server.address.to_string(), crate::support::TempDir::new());
    let into = into.path().to_str().unwrap();
    let downloaded = run(CLIENT, &["--server", &address, "--dir", into, "DOWNLOAD", "a.txt"]);
    assert_eq!(downloaded.code, Some(0), "{downloaded:?}");
    run(CLIENT, &["--server", &address, "SUM", "a.txt"]).expect_failure(2, &["SUM is what client --resume sends"]);
}

// RESUME.

#[test]
fn resume_answers_with_the_rest_from_each_offset_up_to_the_size() {
    let bytes = some_bytes(3 * MIB + 5);
    let (_server, mut wire) = session_with("big.bin", &bytes);
    for offset in [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, 3 * MIB + 4, 3 * MIB + 5] {
        wire.send(format!("RESUME {offset} big.bin\n"));
        wire.expect_body(&bytes[offset..]);
    }
}

#[test]
fn an_empty_file_has_an_empty_rest() {
    let (_server, mut wire) = session_with("empty", "");
    wire.send("RESUME 0 empty\nRESUME 1 empty\n");
    wire.expect_body("");
    wire.expect_err("BAD_ARGUMENTS");
}

#[test]
fn an_offset_beyond_the_end_is_refused_with_the_size() {
    let server = extended();
    let mut wire = server.session();
    for offset in ["7", "4294967296", "9223372036854775807"] {
        wire.send(format!("RESUME {offset} a.txt\n"));
        let message = wire.expect_err("BAD_ARGUMENTS");
        assert!(message.contains("has 6 bytes") && message.contains(offset), "{message}");
    }
    wire.send("RESUME 6 a.txt\n");
    wire.expect_body("");
}

#[test]
fn an_offset_is_nothing_but_its_digits() {
    let server = extended();
    let mut wire = server.session();
    let too_large = ["9223372036854775808", "18446744073709551616", &"9".repeat(900)];
    let odd = ["+5", "-0", "-1", "05", "00", "0x5", "5.0", "1e1", "5k", "\t5", "٥", "a.txt"];
    for offset in odd.into_iter().chain(too_large) {
        wire.send(format!("RESUME {offset} a.txt\n"));
        let message = wire.expect_err("BAD_ARGUMENTS");
        assert!(message.contains("is no offset"), "{message}");
    }
}

#[test]
fn what_is_missing_is_refused_with_how_it_is_written() {
    let server = extended();
    let mut wire = server.session();
    for line in ["RESUME", "RESUME ", "RESUME 5", "RESUME a.txt", "RESUME   5   \r"] {
        wire.send(format!("{line}\n"));
        let message = wire.expect_err("BAD_ARGUMENTS");
        assert!(message.contains("send it as RESUME <offset> <filename>"), "{message}");
    }
    for line in ["SUM", "sum   ", "SUM\r"] {
        wire.send(format!("{line}\n"));
        let message = wire.expect_err("BAD_ARGUMENTS");
        assert_eq!(message, "SUM needs a filename, as in SUM notes.txt; LIST shows the files");
    }
}

#[test]
fn a_name_may_begin_with_digits_and_have_spaces() {
    let names = ["5", "5 a.txt", "0 1  2", "RESUME 5 a.txt", "  é  ".trim()];
    let server = extended();
    names.into_iter().for_each(|name| server.dir.put(name, format!("<{name}>")));
    let mut wire = server.session();
    for name in names {
        wire.send(format!("RESUME 1 {name}\nSUM {name}\n"));
        wire.expect_body(format!("{name}>"));
        wire.expect_body(sums_of(format!("<{name}>").as_bytes()));
    }
}

#[test]
fn spaces_case_cr_and_telnet_are_as_in_every_command() {
    let server = extended();
    let mut wire = server.session();
    wire.send("  rEsUmE   3   a.txt  \r\n");
    wire.expect_body("lo\n");
    wire.send(b"RES\xff\xf1UME 3\xff\xf1 a.txt\n");
    wire.expect_body("lo\n");
    wire.send(" sUm  a.txt \r\n");
    wire.expect_body(sums_of(b"hello\n"));
}

#[test]
fn the_names_that_are_refused_are_those_of_download() {
    let server = extended();
    fs::create_dir(server.dir.path().join("directory")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(server.dir.path().join("a.txt"), server.dir.path().join("link")).unwrap();
        assert!(Command::new("mkfifo").arg(server.dir.path().join("fifo")).status().unwrap().success());
    }
    let mut wire = server.session();
    for verb in ["RESUME 0", "SUM"] {
        for name in ["missing", "directory", "link", "fifo"] {
            wire.send(format!("{verb} {name}\n"));
            wire.expect_err("NOT_FOUND");
        }
        for name in ["../a.txt", "/a.txt", ".hidden", "a\\b", "a\u{7f}", &"x".repeat(256)] {
            wire.send(format!("{verb} {name}\n"));
            wire.expect_err("BAD_FILENAME");
        }
    }
    // The offset is looked at first.
    wire.send("RESUME x ../a.txt\n");
    wire.expect_err("BAD_ARGUMENTS");
}

#[test]
fn a_rest_that_shrinks_meanwhile_ends_the_connection_and_is_never_filled_up() {
    const BIG: usize = 64 * MIB;
    let (server, mut wire) = session_with("big.bin", vec![b'o'; BIG]);
    wire.send("RESUME 1000 big.bin\n");
    assert_eq!(wire.line(), format!("OK {}\n", BIG - 1000).into_bytes());
    OpenOptions::new().write(true).open(server.dir.path().join("big.bin")).unwrap().set_len(1).unwrap();
    let arrived = wire.rest();
    assert!(arrived.len() < BIG - 1000, "{} bytes arrived of a file that was cut", arrived.len());
    assert!(arrived.iter().all(|byte| *byte == b'o'), "other bytes than the file's arrived");
    server.wait_for_sessions(0);
}

// SUM.

#[test]
fn sum_has_a_line_for_each_mib_that_has_begun_and_the_last_is_of_the_whole_file() {
    let server = extended();
    let mut wire = server.session();
    for size in [0, 1, 9, 65_536, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 5] {
        let bytes = some_bytes(size);
        server.dir.put("file", &bytes);
        wire.send("SUM file\n");
        wire.expect_body(sums_of(&bytes));
    }
}

/// A session that has received the first line of a SUM of a file that no test sees the end of.
fn session_inside_a_sum() -> (TestServer, Wire) {
    let server = extended();
    File::create(server.dir.path().join("endless")).unwrap().set_len(ENDLESS).unwrap();
    let mut wire = server.session();
    wire.send("SUM endless\n");
    assert_eq!(wire.line(), format!("OK {}\n", ENDLESS / MIB as u64 * 9).into_bytes());
    assert_eq!(wire.line(), sums_of(&vec![0; MIB]).into_bytes());
    (server, wire)
}

#[test]
fn each_line_of_a_long_sum_comes_when_it_is_known_and_nobody_else_waits() {
    let (server, mut wire) = session_inside_a_sum();
    let mut other = server.session();
    other.send("DOWNLOAD a.txt\n");
    other.expect_body("hello\n");
    wire.line();
    let is_summing = |doing: &Doing| match doing {
        Doing::Sending { subject, sent, size, .. } => {
            subject == "SUM endless" && *sent > 0 && sent < size && *size == ENDLESS / MIB as u64 * 9
        }
        _ => false,
    };
    let sessions = server.sessions();
    assert!(sessions.iter().any(|session| is_summing(&session.doing)), "{sessions:?}");
}

#[test]
fn a_sum_of_a_file_that_shrinks_ends_the_connection() {
    let (server, mut wire) = session_inside_a_sum();
    OpenOptions::new().write(true).open(server.dir.path().join("endless")).unwrap().set_len(1).unwrap();
    assert_eq!(wire.rest().len() % 9, 0, "a line was cut");
    let ended = |line: &String| line.starts_with("the promised size can't be kept");
    eventually("the end in the journal", || server.journal.lock().unwrap().iter().any(ended));
}

#[test]
fn a_sum_ends_when_its_client_has_left() {
    let (server, wire) = session_inside_a_sum();
    drop(wire);
    server.wait_for_sessions(0);
}

#[test]
fn a_sum_can_be_kicked() {
    let (server, mut wire) = session_inside_a_sum();
    assert!(server.server.kick(server.sessions()[0].number));
    wire.rest();
    eventually("the end of the session", || {
        server.journal.lock().unwrap().iter().any(|line| line == "kicked by the operator")
    });
}

#[test]
fn a_sum_under_way_is_finished_by_a_stop_as_a_transfer_is() {
    let bytes = vec![b's'; 8 * MIB];
    let (server, mut wire) = session_with("file", &bytes);
    wire.send("SUM file\n");
    assert_eq!(wire.line(), b"OK 72\n");
    let stopping = Arc::clone(&server.server);
    let stop = thread::spawn(move || stopping.stop());
    assert_eq!(String::from_utf8(wire.bytes(72)).unwrap(), sums_of(&bytes));
    wire.expect_err("SHUTTING_DOWN");
    wire.expect_end();
    // The stop waits until the client has left.
    drop(wire);
    stop.join().unwrap();
}

// Both, as a client needs them.

/// What a client with a part of a file does: the four steps of docs/EXTENSIONS.md. `meanwhile` happens between the two
/// replies. Returns the offset from which it continued, and the file, if that is the one whose checksum was told.
fn continue_a_download(wire: &mut Wire, part: &[u8], meanwhile: impl Fn()) -> (usize, Option<Vec<u8>>) {
    // 1. It asks for the checksums.
    wire.send("SUM file\n");
    let sums = String::from_utf8(wire.expect_ok()).unwrap();
    // 2. It compares at each whole MiB that it has.
    let own = sums_of(&part[..part.len() / MIB * MIB]);
    let agrees = |mib: &usize| sums.lines().nth(mib - 1) == own.lines().nth(mib - 1);
    let offset = (1..=part.len() / MIB).rev().find(agrees).unwrap_or(0) * MIB;
    meanwhile();
    // 3. It drops the rest, and asks for what is missing.
    wire.send(format!("RESUME {offset} file\n"));
    let whole = [&part[..offset], &wire.expect_ok()].concat();
    // 4. It compares the checksum of the whole.
    let is_whole = sums.lines().last() == sums_of(&whole).lines().last();
    (offset, is_whole.then_some(whole))
}

#[test]
fn a_part_that_agrees_is_continued_from_its_last_whole_mib() {
    let bytes = some_bytes(3 * MIB + 5);
    let (_server, mut wire) = session_with("file", &bytes);
    for (has, offset) in [(0, 0), (MIB - 1, 0), (MIB, MIB), (2 * MIB + 7, 2 * MIB), (bytes.len(), 3 * MIB)] {
        let (continued_from, file) = continue_a_download(&mut wire, &bytes[..has], || {});
        assert_eq!(continued_from, offset, "{has} bytes");
        assert!(file.as_ref() == Some(&bytes), "{has} bytes");
    }
}

#[test]
fn a_part_whose_end_is_damaged_is_continued_from_where_it_agrees() {
    let bytes = some_bytes(3 * MIB + 5);
    let (_server, mut wire) = session_with("file", &bytes);
    for (damaged, offset) in [(0, 0), (MIB - 1, 0), (MIB, MIB), (2 * MIB + 100, 2 * MIB)] {
        let mut part = bytes.clone();
        part[damaged] ^= 1;
        let (continued_from, file) = continue_a_download(&mut wire, &part, || {});
        assert_eq!(continued_from, offset, "damaged at {damaged}");
        assert!(file.as_ref() == Some(&bytes), "damaged at {damaged}");
    }
}

#[test]
fn a_file_that_is_replaced_between_the_two_replies_is_found_out() {
    let (before, after) = (some_bytes(2 * MIB + 1), vec![b'n'; 2 * MIB + 1]);
    let (server, mut wire) = session_with("file", &before);
    let replace = || {
        server.dir.put(".new", &after);
        fs::rename(server.dir.path().join(".new"), server.dir.path().join("file")).unwrap();
    };
    let (offset, file) = continue_a_download(&mut wire, &before[..MIB], replace);
    assert_eq!((offset, file), (MIB, None));
}

// Lines of any kind.

#[test]
fn many_commands_in_one_packet_or_byte_by_byte_are_answered_in_order_and_then_logout() {
    let lines =
        "RESUME 4 a.txt\nSUM a.txt\nRESUME\nDOWNLOAD a.txt\nSUM missing\nRESUME 9 a.txt\nRESUME 6 a.txt\nLOGOUT\n";
    for packet in [lines.len(), 7, 1] {
        let server = extended();
        let mut wire = server.session();
        lines.as_bytes().chunks(packet).for_each(|bytes| wire.send(bytes));
        wire.expect_body("o\n");
        wire.expect_body(sums_of(b"hello\n"));
        wire.expect_err("BAD_ARGUMENTS");
        wire.expect_body("hello\n");
        wire.expect_err("NOT_FOUND");
        wire.expect_err("BAD_ARGUMENTS");
        wire.expect_body("");
        wire.expect_body("Goodbye.\n");
        wire.expect_end();
    }
}

#[test]
fn a_client_that_has_ended_its_sending_side_gets_every_answer() {
    let (_server, mut wire) = session_with("file", vec![b'h'; 3 * MIB]);
    wire.send("SUM file\nRESUME 3145727 file\n");
    wire.half_close();
    wire.expect_body(sums_of(&vec![b'h'; 3 * MIB]));
    wire.expect_body("h");
    wire.expect_end();
}

/// The answer that a line must get, by docs/EXTENSIONS.md and not by the source: a body, or an error code. Two files
/// are served: `a.txt`, and `5 a.txt` with the same bytes.
fn expected(line: &str) -> Result<Vec<u8>, &'static str> {
    const HELLO: &[u8] = b"hello\n";
    let (verb, rest) = line.trim_matches(' ').split_once(' ').unwrap_or((line.trim_matches(' '), ""));
    let rest = rest.trim_matches(' ');
    let find = |name: &str| match name {
        "a.txt" | "5 a.txt" => Ok(HELLO),
        _ if name.contains('/') || name.starts_with('.') => Err("BAD_FILENAME"),
        _ => Err("NOT_FOUND"),
    };
    match verb.to_ascii_uppercase().as_str() {
        "SUM" if rest.is_empty() => Err("BAD_ARGUMENTS"),
        "SUM" => find(rest).map(|bytes| sums_of(bytes).into_bytes()),
        "RESUME" => {
            let (digits, name) = rest.split_once(' ').ok_or("BAD_ARGUMENTS")?;
            let is_plain =
                digits == "0" || (!digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit()));
            let offset = digits.parse::<i64>().ok().filter(|_| is_plain).ok_or("BAD_ARGUMENTS")?;
            Ok(find(name.trim_matches(' '))?.get(offset as usize..).ok_or("BAD_ARGUMENTS")?.to_vec())
        }
        _ => Err("UNKNOWN_COMMAND"),
    }
}

#[test]
fn lines_made_of_random_words_get_what_the_document_says() {
    const WORDS: [&str; 22] = [
        "RESUME",
        "resume",
        "SUM",
        "Sum",
        "SUMS",
        "RESUM",
        "0",
        "5",
        "6",
        "7",
        "05",
        "+5",
        "-1",
        "00",
        "a.txt",
        "5 a.txt",
        "../x",
        ".x",
        "b",
        "9223372036854775807",
        "9223372036854775808",
        "٥",
    ];
    let (_server, mut wire) = session_with("5 a.txt", "hello\n");
    for seed in 0..2000 {
        let mut random = Random::new(seed);
        let mut line = String::new();
        for place in 0..1 + random.below(4) {
            // Most lines begin with a word that is a command.
            let words = if place == 0 && random.below(8) > 0 { &WORDS[..4] } else { &WORDS[..] };
            line += words[random.below(words.len())];
            line += &" ".repeat(1 + random.below(2));
        }
        wire.send(format!("{line}\n"));
        let reply = match wire.reply() {
            Reply::Ok(body) => Ok(body),
            Reply::Err { code, .. } => Err(code),
        };
        if reply != expected(&line).map_err(str::to_string) {
            wire.fail(&format!("seed {seed}, {line:?}: expected {:?}", expected(&line)));
        }
    }
}
