//! What a check of a client is, and what it has at hand while it runs: the program, started anew, the server that it
//! meets, and the directory in which it stores its files.
//!
//! Read first: `session.rs`. It does not know the checks.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::catalogue;
use crate::lab::check::clients::causes::{why_another_line, ClientCause};
use crate::lab::check::clients::downloads::Downloads;
use crate::lab::check::clients::script::{reply, GOODBYE, GREETING};
use crate::lab::check::clients::session::{End, Session};
use crate::lab::check::clients::subject::Subject;
use crate::lab::check::outcome::{shown, Failure, Outcome, Steps};
use crate::lab::check::process::{Process, CRASH_TIME};
use crate::lab::random::Random;
use crate::wire::Command;

/// A check of a client: a conversation with it.
pub type Check = catalogue::Check<fn(&mut Exam) -> Outcome>;

/// What replaces `{timeout}` in the command, in seconds, if a check wants to see the client give up.
pub const SHORT_TIMEOUT: u64 = 1;

/// What replaces it in all other checks.
const LONG_TIMEOUT: u64 = 10;

/// How often the check looks whether the program has connected or ended. Every check waits for both, so this is shorter
/// than the pause of other waits.
const LOOK_PAUSE: Duration = Duration::from_millis(5);

/// What one run of one check has at hand.
pub struct Exam<'a> {
    subject: &'a Subject,
    listener: TcpListener,
    // This stands before the directory, so it is dropped first: a program that still runs could write into it.
    process: Option<Process>,
    /// Where the program is to store its files.
    pub downloads: Downloads,
    random: Random,
    /// The names of files that this check asks for.
    names: Vec<String>,
    timeout: Duration,
    /// How long the program may take to connect: some languages compile first.
    start_time: Duration,
    /// How long it took to connect.
    pub connected_after: Option<Duration>,
    deadline: Instant,
    seconds_of_patience: u64,
    /// How long the server itself is silent, in all.
    silences: Duration,
    /// What happened so far.
    pub steps: Steps,
}

impl<'a> Exam<'a> {
    /// A server that listens, and an empty directory.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(subject: &'a Subject, seed: u64, timeout: Duration, start_time: Duration) -> io::Result<Exam<'a>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Exam {
            subject,
            listener,
            downloads: Downloads::new(subject.folder.as_deref())?,
            process: None,
            random: Random::new(seed),
            names: Vec::new(),
            timeout,
            start_time,
            connected_after: None,
            deadline: Instant::now() + start_time,
            seconds_of_patience: LONG_TIMEOUT,
            silences: Duration::ZERO,
            steps: Steps::default(),
        })
    }

    /// A new name of a file, with this beginning and end. No other file on this computer has it.
    pub fn name(&mut self, begins: &str, ends: &str) -> String {
        let name = format!("{begins}{}{ends}", self.random.letters(8));
        self.names.push(name.clone());
        name
    }

    /// This many random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        self.random.bytes(count)
    }

    /// A sentence that is in no other file.
    pub fn text(&mut self) -> String {
        format!("{} {} {}.\n", self.random.letters(20), self.random.letters(30), self.random.letters(10))
    }

    /// From now on the program is told to wait only a short time for a silent server.
    ///
    /// # Errors
    /// The check does not apply if the command has no `{timeout}`.
    pub fn be_impatient(&mut self) -> Outcome {
        if !self.subject.words.iter().any(|word| word.contains("{timeout}")) {
            return Err(Failure::not_applicable(
                "the command has no {timeout}, so nobody knows how long this client waits for a server that says \
                 nothing; where the client can be told (in seconds), write {timeout} there",
            ));
        }
        self.seconds_of_patience = SHORT_TIMEOUT;
        self.will_be_silent(Duration::from_secs(SHORT_TIMEOUT));
        Ok(())
    }

    /// The server will say nothing for this time, so the check may take this much longer.
    pub fn will_be_silent(&mut self, time: Duration) {
        self.silences += time;
    }

    /// The check asks for a name that leads elsewhere. No file may be made there, seen from where the program was
    /// started.
    pub fn forbid(&mut self, path: String) {
        self.names.push(path);
    }

    /// Starts the program with these commands and LOGOUT, and waits until it has connected. It is not greeted yet.
    ///
    /// # Errors
    /// If it can't be started, or does not connect.
    pub fn session(&mut self, commands: &[&str]) -> Result<Session, Failure> {
        let commands: Vec<_> = commands.iter().copied().chain(["LOGOUT"]).collect();
        let started = Instant::now();
        self.start(&commands).map_err(|why| Failure::wrong(why).because_client(ClientCause::CantStart))?;
        let until = started + self.start_time;
        loop {
            // This is looked at before the connection: the program may connect and end at once.
            let ended = self.process.as_mut().and_then(Process::status);
            if let Ok((stream, _)) = self.listener.accept() {
                self.connected_after = Some(started.elapsed());
                self.deadline = Instant::now() + self.timeout + self.silences;
                return Session::new(stream, self.steps.clone(), self.deadline)
                    .map_err(|error| Failure::skipped(format!("this system refuses the connection: {error}")));
            }
            if let Some(status) = ended {
                let what = format!("the program ended ({status}) without having connected to {{host}} {{port}}");
                return Err(Failure::wrong(what).because_client(ClientCause::EndedEarly));
            }
            if Instant::now() > until {
                let seconds = self.start_time.as_secs();
                let what = format!("the program runs, and has not connected within {seconds} s");
                return Err(Failure::nothing_came(what).because_client(ClientCause::NotConnected));
            }
            thread::sleep(LOOK_PAUSE);
        }
    }

    /// The same, and the greeting.
    ///
    /// # Errors
    /// As above.
    pub fn greeted(&mut self, commands: &[&str]) -> Result<Session, Failure> {
        let mut session = self.session(commands)?;
        session.ok(GREETING);
        Ok(session)
    }

    fn start(&mut self, commands: &[&str]) -> Result<(), String> {
        let address = self.listener.local_addr().map_err(|error| error.to_string())?;
        self.steps.add(1, format!("   (the program starts; its commands: {})", commands.join(" | ")));
        let started = self.subject.start(address.port(), &self.downloads.dir, self.seconds_of_patience, commands)?;
        self.process = Some(started);
        Ok(())
    }

    /// The client downloads one file of these bytes, sent as `send` says, and stores it.
    ///
    /// # Errors
    /// If it does not store these bytes.
    pub fn receives(&mut self, name: &str, bytes: &[u8], send: impl FnOnce(&mut Session, Vec<u8>)) -> Outcome {
        let command = format!("DOWNLOAD {name}");
        let mut session = self.greeted(&[&command])?;
        session.expect_command(&command)?;
        send(&mut session, reply(bytes));
        self.log_out(session)?;
        self.downloads.expect_files(&[(name, bytes)])
    }

    /// Answers LOGOUT with the goodbye, and ends the connection. Then the program has to end. A client may leave
    /// without LOGOUT here: another check looks at that.
    ///
    /// # Errors
    /// If another command comes, or the program does not end.
    pub fn log_out(&mut self, mut session: Session) -> Outcome {
        if let Some(line) = session.line("LOGOUT")? {
            if Command::parse(&line) != Ok(Command::Logout) {
                let what = format!("expected LOGOUT, received '{}'", shown(&line));
                return Err(Failure::wrong(what).because_client(why_another_line(&line, "LOGOUT")));
            }
            session.ok(GOODBYE);
        }
        self.end(session).map(drop)
    }

    /// Answers whatever comes, until LOGOUT or the end; then the program has to end.
    ///
    /// # Errors
    /// If it does not.
    pub fn answer_all(&mut self, mut session: Session, answer: impl Fn(&str) -> Option<Vec<u8>>) -> Outcome {
        while let Some(line) = session.line("a command, or the end of the connection")? {
            if Command::parse(&line) == Ok(Command::Logout) {
                session.ok(GOODBYE);
                break;
            }
            let line = String::from_utf8_lossy(&line);
            session.send(answer(line.trim_end()).unwrap_or_else(|| b"ERR NOT_FOUND there is no such file\n".to_vec()));
        }
        self.end(session).map(drop)
    }

    /// The server ends the connection; the client has to end its side, and the program has to end.
    ///
    /// # Errors
    /// If it does not.
    pub fn end(&mut self, mut session: Session) -> Result<End, Failure> {
        session.end_sending();
        let end = session.until_end();
        self.wait_for_end()?;
        Ok(end.unwrap_or_default())
    }

    /// Waits for the program to end by itself.
    ///
    /// # Errors
    /// If it still runs at the time-out.
    pub fn wait_for_end(&mut self) -> Outcome {
        while !self.has_ended() {
            if Instant::now() > self.deadline {
                return Err(Failure::nothing_came("the conversation is over, and the program has not ended"));
            }
            thread::sleep(LOOK_PAUSE);
        }
        Ok(())
    }

    /// Has the program ended?
    pub fn has_ended(&mut self) -> bool {
        self.process.as_mut().map_or(true, |process| process.status().is_some())
    }

    /// Did it end with the exit code 0? `None` if it still runs, or was never started.
    pub fn succeeded(&mut self) -> Option<bool> {
        self.process.as_mut()?.status().map(|status| status.success())
    }

    /// Expects that the program has not ended with the exit code 0.
    ///
    /// # Errors
    /// If it has.
    pub fn expect_failure(&mut self) -> Outcome {
        if self.succeeded() == Some(true) {
            return Err(Failure::wrong("not all was done, and the exit code is 0"));
        }
        Ok(())
    }

    /// The end of what it printed (the last 4096 bytes), as it came, once the program has ended.
    pub fn printed(&mut self) -> Vec<u8> {
        let Some(process) = self.process.as_mut() else { return Vec::new() };
        // Waits for its last words.
        let _ = process.ended();
        process.output()
    }

    /// What it printed and how it ended, for a person.
    pub fn story(&mut self) -> String {
        let ended_or_not =
            |process: &mut Process| process.ended_within(CRASH_TIME).unwrap_or_else(|| process.printed());
        self.process.as_mut().map_or(String::new(), ended_or_not)
    }

    /// Did it print what a language prints of an error that nobody caught?
    pub fn has_printed_an_error(&self) -> bool {
        self.process.as_ref().is_some_and(Process::has_printed_an_error)
    }

    /// Looks at what holds for every check: one connection, and no file outside of the directory.
    ///
    /// # Errors
    /// What the check found, or what is found here.
    pub fn conclude(&mut self, outcome: Outcome) -> Outcome {
        let again = self.connected_after.is_some() && self.listener.accept().is_ok();
        let inside = self.downloads.expect_nothing_outside(&self.names);
        if again {
            self.steps.add(1, "<- (connects again)".to_string());
            let failure = outcome.err().unwrap_or_else(|| Failure::wrong("the client opened another connection"));
            return Err(failure.because_client(ClientCause::OneConnection));
        }
        outcome.and(inside)
    }
}
