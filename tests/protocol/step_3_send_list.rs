//! Step 3: the server answers with the list of its files.

use std::fs;

use crate::support::{TestServer, Wire};

/// The body that answers LIST.
#[track_caller]
fn list(wire: &mut Wire) -> String {
    wire.send("LIST\n");
    String::from_utf8(wire.expect_ok()).unwrap_or_else(|_| wire.fail("the list is not UTF-8"))
}

/// The names that the list gives, in its order.
#[track_caller]
fn listed_names(wire: &mut Wire) -> Vec<String> {
    let lines = list(wire);
    lines.lines().map(|line| line.split_once(' ').unwrap().1.to_string()).collect()
}

#[test]
fn the_list_of_an_empty_directory_is_an_empty_body() {
    let server = TestServer::start();
    fs::remove_file(server.dir.path().join("a.txt")).unwrap();
    let mut wire = server.session();
    wire.send("LIST\nLIST\n");
    wire.expect_bytes("OK 0\nOK 0\n");
}

#[test]
fn each_file_is_one_line_of_its_size_a_space_and_its_name() {
    let server = TestServer::start();
    server.dir.put("empty", "");
    server.dir.put("photo.jpg", vec![b'x'; 123_456]);
    let mut wire = server.session();
    wire.send("LIST\n");
    wire.expect_bytes("OK 33\n6 a.txt\n0 empty\n123456 photo.jpg\n");
}

#[test]
fn the_lines_are_sorted_by_the_bytes_of_the_names_not_of_the_sizes() {
    let server = TestServer::start();
    // In this order as bytes. A dictionary puts Z after b. In UTF-16 the last two have the opposite order.
    let names = ["-", "Z", "a", "a b", "a-b", "a.txt", "ab", "b", "z", "é", "\u{ff5e}", "\u{1f600}"];
    for (index, name) in names.iter().enumerate().filter(|(_, name)| **name != "a.txt") {
        server.dir.put(name, vec![b'x'; 1000 - index * 83]);
    }
    assert_eq!(listed_names(&mut server.session()), names);
}

#[test]
fn the_list_is_made_anew_each_time() {
    let server = TestServer::start();
    let mut wire = server.session();
    assert_eq!(list(&mut wire), "6 a.txt\n");
    server.dir.put("b.txt", "new");
    assert_eq!(list(&mut wire), "6 a.txt\n3 b.txt\n");
    fs::remove_file(server.dir.path().join("a.txt")).unwrap();
    server.dir.put("b.txt", "longer");
    assert_eq!(list(&mut wire), "6 b.txt\n");
}

#[test]
fn names_with_accents_spaces_and_signs_are_listed_as_they_are() {
    let server = TestServer::start();
    let longest = "n".repeat(255);
    let names = ["Été à la plage.txt", "my  two spaces", "100%.txt", "'quoted'", "日本語", "a..b", &longest];
    for name in names {
        server.dir.put(name, "x");
    }
    let mut wire = server.session();
    let listed = list(&mut wire);
    for name in names {
        assert!(listed.lines().any(|line| line == format!("1 {name}")), "{name} is missing in:\n{listed}");
    }
    assert_eq!(listed.lines().count(), names.len() + 1);
}

#[test]
fn every_listed_name_can_be_downloaded_and_has_the_listed_size() {
    let server = TestServer::start();
    for (name, size) in [("LIST", 1), ("logout", 10), ("a  b", 100), ("ça va!.md", 1000), (&*"é".repeat(127), 10_000)]
    {
        server.dir.put(name, vec![b'x'; size]);
    }
    let mut wire = server.session();
    for line in list(&mut wire).lines() {
        let (size, name) = line.split_once(' ').unwrap();
        wire.send(format!("DOWNLOAD {name}\n"));
        let body = wire.expect_ok();
        assert_eq!(body.len().to_string(), size, "{name}");
        assert_eq!(body, server.dir.get(name), "{name}");
    }
}

#[test]
fn hidden_files_and_what_lies_in_directories_are_not_listed() {
    let server = TestServer::start();
    server.dir.put(".hidden", "secret");
    fs::create_dir(server.dir.path().join("directory")).unwrap();
    server.dir.put("directory/inside.txt", "deeper");
    assert_eq!(listed_names(&mut server.session()), ["a.txt"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_not_listed() {
    let server = TestServer::start();
    crate::files::put_what_is_no_regular_file(&server.dir);
    assert_eq!(listed_names(&mut server.session()), ["a.txt"]);
}

#[cfg(unix)]
#[test]
fn a_file_whose_name_no_client_could_ask_for_is_not_listed() {
    let server = TestServer::start();
    let control_characters = ["line\nend", "tab\tulator", "esc\u{1b}[31m", "del\u{7f}", "c1\u{85}"];
    for name in control_characters.iter().chain(&["back\\slash", " before", "after "]) {
        server.dir.put(name, "x");
    }
    assert_eq!(listed_names(&mut server.session()), ["a.txt"]);
}

/// Other systems don't let such a name be.
#[cfg(target_os = "linux")]
#[test]
fn a_file_whose_name_is_not_utf_8_is_not_listed() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let server = TestServer::start();
    fs::write(server.dir.path().join(OsStr::from_bytes(b"latin-1 \xe9t\xe9")), "x").unwrap();
    assert_eq!(listed_names(&mut server.session()), ["a.txt"]);
}
