//! `docs/ADD-A-COMMAND.md`: its patch is applied to a copy of the tree, built and tried. It needs a separate build, so
//! it is one of the ignored tests.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::support::{TempDir, Wire};

/// What a build needs of the tree.
const NEEDED: [&str; 6] = ["Cargo.toml", "Cargo.lock", "src", "tests", "docs", "server_data"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the tree, without its history and what was built of it.
fn copy_of_the_tree() -> TempDir {
    let dir = TempDir::new();
    for name in NEEDED {
        let copied = Command::new("cp").arg("-R").arg(root().join(name)).arg(dir.path()).status().unwrap();
        assert!(copied.success());
    }
    dir
}

/// The patches of the document, one for each file, in its order.
fn patches() -> Vec<String> {
    let document = fs::read_to_string(root().join("docs/ADD-A-COMMAND.md")).unwrap();
    let blocks = document.split("```diff\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_string()).collect()
}

fn apply(patch: &str, dir: &Path) {
    fs::write(dir.join("size.patch"), patch).unwrap();
    let applied = Command::new("git").args(["apply", "size.patch"]).current_dir(dir).output().unwrap();
    assert!(applied.status.success(), "{}\n{patch}", String::from_utf8_lossy(&applied.stderr));
}

fn cargo(dir: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).arg("--offline").env("CARGO_TARGET_DIR", dir.join("target")).current_dir(dir);
    command.output().unwrap()
}

/// The copy does not compile, and the compiler says why.
fn expect_compiler_asks(dir: &Path, words: &str) {
    let built = cargo(dir, &["check", "--lib"]);
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(!built.status.success() && said.contains(words), "expected: {words}\n{said}");
}

/// A server that was built in the copy; ended when it is dropped.
struct Server(Child);

impl Server {
    fn start(dir: &Path) -> (Server, String) {
        let mut command = Command::new(dir.join("target/debug/server"));
        command.args(["--bind", "127.0.0.1:0"]).current_dir(dir);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ").unwrap().to_string();
        (Server(child), address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "builds a copy of the tree"]
fn a_fifth_command_is_one_row_one_arm_and_one_function() {
    let dir = copy_of_the_tree();
    let [row, arm, function] = patches().try_into().expect("three blocks");

    apply(&row, dir.path());
    expect_compiler_asks(dir.path(), "Command::Size(_))` not covered");
    apply(&arm, dir.path());
    expect_compiler_asks(dir.path(), "no method named `size` found");
    apply(&function, dir.path());
    let built = cargo(dir.path(), &["build", "--bins"]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));

    let (_server, address) = Server::start(dir.path());
    let mut wire = Wire::connect(address.parse().unwrap());
    wire.expect_ok();
    wire.send("size notes.txt\nSIZE\nSIZE missing\nSIZE ../notes.txt\nHELP\n");
    wire.expect_body("34\n");
    wire.expect_err("BAD_ARGUMENTS");
    wire.expect_err("NOT_FOUND");
    wire.expect_err("BAD_FILENAME");
    let help = String::from_utf8(wire.expect_ok()).unwrap();
    assert!(help.contains("SIZE <filename>      the size of that file, in bytes\n"), "{help}");

    let client = dir.path().join("target/debug/client");
    let asked = Command::new(client).args(["--server", &address, "SIZE", "notes.txt"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&asked.stdout), "34\n", "{asked:?}");
}
