//! `lab walk`: it shows the eight steps as they happen, and says so when they don't.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;

use crate::support::TempDir;

fn walk(arguments: &[&str]) -> Output {
    let dir = TempDir::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.arg("walk").args(arguments).arg("--dir").arg(dir.path());
    command.current_dir(env!("CARGO_MANIFEST_DIR"));
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn it_plays_the_eight_steps_and_stores_the_files() {
    let dir = TempDir::new();
    let output = Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["walk", "--dir"])
        .arg(dir.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}{}", text(&output.stderr));
    let headlines: Vec<_> = shown.lines().filter(|line| line.starts_with("Step ")).collect();
    assert_eq!(headlines.len(), 8, "{shown}");
    for (index, headline) in headlines.iter().enumerate() {
        assert!(headline.starts_with(&format!("Step {}. ", index + 1)), "{shown}");
    }
    for wanted in [r"LIST\n", r"DOWNLOAD notes.txt\n", r"LOGOUT\n", "thread session-1", "registry after:  empty"] {
        assert!(shown.contains(wanted), "{wanted} is missing:\n{shown}");
    }
    for name in dir.names() {
        let served = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("server_data").join(&name);
        assert_eq!(dir.get(&name), fs::read(served).unwrap());
    }
    assert!(dir.names().len() > 2, "{:?}", dir.names());
}

#[test]
fn it_speaks_french() {
    let output = walk(&["--lang", "fr"]);
    assert!(text(&output.stdout).contains("Étape 8. Le serveur ferme la connexion."), "{}", text(&output.stdout));
    assert!(output.status.success());
}

#[test]
fn the_functions_it_names_stand_where_it_says() {
    let shown = text(&walk(&[]).stdout);
    let mut checked = 0;
    for line in shown.lines().filter(|line| line.contains("src/")) {
        let words: Vec<_> = line.split_whitespace().collect();
        let [.., function, place] = words[..] else { panic!("{line}") };
        let (file, number) = place.rsplit_once(':').unwrap();
        let source = fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let above: Vec<_> = source.lines().take(number.parse().unwrap()).collect();
        let around = above.iter().rev().find(|line| {
            line.trim_start().trim_start_matches("pub ").trim_start_matches("pub(super) ").starts_with("fn ")
        });
        assert!(around.unwrap().contains(&format!("fn {function}")), "{line}\nbut there: {}", around.unwrap());
        checked += 1;
    }
    assert!(checked > 20, "{shown}");
}

/// A server that says these bytes, the first at once and one after each command, and closes.
fn scripted(replies: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for (index, reply) in replies.iter().enumerate() {
            if index > 0 {
                let _ = stream.read(&mut [0; 1024]);
            }
            let _ = stream.write_all(reply.as_bytes());
        }
    });
    address
}

/// The walk with such a server ends with this message.
#[track_caller]
fn surprised(replies: &'static [&'static str], surprise: &str) {
    let output = walk(&["--server", &scripted(replies).to_string()]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains(surprise), "expected: {surprise}\ntold: {told}{}", text(&output.stdout));
}

const GREETING: &str = "OK 5\nHELP\n";
const LIST: &str = "OK 4\n1 a\n";
const FILE: &str = "OK 1\nx";

#[test]
fn it_says_so_when_the_greeting_does_not_name_help() {
    surprised(&["OK 3\nhi\n"], "step 1 went wrong: the greeting does not name HELP");
}

#[test]
fn it_says_so_when_the_server_turns_it_away() {
    surprised(&["ERR SERVER_FULL come back later\n"], "step 1 went wrong: the server refused: SERVER_FULL");
}

#[test]
fn it_says_so_when_the_list_is_cut() {
    surprised(&[GREETING, "OK 100\n1 a\n"], "step 3 went wrong");
}

#[test]
fn it_says_so_when_the_list_is_not_sorted() {
    surprised(&[GREETING, "OK 8\n1 b\n1 a\n"], "step 3 went wrong: the list is not sorted");
}

#[test]
fn it_says_so_when_there_is_no_file_to_ask_for() {
    surprised(&[GREETING, "OK 0\n"], "step 4 went wrong: the list is empty");
}

#[test]
fn it_says_so_when_the_file_has_another_size_than_the_list_said() {
    surprised(&[GREETING, LIST, "OK 2\nxy"], "step 5 went wrong: LIST said that a has 1 bytes, but 2 came");
}

#[test]
fn it_says_so_when_the_file_is_shorter_than_its_header_promises() {
    surprised(&[GREETING, "OK 4\n9 a\n", "OK 9\nx"], "step 5 went wrong: the server closed the connection");
}

#[test]
fn it_says_so_when_the_server_talks_on_after_its_goodbye() {
    surprised(&[GREETING, LIST, FILE, FILE, "OK 1\n.and more"], "step 8 went wrong: the server breaks the protocol");
}

#[test]
fn it_shows_what_happened_before_the_surprise() {
    let address = scripted(&[GREETING, LIST, "ERR NOT_FOUND gone\n"]);
    let output = walk(&["--server", &address.to_string()]);
    let shown = text(&output.stdout);
    assert!(shown.contains(r"DOWNLOAD a\n") && shown.contains(r"ERR NOT_FOUND gone\n"), "{shown}");
    assert!(!shown.contains("Step 7."), "nothing is narrated that did not happen:\n{shown}");
}

#[test]
fn wrong_usage_is_told_in_one_line_with_exit_code_2() {
    for arguments in [&["--lang", "de"][..], &["--server", "nowhere"], &["--what"], &["extra"]] {
        let output = walk(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(text(&output.stderr).lines().count(), 1, "{}", text(&output.stderr));
    }
}
