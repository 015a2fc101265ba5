//! `lab compare` and `lab cost`: they measure, and what they say is made of what they measured. No speed is expected.

use std::process::{Command, Output};

use crate::support::TempDir;

fn lab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lab")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn each_design_has_a_row_and_a_sentence_under_each_workload() {
    let dir = TempDir::new();
    let tsv = dir.path().join("runs.tsv");
    let few = ["--clients", "2", "--slow", "1", "--seconds", "0.2", "--rounds", "1"];
    let designs = ["--design", "iterative", "--design", "thread-per-client", "--tsv", tsv.to_str().unwrap()];
    let output = lab(&[&["compare"], &few[..], &designs].concat());
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", text(&output.stderr));
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    for design in ["iterative", "thread-per-client"] {
        let with_name = shown.lines().filter(|line| line.starts_with(&format!("{design} "))).count();
        assert_eq!(with_name, 6, "three rows and three sentences for {design}:\n{shown}");
    }
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [
        "iterative served all 2 clients;",
        "iterative served 1 of 2 clients, the other 1 waited for the whole time;",
        "iterative served nobody: all 2 clients waited for the whole time",
    ] {
        assert!(words.contains(sentence), "'{sentence}' is missing:\n{shown}");
    }
    assert_eq!(words.matches("thread-per-client served all 2 clients").count(), 3, "{shown}");
    let runs = text(&dir.get("runs.tsv"));
    let fields: Vec<_> = runs.lines().map(|line| line.split('\t').count()).collect();
    assert_eq!(fields, [11; 7], "a headline, and three workloads of two designs:\n{runs}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_iterative_server_has_fewer_threads_than_one_with_a_thread_per_client() {
    let designs = ["--design", "iterative", "--design", "thread-per-client"];
    let output = lab(&[&["compare", "--clients=6", "--slow=0", "--seconds=0.2", "--rounds=1"], &designs[..]].concat());
    let shown = text(&output.stdout);
    let kept = shown.split("Kept connections").nth(1).unwrap_or_else(|| panic!("{shown}"));
    let threads = |design: &str| -> u64 {
        let row = kept.lines().find(|line| line.starts_with(design)).unwrap();
        row.split_whitespace().nth_back(3).unwrap().parse().unwrap_or_else(|_| panic!("{shown}"))
    };
    assert!(threads("iterative") < threads("thread-per-client"), "{shown}");
}

#[test]
fn the_server_is_a_tool_of_the_lab_too() {
    let output = lab(&["server", "--help"]);
    assert!(text(&output.stdout).starts_with("Serves the files of a directory"), "{}", text(&output.stdout));
    assert_eq!(lab(&["server", "--design", "forking"]).status.code(), Some(2));
}

#[test]
fn wrong_usage_is_told_in_one_line_with_exit_code_2() {
    for arguments in [
        &["compare", "--design", "forking"][..],
        &["compare", "--rounds", "0"],
        &["compare", "--slow", "-1"],
        &["compare", "127.0.0.1:4456"],
        &["cost", "--all"],
    ] {
        let output = lab(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
    }
}

#[test]
fn the_cost_of_a_thread_is_told_beside_a_request() {
    let output = lab(&["cost"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", text(&output.stderr));
    assert_eq!(shown.matches("request").count(), 5, "{shown}");
    let words: Vec<_> = shown.split_whitespace().collect();
    let spreads =
        words.iter().filter(|word| word.strip_prefix('(').is_some_and(|number| number.parse::<f64>().is_ok()));
    assert_eq!(spreads.count(), 5, "each of the five times has a spread:\n{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
}
