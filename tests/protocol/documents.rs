//! The documents say what the programs do: the tests repeat their conversations, and compare their tables with the
//! code.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

use file_transfer::journal::Journal;
use file_transfer::server::designs::Design;
use file_transfer::server::file_handler::FileHandler;
use file_transfer::server::limits::Limits;
use file_transfer::server::registry::Registry;
use file_transfer::server::Server;
use file_transfer::wire::ErrorCode;

use crate::support::{Wire, PATIENCE};

fn document(name: &str) -> String {
    fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A wire to a server of the project's own `server_data`, and the server, to be stopped.
fn server_of_the_projects_files() -> (Arc<Server>, Wire) {
    serving_the_projects_files(|server| server)
}

/// The same, of a server that is prepared before it listens.
fn serving_the_projects_files(prepare: impl Fn(Server) -> Server) -> (Arc<Server>, Wire) {
    let dir = FileHandler::new(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("server_data")).unwrap();
    let registry = Registry::new(Limits { max_sessions: 1, max_per_address: None });
    let address = "127.0.0.1:0".parse().unwrap();
    let server = Server::bind(address, dir, registry, PATIENCE, Journal::silent()).unwrap();
    let server = Arc::new(prepare(server));
    let listening = Arc::clone(&server);
    thread::spawn(move || listening.run(Design::default()));
    let wire = Wire::connect(server.local_addr().unwrap());
    (server, wire)
}

/// The lines between a line that begins with `from` and the next line that is `to`.
fn lines_between(text: &str, from: &str, to: &str) -> Vec<String> {
    let inside = text.lines().skip_while(|line| !line.starts_with(from)).skip(1);
    inside.take_while(|line| *line != to).map(str::to_string).collect()
}

#[test]
fn the_netcat_transcript_of_the_readme_is_what_the_server_says() {
    let readme = document("README.md");
    let start = "$ printf '";
    let command = readme.lines().find(|line| line.starts_with(start) && line.contains("| nc ")).unwrap();
    let typed = command[start.len()..].split('\'').next().unwrap().replace("\\n", "\n");
    let shown = lines_between(&readme, command, "```").join("\n") + "\n";

    let (server, mut wire) = server_of_the_projects_files();
    wire.send(typed);
    wire.half_close();
    assert_eq!(String::from_utf8(wire.rest()).unwrap(), shown);
    server.stop();
}

#[test]
fn the_conversation_of_the_protocols_document_takes_place_line_by_line_in_both_languages() {
    hold_the_conversation("docs/PROTOCOL.md", server_of_the_projects_files());
    hold_the_conversation("docs/PROTOCOLE.md", server_of_the_projects_files());
}

#[test]
fn the_conversation_of_the_extensions_document_takes_place_line_by_line() {
    hold_the_conversation("docs/EXTENSIONS.md", serving_the_projects_files(Server::with_extensions));
}

/// Sends each line of the document behind `C:`, and receives each one behind `S:`, to the end of the connection.
#[track_caller]
fn hold_the_conversation(name: &str, (server, mut wire): (Arc<Server>, Wire)) {
    let mut lines = 0;
    for line in document(name).lines() {
        if let Some(command) = line.strip_prefix("C: ") {
            wire.send(format!("{command}\n"));
        } else if let Some(shown) = line.strip_prefix("S: ") {
            assert_eq!(String::from_utf8(wire.line()).unwrap(), format!("{shown}\n"));
            lines += 1;
        }
    }
    assert!(lines > 10, "the conversation was not found");
    wire.expect_end();
    server.stop();
}

#[test]
fn the_error_table_names_every_code_and_what_comes_after_it() {
    let codes: Vec<_> = ErrorCode::ALL.iter().map(|code| (code.word().to_string(), code.closes())).collect();
    for (name, goes_on, ends) in
        [("docs/PROTOCOL.md", "goes on", "ends"), ("docs/PROTOCOLE.md", "continue", "se termine")]
    {
        let document = document(name);
        let cells = document.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
        let cells = cells.map(|cells| cells.split(" | ").collect::<Vec<_>>());
        let rows = cells.filter(|cells| cells.last() == Some(&goes_on) || cells.last() == Some(&ends));
        let rows: Vec<_> = rows.map(|cells| (cells[0].to_string(), cells.last() == Some(&ends))).collect();
        assert_eq!(rows, codes, "{name}");
    }
}

#[test]
fn the_reports_steps_are_told_in_the_same_words_everywhere() {
    use file_transfer::lab::lang::Lang;
    use file_transfer::lab::walk::sentence;
    use file_transfer::wire::Step::{AskForFile, AskForList, Close, Connect, Logout, Repeat, SendFile, SendList};
    let report = document("docs/REPORT.md");
    let front_door = document("src/lib.rs");
    for step in [Connect, AskForList, SendList, AskForFile, SendFile, Repeat, Logout, Close] {
        let (english, french) = (sentence(step, Lang::English), sentence(step, Lang::French));
        let row = format!("| {} | {english} |", step.number());
        assert!(report.contains(&format!("{row} {french} |")), "docs/REPORT.md lacks: {row} {french}");
        assert!(front_door.contains(&row), "src/lib.rs lacks: {row}");
    }
}

/// The report's document names a place as `Type::function`, or as `Name` in [`path`].
#[test]
fn the_places_that_the_reports_document_names_are_in_the_code() {
    let report = document("docs/REPORT.md");
    let quoted: Vec<_> = report.split('`').skip(1).step_by(2).collect();
    let paths = quoted.iter().filter(|words| words.starts_with("src/") && words.ends_with(".rs"));
    let code: String = paths.map(|path| document(path)).collect();
    let names = quoted.iter().filter(|words| !words.starts_with("std::")).filter_map(|words| words.rsplit_once("::"));
    let functions: Vec<_> = names.map(|(_, name)| name).filter(|name| name.starts_with(char::is_lowercase)).collect();
    assert!(functions.len() > 10, "{functions:?}");
    for function in functions {
        assert!(code.contains(&format!("fn {function}(")), "no file that is named there has the function {function}");
    }

    let parts: Vec<_> = report.split("` in [`").collect();
    for two in parts.windows(2) {
        let (name, path) = (two[0].rsplit(['`', ':']).next().unwrap(), two[1].split('`').next().unwrap());
        assert!(document(path).contains(name), "{path} does not have {name}");
    }
}

#[test]
fn no_recipe_draws_over_a_file_of_the_repository() {
    for name in ["README.md", "docs/THREADS.md"] {
        let text = document(name);
        let recipes: Vec<_> =
            text.lines().filter(|line| line.starts_with("$ ") && line.contains("--timeline")).collect();
        assert!(!recipes.is_empty(), "{name}");
        assert!(recipes.iter().all(|recipe| recipe.contains("--timeline /tmp/")), "{name}: {recipes:?}");
    }
}

#[test]
fn the_pictures_in_docs_are_drawn_as_the_programs_draw_today() {
    let (designs, busy) = (document("docs/designs.svg"), document("docs/busy.svg"));
    assert!(designs.contains("<title>One slow client stops everybody under iterative.</title>"));
    assert!(designs.contains("The longest time that a client waited for the server:"));
    assert!(busy.contains("One wait for the lock: ") && busy.contains("the lock is released here"));
    for word in ["127.0.0.1", "short to be seen"] {
        assert!(!designs.contains(word) && !busy.contains(word), "{word}");
    }
    assert!(!busy.contains("blocked in send"));
}

#[test]
fn the_license_that_cargo_names_stands_in_docs() {
    let manifest = document("Cargo.toml");
    assert!(manifest.contains("license = \"MIT\"") && manifest.contains("docs/LICENSE"), "{manifest}");
    let license = document("docs/LICENSE");
    assert!(license.starts_with("MIT License\n") && license.contains("WITHOUT WARRANTY OF ANY KIND"), "{license}");
    assert!(document("docs/README.md").contains("(LICENSE)"));
}
