//! The user of a client program: a command line, a script, or a person at a prompt.
//!
//! Read first: `client/mod.rs`, `plan.rs`. It does not know the wire.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crate::client::download::{Storage, Stored};
use crate::client::file_list::FileList;
use crate::client::part::remove_left_behind;
use crate::client::patience::Patience;
use crate::client::{ClientError, User};
use crate::programs::args::{complain, say};
use crate::programs::human::{counted, human_size};
use crate::programs::plan::{Next, Plan, Request};
use crate::programs::progress::{summary, ProgressBar};
use crate::programs::prompt::{habits, not_sent};
use crate::wire::{printable, Command, FileName};

/// Most files that are named when several were not tried.
const MAX_UNTRIED_SHOWN: usize = 20;

/// Where the requests come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// One request, from the command line.
    CommandLine,
    /// A script on standard input.
    Script,
    /// A person, who is shown the greeting, and who can go on after a lost session.
    Prompt,
}

/// What the command line says about all sessions.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `HOST:PORT`.
    pub server: String,
    /// Where downloads go.
    pub storage: Storage,
    /// For a connection, and for each silence of the server.
    pub timeout: Duration,
    /// For each request; on the command line there is only one.
    pub max_time: Option<Duration>,
    /// Fewest bytes a second.
    pub min_rate: Option<u64>,
    /// No progress and no summary.
    pub quiet: bool,
}

impl Settings {
    /// When a request must be done that begins now.
    fn deadline(&self) -> Option<Instant> {
        self.max_time.and_then(|time| Instant::now().checked_add(time))
    }
}

/// The state of the current command over several sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    /// It was sent in this session, or there is no command yet.
    Sent,
    /// It was given after the session had ended: the next session begins with it.
    ToBeSent,
    /// The session ended before its answer began: the next session begins with it.
    ToBeRepeated,
    /// It was sent in two sessions. It is not sent again.
    Repeated,
}

/// The user of a client program. Results go to standard output, failures to standard error.
pub struct Terminal<R> {
    settings: Settings,
    source: Source,
    requests: R,
    /// The rest of the request that is being carried out.
    plan: Plan,
    /// The command that is being carried out; none before the first.
    command: Option<Command>,
    sending: Sending,
    /// When it began.
    begun: Instant,
    /// When its request must be done.
    deadline: Option<Instant>,
    /// Sessions that were greeted.
    sessions: u64,
    /// Was this session greeted?
    greeted: bool,
    /// Was LOGOUT asked for, and not only sent at the end?
    asked_to_log_out: bool,
    /// Did something fail, apart from the last LOGOUT?
    failed: bool,
    /// Were the parts of interrupted downloads looked for?
    tidied: bool,
    bar: Option<ProgressBar>,
}

impl<R: Iterator<Item = Result<Request, String>>> Terminal<R> {
    /// A user with these requests.
    pub fn new(requests: R, settings: Settings, source: Source) -> Terminal<R> {
        let deadline = settings.deadline();
        Terminal {
            settings,
            source,
            requests,
            plan: Plan::default(),
            command: None,
            sending: Sending::Sent,
            begun: Instant::now(),
            deadline,
            sessions: 0,
            greeted: false,
            asked_to_log_out: false,
            failed: false,
            tidied: false,
            bar: None,
        }
    }

    /// Was all done? `logged_out` says whether the last session got its goodbye.
    pub fn is_content(&self, logged_out: bool) -> bool {
        match self.source {
            // If the user gave no LOGOUT, the command line was carried out, whatever the server answers to ours.
            Source::CommandLine => !self.failed && (logged_out || !self.asked_to_log_out),
            Source::Script => !self.failed && logged_out,
            // A person has seen what failed.
            Source::Prompt => logged_out,
        }
    }

    /// A session ended before its goodbye, or could not begin. Shows why. Then it breaks, and says whether the user
    /// wanted to leave, or it goes on with a new session:
    ///
    /// | at a prompt, the session ended | the new session begins with |
    /// |---|---|
    /// | before the answer to a command | the same command, once |
    /// | inside an answer, or could not begin | the next command that is typed |
    /// | before the answer to LOGOUT, or the first could not begin | it breaks |
    pub fn after(&mut self, error: &ClientError) -> ControlFlow<bool> {
        let is_prompt = self.source == Source::Prompt;
        let greeted = std::mem::take(&mut self.greeted);
        let was_over = greeted && error.came_before_the_answer();
        if self.command == Some(Command::Logout) {
            // To leave a session that is over already is a success.
            let has_left = is_prompt && was_over;
            if has_left {
                complain("client", &format!("the session had ended already: {}", ending(error)));
            } else {
                self.show_failure(error);
            }
            return ControlFlow::Break(has_left);
        }
        if is_prompt && was_over && self.sending == Sending::Sent {
            // All commands only read, so it does no harm if one is sent twice.
            complain("client", &format!("the session had ended: {}", ending(error)));
            self.sending = Sending::ToBeRepeated;
            return ControlFlow::Continue(());
        }
        if greeted {
            self.show_failure(error);
        } else {
            self.fail(&error.to_string());
        }
        self.give_up_plan(greeted);
        // If there was no session yet, the address is wrong or no server runs. Then the user must change the command
        // line.
        if !is_prompt || self.sessions == 0 {
            return ControlFlow::Break(false);
        }
        self.sending = Sending::Sent;
        match self.next_command() {
            None | Some(Command::Logout) => ControlFlow::Break(true),
            Some(_) => {
                self.sending = Sending::ToBeSent;
                ControlFlow::Continue(())
            }
        }
    }

    /// Says which files of the same request will not be asked for.
    fn give_up_plan(&mut self, current_was_told: bool) {
        let rest: Vec<_> = std::mem::take(&mut self.plan).untried().take(MAX_UNTRIED_SHOWN + 1).collect();
        if rest.is_empty() {
            return;
        }
        let current = match &self.command {
            Some(Command::Download(name)) if !current_was_told => Some(name.to_string()),
            _ => None,
        };
        let mut names: Vec<_> = current.into_iter().chain(rest).map(|name| printable(&name)).collect();
        if names.len() > MAX_UNTRIED_SHOWN {
            names.truncate(MAX_UNTRIED_SHOWN);
            names.push("and more".to_string());
        }
        complain("client", &format!("not tried: {}", names.join(", ")));
    }

    /// The next request, with its own time. `None` after the last one.
    fn next_request(&mut self) -> Option<Result<Request, String>> {
        let request = self.requests.next();
        if self.source != Source::CommandLine {
            self.deadline = self.settings.deadline();
        }
        request
    }

    /// The next command of the plan or of the next request. Reports files that can't be asked for.
    fn next_planned(&mut self) -> Command {
        loop {
            match self.plan.next_step() {
                Some(Next::Ask(command)) => return command,
                Some(Next::Tell(refusal)) => self.fail(&not_sent(refusal)),
                None => match self.next_request() {
                    Some(Ok(Request::Files(plan))) => self.plan = plan,
                    Some(Ok(Request::Command(command))) => {
                        self.asked_to_log_out = command == Command::Logout;
                        return command;
                    }
                    Some(Err(mistake)) => self.fail(&mistake),
                    None => return Command::Logout,
                },
            }
        }
    }

    /// Shows a result. If standard output was closed, nobody wants more. Any other failure there is reported.
    fn show(&mut self, text: &str) {
        self.shown(say(text));
    }

    fn shown(&mut self, written: io::Result<()>) {
        match written {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                self.fail(&format!("can't write to standard output: {error}"));
            }
            _ => {}
        }
    }

    /// Says what was not done.
    fn fail(&mut self, message: &str) {
        complain("client", message);
        self.failed = true;
    }

    fn clear_bar(&mut self) {
        if let Some(mut bar) = self.bar.take() {
            bar.clear();
        }
    }

    /// Removes what an interrupted client left in the directory: once, before the first download. With `--resume`, such
    /// parts are wanted.
    fn tidy(&mut self) {
        if std::mem::replace(&mut self.tidied, true) || self.settings.storage.resume {
            return;
        }
        let removed = remove_left_behind(&self.settings.storage.dir);
        if removed.count > 0 && !self.settings.quiet {
            let (files, size) = (counted(removed.count, "file"), human_size(removed.bytes));
            self.show(&format!("removed {files} of interrupted downloads ({size})"));
        }
    }
}

impl<R: Iterator<Item = Result<Request, String>>> User for Terminal<R> {
    fn next_command(&mut self) -> Option<Command> {
        let before = std::mem::replace(&mut self.sending, Sending::Sent);
        match before {
            Sending::ToBeSent => return self.command.clone(),
            Sending::ToBeRepeated => {
                self.sending = Sending::Repeated;
                return self.command.clone();
            }
            Sending::Sent | Sending::Repeated => {}
        }
        let command = self.next_planned();
        if matches!(command, Command::Download(_)) {
            self.tidy();
        }
        (self.begun, self.command) = (Instant::now(), Some(command.clone()));
        Some(command)
    }

    fn patience(&self) -> Patience {
        let Settings { timeout, min_rate, .. } = self.settings;
        Patience { timeout, deadline: self.deadline, min_rate }
    }

    fn storage(&self) -> &Storage {
        &self.settings.storage
    }

    fn show_courtesy(&mut self, text: &str) {
        let is_greeting = !std::mem::replace(&mut self.greeted, true);
        self.sessions += u64::from(is_greeting);
        if is_greeting && self.sessions > 1 {
            complain("client", &format!("connected again to {}", printable(&self.settings.server)));
        } else if self.source == Source::Prompt {
            self.show(&printable_lines(text));
        }
    }

    fn show_text(&mut self, command: &Command, text: &str) {
        self.show(&printable_lines(text));
        if *command == Command::Help {
            self.show(&habits());
        }
    }

    fn show_list(&mut self, files: FileList) {
        if self.plan.awaits_list() {
            for missed in self.plan.take_list(files) {
                self.fail(&missed);
            }
        } else {
            let written = write_table(&files, self.settings.quiet);
            self.shown(written);
        }
    }

    fn show_progress(&mut self, name: &FileName, received: u64, size: u64) {
        let quiet = self.settings.quiet;
        self.bar.get_or_insert_with(|| ProgressBar::new(name.as_str(), quiet)).update(received, size);
    }

    fn show_stored(&mut self, name: &FileName, stored: &Stored) {
        self.clear_bar();
        if !self.settings.quiet {
            self.show(&summary(name, stored, self.begun.elapsed()));
        }
    }

    fn show_failure(&mut self, error: &ClientError) {
        self.clear_bar();
        if self.plan.falls_back(error) {
            return;
        }
        match &self.command {
            Some(Command::Download(name)) => self.fail(&format!("{}: {error}", printable(name.as_str()))),
            // One failure is one line. After it, a failed LOGOUT that the user did not give is not reported.
            Some(Command::Logout) if self.failed && !self.asked_to_log_out => {}
            Some(Command::Logout) => complain("client", &format!("LOGOUT: {error}")),
            Some(Command::List) if self.plan.awaits_list() => {
                let patterns = self.plan.give_up_patterns();
                self.fail(&format!("{}: {error}", printable(&patterns)));
            }
            _ => self.fail(&error.to_string()),
        }
    }
}

/// Why a session had ended, in the words of the server or the system.
fn ending(error: &ClientError) -> String {
    match error {
        ClientError::Refused(refusal) => refusal.to_string(),
        ClientError::Lost { error, .. } if error.kind() != io::ErrorKind::UnexpectedEof => error.to_string(),
        _ => "the server closed the connection".to_string(),
    }
}

/// A server's text, each line safe for a terminal.
fn printable_lines(text: &str) -> String {
    text.lines().map(printable).collect::<Vec<_>>().join("\n")
}

/// The list for people: sizes in human units, and with a last line that counts. It is written line by line, so that the
/// table of a million files needs no memory.
fn write_table(files: &FileList, quiet: bool) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let (mut count, mut total): (u64, u64) = (0, 0);
    for file in files.files() {
        writeln!(out, "{:>10}  {}", human_size(file.size), printable(file.name.as_str()))?;
        (count, total) = (count + 1, total.saturating_add(file.size));
    }
    if !quiet {
        writeln!(out, "{:>10}  in {}", human_size(total), counted(count, "file"))?;
    }
    out.flush()
}
