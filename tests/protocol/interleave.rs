//! `lab interleave`: the counts of each program, what is asked and what is answered, mistakes in a file, hostile files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use file_transfer::lab::interleave::all::all;
use file_transfer::lab::interleave::language::Program;
use file_transfer::lab::interleave::machine::{End, Stepped};
use file_transfer::lab::interleave::parser::parse;
use file_transfer::lab::interleave::schedules::{letters_of, run as run_schedule, Schedule};

use crate::command_lines::{run, Ended, Program as Process, LAB};
use crate::support::TempDir;

const DIRECTORY: &str = "docs/labs/interleave";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text_of(name: &str) -> String {
    fs::read_to_string(root().join(DIRECTORY).join(name)).unwrap()
}

fn program(name: &str) -> Program {
    parse(&text_of(name)).unwrap()
}

fn interleave(name: &str, options: &[&str]) -> Ended {
    let file = root().join(DIRECTORY).join(name);
    run(LAB, &[&["interleave", file.to_str().unwrap()], options].concat())
}

/// Runs the tool on a file of this text.
fn interleave_text(text: impl AsRef<[u8]>, options: &[&str]) -> Ended {
    let dir = TempDir::new();
    dir.put("program.txt", text);
    let file = dir.path().join("program.txt");
    run(LAB, &[&["interleave", file.to_str().unwrap()], options].concat())
}

/// A program of two threads with these instructions, that share `x` and the mutexes `a` and `b`.
fn two_threads(first: &[&str], second: &[&str]) -> String {
    let (first, second) = (first.join("\n"), second.join("\n"));
    format!("shared x = 0\nmutex a\nmutex b\nthread A\n{first}\nthread B\n{second}\nexpect x = 0\n")
}

/// The program's end and how many schedules lead to it, found one by one: without the states that the tool counts by.
fn counted_one_by_one(program: &Program) -> Vec<(End, u128, String)> {
    let mut ends: Vec<(End, Schedule)> = Vec::new();
    let mut unfinished = vec![Schedule::new()];
    while let Some(schedule) = unfinished.pop() {
        let run = run_schedule(program, &schedule);
        if run.rows.last().is_some_and(|row| matches!(row.stepped, Stepped::Waits(_) | Stepped::HadEnded)) {
            continue;
        }
        if run.end == End::NotOver {
            let longer = (0..program.threads.len()).map(|thread| [&schedule[..], &[thread]].concat());
            unfinished.extend(longer);
        } else {
            ends.push((run.end, schedule));
        }
    }
    let kinds: BTreeSet<_> = ends.iter().map(|(end, _)| *end).collect();
    let of_kind = |kind: End| {
        let mut schedules: Vec<_> = ends.iter().filter(|(end, _)| *end == kind).map(|(_, schedule)| schedule).collect();
        schedules.sort_by_key(|schedule| (schedule.len(), letters_of(schedule)));
        (kind, schedules.len() as u128, letters_of(schedules[0]))
    };
    kinds.into_iter().map(of_kind).collect()
}

#[test]
fn the_counts_and_the_shortest_schedules_of_the_five_programs_are_exact() {
    use End::{AsExpected, Deadlock, Otherwise};
    for (name, wanted) in [
        // Three of six steps are A's: 6! / (3! 3!) = 20. Only one thread wholly before the other is right.
        ("lost_update.txt", &[(AsExpected, 2, "AAABBB"), (Otherwise, 18, "AABABB")][..]),
        // The thread that locks first goes on alone to its end.
        ("lost_update_with_lock.txt", &[(AsExpected, 2, "AAAAABBBBB")]),
        ("check_then_act.txt", &[(AsExpected, 2, "AAAAAAAAABBBB"), (Otherwise, 70, "AAAABBBAAAAABBBBBB")]),
        // AB and BA are deadlocks. A thread that gets both mutexes goes on alone until it unlocks the first. Then the
        // other thread locks that mutex before or after the second is unlocked: two schedules for each.
        ("lock_order.txt", &[(AsExpected, 4, "AAAAAAABBBBBBB"), (Deadlock, 2, "AB")]),
        // Three clients one after the other: 3! = 6.
        ("registry_admit.txt", &[(AsExpected, 6, "AAAAAABBBBBBCCCC")]),
    ] {
        let program = program(name);
        let wanted: Vec<_> = wanted.iter().map(|(end, count, least)| (*end, *count, least.to_string())).collect();
        let all = all(&program);
        assert_eq!(all.given_up, None, "{name}");
        let ends = all.ends.iter().map(|(end, found)| (*end, found.count, letters_of(&found.shortest)));
        assert_eq!(ends.collect::<Vec<_>>(), wanted, "{name}");
        assert_eq!(counted_one_by_one(&program), wanted, "{name}, one by one");
    }
}

#[test]
fn every_schedule_of_a_program_without_locks_is_counted() {
    // n! / (a! b! ...), by hand.
    for (lengths, schedules) in [(&[1, 1][..], 2), (&[2, 2], 6), (&[4, 4], 70), (&[2, 2, 2], 90), (&[1, 1, 1, 1], 24)] {
        let threads =
            lengths.iter().zip('A'..).map(|(length, name)| format!("thread {name}\n{}", "add 1\n".repeat(*length)));
        let text = format!("shared x = 0\n{}expect x = 0", threads.collect::<String>());
        assert_eq!(all(&parse(&text).unwrap()).count(), schedules, "{lengths:?}");
    }
    let thirty = vec!["add 1"; 30];
    let all = all(&parse(&two_threads(&thirty, &thirty)).unwrap());
    assert_eq!((all.count(), all.given_up), (118_264_581_564_861_424, None), "60! / (30! 30!)");
}

#[test]
fn a_deadlock_is_told_with_who_holds_what_who_waits_for_what_and_the_cycle() {
    let ended = interleave("lock_order.txt", &["--all", "--solve"]);
    ended.expect_success();
    let words = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let told =
        "2. One of the shortest: AB. A holds files and waits for bytes; B holds bytes and waits for files. The cycle: \
                A waits for B, B waits for A.";
    assert!(words.contains(told), "{}", ended.stdout);

    // Three threads in a circle, and a fourth that waits and is in no circle.
    let text =
        "shared x = 0\nmutex a\nmutex b\nmutex c\nthread A\nlock a\nlock b\nthread B\nlock b\nlock c\nthread C\n\
                lock c\nlock a\nthread D\nlock a\nexpect x = 0\n";
    let ended = interleave_text(text, &["--schedule", "ABCD", "--solve"]);
    let words = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("D waits for a. The cycle: A waits for B, B waits for C, C waits for A."), "{words}");
}

#[test]
fn a_thread_that_locks_twice_waits_for_itself_and_the_text_says_that_rust_may_also_panic() {
    let ended = interleave_text(two_threads(&["lock a", "lock a"], &["add 1"]), &["--schedule", "AAB", "--solve"]);
    ended.expect_success();
    let words = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "lock a: waits",
        "A waits for itself.",
        "In Rust, a thread that locks its own mutex again",
        "may wait for ever or panic",
    ] {
        assert!(words.contains(told), "{told}: {}", ended.stdout);
    }
}

#[test]
fn a_mutex_that_a_thread_took_along_to_its_end_is_a_deadlock_without_a_cycle() {
    let ended = interleave_text(two_threads(&["lock a"], &["lock a"]), &["--all", "--solve"]);
    ended.expect_success();
    assert!(ended.stdout.contains("A holds a and has ended; B waits for a."), "{ended:?}");
    assert!(!ended.stdout.contains("cycle"), "{ended:?}");
}

#[test]
fn an_unlock_of_a_mutex_that_is_not_held_is_an_error_with_its_line_and_schedule() {
    let text = two_threads(&["lock a", "unlock a"], &["unlock a"]);
    for (options, schedule) in [(&["--schedule", "ABA"][..], "AB"), (&["--all"], "B")] {
        let asked = interleave_text(&text, options);
        asked.expect_success();
        let solved = interleave_text(&text, &[options, &["--solve"]].concat());
        let error = format!("line 8, 'unlock a': thread B does not hold this mutex; the schedule is {schedule}\n");
        solved.expect_failure(1, &[&error]);
        assert!(solved.stdout.contains("unlock a: error"), "{solved:?}");
    }
}

#[test]
fn a_schedule_may_name_threads_that_wait_or_have_ended_and_may_end_early() {
    let text = two_threads(&["lock a", "unlock a"], &["lock a", "add 1"]);
    let ended = interleave_text(text, &["--schedule", "ABAAB", "--solve"]);
    ended.expect_success();
    for told in [
        "   2            lock a: waits  0  A  -\n",
        "   4  (ended)                  0  -  -\n",
        "   5            lock a         0  B  -\n",
        "B waits for a at step 2.",
        "No: the schedule is over before that. B is at line 9: add 1.",
        "Not all threads have ended.",
    ] {
        assert!(ended.stdout.contains(told), "{told}: {}", ended.stdout);
    }
}

#[test]
fn a_condition_and_a_loop_are_carried_out() {
    // Each thread adds 2 until the sum is 4.
    let thread = ["again:", "read x", "if r >= 4 goto done", "add 2", "write x", "goto again", "done:"];
    let text = two_threads(&thread, &thread).replace("expect x = 0", "expect x = 4");
    let ended = interleave_text(text, &["--schedule", "AAAAAAAAAAAAABB", "--solve"]);
    ended.expect_success();
    for told in ["if r >= 4: no", "if r >= 4: yes", "x = 4.", "3. Does every thread end?\n   Yes."] {
        assert!(ended.stdout.contains(told), "{told}: {}", ended.stdout);
    }
}

#[test]
fn the_same_seed_gives_the_same_and_its_schedule_can_be_repeated() {
    let run = |seed: &str| {
        let ended = interleave("registry_admit.txt", &["--random", "--seed", seed, "--solve"]);
        ended.expect_success();
        ended.stdout
    };
    assert_eq!(run("1"), run("1"));
    let runs: BTreeSet<_> = ["1", "2", "3", "4"].map(run).into_iter().collect();
    assert!(runs.len() > 1, "all seeds give the same");

    let random = run("1");
    let schedule = random.split("schedule ").nth(1).unwrap().lines().next().unwrap();
    let repeated = interleave("registry_admit.txt", &["--schedule", schedule, "--solve"]).stdout;
    assert_eq!(random.replace("\n(random, --seed 1)", ""), repeated);
    // Without a seed it takes any, and names it.
    let any = interleave("lost_update.txt", &["--random"]);
    assert!(any.stdout.contains("(random, --seed "), "{any:?}");
}

#[test]
fn the_questions_do_not_tell_the_answers() {
    // Two programs that differ in what happens, and not in their looks: what is asked must not differ either.
    let right = two_threads(&["lock a", "lock b", "add 0", "write x"], &["lock a", "lock b", "add 0", "write x"]);
    for (from, to) in [("add 0", "add 1"), ("thread B\nlock a\nlock b", "thread B\nlock b\nlock a")] {
        let other = right.replace(from, to);
        for options in [&["--all"][..], &["--schedule", "ABABAABBAB"]] {
            let below = |text: &String, options: &[&str]| {
                let ended = interleave_text(text, options);
                ended.expect_success();
                ended.stdout.split("expect").nth(1).unwrap().to_string()
            };
            assert_eq!(below(&right, options), below(&other, options));
            let solved = [options, &["--solve"]].concat();
            assert_ne!(below(&right, &solved), below(&other, &solved), "{from} -> {to}: nothing to be told");
        }
    }
    // Below the values before the first step there is no answer, but a place for each.
    for name in ["lost_update.txt", "lock_order.txt", "registry_admit.txt"] {
        let asked = interleave(name, &["--random", "--seed", "1"]).stdout;
        let table = asked.split("\n   1 ").nth(1).unwrap();
        for line in format!("   1 {table}").lines().filter(|line| line.starts_with("   ")) {
            let is_blank =
                line.split_whitespace().filter(|word| word.parse::<usize>().is_err()).all(|word| word == "?");
            assert!(is_blank, "{line}");
        }
    }
}

#[test]
fn a_line_has_at_most_80_columns() {
    let lines = |thread: usize| {
        (0..7).map(|_| format!("  if r != -999 goto label_{thread}x\n  lock mutex_{thread}\n")).collect::<String>()
    };
    let shared: String = (0..4).map(|index| format!("shared longer_{index} = -999\nmutex mutex_{index}\n")).collect();
    let threads: String =
        (0..4).zip('A'..).map(|(index, name)| format!("thread {name}\n{}label_{index}x:\n", lines(index))).collect();
    let text = format!("{shared}{threads}expect longer_0 = 2\n");
    let letters = "ABCD".repeat(15);
    let schedule = ["--schedule", &letters];
    for options in [&["--all", "--solve"][..], &["--random", "--seed", "1"], &schedule, &[]] {
        let ended = interleave_text(&text, options);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        for line in ended.stdout.lines() {
            assert!(line.chars().count() <= 80, "{options:?}: {line}");
        }
    }
}

#[test]
fn a_mistake_in_a_file_is_told_with_its_line_what_was_read_and_what_is_right() {
    let head = "shared x = 0\nmutex a\n";
    let in_thread = |line: &str| format!("{head}thread A\n{line}\nthread B\nadd 1\nexpect x = 1\n");
    let at_end = |line: &str| format!("{head}thread A\nadd 1\nthread B\nadd 1\n{line}\n");
    let many = "add 1\n".repeat(31);
    for (text, line, read, right) in [
        (String::new(), 1, "(end of the file)", "'thread A' is missing"),
        ("# only a comment\n\n".to_string(), 2, "(end of the file)", "'thread A' is missing"),
        (format!("{head}expect x = 0\n"), 3, "expect x = 0", "'thread A' is missing"),
        (format!("{head}thread A\nadd 1\nexpect x = 0\n"), 5, "expect x = 0", "'thread B' is missing"),
        (format!("{head}thread A\nadd 1\nthread C\nadd 1\n"), 5, "thread C", "must be 'thread B'"),
        (format!("{head}thread A\nthread B\nadd 1\n"), 3, "thread A", "at least one instruction"),
        (format!("{head}add 1\n"), 3, "add 1", "'thread A'"),
        (
            format!("{head}{}", "ABCDE".chars().map(|name| format!("thread {name}\nadd 1\n")).collect::<String>()),
            11,
            "thread E",
            "at most 4 threads",
        ),
        (format!("{head}thread A\n{many}thread B\n{many}"), 35, "thread B", "at most 60 instructions"),
        (format!("{head}{head}"), 3, "shared x = 0", "this name is taken"),
        ("mutex x\nshared x = 0\n".to_string(), 2, "shared x = 0", "this name is taken"),
        ("shared r = 0\n".to_string(), 1, "shared r = 0", "register"),
        ("shared X = 0\n".to_string(), 1, "shared X = 0", "at most 8 characters"),
        ("shared longer_than = 0\n".to_string(), 1, "shared longer_than = 0", "at most 8 characters"),
        ("shared x\n".to_string(), 1, "shared x", "'shared x = 0'"),
        ("shared x = one\n".to_string(), 1, "shared x = one", "'one' should be a whole number from -999 to 999"),
        ("shared x = 1000\n".to_string(), 1, "shared x = 1000", "from -999 to 999"),
        ("mutex a b\n".to_string(), 1, "mutex a b", "'mutex a'"),
        ("mutex a\nmutex b\nmutex c\nmutex d\nmutex e\n".to_string(), 5, "mutex e", "at most 4 variables"),
        (in_thread("raed x"), 4, "raed x", "write one of: read x"),
        (in_thread("read"), 4, "read", "write one of: read x"),
        (in_thread("read y"), 4, "read y", "no variable is called 'y'"),
        (in_thread("write a"), 4, "write a", "no variable is called 'a'"),
        (in_thread("lock x"), 4, "lock x", "no mutex is called 'x'"),
        (in_thread("unlock b"), 4, "unlock b", "no mutex is called 'b'"),
        (in_thread("add one"), 4, "add one", "whole number"),
        (in_thread("add 99999999999999999999"), 4, "add 99999999999999999999", "whole number"),
        (in_thread("goto again"), 4, "goto again", "no label 'again'"),
        (in_thread("if r < 1"), 4, "if r < 1", "'if r < 1 goto again'"),
        (in_thread("if r == 1 goto again"), 4, "if r == 1 goto again", "signs are"),
        (in_thread("if x < 1 goto again"), 4, "if x < 1 goto again", "first 'read x'"),
        (in_thread("again:\nagain:\nadd 1"), 5, "again:", "that label already"),
        (in_thread("Again:\nadd 1"), 4, "Again:", "at most 8 characters"),
        (in_thread("shared y = 0"), 4, "shared y = 0", "above the first thread"),
        (at_end(""), 7, "(end of the file)", "'expect x = 2'"),
        (at_end("expect x"), 7, "expect x", "'expect x = 2'"),
        (at_end("expect x == 2"), 7, "expect x == 2", "'expect x = 2'"),
        (at_end("expect y = 2"), 7, "expect y = 2", "no variable is called 'y'"),
        (at_end("expect x = 2\nexpect x = 3"), 8, "expect x = 3", "nothing below"),
    ] {
        let ended = interleave_text(&text, &[]);
        ended.expect_failure(1, &["program.txt\", ", &format!("line {line}, '{read}': "), right]);
        assert_eq!(ended.stdout, "", "{ended:?}");
    }
}

#[test]
fn hostile_files_end_with_one_clear_line() {
    for (bytes, told) in [
        (vec![b'\n'; 1024 * 1024], "more than 16384 bytes"),
        (b"shared x = 0\n\xff\xfe".to_vec(), "no text in UTF-8"),
        (vec![0; 10_000], r"\0"),
        (b"\x1b[2Jshared x = 0\n".to_vec(), r"\u{1b}[2J"),
        ("thread A\n".repeat(1000).into_bytes(), "at least one instruction"),
        ((0..2000).map(|number| format!("a{number}:\n")).collect::<String>().into_bytes(), "'thread A'"),
    ] {
        let ended = interleave_text(&bytes, &["--all", "--solve"]);
        ended.expect_failure(1, &[told]);
        assert!(ended.stdout.is_empty() && !ended.stderr.contains('\u{1b}') && ended.stderr.len() < 1500, "{ended:?}");
    }
    run(LAB, &["interleave", "/no/such/file"]).expect_failure(1, &["/no/such/file", "can't read"]);
    run(LAB, &["interleave", DIRECTORY]).expect_failure(1, &["no regular file"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_and_a_device_are_refused_and_not_waited_for() {
    let dir = TempDir::new();
    let pipe = dir.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    run(LAB, &["interleave", pipe.to_str().unwrap(), "--all"]).expect_failure(1, &["no regular file"]);
    run(LAB, &["interleave", "/dev/zero", "--all"]).expect_failure(1, &["no regular file"]);
}

#[test]
fn loops_and_too_many_states_end_at_a_limit_that_is_named() {
    let endless =
        interleave_text(two_threads(&["again:", "goto again"], &["again:", "goto again"]), &["--all", "--solve"]);
    endless.expect_success();
    // Two threads that always can step: 2 to the power of 60.
    let words = endless.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("Over after at most 60 steps: 0. Not over then: 1152921504606846976."), "{words}");
    let random =
        interleave_text(two_threads(&["again:", "goto again"], &["add 1"]), &["--random", "--seed", "1", "--solve"]);
    assert!(
        random.stdout.contains("\n  60 ") && random.stdout.contains("the schedule is over before that"),
        "{random:?}"
    );

    let counts = |name: char| format!("again:\nadd 1\nwrite {name}\ngoto again\n");
    let threads: String =
        "ABCD".chars().zip("wxyz".chars()).map(|(name, own)| format!("thread {name}\n{}", counts(own))).collect();
    let text = format!("shared w = 0\nshared x = 0\nshared y = 0\nshared z = 0\n{threads}expect x = 0\n");
    let all = all(&parse(&text).unwrap());
    let (count, steps) = (all.count(), all.given_up.unwrap());
    assert!(steps < 60 && count == 4_u128.pow(steps as u32), "{count} schedules of {steps} steps");
}

#[test]
fn wrong_usage_is_one_line_that_says_what_is_right() {
    let file = root().join(DIRECTORY).join("lost_update.txt");
    let file = file.to_str().unwrap();
    let too_long = "A".repeat(61);
    for (arguments, right) in [
        (&[][..], "which program? lab interleave docs/labs/interleave/lost_update.txt"),
        (&["--all"], "which program?"),
        (&[file, "--solve"], "add --schedule ABBA, --random or --all"),
        (&[file, "--seed", "1"], "--seed is for --random"),
        (&[file, "--all", "--seed", "1"], "--seed is for --random"),
        (&[file, "--random", "--seed", "x"], "a whole number"),
        (&[file, "--all", "--random"], "use one of"),
        (&[file, "--schedule", "AB", "--all"], "use one of"),
        (&[file, "--schedule"], "letters, such as ABBA"),
        (&[file, "--schedule", ""], "AB, 1 to 60 of them, not ''"),
        (&[file, "--schedule", "ABC"], "AB, 1 to 60 of them, not 'ABC'"),
        (&[file, "--schedule", "ab"], "AB, 1 to 60 of them, not 'ab'"),
        (&[file, "--schedule", &too_long], "1 to 60 of them"),
        (&[file, "--nonsense"], "lab --help"),
        (&[file, "extra"], "lab --help"),
    ] {
        let ended = run(LAB, &[&["interleave"], arguments].concat());
        ended.expect_failure(2, &[right]);
        assert_eq!(ended.stdout, "", "{ended:?}");
    }
    let help = run(LAB, &["interleave", "--help"]);
    help.expect_success();
    let section = help.stdout.split("  interleave FILE").nth(1).unwrap().split("  relay --to").next().unwrap();
    let options: Vec<_> = section.lines().filter_map(|line| line.strip_prefix("    --")?.split(' ').next()).collect();
    assert_eq!(options, ["schedule", "random", "seed", "all", "solve"]);
    let document = fs::read_to_string(root().join("docs/INTERLEAVE.md")).unwrap();
    assert!(options.iter().all(|option| document.contains(&format!("| `--{option}"))), "an option is missing there");
}

#[test]
fn a_file_of_another_system_is_read_too() {
    let text = format!("\u{feff}{}", text_of("lost_update.txt").replace('\n', "\r\n"));
    let (ours, theirs) =
        (interleave("lost_update.txt", &["--all", "--solve"]), interleave_text(text, &["--all", "--solve"]));
    assert_eq!(ours.stdout, theirs.stdout, "{theirs:?}");
}

/// The commands that stand in a text, each with what follows it.
fn commands(text: &str) -> Vec<(Vec<&str>, &str)> {
    let parts = text.split("cargo run --bin lab -- interleave ").skip(1);
    parts.map(|part| part.split_once('\n').unwrap()).map(|(words, rest)| (words.split(' ').collect(), rest)).collect()
}

fn run_in_root(arguments: &[&str]) -> Ended {
    let mut process = Process::start(Command::new(LAB).current_dir(root()).arg("interleave").args(arguments));
    process.ends_input();
    process.ended()
}

#[test]
fn the_transcripts_of_the_document_take_place() {
    let document = fs::read_to_string(root().join("docs/INTERLEAVE.md")).unwrap();
    let commands = commands(&document);
    assert_eq!(commands.len(), 4);
    for (arguments, rest) in commands {
        let shown = rest.split("```").next().unwrap();
        assert_eq!(run_in_root(&arguments).stdout, shown, "{arguments:?}");
    }
}

#[test]
fn the_table_of_the_document_has_the_counts_of_each_program() {
    let document = fs::read_to_string(root().join("docs/INTERLEAVE.md")).unwrap();
    let files = fs::read_dir(root().join(DIRECTORY)).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = files.collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for file in files {
        let name = file.file_name().unwrap().to_str().unwrap();
        let all = all(&program(name));
        let counts =
            format!(" | {} | {} | {} |", all.count(), all.count_of(End::Otherwise), all.count_of(End::Deadlock));
        let row = document.lines().find(|line| line.starts_with(&format!("| [{name}]"))).unwrap();
        assert!(row.ends_with(&counts), "{row}: {counts}");
    }
}

#[test]
fn each_program_names_commands_that_can_be_run() {
    for entry in fs::read_dir(root().join(DIRECTORY)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_string();
        let text = text_of(&name);
        let commands = commands(&text);
        assert!(commands.len() >= 3, "{name}");
        for (arguments, _) in commands {
            assert_eq!(arguments[0], format!("{DIRECTORY}/{name}"));
            run_in_root(&arguments).expect_success();
        }
    }
}
