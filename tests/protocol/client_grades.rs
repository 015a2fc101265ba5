//! `lab check --client` and the broken clients test each other: our client passes every check, and each broken client
//! fails exactly the checks that the table in docs/CLIENTS.md names for it.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use file_transfer::lab::broken_clients;
use file_transfer::lab::check::clients::subject::{Commands, Subject};
use file_transfer::lab::check::clients::{grade, selected, Options};
use file_transfer::lab::check::command::client_words;
use file_transfer::lab::check::outcome::Verdict;
use file_transfer::lab::check::results::Graded;

use crate::command_lines::{lab, LAB};
use crate::conformance::table_of;
use crate::support::{TempDir, TestServer};

/// For a check that passes: on a busy machine it may take its time.
const PATIENCE: Duration = Duration::from_secs(20);

/// For a check that may fail because nothing comes: it then takes so long.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Each broken client is graded in so many parts at the same time: those that fail mostly wait.
const PARTS: usize = 8;

/// How many parts are graded at the same time, of all clients.
const AT_ONCE: usize = 16;

fn options(command: &str, commands: Commands, only: Vec<String>, timeout: Duration) -> Options {
    let subject = Subject { words: client_words(command).unwrap(), commands, folder: None };
    Options { subject, levels: Vec::new(), only, timeout, seed: 1 }
}

fn client_command() -> String {
    let client = env!("CARGO_BIN_EXE_client");
    format!("'{client}' --server {{host}}:{{port}} --dir {{dir}} --timeout {{timeout}}")
}

fn broken_command(name: &str) -> String {
    format!("'{LAB}' broken {name} {{host}} {{port}} {{dir}}")
}

/// Each broken client, its mistake, and the checks that it fails.
fn table() -> Vec<(String, String, BTreeSet<String>)> {
    table_of(include_str!("../../docs/CLIENTS.md"))
}

#[test]
fn our_client_passes_every_check() {
    let results = grade(&options(&client_command(), Commands::Stdin, Vec::new(), PATIENCE), |_| {}).unwrap();
    let stories: Vec<_> = results.iter().filter(|one| one.verdict != Verdict::Passed).map(Graded::text).collect();
    assert!(results.len() > 50 && stories.is_empty(), "{}", stories.join("\n"));
}

#[test]
fn each_broken_client_fails_the_checks_of_its_row_and_no_other() {
    let told: Vec<_> = table().into_iter().map(|(name, mistake, _)| (name, mistake)).collect();
    let ours: Vec<_> =
        broken_clients::ALL.iter().map(|client| (client.name.to_string(), client.mistake.to_string())).collect();
    assert_eq!(told, ours, "the table's rows");

    let parts = broken_clients::ALL.iter().flat_map(|client| (0..PARTS).map(|part| (client.name, part)));
    let to_do = Mutex::new(parts.collect::<Vec<_>>());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| loop {
                let Some((name, part)) = to_do.lock().unwrap().pop() else { break };
                let checks = selected(&[], &[]).into_iter().skip(part).step_by(PARTS);
                let only = checks.map(|check| check.id.to_string()).collect();
                let graded = grade(&options(&broken_command(name), Commands::Stdin, only, TIMEOUT), |_| {}).unwrap();
                found.lock().unwrap().extend(graded.into_iter().map(|graded| (name, graded)));
            });
        }
    });
    let found = found.into_inner().unwrap();
    let mut surprises = Vec::new();
    for (name, _, expected) in table() {
        for (_, graded) in found.iter().filter(|(found, _)| *found == name) {
            if graded.has_failed() != expected.contains(graded.check.id) {
                surprises.push(format!("{name} should have ended otherwise:\n{}", graded.text()));
            }
        }
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
}

#[test]
fn the_document_lists_all_checks_by_their_numbers() {
    let text = include_str!("../../docs/CLIENTS.md");
    let (_, rows) = text.split_once("| check | level | what a client does that passes |\n|---|---|---|\n").unwrap();
    let mut checks = selected(&[], &[]);
    checks.sort_by_key(|check| file_transfer::lab::check::catalogue::numbers(check.id));
    let row = |check: &&file_transfer::lab::check::clients::exam::Check| {
        format!("| {} | {} | {} |", check.id, check.level.word(), check.title)
    };
    assert_eq!(rows.lines().map(str::to_string).collect::<Vec<_>>(), checks.iter().map(row).collect::<Vec<_>>());
}

#[test]
fn commands_come_as_arguments_too() {
    let only = ["4.2", "6.1", "7.1"].map(str::to_string).to_vec();
    let command = broken_command("no_logout");
    let results = grade(&options(&command, Commands::Args, only, PATIENCE), |_| {}).unwrap();
    let verdicts: Vec<_> = results.iter().map(|graded| (graded.check.id, graded.verdict)).collect();
    let stories: Vec<_> = results.iter().map(Graded::text).collect();
    let expected = [("4.2", Verdict::Passed), ("6.1", Verdict::Passed), ("7.1", Verdict::Closed)];
    assert_eq!(verdicts, expected, "{}", stories.join("\n"));
}

#[test]
fn a_program_that_never_connects_fails_the_first_check_and_blocks_the_others() {
    let all = selected(&[], &[]).len();
    for (command, cause) in [
        ("/nonexistent/client {port} {dir}".to_string(), "wrong name"),
        (format!("'{LAB}' no-such-tool"), "no-such-tool"),
    ] {
        let (code, table, _) = lab(&["check", "--client", &command]);
        assert_eq!(code, Some(1), "{table}");
        assert!(table.contains("FAIL  1.1") && table.contains(cause), "{table}");
        assert_eq!(table.matches("blocked by 1.1").count(), all - 1, "{table}");
        assert!(table.contains("Fix first: 1.1"), "{table}");
    }
}

#[test]
fn without_a_time_out_the_checks_of_silence_do_not_apply() {
    let only = ["5.21", "8.5"].map(str::to_string).to_vec();
    let results = grade(&options(&broken_command("no_logout"), Commands::Stdin, only, PATIENCE), |_| {}).unwrap();
    assert!(results.iter().all(|graded| graded.verdict == Verdict::NotApplicable));
}

#[test]
#[cfg(unix)]
fn a_client_that_opens_another_connection_is_told_so() {
    let once = format!("'{LAB}' broken no_logout $1 $2 $3 LIST");
    let command = format!("sh -c \"{once}; {once}\" sh {{host}} {{port}} {{dir}}");
    let results = grade(&options(&command, Commands::Stdin, vec!["2.1".to_string()], PATIENCE), |_| {}).unwrap();
    let story = results[0].text();
    assert!(results[0].has_failed() && story.contains("one session is one TCP connection"), "{story}");
}

#[test]
#[cfg(unix)]
fn a_program_that_hangs_costs_the_time_out_and_is_ended_with_all_that_it_started() {
    let dir = TempDir::new();
    let pid = dir.path().join("pid");
    // It logs out correctly, but does not end. Its child process would go on.
    let script = format!("'{LAB}' broken reads_once $1 $2 $3; sleep 1000 & echo $! > {}; wait", pid.display());
    let command = format!("sh -c \"{script}\" sh {{host}} {{port}} {{dir}}");
    let short = Duration::from_millis(500);
    let results = grade(&options(&command, Commands::Stdin, vec!["1.1".to_string()], short), |_| {}).unwrap();
    let story = results[0].text();
    assert!(results[0].verdict == Verdict::NoReply && story.contains("the program has not ended"), "{story}");
    let child = fs::read_to_string(&pid).unwrap();
    crate::support::eventually("the end of the child", || {
        let asked = Command::new("kill").args(["-0", child.trim()]).stderr(Stdio::null()).status();
        !asked.unwrap().success()
    });
}

#[test]
fn a_name_that_leads_outside_is_removed_where_it_led() {
    let results =
        grade(&options(&broken_command("trusts_names"), Commands::Stdin, vec!["4.7".to_string()], PATIENCE), |_| {});
    let story = results.unwrap()[0].text();
    assert!(story.contains("outside of {dir}"), "{story}");
    let begins = format!("lab-check-client-{}-", std::process::id());
    let path = story.split(&begins).nth(1).unwrap().split('/').next().unwrap();
    assert!(!std::env::temp_dir().join(format!("{begins}{path}")).exists(), "{story}");
}

#[test]
#[cfg(unix)]
fn an_empty_file_in_place_of_a_refusal_is_told_so() {
    let dir = TempDir::new();
    // What the client did not store is made empty.
    let makes_empty =
        r#"case $command in DOWNLOAD*) name=${command#* }; [ -e "$dir/$name" ] || : > "$dir/$name";; esac"#;
    let script =
        format!("'{LAB}' broken trusts_names \"$@\"; dir=$3; shift 3; for command; do {makes_empty}; done; exit 1\n");
    dir.put("client.sh", script);
    let command = format!("sh '{}' {{host}} {{port}} {{dir}}", dir.path().join("client.sh").display());
    let results = grade(&options(&command, Commands::Args, vec!["4.5".to_string()], PATIENCE), |_| {}).unwrap();
    let story = results[0].text();
    assert!(results[0].has_failed() && story.contains("a refusal was taken for a file"), "{story}");
}

#[test]
fn the_results_are_a_story_a_table_an_exit_code_and_a_tsv() {
    let dir = TempDir::new();
    let tsv = dir.path().join("marks.tsv");
    let tsv = tsv.to_str().unwrap();
    let (code, table, _) = lab(&["check", "--client", &client_command(), "--only", "7", "--tsv", tsv]);
    assert!(code == Some(0) && table.contains("1 of 1 passed"), "{table}");
    assert!(String::from_utf8(dir.get("marks.tsv")).unwrap().contains("7.1\treport\tpassed\t"));

    let command = broken_command("keeps_short_file");
    let (code, table, _) = lab(&["check", "--client", &command, "--level", "files", "--only", "5.25", "--tsv", tsv]);
    assert!(code == Some(1) && table.contains("Fix first: 5.25") && table.contains("<- DOWNLOAD earlier-"), "{table}");
    assert!(table.contains("(docs/CLIENTS.md,") && table.contains("It printed"), "{table}");
    assert!(String::from_utf8(dir.get("marks.tsv")).unwrap().contains("5.25\tfiles\tfailed\t"));
}

#[test]
fn wrong_usage_says_what_is_right() {
    for (arguments, right) in [
        (&["check", "--client"][..], "--client needs"),
        (&["check", "--client", "x", "--level", "threads"], "report, stream, robust, files"),
        (&["check", "--client", "x", "--commands", "file"], "stdin or args"),
        (&["check", "--client", "x", "--only", "9"], "--client --list"),
        (&["check", "--client", "x", "--command", "y"], "is for servers"),
        (&["check", "--client", "x", "y"], "in quotes"),
        (&["check", "--client", "cd x && y"], "there is no shell"),
        (&["check", "--client", "python3 'x"], "--client: the quote"),
        (&["broken", "reads_once"], "HOST PORT DIR"),
        (&["broken", "reads_never"], "server or client"),
    ] {
        let (code, _, complaint) = lab(arguments);
        assert!(code == Some(2) && complaint.contains(right), "{arguments:?}: {complaint}");
    }
}

#[test]
fn the_checks_are_listed_without_a_client() {
    for arguments in [&["check", "--client", "--list"][..], &["check", "--list", "--client", "x"]] {
        let (code, listed, _) = lab(arguments);
        assert!(code == Some(0) && listed.contains("files    5.22"), "{listed}");
        assert!(listed.ends_with(&format!("{} checks of clients\n", selected(&[], &[]).len())), "{listed}");
    }
    let (_, listed, _) = lab(&["check", "--list"]);
    assert!(listed.contains("lab check --client --list"), "{listed}");
}

#[test]
fn what_a_command_does_not_tell_the_program_is_told_before_the_first_check() {
    let (_, _, complaint) = lab(&["check", "--only", "1.1", "--client", "/nonexistent/client"]);
    assert!(complaint.contains("has no {port}") && complaint.contains("has no {dir}"), "{complaint}");
}

#[test]
fn a_broken_client_talks_to_our_server_and_takes_its_commands_from_either_side() {
    let server = TestServer::start();
    server.dir.put("many.bin", [7; 6000]);
    let dir = TempDir::new();
    let (host, port) = (server.address.ip().to_string(), server.address.port().to_string());
    let arguments = ["broken", "lossy_text", &host, &port, dir.path().to_str().unwrap()];
    let (code, list, complaint) = lab(&[&arguments[..], &["LIST", "DOWNLOAD a.txt", "DOWNLOAD nothing"]].concat());
    assert!(code == Some(1) && list.contains("6 a.txt") && complaint.contains("NOT_FOUND"), "{list}{complaint}");
    assert_eq!(dir.get("a.txt"), b"hello\n");

    let script = dir.path().join("script");
    fs::write(&script, "download many.bin\nlogout\n").unwrap();
    let mut command = Command::new(LAB);
    let status = command.args(arguments).stdin(fs::File::open(&script).unwrap()).status().unwrap();
    assert!(status.success() && dir.get("many.bin") == [7; 6000]);

    let (code, _, complaint) = lab(&["broken", "lossy_text", "127.0.0.1", "x", "."]);
    assert!(code == Some(2) && complaint.contains("a port is a number"), "{complaint}");
}

/// The key in Python. It has no option for its time-out.
#[test]
#[ignore = "needs python3"]
fn the_key_in_python_passes_every_check_that_applies_with_its_commands_from_either_side() {
    let key = format!("{}/docs/teacher/client.py", env!("CARGO_MANIFEST_DIR"));
    let command = format!("python3 '{key}' {{host}} {{port}} {{dir}}");
    for commands in [Commands::Stdin, Commands::Args] {
        let results = grade(&options(&command, commands, Vec::new(), PATIENCE), |_| {}).unwrap();
        let stories: Vec<_> = results.iter().filter(|graded| !graded.is_well()).map(Graded::text).collect();
        assert!(stories.is_empty(), "{commands:?}: {}", stories.join("\n"));
    }
}
