//! Timelines: the recording of a run has the events in the order in which they happened. No test here checks how long
//! something took.

use std::fs;
use std::process::Command;
use std::time::Duration;

use file_transfer::journal::{Event, Record};
use file_transfer::lab::compare::scene::{self, play};
use file_transfer::lab::timeline::recorder::Recorder;
use file_transfer::lab::timeline::text::text;
use file_transfer::lab::timeline::{Label, LabelKind, Lane, Panel, Picture, Side, State};
use file_transfer::server::designs::Design;
use file_transfer::watch::Phase;

use crate::command_lines::{run, ServerProgram, LAB};
use crate::support::TempDir;

/// The scene under a design; if the test fails afterwards, the timeline is printed.
struct Scene {
    panel: Panel,
}

impl Scene {
    fn play(design: Design) -> Scene {
        Scene { panel: play(design).unwrap() }
    }

    fn lanes(&self, side: Side) -> impl Iterator<Item = &Lane> {
        self.panel.lanes.iter().filter(move |lane| lane.side == side)
    }

    fn client(&self, number: usize) -> &Lane {
        self.lanes(Side::Client).nth(number - 1).unwrap()
    }

    /// The sessions of all threads, in the order of their beginning.
    fn sessions(&self) -> Vec<&Label> {
        let labels = self.lanes(Side::Server).flat_map(|lane| &lane.labels);
        let mut sessions: Vec<_> = labels.filter(|label| label.kind == LabelKind::Session).collect();
        sessions.sort_by_key(|label| label.from);
        sessions
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}", text(&Picture { panels: vec![self.panel.clone()], ..Picture::default() }));
        }
    }
}

/// When the lane was in that state for the first time.
fn first(lane: &Lane, state: State) -> Duration {
    lane.spans.iter().find(|span| span.state == state).unwrap_or_else(|| panic!("{} never: {state:?}", lane.name)).from
}

fn end(lane: &Lane) -> Duration {
    lane.spans.last().unwrap().to
}

#[test]
fn under_iterative_the_second_client_gets_its_first_byte_after_the_first_ones_session() {
    let scene = Scene::play(Design::Iterative);
    let sessions = scene.sessions();
    assert!(sessions.windows(2).all(|pair| pair[0].to <= pair[1].from));
    assert!(first(scene.client(2), State::Receiving) >= sessions[0].to);
    // It had come long before, and its own lane shows what the server's hides.
    assert!(first(scene.client(2), State::AwaitingServer) < sessions[0].to);
}

#[test]
fn with_a_thread_for_each_client_nobody_waits_for_the_slow_one() {
    for design in [Design::ThreadPerClient, Design::SpareThreads { min: 1, max: 4 }] {
        let scene = Scene::play(design);
        let sessions = scene.sessions();
        assert!(sessions[1..].iter().all(|session| session.from < sessions[0].to), "the sessions overlap");
        for number in 2..=4 {
            let (client, slow) = (scene.client(number), scene.client(1));
            assert!(first(client, State::Receiving) < end(slow), "{} waited for the slow one", client.name);
        }
    }
}

#[test]
fn with_fewer_threads_than_clients_somebody_waits_for_a_thread() {
    let scene = Scene::play(Design::Prethreaded(2));
    let sessions = scene.sessions();
    // Two at a time and no more: when the third begins, one of the first two is over.
    assert!(sessions[2].from >= sessions[0].to.min(sessions[1].to));
    assert!(scene.lanes(Side::Server).count() <= 2);
}

#[test]
fn threads_that_accept_in_turn_are_never_in_accept_at_the_same_time() {
    let scene = Scene::play(Design::Prethreaded(3));
    let spans = scene.lanes(Side::Server).flat_map(|lane| &lane.spans);
    let mut accepting: Vec<_> = spans.filter(|span| span.state == State::Accepting).collect();
    accepting.sort_by_key(|span| span.from);
    assert!(accepting.len() >= 4, "every client was accepted");
    assert!(accepting.windows(2).all(|pair| pair[0].to <= pair[1].from));
}

#[test]
fn a_slow_reader_blocks_the_thread_that_sends_to_it_and_both_lanes_show_it() {
    let scene = Scene::play(Design::ThreadPerClient);
    let blocked = |lane: &&Lane| lane.spans.iter().any(|span| span.state == State::BlockedInSend);
    let thread = scene.lanes(Side::Server).find(|lane| lane.name == "session-1").unwrap();
    assert!(blocked(&thread));
    assert!(first(scene.client(1), State::Pausing) < end(thread));
}

#[test]
fn under_every_design_spans_follow_each_other_and_lie_within_their_sessions() {
    for design in scene::DESIGNS {
        let scene = Scene::play(design);
        assert_eq!(scene.sessions().len(), 4, "every client had its session");
        for lane in &scene.panel.lanes {
            assert!(lane.spans.iter().all(|span| span.from < span.to), "{}", lane.name);
            assert!(lane.spans.windows(2).all(|pair| pair[0].to <= pair[1].from), "{}", lane.name);
        }
        for lane in scene.lanes(Side::Server) {
            let is_inside = |from: Duration, to: Duration| {
                let sessions = lane.labels.iter().filter(|label| label.kind == LabelKind::Session);
                sessions.into_iter().any(|session| session.from <= from && to <= session.to)
            };
            for span in &lane.spans {
                let of_session = matches!(span.state, State::Working | State::AwaitingCommand | State::BlockedInSend);
                assert!(!of_session || is_inside(span.from, span.to), "{}: {span:?}", lane.name);
            }
            let mut commands = lane.labels.iter().filter(|label| label.kind == LabelKind::Command);
            assert!(commands.all(|command| is_inside(command.from, command.to)), "{}", lane.name);
        }
    }
}

// The programs.

#[test]
fn a_server_draws_its_timeline_at_stop() {
    let dir = TempDir::new();
    // A session of no width has no name in a picture; the text names it all the same.
    let svg: &[&str] = &["<svg ", "What each thread of this server did", "listener", "session-1"];
    let txt = &["session-1", "session 1, 127.0.0.1:", "DOWNLOAD a.txt"];
    for (name, words) in [("run.svg", svg), ("run.txt", txt)] {
        let file = dir.path().join(name);
        let server = ServerProgram::start(&["--timeline", file.to_str().unwrap()]);
        let mut wire = server.session();
        wire.send("DOWNLOAD a.txt\nLOGOUT\n");
        wire.expect_ok();
        wire.expect_ok();
        wire.expect_end();
        assert_eq!(fs::read(&file).unwrap(), b"", "before the stop the file is there, and empty");
        drop(wire);
        server.program.types("stop\n");
        let ended = server.program.ended();
        assert!(ended.code == Some(0) && ended.stdout.contains(name), "{ended:?}");
        let drawn = fs::read_to_string(&file).unwrap();
        for word in words {
            assert!(drawn.contains(word), "no {word} in:\n{drawn}");
        }
    }
}

#[test]
fn a_file_that_cant_be_drawn_into_is_refused_before_anything_runs() {
    let dir = TempDir::new();
    let nowhere = dir.path().join("missing/run.svg");
    let (nowhere, server) = (nowhere.to_str().unwrap(), crate::command_lines::SERVER);
    for (program, tool) in [(server, &["--bind=127.0.0.1:0"][..]), (LAB, &["compare"])] {
        run(program, &[tool, &["--timeline", nowhere]].concat()).expect_failure(1, &["missing", "name another file"]);
        run(program, &[tool, &["--timeline", "run.png"]].concat()).expect_failure(2, &[".svg", ".txt", "run.png"]);
        run(program, &[tool, &["--timeline"]].concat()).expect_failure(2, &[".svg"]);
    }
    let elsewhere = dir.path().join("missing/runs.tsv");
    let (elsewhere, loaded) = (elsewhere.to_str().unwrap(), &["load", "127.0.0.1:1"][..]);
    for tool in [&["compare"][..], loaded] {
        run(LAB, &[tool, &["--tsv", elsewhere]].concat()).expect_failure(1, &["runs.tsv", "name another file"]);
    }
    run(LAB, &["compare", "--timeline", "x.svg", "--rounds", "2"]).expect_failure(2, &["--rounds", "leave one out"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_no_file_for_a_picture_since_to_open_it_would_wait() {
    let dir = TempDir::new();
    let pipe = dir.path().join("pipe.svg");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    run(LAB, &["compare", "--timeline", pipe.to_str().unwrap()]).expect_failure(1, &["pipe.svg", "it is a pipe"]);
}

#[test]
fn what_a_client_sends_does_not_make_a_recording_large() {
    let recorder = Recorder::new();
    let line = [0xfe; 1000];
    let record = Record { session: Some(1), peer: None, step: None, event: Event::Received(&line) };
    let session = recorder.watch();
    let lasting = session.begin(Phase::Session(1, "127.0.0.1:5".parse().unwrap()));
    recorder.note(&record);
    drop(lasting);
    let labels = &recorder.finish(String::new()).lanes[0].labels;
    assert_eq!(labels[1].text.chars().count(), 100);
}

#[test]
fn compare_draws_a_panel_for_each_design() {
    let dir = TempDir::new();
    let file = dir.path().join("designs.svg");
    let arguments = ["compare", "--design", "iterative", "--design", "prethreaded:3", "--timeline"];
    let ended = Command::new(LAB).args(arguments).arg(&file).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    let drawn = fs::read_to_string(&file).unwrap();
    for word in ["iterative: one thread", "prethreaded:3: 3 threads", "client 1, slow", "client 4", "blocked in send"] {
        assert!(drawn.contains(word), "no {word} in:\n{drawn}");
    }
    for word in ["127.0.0.1", "short to be seen", "registry"] {
        assert!(!drawn.contains(word), "{word} in:\n{drawn}");
    }
}

#[test]
fn the_title_of_the_scene_says_whom_the_slow_client_stopped() {
    let picture = scene::picture(&[Design::Iterative, Design::ThreadPerClient]).unwrap();
    assert_eq!(picture.title, "One slow client stops everybody under iterative.");
    let [iterative, other] = &picture.longest_waits[..] else { panic!("{:?}", picture.longest_waits) };
    assert_eq!((iterative.of.as_str(), other.of.as_str()), ("iterative", "thread-per-client"));
    assert!(iterative.lasted > other.lasted, "{:?}", picture.longest_waits);
    let drawn = text(&picture);
    assert!(drawn.contains("  iterative               |www"), "{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");

    let picture = scene::picture(&[Design::ThreadPerClient, Design::SpareThreads { min: 1, max: 4 }]).unwrap();
    assert_eq!(picture.title, "One slow client stops nobody under thread-per-client and spare-threads:1-4.");
}

#[test]
fn no_small_reply_is_drawn_as_blocked_in_send_whatever_the_load() {
    let dir = TempDir::new();
    let file = dir.path().join("run.txt");
    let server = ServerProgram::start(&["--timeline", file.to_str().unwrap()]);
    let mut sessions: Vec<_> = (0..8).map(|_| server.session()).collect();
    for _ in 0..200 {
        for wire in &mut sessions {
            wire.send("DOWNLOAD a.txt\n");
        }
        for wire in &mut sessions {
            wire.expect_ok();
        }
    }
    drop(sessions);
    server.program.types("stop\n");
    assert_eq!(server.program.ended().code, Some(0));
    let drawn = fs::read_to_string(&file).unwrap();
    assert!(drawn.contains("session-8") && !drawn.contains("blocked in send"), "{drawn}");
}
