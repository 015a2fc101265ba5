//! Every console block of README.md and docs/ is run as it is written, and its output is compared with the block.
//!
//! A block's commands are the lines that begin with `$ `. The lines below a command are its output. If there are none,
//! nothing is compared, but the command must succeed. A comment right above the block says what is special:
//!
//! - `<!-- not run: WHY -->`: it can't be run here (it needs a person at a terminal, a browser, another machine).
//! - `<!-- stays -->`: its programs go on until the document's end, as in terminals of their own; `stays 2`: the second.
//! - `<!-- beside: COMMAND -->`: this program runs too, from now on; the text around says so in its own words.
//! - `<!-- exits N -->`: its last command ends with this code, and not with 0.
//! - `<!-- needs: WHAT -->`: it needs a program that not every machine has, or much time: the ignored test runs it.
//! - `<!-- varies: WHAT, ... -->`: these are not compared: `times`, `ports`, `sizes`, or `numbers` (all).
//!
//! One comment may have several of these, with `;` between them. A line `...` stands for any number of lines. The ports
//! 44NN, the default among them, are free ones here, and /tmp and $HOME are directories of the test's own.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use file_transfer::lab::check::servers::student::free_port;

use crate::command_lines::{Program, LAB};
use crate::support::{eventually, TempDir, PATIENCE};

/// How long a command may take: `lab compare` measures for a minute, and longer on a busy machine.
const LONGEST: Duration = Duration::from_secs(300);

/// So many documents at the same time: their commands mostly wait.
const AT_ONCE: usize = 4;

/// A console block of a document.
#[derive(Debug)]
struct Block {
    line: usize,
    marks: Vec<String>,
    commands: Vec<Typed>,
}

/// A command, and what the document says that it prints.
#[derive(Debug)]
struct Typed {
    command: String,
    shown: Vec<String>,
}

impl Block {
    /// What follows this word in the marks.
    fn mark(&self, word: &str) -> Option<&str> {
        self.marks.iter().find_map(|mark| mark.strip_prefix(word)).map(|rest| rest.trim_start_matches(':').trim())
    }

    /// Does its command of this number go on until the document's end?
    fn stays(&self, number: usize) -> bool {
        self.mark("stays").is_some_and(|only| only.is_empty() || only == number.to_string())
    }

    fn exit_code(&self) -> i32 {
        self.mark("exits").map_or(0, |code| code.parse().unwrap())
    }
}

/// What a mark may begin with.
const MARKS: [&str; 6] = ["not run:", "stays", "beside:", "exits ", "needs:", "varies:"];

/// The console blocks of a text, in order.
fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<_> = text.lines().collect();
    let begins = |(index, line): (usize, &&str)| (line.trim() == "```console").then_some(index);
    lines.iter().enumerate().filter_map(begins).map(|begin| block(&lines, begin)).collect()
}

fn block(lines: &[&str], begin: usize) -> Block {
    let comment = begin.checked_sub(1).and_then(|above| lines[above].strip_prefix("<!-- ")?.strip_suffix(" -->"));
    let marks: Vec<_> = comment.into_iter().flat_map(|comment| comment.split(';')).map(str::trim).collect();
    let mut commands: Vec<Typed> = Vec::new();
    for line in lines[begin + 1..].iter().take_while(|line| line.trim() != "```") {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push(Typed { command: command.to_string(), shown: Vec::new() }),
            (None, Some(typed)) if typed.command.ends_with('\\') => {
                typed.command.truncate(typed.command.len() - 1);
                typed.command.push_str(line.trim_start());
            }
            (None, Some(typed)) => typed.shown.push(line.to_string()),
            (None, None) => {}
        }
    }
    Block { line: begin + 1, marks: marks.into_iter().map(str::to_string).collect(), commands }
}

/// README.md and all documents below docs/, in order.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![root.join("README.md")];
    let mut dirs = vec![root.join("docs")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A place where a document's commands are typed: the project's files, its programs, and free ports.
struct Desk {
    dir: TempDir,
    ports: Vec<(String, String)>,
    staying: Vec<(Program, Typed, Vec<String>)>,
}

impl Desk {
    fn new(text: &str) -> Desk {
        let (dir, root) = (TempDir::new(), Path::new(env!("CARGO_MANIFEST_DIR")));
        for made in ["client_data", "tmp", "home", "bin", "target"] {
            fs::create_dir(dir.path().join(made)).unwrap();
        }
        // Copies, so that no recipe writes over the project's own files.
        for copied in ["server_data", "docs"] {
            copy_dir(&root.join(copied), &dir.path().join(copied));
        }
        let programs = Path::new(LAB).parent().unwrap();
        for profile in ["debug", "release"] {
            symlink(programs, dir.path().join("target").join(profile)).unwrap();
        }
        let ports: Vec<_> =
            default_and_named_ports(text).into_iter().map(|port| (port, free_port().unwrap().to_string())).collect();
        let desk = Desk { dir, ports, staying: Vec::new() };
        desk.put_program("cargo", &cargo(&programs.to_string_lossy(), &desk.ports[0].1));
        if let Ok(openbsd) = fs::canonicalize("/bin/nc.openbsd") {
            symlink(openbsd, desk.dir.path().join("bin/nc")).unwrap();
        }
        desk
    }

    fn put_program(&self, name: &str, script: &str) {
        let path = self.dir.path().join("bin").join(name);
        fs::write(&path, script).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn tmp(&self) -> String {
        format!("{}/tmp/", self.dir.path().display())
    }

    fn home(&self) -> String {
        format!("{}/home", self.dir.path().display())
    }

    /// Starts it in a process group of its own, with a terminal's one stream for what it prints and complains.
    fn start(&self, command: &str) -> Program {
        let command = self.ports.iter().fold(command.to_string(), |command, (told, real)| command.replace(told, real));
        let path = format!("{}/bin:{}", self.dir.path().display(), std::env::var("PATH").unwrap());
        // The variable itself stays as it is: programs of the machine find their settings by it.
        let command = command.replace("/tmp/", &self.tmp()).replace("$HOME", &self.home());
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("exec 2>&1; {command}")]);
        Program::start(shell.current_dir(self.dir.path()).env("PATH", path).process_group(0))
    }

    /// What was printed, in the document's words.
    fn told(&self, printed: &str) -> Vec<String> {
        let printed = printed.replace(&self.tmp(), "/tmp/").replace(&self.home(), "$HOME");
        let printed = self.ports.iter().fold(printed, |printed, (told, real)| printed.replace(real, told));
        printed.lines().map(str::to_string).collect()
    }

    /// Starts a program that goes on, and waits until it says something: where it listens.
    fn stay(&mut self, typed: Typed, varying: Vec<String>) {
        let program = self.start(&typed.command);
        eventually(&format!("{} says something", typed.command), || !program.so_far().is_empty());
        self.staying.push((program, typed, varying));
    }

    /// What is wrong with the block, if anything is.
    fn types(&mut self, block: Block) -> Result<(), String> {
        let varying: Vec<_> =
            block.mark("varies").unwrap_or("").split(',').map(|kind| kind.trim().to_string()).collect();
        if let Some(command) = block.mark("beside") {
            self.stay(Typed { command: command.to_string(), shown: Vec::new() }, Vec::new());
        }
        let block_needs = block.mark("needs").is_some();
        let (stays, exit_code) = ((1..=block.commands.len()).map(|number| block.stays(number)), block.exit_code());
        let (stays, line, last) = (stays.collect::<Vec<_>>(), block.line, block.commands.len());
        for (number, typed) in (1..).zip(block.commands) {
            if stays[number - 1] {
                self.stay(typed, varying.clone());
                continue;
            }
            let mut program = self.start(&typed.command);
            program.ends_input();
            let ended = program.ended_within(if block_needs { LONGEST } else { PATIENCE });
            let wanted = if number == last { exit_code } else { 0 };
            let printed = self.told(&ended.stdout);
            let same = typed.shown.is_empty() || agree(&typed.shown, &printed, &varying);
            if ended.code != Some(wanted) || !same {
                return Err(story(line, &typed, &format!("exit code {:?}\n{}", ended.code, printed.join("\n"))));
            }
        }
        Ok(())
    }

    /// Those that stayed have printed what the document shows, and are ended.
    fn ends(self) -> Result<(), String> {
        let mut wrong = Vec::new();
        for (program, typed, varying) in &self.staying {
            let agrees = || typed.shown.is_empty() || agree(&typed.shown, &self.told(&program.so_far()), varying);
            let deadline = Instant::now() + PATIENCE;
            while !agrees() && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(5));
            }
            if !agrees() {
                wrong.push(story(0, typed, &self.told(&program.so_far()).join("\n")));
            }
        }
        for (program, ..) in &self.staying {
            let group = format!("kill -KILL -- -{}", program.id());
            Command::new("bash").args(["-c", &group]).status().unwrap();
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("\n"))
        }
    }
}

fn story(line: usize, typed: &Typed, printed: &str) -> String {
    format!(
        "line {line}: $ {}\nthe document shows:\n{}\nit printed:\n{printed}\n",
        typed.command,
        typed.shown.join("\n")
    )
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if from.is_dir() {
            copy_dir(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

/// A `cargo` that runs the programs which the test has built already, and puts this port in the default's place.
fn cargo(programs: &str, port: &str) -> String {
    format!(
        r#"#!/bin/bash
bin=server
[ "$1" = run ] || {{ echo "only cargo run is run here" >&2; exit 99; }}
shift
while [ $# -gt 0 ]; do
    case "$1" in
        --bin) bin=$2; shift 2 ;;
        --release) shift ;;
        --) shift; break ;;
        *) echo "cargo run $1 is not known here" >&2; exit 99 ;;
    esac
done
case "$bin $*" in
    server*--bind*|client*--server*) ;;
    server*) set -- --bind 127.0.0.1:{port} "$@" ;;
    client*) set -- --server 127.0.0.1:{port} "$@" ;;
esac
exec "{programs}/$bin" "$@"
"#
    )
}

/// The default port first, then all others of that kind in the text.
fn default_and_named_ports(text: &str) -> Vec<String> {
    let mut ports = vec!["4456".to_string()];
    for word in text.split(|letter: char| !letter.is_ascii_digit()) {
        if word.len() == 4 && word.starts_with("44") && !ports.iter().any(|port| port == word) {
            ports.push(word.to_string());
        }
    }
    ports
}

/// Are these the lines that the document shows, except for what varies?
fn agree(shown: &[String], printed: &[String], varying: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line.trim() == "..." => {
            (0..=printed.len()).any(|skipped| agree(rest, &printed[skipped..], varying))
        }
        Some((line, rest)) => printed.split_first().is_some_and(|(first, others)| {
            without_varying(line, varying) == without_varying(first, varying) && agree(rest, others, varying)
        }),
    }
}

/// The words of a line, with a word in capitals for each that varies.
fn without_varying(line: &str, varying: &[String]) -> Vec<String> {
    let varies = |kind: &str| varying.iter().any(|varying| varying == kind);
    let words: Vec<_> = line.split_whitespace().collect();
    let unit_of = |index: usize| words.get(index + 1).map(|unit| unit.trim_end_matches([',', '.', ';', ':', ')']));
    let is_number = |word: &str| word.trim_start_matches(['(', '+', '~']).parse::<f64>().is_ok();
    // 5.304 seconds since the beginning, or 12:30:59 on the clock.
    let is_stamp = |word: &str| {
        let is_of = |digits: &str, count| digits.len() == count && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_clock = |word: &str| word.split(':').count() == 3 && word.split(':').all(|part| is_of(part, 2));
        let since =
            word.split_once('.').is_some_and(|(whole, decimals)| is_of(whole, whole.len()) && is_of(decimals, 3));
        since || is_clock(word)
    };
    let told = |(index, word): (usize, &&str)| match unit_of(index) {
        Some("ns" | "µs" | "ms" | "s") if varies("times") && is_number(word) => "TIME".to_string(),
        Some("B" | "KiB" | "MiB" | "GiB" | "bytes") if varies("sizes") && is_number(word) => "SIZE".to_string(),
        _ if varies("times") && is_stamp(word) => "TIME".to_string(),
        _ if varies("ports") && word.contains("127.0.0.1:") => digits_out(word),
        _ if varies("numbers") => digits_out(word),
        _ => word.to_string(),
    };
    words.iter().enumerate().map(told).collect()
}

/// Each number is N.
fn digits_out(word: &str) -> String {
    let mut told = String::new();
    for letter in word.chars() {
        let is_part = letter.is_ascii_digit() || (letter == '.' && told.ends_with('N'));
        match is_part {
            true if told.ends_with('N') => {}
            true => told.push('N'),
            false => told.push(letter),
        }
    }
    told
}

/// Runs the wanted blocks of all documents, several documents at the same time; what went wrong, in all of them.
fn run_documents(wanted: impl Fn(&Block) -> bool + Sync) {
    let (to_do, wrong) = (Mutex::new(documents()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| loop {
                let Some(path) = to_do.lock().unwrap().pop() else { break };
                let told = run_document(&fs::read_to_string(&path).unwrap(), &wanted);
                wrong.lock().unwrap().extend(told.into_iter().map(|told| format!("{}: {told}", path.display())));
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What went wrong in a document.
fn run_document(text: &str, wanted: impl Fn(&Block) -> bool) -> Vec<String> {
    let mut desk = Desk::new(text);
    let mut told = Vec::new();
    for block in blocks(text).into_iter().filter(|block| block.mark("not run").is_none() && wanted(block)) {
        told.extend(desk.types(block).err());
    }
    told.extend(desk.ends().err());
    told
}

#[test]
fn what_the_documents_console_blocks_show_is_printed() {
    run_documents(|block| block.mark("needs").is_none());
}

#[test]
#[ignore = "needs nc, python3 and time"]
fn what_the_documents_console_blocks_show_is_printed_where_all_programs_are_there() {
    run_documents(|_| true);
}

#[test]
fn every_mark_of_a_console_block_is_known_and_says_why() {
    for path in documents() {
        for block in blocks(&fs::read_to_string(&path).unwrap()) {
            let known = |mark: &String| MARKS.iter().any(|known| mark.starts_with(known));
            let place = format!("{}:{}", path.display(), block.line);
            assert!(block.marks.iter().all(known), "{place}: {:?}", block.marks);
            assert!(block.mark("not run") != Some(""), "{place}: why is it not run?");
            assert!(block.mark("not run").is_some() || !block.commands.is_empty(), "{place}: no command in the block");
        }
    }
}

#[test]
fn what_a_reader_should_type_stands_in_console_blocks_alone() {
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let mut is_console = false;
        for (number, line) in (1..).zip(text.lines()) {
            if let Some(kind) = line.trim().strip_prefix("```") {
                is_console = kind == "console";
            }
            assert!(is_console || !line.starts_with("$ "), "{}:{number}: {line}", path.display());
        }
    }
}

#[test]
fn what_varies_is_left_out_and_nothing_else() {
    let lines = |text: &str| text.lines().map(str::to_string).collect::<Vec<_>>();
    let agree_on = |shown: &str, printed: &str, varying: &str| {
        let varying: Vec<_> = varying.split(", ").map(str::to_string).collect();
        agree(&lines(shown), &lines(printed), &varying)
    };
    assert!(agree_on("waits 1.5 ms, 3 of 4", "waits  27 ms, 3 of 4", "times"));
    assert!(!agree_on("waits 1.5 ms, 3 of 4", "waits 27 ms, 2 of 4", "times"));
    assert!(agree_on("5.304 #1 client 127.0.0.1:58010", "0.001 #1 client 127.0.0.1:4", "times, ports"));
    assert!(!agree_on("5.304 #1 client 127.0.0.1:58010", "0.001 #1 client 127.0.0.1:4", "times"));
    assert!(agree_on("a\n...\nz", "a\nb\nc\nz", ""));
    assert!(!agree_on("a\n...\nz", "a\nb\nc", ""));
    assert!(!agree_on("a", "a\nb", ""));
    assert!(agree_on("17 requests", "5 requests", "numbers"));
}
