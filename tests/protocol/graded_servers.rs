//! Servers with mistakes that students make, graded: the first thing to fix is the true mistake. Everything else in
//! them is right, and a correct server of the same kind fails nothing. Servers that must crash, or keep something from
//! an earlier session, are programs in `wrong_servers`, and need Python.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use file_transfer::lab::broken::parts;
use file_transfer::lab::check::catalogue::Level;
use file_transfer::lab::check::cause::{Cause, HeaderFault};
use file_transfer::lab::check::command;
use file_transfer::lab::check::outcome::Verdict;
use file_transfer::lab::check::results::{summary, Graded};
use file_transfer::lab::check::servers::{fixtures, grade, Options, Target};
use file_transfer::lab::lang::Lang;
use file_transfer::server::file_handler::FileHandler;
use file_transfer::wire::framing::LineReader;
use file_transfer::wire::{Command, ReplyHeader};

use crate::support::{TempDir, PATIENCE};

/// For a check that fails because nothing comes: it then takes so long.
const SHORT: Duration = Duration::from_secs(2);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    Nothing,
    SizeInCharacters,
    SizeTooLarge,
    SizeLeavesOutLineFeed,
    HeaderWithoutSize,
    HeaderWithCrLf,
    FilesWithoutHeader,
    GreetsLate,
    OneClientOnly,
    AnswersTheLastWhoCame,
    OtherDirectory,
    Unsorted,
    NeverCloses,
    EndsAfterOneReply,
    CutsNamesAtSpaces,
    /// Not a mistake: it has a limit, and says so.
    AdmitsOneAtATime,
}

/// Serves until the test's process ends.
fn serve(mistake: Mistake, dir: &TempDir) -> SocketAddr {
    let served = dir.path().join("served");
    fixtures::make(&served, 1).unwrap();
    dir.put("other.txt", "a file of another directory");
    let files = FileHandler::new(if mistake == Mistake::OtherDirectory { dir.path() } else { &served }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let last: Arc<Mutex<Option<TcpStream>>> = Arc::default();
        let taken: Arc<Mutex<usize>> = Arc::default();
        for stream in listener.incoming().flatten() {
            stream.set_nodelay(true).unwrap();
            *last.lock().unwrap() = stream.try_clone().ok();
            let (files, last, taken) = (files.clone(), Arc::clone(&last), Arc::clone(&taken));
            let session = move || {
                if mistake != Mistake::AdmitsOneAtATime {
                    converse(mistake, &stream, &files, &last);
                    parts::close(&stream);
                } else if parts::take_place(&taken, 1) {
                    converse(mistake, &stream, &files, &last);
                    *taken.lock().unwrap() -= 1;
                    parts::close(&stream);
                } else {
                    parts::refuse(&stream);
                    parts::close(&stream);
                }
            };
            if mistake == Mistake::OneClientOnly {
                session();
            } else {
                thread::spawn(session);
            }
        }
    });
    address
}

/// One session; it ends with LOGOUT, or with whatever goes wrong.
fn converse(mistake: Mistake, stream: &TcpStream, files: &FileHandler, last: &Mutex<Option<TcpStream>>) {
    let greeting = || bytes_of(mistake, false, parts::greeting());
    if mistake != Mistake::GreetsLate && { stream }.write_all(&greeting()).is_err() {
        return;
    }
    let (mut lines, mut is_greeted) = (LineReader::new(stream), mistake != Mistake::GreetsLate);
    while let Ok(Some(line)) = parts::next_line(&mut lines) {
        let line = match line {
            Ok(line) if mistake == Mistake::CutsNamesAtSpaces => Ok(first_two_words(&line)),
            line => line,
        };
        let command = line.and_then(|line| Command::parse(&line));
        let is_file = matches!(command, Ok(Command::Download(_)));
        let (logs_out, lists) = (matches!(command, Ok(Command::Logout)), matches!(command, Ok(Command::List)));
        let answer = parts::answer(command, files);
        let is_last = answer.last || mistake == Mistake::EndsAfterOneReply;
        let mut bytes = bytes_of(mistake, is_file, answer);
        if lists && mistake == Mistake::Unsorted {
            bytes = reversed(&bytes);
        }
        if !std::mem::replace(&mut is_greeted, true) {
            bytes = [greeting(), bytes].concat();
        }
        let last_who_came = last.lock().unwrap().as_ref().and_then(|last| last.try_clone().ok());
        let answered = match last_who_came {
            Some(mut last) if mistake == Mistake::AnswersTheLastWhoCame => last.write_all(&bytes),
            _ => { stream }.write_all(&bytes),
        };
        if logs_out && mistake == Mistake::NeverCloses {
            // It reads on, so the client's end is seen.
            let _ = { stream }.read_to_end(&mut Vec::new());
        }
        if is_last || answered.is_err() {
            break;
        }
    }
}

/// The reply as it goes over the wire.
fn bytes_of(mistake: Mistake, is_file: bool, mut answer: parts::Answer) -> Vec<u8> {
    let mut body = Vec::new();
    answer.reply.body.read_to_end(&mut body).unwrap();
    let size = body.len();
    let header = match (mistake, answer.reply.header) {
        (_, header @ ReplyHeader::Err(_)) => header.to_line(),
        (Mistake::SizeInCharacters, _) => {
            format!("OK {}\n", std::str::from_utf8(&body).map_or(size, |text| text.chars().count()))
        }
        (Mistake::SizeTooLarge, _) => format!("OK {}\n", size + 1),
        (Mistake::SizeLeavesOutLineFeed, _) if body.ends_with(b"\n") => format!("OK {}\n", size - 1),
        (Mistake::HeaderWithoutSize, _) => "OK\n".to_string(),
        (Mistake::HeaderWithCrLf, _) => format!("OK {size}\r\n"),
        (Mistake::FilesWithoutHeader, _) if is_file => String::new(),
        (_, header) => header.to_line(),
    };
    [header.as_bytes(), &body].concat()
}

/// The header, and the lines of the body from the last to the first.
fn reversed(reply: &[u8]) -> Vec<u8> {
    let mut lines: Vec<_> = reply.split_inclusive(|byte| *byte == b'\n').collect();
    lines[1..].reverse();
    lines.concat()
}

fn first_two_words(line: &[u8]) -> Vec<u8> {
    let words: Vec<_> = line.split(|byte| b" \r\n".contains(byte)).filter(|word| !word.is_empty()).collect();
    [words[..words.len().min(2)].join(&b' '), b"\n".to_vec()].concat()
}

const EARLY: [Level; 2] = [Level::Report, Level::Stream];
const WITH_THREADS: [Level; 2] = [Level::Report, Level::Threads];

fn graded(target: Target, levels: &[Level], timeout: Duration) -> Vec<Graded> {
    let options = Options { target, levels: levels.to_vec(), only: Vec::new(), timeout, seed: 1, idle: None };
    grade(&options, |_| {}).unwrap()
}

fn graded_mistake(mistake: Mistake, levels: &[Level], timeout: Duration) -> Vec<Graded> {
    let dir = TempDir::new();
    let address = serve(mistake, &dir).to_string();
    graded(Target::Running { address, fixtures: dir.path().join("served") }, levels, timeout)
}

/// The first thing to fix is this check, and for this cause; `None` is the check's own hint.
#[track_caller]
fn first_is(what: &str, results: &[Graded], id: &str, cause: Option<Cause>) {
    let stories: Vec<_> = results.iter().filter(|graded| graded.has_failed()).map(Graded::text).collect();
    let summary = summary(results, Level::OF_SERVERS, Lang::English);
    let first = results.iter().filter(|graded| graded.has_failed()).min_by_key(|graded| graded.rank).unwrap();
    let is_so = first.cause() == cause && summary.contains(&format!("Fix first: {id} "));
    assert!(is_so, "{what}: {:?} of {}\n{summary}\n{}", first.cause(), first.check.id, stories.join("\n"));
}

#[track_caller]
fn nothing_fails(what: &str, results: &[Graded]) {
    let stories: Vec<_> = results.iter().filter(|graded| graded.has_failed()).map(Graded::text).collect();
    assert!(stories.is_empty(), "{what}:\n{}", stories.join("\n"));
}

#[test]
fn the_first_thing_to_fix_is_the_mistake_that_was_made() {
    use Mistake::*;
    let header = |fault| Some(Cause::Header(fault));
    let servers = [
        (SizeInCharacters, "3.1", Some(Cause::SizeTooSmall)),
        (SizeTooLarge, "1.1", Some(Cause::SizeTooLarge)),
        (SizeLeavesOutLineFeed, "1.1", Some(Cause::SizeTooSmall)),
        (HeaderWithoutSize, "1.1", header(HeaderFault::NoSize)),
        (HeaderWithCrLf, "1.1", header(HeaderFault::CarriageReturn)),
        (FilesWithoutHeader, "5.1", header(HeaderFault::NoHeader)),
        (GreetsLate, "1.1", Some(Cause::LateGreeting)),
        (OtherDirectory, "3.2", Some(Cause::WrongDirectory)),
        (Unsorted, "3.3", None),
        (NeverCloses, "8.1", None),
        (EndsAfterOneReply, "4.1", Some(Cause::SessionEnds)),
        (CutsNamesAtSpaces, "4.2", None),
    ];
    thread::scope(|scope| {
        for (mistake, id, cause) in servers {
            scope.spawn(move || first_is(&format!("{mistake:?}"), &graded_mistake(mistake, &EARLY, SHORT), id, cause));
        }
    });
}

#[test]
fn mistakes_with_threads_are_told_by_what_was_seen() {
    for (mistake, id, cause) in [
        (Mistake::OneClientOnly, "1.5", Cause::OneClient),
        (Mistake::AnswersTheLastWhoCame, "6.8", Cause::SharedVariable),
    ] {
        let results = graded_mistake(mistake, &WITH_THREADS, SHORT);
        first_is(&format!("{mistake:?}"), &results, id, Some(cause));
    }
}

#[test]
fn an_unsorted_list_fails_one_check_and_no_other() {
    let results = graded_mistake(Mistake::Unsorted, &EARLY, PATIENCE);
    let failed: Vec<_> = results.iter().filter(|graded| graded.has_failed()).map(|graded| graded.check.id).collect();
    assert_eq!(failed, ["3.3"]);
}

#[test]
fn a_right_server_fails_nothing_and_a_limit_of_one_session_is_no_mistake() {
    for mistake in [Mistake::Nothing, Mistake::AdmitsOneAtATime] {
        let results = graded_mistake(mistake, &Level::OF_SERVERS, PATIENCE);
        nothing_fails(&format!("{mistake:?}"), &results);
        let verdict = |id: &str| results.iter().find(|graded| graded.check.id == id).unwrap().verdict;
        let (has_limit, neutral) = (mistake == Mistake::AdmitsOneAtATime, Verdict::NotApplicable);
        assert_eq!(verdict("1.5"), if has_limit { neutral } else { Verdict::Passed });
        assert_eq!(verdict("1.7"), if has_limit { Verdict::Passed } else { neutral });
    }
}

/// A program in `wrong_servers`, graded in these levels. A word behind its name is a mistake's.
fn graded_program(name: &str, levels: &[Level]) -> Vec<Graded> {
    let (file, mistake) = name.split_once(' ').unwrap_or((name, ""));
    let file = format!("{}/tests/protocol/wrong_servers/{file}", env!("CARGO_MANIFEST_DIR"));
    // Python would leave its compiled files in the directory.
    let command = command::words(&format!("python3 -B '{file}' {{dir}} {{port}} {mistake}")).unwrap();
    graded(Target::Command(command), levels, SHORT)
}

#[test]
#[ignore = "needs python3"]
fn a_right_server_in_python_fails_nothing() {
    nothing_fails("right.py", &graded_program("right.py", &Level::OF_SERVERS));
}

#[test]
#[ignore = "needs python3"]
fn a_program_that_dies_of_a_client_that_left_fails_only_where_one_leaves() {
    let results = graded_program("dies.py", &Level::OF_SERVERS);
    first_is("dies.py", &results, "1.4", Some(Cause::Died { of_a_client_that_left: true }));
    let failed: Vec<_> = results.iter().filter(|graded| graded.has_failed()).map(|graded| graded.check.id).collect();
    let of_vanishing = ["1.4", "5.12", "8.4"];
    assert!(failed.iter().all(|id| of_vanishing.contains(id)), "{failed:?}");
    let story = results.iter().find(|graded| graded.check.id == "1.4").unwrap().text();
    assert!(story.contains("what  The program has ended") && story.contains("It printed last"), "{story}");
}

#[test]
#[ignore = "needs python3"]
fn what_only_fails_behind_other_checks_is_told_so_and_has_not_passed() {
    let results = graded_program("keeps.py", &[Level::Report]);
    let left_behind: Vec<_> = results.iter().filter(|graded| graded.cause() == Some(Cause::LeftBehind)).collect();
    assert!(!left_behind.is_empty() && left_behind.iter().all(|graded| graded.has_failed()));
    let story = left_behind[0].text();
    assert!(story.contains("with a fresh program it passes") && story.contains("earlier sessions"), "{story}");
    first_is("keeps.py", &results, left_behind[0].check.id, Some(Cause::LeftBehind));
}

#[test]
#[ignore = "needs python3"]
fn one_mistake_of_a_program_is_the_first_thing_to_fix() {
    const REPORT: &[Level] = &[Level::Report];
    const WITH_ROBUST: &[Level] = &[Level::Report, Level::Robust];
    for (mistake, levels, id, cause) in [
        ("own_codes", REPORT, "4.1", Some(Cause::OwnCode)),
        ("lists_directories", WITH_ROBUST, "3.6", None),
        ("raises", REPORT, "2.1", Some(Cause::Uncaught)),
        ("short_lines", REPORT, "5.5", Some(Cause::ShortLines)),
        ("decodes", REPORT, "5.3", Some(Cause::Decoded)),
        ("cuts_at_zero", REPORT, "5.3", Some(Cause::CutAtZero)),
        ("remembers", &WITH_THREADS, "5.5", Some(Cause::EarlierAnswer)),
        ("ends_at_a_reset", WITH_ROBUST, "1.4", Some(Cause::Died { of_a_client_that_left: true })),
        ("turns_away", &WITH_THREADS, "1.5", Some(Cause::ClosedUngreeted)),
        ("keeps_places", &WITH_THREADS, "8.6", Some(Cause::PlacesKept)),
        ("gives_back_twice", &WITH_THREADS, "1.9", Some(Cause::PlacesTwice)),
    ] {
        first_is(mistake, &graded_program(&format!("mistakes.py {mistake}"), levels), id, cause);
    }
}

#[test]
#[ignore = "needs python3"]
fn what_a_program_printed_of_an_error_stands_in_the_story() {
    let results = graded_program("mistakes.py raises", &[Level::Report]);
    let story = results.iter().find(|graded| graded.check.id == "2.1").unwrap().text();
    assert!(story.contains("Meanwhile the program printed") && story.contains("FileNotFoundError"), "{story}");
}

#[test]
#[ignore = "needs python3"]
fn a_server_that_starts_a_process_for_each_client_fails_nothing() {
    let results = graded_program("mistakes.py forks", &[Level::Threads]);
    nothing_fails("mistakes.py forks", &results);
    let skipped: Vec<_> = results.iter().filter(|graded| !graded.is_well()).map(Graded::text).collect();
    assert!(skipped.is_empty(), "{}", skipped.join("\n"));
}
