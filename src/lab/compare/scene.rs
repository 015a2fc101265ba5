//! The same small scene under each design, recorded on both sides: a few clients, and the first of them reads slowly.
//!
//! Server and clients run in this one process, so that their times come from one clock. The clients are those of
//! [`client`](crate::client), and report what they do to their journals.
//!
//! Read first: `timeline/mod.rs`. It does not know how a picture is drawn.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::journal::{Event, Journal, Record};
use crate::lab::compare::subject::ServedFiles;
use crate::lab::timeline::recorder::Recorder;
use crate::lab::timeline::{Label, LabelKind, Lane, LongestWait, Panel, Picture, Side, Span, State};
use crate::lock::locked;
use crate::programs::human::human_time;
use crate::server::designs::Design;
use crate::server::file_handler::FileHandler;
use crate::server::limits::Limits;
use crate::server::registry::Registry;
use crate::server::Server;
use crate::wire::FileName;

/// The file for all clients: several times as large as the buffers between a server and a client that does not read.
const FILE: (&str, u64) = ("film.bin", 16 * 1024 * 1024);

/// How many bytes a second the slow client reads: it needs half a second for the file.
const SLOW_RATE: u64 = 2 * FILE.1;

/// How often the scene checks whether the slow client has its session: the others come later.
const LOOK: Duration = Duration::from_millis(1);

/// How many clients come.
const CLIENTS: u32 = 4;

/// Each client comes so long after the one before, for the picture's sake.
const COMES_AFTER: Duration = Duration::from_millis(30);

/// How often the others ask.
const DOWNLOADS: usize = 2;

/// How long they wait on purpose between two downloads.
const PAUSE: Duration = Duration::from_millis(20);

/// How long a client waits for a silent server: much longer than the scene lasts.
const PATIENCE: Duration = Duration::from_secs(20);

/// The designs that are drawn if none is asked for. The pool is smaller than the number of clients, so that it shows.
pub const DESIGNS: [Design; 4] = [
    Design::Iterative,
    Design::ThreadPerClient,
    Design::Prethreaded(2),
    Design::SpareThreads { min: 1, max: CLIENTS as usize },
];

/// Plays the scene under each of the designs, one after the other.
///
/// # Errors
/// In a sentence: what the system refused, or what a client did not get.
pub fn picture(designs: &[Design]) -> Result<Picture, String> {
    let panels = designs.iter().map(|design| play(*design)).collect::<Result<Vec<_>, _>>()?;
    let names: Vec<String> = designs.iter().map(Design::to_string).collect();
    let longest = |(name, panel): (&String, &Panel)| {
        longest_wait(panel).map(|(lasted, _)| LongestWait { of: name.clone(), lasted })
    };
    let longest_waits = names.iter().zip(&panels).filter_map(longest).collect();
    Ok(Picture { title: title(&names, &panels), longest_waits, zoom: None, panels })
}

/// The result in a sentence: which clients the slow client stopped.
fn title(designs: &[String], panels: &[Panel]) -> String {
    let with = |is_meant: fn(usize, usize) -> bool| {
        let runs = designs.iter().zip(panels).map(|(design, panel)| (design.as_str(), stopped(panel)));
        runs.filter(|(_, (stopped, others))| is_meant(*stopped, *others)).map(|(design, _)| design).collect::<Vec<_>>()
    };
    let everybody = with(|stopped, others| stopped == others);
    let nobody = with(|stopped, _| stopped == 0);
    match (everybody.is_empty(), nobody.is_empty()) {
        (false, _) => format!("One slow client stops everybody under {}.", in_a_row(&everybody)),
        (true, false) => format!("One slow client stops nobody under {}.", in_a_row(&nobody)),
        (true, true) => "One slow client stops some of the others.".to_string(),
    }
}

/// How many of the other clients got their first byte only when the slow client's session was over; and how many they
/// are.
fn stopped(panel: &Panel) -> (usize, usize) {
    let labels = panel.lanes.iter().filter(|lane| lane.side == Side::Server).flat_map(|lane| &lane.labels);
    let sessions = labels.filter(|label| label.kind == LabelKind::Session);
    let over = sessions.min_by_key(|session| session.from).map_or(Duration::ZERO, |session| session.to);
    let others: Vec<_> = panel.lanes.iter().filter(|lane| lane.side == Side::Client).skip(1).collect();
    let is_served = |lane: &&&Lane| lane.spans.iter().any(|span| span.state == State::Receiving && span.from < over);
    (others.len() - others.iter().filter(is_served).count(), others.len())
}

/// `a`, `a and b`, `a, b and c`.
fn in_a_row(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.concat(),
    }
}

/// Plays the scene under one design.
///
/// # Errors
/// As for [`picture`].
pub fn play(design: Design) -> Result<Panel, String> {
    let refused = |error: io::Error| format!("can't play under {design}: {error}");
    let files = ServedFiles::make(&[FILE]).map_err(refused)?;
    let recorder = Recorder::new();
    let limits = Limits { max_sessions: 2 * CLIENTS as usize, max_per_address: None };
    let registry = Registry::new(limits).watched_by(recorder.watch());
    let dir = FileHandler::new(files.path()).map_err(refused)?;
    let address = ([127, 0, 0, 1], 0).into();
    let server = Server::bind(address, dir, registry, PATIENCE, recorder.journal()).map_err(refused)?;
    let address = server.local_addr().map_err(refused)?;

    let begun = recorder.begun();
    let played = thread::scope(|scope| {
        let listener = thread::Builder::new().name("listener".to_string()).spawn_scoped(scope, || server.run(design));
        listener.map_err(refused)?;
        let come = |number| scope.spawn(move || visit(number, address, begun));
        let slow = come(1);
        while server.registry().active() == 0 && !slow.is_finished() {
            thread::sleep(LOOK);
        }
        let others: Vec<_> = (2..=CLIENTS).map(come).collect();
        let visits = [slow].into_iter().chain(others);
        let panicked = |_| Err("a client panicked: a bug of this tool, please report it".to_string());
        let lanes = visits.map(|visit| visit.join().unwrap_or_else(panicked)).collect::<Result<Vec<_>, _>>();
        server.stop();
        lanes
    })?;
    let mut panel = recorder.finish(format!("{design}: {}", in_words(design)));
    panel.lanes.extend(played);
    let told = match longest_wait(&panel) {
        Some((lasted, name)) => format!("The longest wait for the server was that of {name}: {}.", human_time(lasted)),
        None => "No client waited for the server.".to_string(),
    };
    panel.notes.insert(0, told);
    Ok(panel)
}

fn in_words(design: Design) -> String {
    match design {
        Design::Iterative => "one thread serves one client after the other".to_string(),
        Design::ThreadPerClient => "each client has a thread of its own".to_string(),
        Design::Prethreaded(threads) => format!("{threads} threads; if none is free, a client waits"),
        Design::SpareThreads { max, .. } => format!("threads come when they are needed, up to {max}, and stay"),
    }
}

/// One client, from its connection to its end.
fn visit(number: u32, address: SocketAddr, begun: Instant) -> Result<Lane, String> {
    thread::sleep(COMES_AFTER * (number - 1));
    let is_slow = number == 1;
    let lane = Arc::new(Mutex::new(ClientLane::new(begun)));
    converse(address, is_slow, &lane).map_err(|why| format!("client {number}: {why}"))?;
    let name = if is_slow { format!("client {number}, slow") } else { format!("client {number}") };
    Ok(locked(&lane, |lane| Lane {
        name,
        side: Side::Client,
        spans: std::mem::take(&mut lane.spans),
        labels: std::mem::take(&mut lane.labels),
    }))
}

fn converse(address: SocketAddr, is_slow: bool, lane: &Arc<Mutex<ClientLane>>) -> Result<(), String> {
    let told = Arc::clone(lane);
    let journal = Journal::new(move |record| locked(&told, |lane| lane.note(record)));
    let file = FileName::parse(FILE.0).map_err(|refusal| refusal.message)?;
    let lost = |error: crate::client::ClientError| error.to_string();

    locked(lane, |lane| lane.enters(State::AwaitingServer));
    let (mut client, _greeting) = Client::connect(&address.to_string(), PATIENCE, journal).map_err(lost)?;
    if is_slow {
        client.download(&file, &mut SlowReader { lane: Arc::clone(lane) }, |_, _| {}).map_err(lost)?;
        locked(lane, ClientLane::answered);
    } else {
        for _ in 0..DOWNLOADS {
            client.download(&file, &mut io::sink(), |_, _| {}).map_err(lost)?;
            locked(lane, ClientLane::answered);
            locked(lane, |lane| lane.enters(State::Pausing));
            thread::sleep(PAUSE);
        }
    }
    client.logout().map_err(lost)?;
    locked(lane, ClientLane::answered);
    Ok(())
}

/// A slow sink: the client does not read meanwhile.
struct SlowReader {
    lane: Arc<Mutex<ClientLane>>,
}

impl Write for SlowReader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&self.lane, |lane| lane.enters(State::Pausing));
        thread::sleep(Duration::from_secs_f64(bytes.len() as f64 / SLOW_RATE as f64));
        locked(&self.lane, |lane| lane.enters(State::Receiving));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A client's lane, made from its journal.
struct ClientLane {
    begun: Instant,
    /// Since when the client is in its state.
    state: Option<(State, Duration)>,
    spans: Vec<Span>,
    labels: Vec<Label>,
}

impl ClientLane {
    fn new(begun: Instant) -> ClientLane {
        ClientLane { begun, state: None, spans: Vec::new(), labels: Vec::new() }
    }

    fn note(&mut self, record: &Record) {
        match record.event {
            Event::Sent(line) => {
                self.enters(State::AwaitingServer);
                let now = self.begun.elapsed();
                let text = String::from_utf8_lossy(line).trim_end().to_string();
                self.labels.push(Label { kind: LabelKind::Command, from: now, to: now, text });
            }
            Event::Received(_) => self.enters(State::Receiving),
            _ => {}
        }
    }

    fn enters(&mut self, state: State) {
        let now = self.ends();
        self.state = Some((state, now));
    }

    /// The reply to the last command is complete.
    fn answered(&mut self) {
        let now = self.ends();
        if let Some(command) = self.labels.last_mut() {
            command.to = now;
        }
    }

    /// The state ends now.
    fn ends(&mut self) -> Duration {
        let now = self.begun.elapsed();
        if let Some((state, from)) = self.state.take() {
            self.spans.push(Span { state, from, to: now });
        }
        now
    }
}

/// The longest wait of a client for the server, and whose it was.
fn longest_wait(panel: &Panel) -> Option<(Duration, &str)> {
    let waits = panel.lanes.iter().flat_map(|lane| {
        let waits = lane.spans.iter().filter(|span| span.state == State::AwaitingServer);
        waits.map(move |span| (span.to - span.from, lane.name.as_str()))
    });
    waits.max()
}
