//! `lab walk`: a real client and a real server hold the conversation of the eight steps. The walk shows each step as it
//! happened: the bytes, the threads, the functions, the registry.
//!
//! Read first: `happenings.rs`. It does not know how the steps are carried out, only what the journals report.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::client::download::{store, Storage};
use crate::client::{Client, ClientError};
use crate::lab::happenings::{Happening, Happenings, Kind, Side};
use crate::lab::lang::Lang;
use crate::programs::args::say;
use crate::server::designs::Design;
use crate::server::file_handler::FileHandler;
use crate::server::limits::Limits;
use crate::server::registry::{Doing, Registry, SessionView};
use crate::server::Server;
use crate::wire::{printable, visible, Listed, ReplyHeader, Step};

/// How long the walk waits for an event that must come, and the client for a silent server.
const PATIENCE: Duration = Duration::from_secs(10);

/// The server's own idle time-out: longer than any lecture, since `--pause` may wait as long.
const IDLE_TIMEOUT: Duration = Duration::from_secs(86_400);

/// How many files the walk downloads at most: a few files show step 6 as well as thousands.
const MAX_FILES: usize = 5;

/// How many characters of a body are shown.
const LINE: usize = 64;

/// What the walk was asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// `HOST:PORT` of a server that runs already; `None` starts one.
    pub server: Option<String>,
    /// What the walk's own server serves.
    pub serve: PathBuf,
    /// Where the client stores its downloads.
    pub dir: PathBuf,
    /// The language of the narration.
    pub lang: Lang,
    /// Wait for Enter after each step.
    pub pause: bool,
}

/// What happened otherwise than the protocol says.
#[derive(Debug)]
pub struct Surprise(pub String);

/// Plays the conversation and prints it.
///
/// # Errors
/// The first thing that happened otherwise than the protocol says, or that the system refused.
pub fn walk(options: &Options) -> Result<(), Surprise> {
    let refused = |what: &str, error: io::Error| Surprise(format!("{what}: {error}"));
    let happenings = Happenings::default();
    let (own, address) = match &options.server {
        Some(address) => (None, address.clone()),
        None => {
            let server = start_server(options, &happenings)?;
            let address = server.local_addr().map_err(|error| refused("the server has no address", error))?;
            (Some(server), address.to_string())
        }
    };
    let registry = Vec::new();
    let seen = own.is_some();
    let narrator = Narrator { lang: options.lang, pause: options.pause, seen, happenings, registry };
    let dir = options.dir.clone();
    // On a thread of its own, so that the client's lines show this thread's name.
    let playing = thread::Builder::new().name("client".to_string()).spawn(move || play(&address, &dir, narrator));
    let played = playing.map_err(|error| refused("can't start a thread", error))?.join();
    if let Some(server) = own {
        server.stop();
    }
    played.unwrap_or_else(|_| Err(Surprise("the client panicked".to_string())))
}

fn start_server(options: &Options, happenings: &Happenings) -> Result<Arc<Server>, Surprise> {
    let refused = |error: io::Error| Surprise(format!("can't serve {:?}: {error}", options.serve));
    let registry = Registry::new(Limits { max_sessions: 1, max_per_address: None });
    let journal = happenings.journal(Side::Server, Some(registry.clone()));
    let dir = FileHandler::new(&options.serve).map_err(refused)?;
    let address = ([127, 0, 0, 1], 0).into();
    let server = Arc::new(Server::bind(address, dir, registry, IDLE_TIMEOUT, journal).map_err(refused)?);
    let listening = Arc::clone(&server);
    thread::Builder::new()
        .name("listener".to_string())
        .spawn(move || listening.run(Design::default()))
        .map_err(refused)?;
    Ok(server)
}

/// The client's part, step by step. After each step, the narrator shows what happened on both sides.
fn play(address: &str, dir: &Path, mut narrator: Narrator) -> Result<(), Surprise> {
    let journal = narrator.happenings.journal(Side::Client, None);
    narrator.print(
        narrator.words(
            "The eight steps of the report, in our own words.\n",
            "Les huit étapes du rapport, avec nos mots.\n",
        ),
    );
    if !narrator.seen {
        narrator.print(narrator.words(
            "(The server is another program: its threads and its registry are not seen from here.)\n",
            "(Le serveur est un autre programme : ses threads et son registre ne se voient pas d'ici.)\n",
        ));
    }
    let (mut client, greeting) = narrator.step_fails(Step::Connect, Client::connect(address, PATIENCE, journal))?;
    narrator.tell(Step::Connect, Kind::SentBody)?;
    if !greeting.contains("HELP") {
        return narrator
            .surprise(Step::Connect, narrator.words("the greeting does not name HELP", "l'accueil ne nomme pas HELP"));
    }

    let files: Vec<_> = narrator.step_fails(Step::SendList, client.list())?.files().collect();
    narrator.tell(Step::AskForList, Kind::Received)?;
    narrator.tell(Step::SendList, Kind::SentBody)?;
    if files.windows(2).any(|pair| pair[0].name >= pair[1].name) {
        return narrator.surprise(
            Step::SendList,
            narrator.words(
                "the list is not sorted by the bytes of the names",
                "la liste n'est pas triée selon les octets des noms",
            ),
        );
    }

    let Some(first) = files.first() else {
        return narrator.surprise(
            Step::AskForFile,
            narrator.words(
                "the list is empty: there is no file to ask for",
                "la liste est vide : il n'y a pas de fichier à demander",
            ),
        );
    };
    download(&mut client, first, dir, &mut narrator)?;
    narrator.tell(Step::AskForFile, Kind::Received)?;
    narrator.tell(Step::SendFile, Kind::SentBody)?;

    // If the directory has only one file, step 6 downloads that file again.
    let others: Vec<_> = files.iter().cycle().skip(1).take((files.len() - 1).clamp(1, MAX_FILES - 1)).collect();
    narrator.headline(Step::Repeat);
    for file in others {
        download(&mut client, file, dir, &mut narrator)?;
        narrator.tell_repeated(Step::AskForFile, Kind::Received)?;
        narrator.tell_repeated(Step::SendFile, Kind::SentBody)?;
    }
    narrator.end_of_step();

    let _goodbye = narrator.step_fails(Step::Close, client.logout())?;
    narrator.tell(Step::Logout, Kind::Received)?;
    narrator.tell(Step::Close, Kind::Closed)?;
    narrator.stored(dir);
    Ok(())
}

fn download(client: &mut Client, file: &Listed, dir: &Path, narrator: &mut Narrator) -> Result<(), Surprise> {
    let stored = store(client, &file.name, &Storage::of(dir), |_, _| {});
    let size = narrator.step_fails(Step::SendFile, stored)?.bytes;
    if size != file.size {
        let name = printable(file.name.as_str());
        let what = format!("LIST said that {name} has {} bytes, but {size} came", file.size);
        return narrator.surprise(Step::SendFile, &what);
    }
    Ok(())
}

/// Shows what happened, and uses only the happenings.
struct Narrator {
    lang: Lang,
    pause: bool,
    /// Can the walk see the server's side? Only if it is the walk's own server.
    seen: bool,
    happenings: Happenings,
    /// The registry at the end of the last step.
    registry: Vec<SessionView>,
}

impl Narrator {
    fn words(&self, english: &'static str, french: &'static str) -> &'static str {
        self.lang.words(english, french)
    }

    fn print(&self, text: &str) {
        // If the output was closed, nobody wants more.
        let _ = say(text);
    }

    fn headline(&self, step: Step) {
        let word = self.words("Step", "Étape");
        self.print(&format!("{word} {}. {}", step.number(), sentence(step, self.lang)));
    }

    /// Shows one step, after its end; `last` is the server's last event of the step.
    fn tell(&mut self, step: Step, last: Kind) -> Result<(), Surprise> {
        self.headline(step);
        self.tell_repeated(step, last)?;
        self.end_of_step();
        Ok(())
    }

    /// The same without a headline, for the steps that step 6 repeats.
    fn tell_repeated(&mut self, step: Step, last: Kind) -> Result<(), Surprise> {
        let happened = self.happenings.take(step, self.seen.then_some(last), PATIENCE);
        self.tell_happened(&happened);
        if self.seen && !happened.iter().any(|one| one.side == Side::Server && one.kind == last) {
            return self.surprise(
                step,
                self.words("the server's side of it did not happen", "le côté du serveur n'a pas eu lieu"),
            );
        }
        if !happened.iter().any(|one| one.side == Side::Client) {
            return self.surprise(
                step,
                self.words("the client's side of it did not happen", "le côté du client n'a pas eu lieu"),
            );
        }
        if !both_saw_the_same(&happened) {
            return self.surprise(
                step,
                self.words("what arrived is not what was sent", "ce qui est arrivé n'est pas ce qui a été envoyé"),
            );
        }
        Ok(())
    }

    fn tell_happened(&mut self, happened: &[Happening]) {
        let to_server = self.words("client > server", "client > serveur");
        let to_client = self.words("server > client", "serveur > client");
        self.tell_connection(happened, Kind::Connected);
        self.tell_message(to_server, happened, COMMAND);
        self.tell_message(to_client, happened, HEADER);
        self.tell_message(to_client, happened, BODY);
        self.tell_connection(happened, Kind::Closed);
        self.tell_registry(happened);
    }

    /// A connection that was opened or closed, on each side that reports it.
    fn tell_connection(&self, happened: &[Happening], kind: Kind) {
        let what = match kind {
            Kind::Connected => self.words("the TCP connection stands", "la connexion TCP est établie"),
            _ => self.words("the TCP connection is closed", "la connexion TCP est fermée"),
        };
        let sides: Vec<_> = happened.iter().filter(|one| one.kind == kind).collect();
        if !sides.is_empty() {
            self.print(&format!("  {what}"));
        }
        for one in sides {
            self.tell_side(one);
        }
    }

    /// One message: its bytes once, then who sent and who received it.
    fn tell_message(&self, direction: &str, happened: &[Happening], ends: Ends) {
        let told = |end| happened.iter().filter(move |one| (one.side, one.kind) == end);
        let sides: Vec<_> = ends.into_iter().flat_map(told).collect();
        let Some(shown) = sides.iter().max_by_key(|one| one.bytes.len()) else { return };
        let text = visible(&shown.bytes);
        let size = body_size(happened);
        let is_whole = ends != BODY || (size == shown.bytes.len() as u64 && text.chars().count() <= LINE);
        let told = if is_whole {
            text
        } else {
            // Escaped bytes are longer than the bytes themselves. The limit is for the line, not for the bytes.
            let start: String = text.chars().take(LINE).collect();
            format!("{start} … ({size} {})", self.words("bytes in all", "octets en tout"))
        };
        self.print(&format!("  {direction}   {told}"));
        for one in sides {
            self.tell_side(one);
        }
    }

    fn tell_side(&self, one: &Happening) {
        let side = match one.side {
            Side::Client => self.words("client", "client"),
            Side::Server => self.words("server", "serveur"),
        };
        let thread = format!("{} {}", self.words("thread", "thread"), one.thread);
        self.print(&format!("      {side:<8} {thread:<18} {:<13} {}", one.function, one.place));
    }

    fn tell_registry(&mut self, happened: &[Happening]) {
        let Some(last) = happened.iter().rev().find(|one| one.side == Side::Server) else {
            return;
        };
        let after = last.registry.clone();
        self.print(&format!("  {} {}", self.words("registry before:", "registre avant :"), self.shown(&self.registry)));
        self.print(&format!("  {} {}", self.words("registry after: ", "registre après :"), self.shown(&after)));
        self.registry = after;
    }

    fn shown(&self, registry: &[SessionView]) -> String {
        if registry.is_empty() {
            return self.words("empty", "vide").to_string();
        }
        let sessions = registry.iter().map(|session| {
            let doing = match &session.doing {
                Doing::Waiting => self.words("waiting", "attend").to_string(),
                Doing::Sending { subject, sent, size, .. } if sent == size => {
                    format!("{} {} ({size})", self.words("has sent", "a envoyé"), self.subject(subject))
                }
                Doing::Sending { subject, sent, size, .. } => {
                    format!("{} {} {sent}/{size}", self.words("sending", "envoie"), self.subject(subject))
                }
                Doing::Dismissed => self.words("dismissed", "congédiée").to_string(),
            };
            format!("#{} {} {doing}", session.number, session.peer)
        });
        sessions.collect::<Vec<_>>().join(", ")
    }

    fn subject(&self, subject: &str) -> String {
        match subject {
            "greeting" => self.words("the greeting", "l'accueil").to_string(),
            _ => visible(subject.as_bytes()),
        }
    }

    fn end_of_step(&self) {
        if !self.pause {
            self.print("");
            return;
        }
        let prompt = self.words("  (Enter goes on) ", "  (Entrée pour continuer) ");
        let _ = write!(io::stdout(), "{prompt}").and_then(|()| io::stdout().flush());
        let read = io::stdin().lock().read_until(b'\n', &mut Vec::new());
        // If a person pressed Enter, the line has ended already.
        if !io::stdin().is_terminal() || matches!(read, Ok(0)) {
            self.print("");
        }
    }

    fn stored(&self, dir: &Path) {
        let text = self.words("The downloaded files are in", "Les fichiers téléchargés sont dans");
        self.print(&format!("{text} {}.", printable(&dir.to_string_lossy())));
    }

    /// If a step of the client fails, the walk ends, after it has shown what did happen.
    fn step_fails<T>(&mut self, step: Step, done: Result<T, ClientError>) -> Result<T, Surprise> {
        done.or_else(|error| {
            use Step::{AskForFile, AskForList, Close, Connect, Logout, SendFile, SendList};
            for told in [Connect, AskForList, SendList, AskForFile, SendFile, Logout, Close] {
                self.tell_rest(told);
            }
            self.surprise(step, &error.to_string())
        })
    }

    /// What happened in a step that did not reach its end.
    fn tell_rest(&mut self, step: Step) {
        let happened = self.happenings.take(step, None, PATIENCE);
        if !happened.is_empty() {
            self.headline(step);
            self.tell_happened(&happened);
            self.print("");
        }
    }

    /// Ends the walk: this step did not happen as the protocol says.
    fn surprise<T>(&self, step: Step, what: &str) -> Result<T, Surprise> {
        Err(Surprise(match self.lang {
            Lang::English => format!("step {} went wrong: {what}", step.number()),
            Lang::French => format!("l'étape {} s'est mal passée : {what}", step.number()),
        }))
    }
}

/// The two sides of a message: the events of its sender and of its receiver.
type Ends = [(Side, Kind); 2];

const COMMAND: Ends = [(Side::Client, Kind::Sent), (Side::Server, Kind::Received)];
const HEADER: Ends = [(Side::Server, Kind::Sent), (Side::Client, Kind::Received)];
const BODY: Ends = [(Side::Server, Kind::SentBodyStart), (Side::Client, Kind::ReceivedBodyStart)];

/// If both sides reported a message, they reported the same bytes. For a body, this compares only the bytes that both
/// kept.
fn both_saw_the_same(happened: &[Happening]) -> bool {
    [COMMAND, HEADER, BODY].into_iter().all(|ends| {
        let told = |(side, kind)| happened.iter().find(|one| (one.side, one.kind) == (side, kind));
        match (told(ends[0]), told(ends[1])) {
            (Some(sent), Some(received)) if ends == BODY => {
                sent.bytes.starts_with(&received.bytes) || received.bytes.starts_with(&sent.bytes)
            }
            (Some(sent), Some(received)) => sent.bytes == received.bytes,
            _ => true,
        }
    })
}

/// The size that the header promises, 0 without one.
fn body_size(happened: &[Happening]) -> u64 {
    let header = happened.iter().find(|one| HEADER.contains(&(one.side, one.kind)));
    match header.map(|one| ReplyHeader::parse(one.bytes.strip_suffix(b"\n").unwrap_or(&one.bytes))) {
        Some(Ok(ReplyHeader::Ok(size))) => size,
        _ => 0,
    }
}

/// What a step is, in our own words, not in those of the report.
pub fn sentence(step: Step, lang: Lang) -> &'static str {
    let (english, french) = match step {
        Step::Connect => {
            ("The client opens a TCP connection to the server.", "Le client ouvre une connexion TCP vers le serveur.")
        }
        Step::AskForList => ("The client asks for the list: `LIST`.", "Le client demande la liste : `LIST`."),
        Step::SendList => {
            ("The server answers with the list of its files.", "Le serveur répond par la liste de ses fichiers.")
        }
        Step::AskForFile => {
            ("The client asks for a file: `DOWNLOAD filename`.", "Le client demande un fichier : `DOWNLOAD nom`.")
        }
        Step::SendFile => ("The server sends the file.", "Le serveur envoie le fichier."),
        Step::Repeat => (
            "Steps 4 and 5 repeat for as many files as the client wants.",
            "Les étapes 4 et 5 se répètent, autant de fois que le client veut.",
        ),
        Step::Logout => ("The client ends its session: `LOGOUT`.", "Le client met fin à sa session : `LOGOUT`."),
        Step::Close => ("The server closes the connection.", "Le serveur ferme la connexion."),
    };
    lang.words(english, french)
}
