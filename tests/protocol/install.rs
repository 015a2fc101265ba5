//! The installation that the README tells: three programs under names that do not collide. It takes a build of its own,
//! so it is one of the ignored tests.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::command_lines::{listening_address, run, Program};
use crate::support::TempDir;

/// The command of the README without its beginning, in words.
fn install_command() -> Vec<String> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let line = readme.lines().find_map(|line| line.strip_prefix("$ cargo install ")).unwrap();
    line.split(' ').map(str::to_string).collect()
}

#[test]
#[ignore = "builds the programs once more"]
fn the_programs_are_installed_under_long_names_without_a_network_or_a_warning() {
    let root = TempDir::new();
    let programs = root.path().join("bin");
    let mut paths = vec![programs.clone()];
    paths.extend(env::split_paths(&env::var_os("PATH").unwrap()));
    let mut cargo = Command::new(env!("CARGO"));
    cargo.arg("install").args(install_command()).args(["--offline", "--debug", "--root"]).arg(root.path());
    cargo.env("CARGO_TARGET_DIR", root.path().join("target")).env("PATH", env::join_paths(paths).unwrap());
    let installed = cargo.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    let said = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success() && !said.contains("warning"), "{said}");

    let mut names: Vec<_> = std::fs::read_dir(&programs).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let expected = ["file-transfer-client", "file-transfer-lab", "file-transfer-server"];
    assert_eq!(names.iter().map(name).collect::<Vec<_>>(), expected);

    let [client, lab, server] = names.try_into().unwrap();
    root.put("a.txt", "hello\n");
    let mut serving = Command::new(server);
    let serving = Program::start(serving.args(["--bind", "127.0.0.1:0", "--dir"]).arg(root.path()));
    serving.shows("\n");
    let address = listening_address(&serving.so_far()).to_string();
    let list = run(client.to_str().unwrap(), &["--server", &address, "LIST"]);
    assert!(list.code == Some(0) && list.stdout.contains("a.txt"), "{list:?}");
    assert_eq!(run(lab.to_str().unwrap(), &["--version"]).code, Some(0));
}
