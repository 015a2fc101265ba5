//! `lab class`: every folder has a row, whatever its program does, and nothing is left running.

#![cfg(unix)]

use std::fs;
use std::path::Path;

use crate::command_lines::{run, Ended, LAB, SERVER};
use crate::support::TempDir;

/// A student's folder with this command line.
fn student(class: &Path, name: &str, command: &str) {
    fs::create_dir_all(class.join(name)).unwrap();
    fs::write(class.join(name).join("command"), command).unwrap();
}

/// Grades the class by the checks of one level, with time-outs that a busy machine still keeps.
fn grade(class: &Path, out: &Path, more: &[&str]) -> Ended {
    let (class, out) = (class.to_str().unwrap(), out.to_str().unwrap());
    let options = ["class", class, "--out", out, "--level", "report", "--seed", "1", "--timeout", "2"];
    run(LAB, &[&options[..], more].concat())
}

#[test]
fn every_folder_has_a_row_whatever_its_program_does() {
    let dir = TempDir::new();
    let (class, out) = (dir.path().join("class"), dir.path().join("out"));
    fs::create_dir_all(class.join("nothing")).unwrap();
    student(&class, "right", &format!("\u{feff}# mine\r\n'{SERVER}' --bind 127.0.0.1:{{port}} --dir {{dir}}\r\n"));
    student(&class, "wrong", &format!("'{LAB}' broken no_cr --bind 127.0.0.1:{{port}} --dir {{dir}}"));
    student(&class, "empty", "# nothing\n");
    student(&class, "dies", "sh -c 'echo oh no {port} >&2; exit 3'");
    student(&class, "two", "a {port}\nb {port}\n");
    student(&class, "uncompiled", "./server {port}");
    fs::write(class.join("uncompiled/build"), "sh -c 'echo bad type; exit 1'").unwrap();
    student(&class, "=1+1;<b>\"x\"&", "no-such-program {port}");

    let ended = grade(&class, &out, &[]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let csv = fs::read_to_string(out.join("marks.csv")).unwrap();
    assert_eq!(csv.lines().count(), 9, "{csv}");
    for words in [
        "\"right\";20,0;",
        "\"nothing\";;;;;\"there is no file 'command'\"",
        "\"the file 'command' is empty\"",
        "'command' has more than one line",
        "has ended (exit status: 3)",
        "it does not compile: the build has ended (exit status: 1)",
        "\"'=1+1;<b>\"\"x\"\"&\";;",
    ] {
        assert!(csv.contains(words), "{words} in\n{csv}");
    }
    let page = fs::read_to_string(out.join("class.html")).unwrap();
    assert!(page.contains("=1+1;&lt;b&gt;&quot;x&quot;&amp;") && !page.contains("<b>"), "{page}");
    assert_eq!(fs::read_dir(out.join("students")).unwrap().count(), 8);
}

#[test]
fn what_is_wrong_with_the_options_is_told_before_the_first_student() {
    let dir = TempDir::new();
    let class = dir.path().join("class");
    student(&class, "ama", "x {port}");
    dir.put("weights", "report 4\nreprot 2\n");
    let weights = dir.path().join("weights");
    let wrong = grade(&class, &dir.path().join("out"), &["--weights", weights.to_str().unwrap()]);
    wrong.expect_failure(1, &["line 2: 'reprot' is no level and no check"]);
    grade(&class, &class.join("out"), &[]).expect_failure(1, &["lies in the class's own directory"]);
    grade(&class, dir.path(), &[]).expect_failure(1, &["is not empty"]);
}
