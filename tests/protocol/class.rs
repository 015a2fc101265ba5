//! `lab class`: every folder has a row, whatever its program does, and nothing is left running.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::command_lines::{run, Ended, LAB, SERVER};
use crate::support::{eventually, TempDir};

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
fn a_server_and_a_client_have_marks_of_their_own() {
    let dir = TempDir::new();
    let (class, out) = (dir.path().join("class"), dir.path().join("out"));
    student(&class, "both", &our_server());
    fs::write(class.join("both/client-command"), our_client()).unwrap();
    student(&class, "server", &our_server());
    fs::create_dir_all(class.join("client")).unwrap();
    fs::write(class.join("client/client-command"), broken_client("no_logout") + " {commands}").unwrap();
    fs::write(class.join("client/command"), "a {port}\nb {port}\n").unwrap();
    dir.put("weights", "client report 0\nclient 7.1 3\nclient 1.1 1\n");
    let weights = dir.path().join("weights");

    let ended = grade(&class, &out, &["--weights", weights.to_str().unwrap()]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let csv = fs::read_to_string(out.join("marks.csv")).unwrap();
    for words in [
        "student;server mark;server passed;server of;",
        ";client mark;client passed;",
        ";server 8.2;client 1.1;",
        "\"both\";20,0;21;21;0;\"all passed\";20,0;17;17;0;\"all passed\";",
        "\"client\";;;;;\"the file 'command' has more than one line\";5,0;15;17;0;\"fix first 7.1 ",
        "\"server\";20,0;21;21;0;\"all passed\";;;;;\"there is no file 'client-command'\";",
    ] {
        assert!(csv.contains(words), "{words} in\n{csv}");
    }
    let page = fs::read_to_string(out.join("class.html")).unwrap();
    for words in ["<h2>servers</h2>", "<h2>clients</h2>", "1 without a client: server.", ">1 of 1</td>"] {
        assert!(page.contains(words), "{words} in\n{page}");
    }
    let text = fs::read_to_string(out.join("students/01-both.txt")).unwrap();
    assert!(text.contains("both, server: 20.0 of 20") && text.contains("both, client: 20.0 of 20"), "{text}");
    assert!(ended.stdout.contains("2 of 3 graded, 1 not: the rows say why."), "{ended:?}");
}

#[test]
fn what_nobody_has_handed_in_or_was_asked_for_is_not_shown() {
    let dir = TempDir::new();
    let class = dir.path().join("class");
    student(&class, "ama", &our_server());
    let all = |out: &Path| {
        let texts = ["marks.csv", "class.html", "students/01-ama.txt"].map(|file| out.join(file));
        texts.map(|file| fs::read_to_string(file).unwrap()).concat()
    };
    let out = dir.path().join("without client");
    let ended = grade(&class, &out, &[]);
    assert!(ended.code == Some(0) && all(&out).contains("student;mark;passed;of;not applicable;"), "{ended:?}");
    let shown = all(&out);
    assert!(!shown.contains("client-command") && !shown.contains("client 1.1"), "{shown}");

    fs::write(class.join("ama/client-command"), our_client()).unwrap();
    let out = dir.path().join("files alone");
    let (class, out_text) = (class.to_str().unwrap(), out.to_str().unwrap());
    let ended = run(LAB, &["class", class, "--out", out_text, "--level", "files"]);
    assert!(ended.code == Some(0) && ended.stdout.contains(" of a client, files from seed"), "{ended:?}");
    assert!(all(&out).contains("client 4.7;") && !all(&out).contains("server 1.1"), "{}", all(&out));

    fs::remove_file(Path::new(class).join("ama/client-command")).unwrap();
    let ended = run(LAB, &["class", class, "--level", "files"]);
    ended.expect_failure(1, &["level files has no checks of a server"]);
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_leaves_no_program_behind_and_the_marks_of_those_who_were_done() {
    use crate::processes::{name, nothing_is_left, sleepers};
    use std::os::unix::process::CommandExt;

    let dir = TempDir::new();
    let (class, out, mark) = (dir.path().join("class"), dir.path().join("out"), name("class"));
    student(&class, "1 done", "two\nlines\n");
    student(&class, "2 forks", "sh -c 'trap \"\" INT; sleep 300 & setsid sleep 300 & sleep 300; : {port}'");
    student(&class, "3 compiles", "x {port}");
    fs::write(class.join("3 compiles/build"), "sleep 300").unwrap();
    fs::create_dir_all(class.join("4 client")).unwrap();
    fs::write(class.join("4 client/client-command"), "sleep 300").unwrap();
    let mut command = Command::new(LAB);
    command.arg("class").arg(&class).arg("--out").arg(&out).args(["--jobs", "4", "--level", "report"]);
    let mut grader = command.env(&mark, "1").process_group(0).stdout(Stdio::null()).spawn().unwrap();
    eventually("what the four started", || sleepers(&mark) == 5);
    eventually("the first one's text", || out.join("students/01-1_done.txt").exists());
    let group = format!("-{}", grader.id());
    assert!(Command::new("sh").args(["-c", "kill -s INT -- \"$1\"", "sh", &group]).status().unwrap().success());
    grader.wait().unwrap();
    nothing_is_left(&mark);
    let csv = fs::read_to_string(out.join("marks.csv")).unwrap();
    assert!(csv.contains("\"'1 done\";;;;;\"the file 'command' has more than one line\";"), "{csv}");
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
    assert!(!class.join("out").exists(), "a student who is none");
    grade(&class, &weights, &[]).expect_failure(1, &["is no directory"]);
    grade(&dir.path().join("nobody"), &dir.path().join("out"), &[]).expect_failure(1, &["can't read"]);
    grade(&class, dir.path(), &[]).expect_failure(1, &["is not empty"]);
}

/// Our server, to be started by a shell or without one.
fn our_server() -> String {
    format!("\"{SERVER}\" --bind 127.0.0.1:{{port}} --dir {{dir}} --quiet")
}

fn our_client() -> String {
    format!("'{}' --server {{host}}:{{port}} --dir {{dir}} --timeout {{timeout}}", env!("CARGO_BIN_EXE_client"))
}

fn broken_server(name: &str) -> String {
    format!("'{LAB}' broken {name} --bind 127.0.0.1:{{port}} --dir {{dir}}")
}

fn broken_client(name: &str) -> String {
    format!("'{LAB}' broken {name} {{host}} {{port}} {{dir}}")
}

/// A file of a student's folder, and what stands in it.
type File = (&'static str, String);

/// What students hand in, and words of their rows at level `report`.
fn forty_students() -> Vec<(&'static str, Vec<File>, &'static str)> {
    let python = |name: &str| format!("{}/tests/protocol/wrong_servers/{name}", env!("CARGO_MANIFEST_DIR"));
    let server = |line: String| vec![("command", line)];
    let shell = |script: String| vec![("command", format!("sh -c '{script}'"))];
    let client = |line: String| vec![("client-command", line)];
    let ours = our_server();
    let built = |build: &str| vec![("command", "./server {port}".to_string()), ("build", build.to_string())];
    vec![
        ("right", server(ours.clone()), ";20,0;"),
        ("right too", server(format!("# mine\r\n{ours}\r\n")), ";20,0;"),
        ("right, in Python", server(format!("python3 -B '{}' {{dir}} {{port}}", python("right.py"))), ";20,0;"),
        (
            "right, built",
            [
                server("./server.sh {port} {dir}".into()),
                vec![
                    ("build", "chmod +x server.sh".into()),
                    ("server.sh", format!("#!/bin/sh\nexec '{SERVER}' --bind 127.0.0.1:$1 --dir \"$2\"\n")),
                ],
            ]
            .concat(),
            ";20,0;",
        ),
        ("speaks HTTP", server("python3 -m http.server {port} --bind 127.0.0.1".into()), "fix first 1.1"),
        ("right but for a CR", server(broken_server("no_cr")), ";20,0;"),
        ("text mode", server(broken_server("text_mode")), "fix first 5."),
        ("right but for threads", server(broken_server("iterative")), ";20,0;"),
        ("right but for names", server(broken_server("traversal")), ";20,0;"),
        ("right but slow", server(broken_server("two_writes")), ";20,0;"),
        (
            "dies at the third client",
            server(format!("python3 -B '{}' {{dir}} {{port}}", python("third.py"))),
            "fix first",
        ),
        ("hangs", server("sleep 1000 {port}".into()), "nobody listens on {port}"),
        ("floods and hangs", shell("yes {port}".into()), "nobody listens on {port}"),
        ("floods and serves", shell(format!("yes & {ours}; true")), ";20,0;"),
        ("two children", shell(format!("sleep 300 & sleep 300 & {ours}; true")), ";20,0;"),
        ("a child elsewhere", shell(format!("setsid sleep 300 & {ours}; true")), ";20,0;"),
        ("deaf", shell(format!("trap \"\" TERM INT HUP; {ours}; sleep 300")), ";20,0;"),
        ("background", shell(format!("{ours} & true")), "went into the background"),
        ("a session of its own", shell(format!("setsid {ours} & true")), "went into the background"),
        ("nothing", vec![], "there is no file 'command'"),
        ("source alone", vec![("server.py", "print(1)".into())], "there is no file 'command'"),
        ("no such program", server("no-such-program {port}".into()), "can't start"),
        ("not executable", [server("./server {port}".into()), vec![("server", "x".into())]].concat(), "can't start"),
        ("ends", server("true {port}".into()), "has ended (exit status: 0)"),
        ("ends badly", shell("echo Error: address {port} >&2; exit 3".into()), ": Error: address {port}"),
        ("ends itself", shell(": {port}; kill -s KILL $$".into()), "has ended (signal: 9"),
        ("does not compile", built("sh -c 'echo server.c:3: error >&2; exit 1'"), "it does not compile"),
        ("no compiler", built("no-such-compiler server.c"), "it does not compile: can't start"),
        ("compiles when started", shell("echo server.c:3: error >&2; exit 1; : {port}".into()), ": server.c:3: error"),
        ("another port", server(ours.replace("{port}", "0")), "it listens on another port"),
        ("another address", server(ours.replace("127.0.0.1:", "[::1]:")), "it listens on [::1]:{port} alone"),
        ("empty", server("\n".into()), "is empty"),
        ("two lines", server("a {port}\nb {port}\n".into()), "has more than one line"),
        ("cd", server("cd src && python3 server.py {port}".into()), "there is no shell"),
        ("a long line", server("x".repeat(5000)), "has over 4096 bytes"),
        ("=1+1;<b>\"x\"&", server("no-such-program {port}".into()), "'=1+1"),
        ("both", [server(ours.clone()), client(our_client())].concat(), ";20,0;"),
        ("a client that loses bytes", client(broken_client("reads_once")), "fix first"),
        ("a client without LOGOUT", client(broken_client("no_logout") + " {commands}"), "fix first 7.1"),
        ("a client that hangs", client("sleep 1000".into()), "has not connected"),
    ]
}

/// Makes their folders.
fn hand_in(class: &Path, students: &[(&str, Vec<File>, &str)]) {
    for (name, files, _) in students {
        fs::create_dir_all(class.join(name)).unwrap();
        for (file, text) in files {
            fs::write(class.join(name).join(file), text).unwrap();
        }
    }
}

/// How long the grader may take for them: three of them take 20 seconds twice, and the others a few
/// seconds each, on a busy machine.
const BOUND: Duration = Duration::from_secs(400);

#[test]
#[cfg(target_os = "linux")]
#[ignore = "needs python3 and two minutes"]
fn forty_students_have_the_same_rows_twice_and_leave_nothing_behind() {
    use crate::processes::{name, nothing_is_left};

    let dir = TempDir::new();
    let (class, mark) = (dir.path().join("class"), name("forty"));
    let students = forty_students();
    assert_eq!(students.len(), 40);
    hand_in(&class, &students);
    let graded = |jobs: &str| {
        let out = dir.path().join(jobs);
        let begun = Instant::now();
        let mut command = Command::new(LAB);
        command.arg("class").arg(&class).arg("--out").arg(&out).env(&mark, "1");
        // On a busy machine a right server may take its time. One of these alone makes a check wait for the time-out.
        command.args(["--level", "report", "--timeout", "20", "--seed", "1", "--jobs", jobs]);
        let status = command.output().unwrap().status;
        assert!(status.code() == Some(1) && begun.elapsed() < BOUND, "{status} after {:?}", begun.elapsed());
        fs::read_to_string(out.join("marks.csv")).unwrap()
    };
    let (one, four) = thread::scope(|scope| {
        let one = scope.spawn(|| graded("1"));
        (graded("4"), one.join().unwrap())
    });
    nothing_is_left(&mark);
    let differing: Vec<_> = one.lines().zip(four.lines()).filter(|(one, four)| one != four).collect();
    assert!(differing.is_empty() && one.lines().count() == 41, "{differing:#?}");
    for (name, _, words) in &students {
        let begins = format!("\"{}\";", name.replace('"', "\"\""));
        let row = one.lines().find(|line| line.replace("\"'", "\"").starts_with(&begins));
        assert!(row.is_some_and(|row| row.contains(words)), "{name}: {words} in {row:?} of\n{one}");
    }
}
