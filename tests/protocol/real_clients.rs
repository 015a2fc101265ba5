//! The eight steps, typed into common programs such as netcat and telnet. Not every machine has them, so these tests
//! run on demand: `cargo test -- --ignored`.

use std::net::SocketAddr;
use std::process::Command;

use crate::command_lines::{Ended, Program, CLIENT};
use crate::support::{TempDir, TestServer, Wanted};

/// All that the server sends in the eight steps, in order.
const WHOLE_CONVERSATION: [&str; 4] =
    ["Send HELP for the commands", "OK 8\n6 a.txt\n", "OK 6\nhello\n", "\nGoodbye.\n"];

/// Starts a program that connects to the server, such as `nc -N`.
fn start(program: &str, server: &TestServer) -> Program {
    let mut words = program.split(' ');
    let mut command = Command::new(words.next().unwrap());
    let (ip, port) = (server.address.ip().to_string(), server.address.port().to_string());
    match program {
        "socat" => command.args(["-", &format!("TCP:{ip}:{port}")]),
        _ => command.args(words).args([ip, port]),
    };
    Program::start(&mut command)
}

/// The eight steps by hand: each command is typed when the answer to the one before is there.
fn type_the_eight_steps(program: &str) {
    let server = TestServer::start();
    let mut typed = start(program, &server);
    for (answer, next) in WHOLE_CONVERSATION.iter().zip(["LIST\n", "DOWNLOAD a.txt\n", "LOGOUT\n", ""]) {
        typed.shows(answer);
        typed.types(next);
    }
    typed.ends_input();
    typed.ended();
    server.wait_for_sessions(0);
    assert_eq!(*server.journal.lock().unwrap(), ["logged out"]);
}

/// As a script does it: all commands at once, then the end of the input.
fn pipe_in(program: &str, server: &TestServer, commands: &str) -> Ended {
    let mut piped = start(program, server);
    piped.pipe_in(commands);
    piped.ended()
}

fn pipe_the_eight_steps(program: &str) {
    let server = TestServer::start();
    let ended = pipe_in(program, &server, "LIST\nDOWNLOAD a.txt\nLOGOUT\n");
    let mut rest = ended.stdout.as_str();
    for answer in WHOLE_CONVERSATION {
        let found = rest.find(answer).unwrap_or_else(|| panic!("{answer:?} is missing: {ended:?}"));
        rest = &rest[found + answer.len()..];
    }
    assert_eq!(rest, "");
}

/// The refusal in place of the greeting arrives, although the program sends its commands without waiting for it.
fn pipe_into_a_full_server(program: &str) {
    let server = TestServer::with(Wanted { max_sessions: 1, ..Wanted::default() });
    let _inside = server.session();
    for _ in 0..10 {
        let ended = pipe_in(program, &server, "LIST\nDOWNLOAD a.txt\nLOGOUT\n");
        assert!(ended.stdout.starts_with("ERR SERVER_FULL "), "{ended:?}");
    }
}

#[test]
#[ignore = "needs real netcat, ncat, socat and telnet"]
fn the_netcat_of_openbsd_holds_the_conversation() {
    type_the_eight_steps("nc.openbsd -N");
    pipe_the_eight_steps("nc.openbsd -N");
    pipe_into_a_full_server("nc.openbsd -N");
}

#[test]
#[ignore = "needs real netcat, ncat, socat and telnet"]
fn the_netcat_of_openbsd_that_sends_crlf_holds_the_conversation() {
    type_the_eight_steps("nc.openbsd -N -C");
    pipe_the_eight_steps("nc.openbsd -N -C");
}

#[test]
#[ignore = "needs real netcat, ncat, socat and telnet"]
fn the_traditional_netcat_holds_the_conversation() {
    type_the_eight_steps("nc.traditional");
    pipe_the_eight_steps("nc.traditional");
    pipe_into_a_full_server("nc.traditional");
}

#[test]
#[ignore = "needs real netcat, ncat, socat and telnet"]
fn ncat_holds_the_conversation() {
    type_the_eight_steps("ncat");
    pipe_the_eight_steps("ncat");
    pipe_into_a_full_server("ncat");
}

#[test]
#[ignore = "needs real netcat, ncat, socat and telnet"]
fn socat_holds_the_conversation() {
    type_the_eight_steps("socat");
    pipe_the_eight_steps("socat");
    pipe_into_a_full_server("socat");
}

#[test]
#[ignore = "needs real netcat, ncat, socat and telnet"]
fn telnet_holds_the_conversation() {
    // Telnet leaves at the end of its input, whatever is still to come: it is only typed into.
    type_the_eight_steps("telnet");
}

/// Runs a shell command on a terminal of its own, which socat makes: programs behave there as for a person.
pub fn on_a_terminal(command: &str, server: SocketAddr, dir: &TempDir) -> Program {
    let mut socat = Command::new("socat");
    socat.args(["-", "SYSTEM:eval $COMMAND,pty,setsid,ctty,stderr"]);
    // As variables: socat would take a colon or a quotation mark for a part of its own address.
    socat.env("COMMAND", command);
    socat.env("SERVER", server.to_string());
    socat.env("IP", server.ip().to_string()).env("PORT", server.port().to_string());
    socat.env("CLIENT", CLIENT).env("DIR", dir.path());
    Program::start(&mut socat)
}

#[test]
#[ignore = "needs real netcat, ncat, socat and telnet"]
fn a_telnet_whose_user_pressed_ctrl_c_still_shows_what_comes() {
    let server = TestServer::start();
    let dir = TempDir::new();
    let telnet = on_a_terminal("telnet $IP $PORT", server.address, &dir);
    telnet.shows("Send HELP for the commands");
    telnet.types("\u{3}");
    telnet.types("LIST\r");
    telnet.shows("6 a.txt");
    telnet.types("LOGOUT\r");
    telnet.shows("Goodbye.");
    telnet.shows("Connection closed by foreign host.");
}

#[test]
#[ignore = "needs real netcat, ncat, socat and telnet"]
fn our_own_client_prompts_a_person_and_exits_0_at_logout_whatever_failed() {
    let server = TestServer::start();
    server.dir.put("b.txt", "second\n");
    for goodbye in ["LOGOUT\r", "quit\r", "\u{4}"] {
        let dir = TempDir::new();
        let client = on_a_terminal("$CLIENT --server $SERVER --dir $DIR; echo exit code $?", server.address, &dir);
        client.shows("Send HELP for the commands");
        client.shows("> ");
        client.types("ls\r");
        client.shows("6 B  a.txt");
        client.types("get a.txt\r");
        client.shows("a.txt: 6 B in ");
        client.types("get missing\r");
        client.shows("client: missing: the server refused: NOT_FOUND");
        client.types("DOWNLOAD b.txt\r");
        client.shows("b.txt: 7 B in ");
        client.types(goodbye);
        client.shows("Goodbye.");
        client.shows("exit code 0");
        assert_eq!((dir.get("a.txt"), dir.get("b.txt")), (b"hello\n".to_vec(), b"second\n".to_vec()));
    }
}
