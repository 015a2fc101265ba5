//! What a check is, and what it has at hand while it runs.
//!
//! Read first: `peer.rs`, `fixtures.rs`. It does not know the checks.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use crate::lab::check::catalogue;
use crate::lab::check::cause::Cause;
use crate::lab::check::outcome::{Failure, Outcome, Steps, Verdict};
use crate::lab::check::servers::fixtures::Fixtures;
use crate::lab::check::servers::leave::Courtesy;
use crate::lab::check::servers::peer::{Peer, Reply, PAUSE};
use crate::lab::check::POLL;
use crate::wire::ErrorCode;

/// A check of a server: a conversation with it.
pub type Check = catalogue::Check<fn(&Exam) -> Outcome>;

/// How often in a row a server that says it is full is asked again, after a pause: an earlier client may be about to
/// leave.
pub const REFUSALS: usize = 3;

/// The pause before a full server is asked again.
pub const BETWEEN_REFUSALS: Duration = Duration::from_millis(50);

/// How often a list is fetched that does not come: one slow answer on a busy machine says nothing.
const LIST_TRIES: usize = 2;

/// What the earlier checks have learnt about the server.
#[derive(Debug, Default)]
pub struct Learnt {
    /// What it answers to LIST, as a plain client has received it: fetched once.
    own_list: RefCell<Option<Vec<u8>>>,
    /// Why it could not be fetched, each time that was tried.
    list_failures: RefCell<Vec<String>>,
    /// Has it said that it is full?
    has_limit: Cell<bool>,
}

impl Learnt {
    /// A fresh program may list other files.
    pub fn forget_list(&mut self) {
        self.own_list = RefCell::default();
        self.list_failures = RefCell::default();
    }
}

/// The terms on which a check is run.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// Its time.
    pub timeout: Duration,
    /// The server's idle time-out, if it was told.
    pub idle: Option<Duration>,
    /// May a failure be tried again?
    pub twice: bool,
}

/// What one run of one check has at hand. All its clients share its deadline. So no server can take more time than the
/// time-out, whatever it does.
pub struct Exam<'a> {
    /// Where the server listens.
    pub address: SocketAddr,
    /// What it serves.
    pub fixtures: &'a Fixtures,
    /// The process, if it is known: one that was started here, or found on this machine.
    pub pid: Option<u32>,
    /// The server's idle time-out, if it was told.
    pub idle: Option<Duration>,
    /// What happened so far.
    pub steps: Steps,
    learnt: &'a Learnt,
    courtesy: Courtesy,
    clients: Cell<usize>,
    timeout: Duration,
    deadline: Cell<Instant>,
}

impl<'a> Exam<'a> {
    /// The clock starts.
    pub fn new(
        (address, pid): (SocketAddr, Option<u32>),
        fixtures: &'a Fixtures,
        learnt: &'a Learnt,
        courtesy: Courtesy,
        Terms { timeout, idle, .. }: Terms,
    ) -> Exam<'a> {
        let (steps, clients, deadline) = (Steps::default(), Cell::new(0), Cell::new(Instant::now() + timeout));
        Exam { address, fixtures, pid, idle, steps, learnt, courtesy, clients, timeout, deadline }
    }

    /// When the check's time is over.
    pub fn deadline(&self) -> Instant {
        self.deadline.get()
    }

    /// The clock starts anew, with so many times the time-out. Clients that are there keep their deadline.
    pub fn restart_clock(&self, times: u32) {
        self.deadline.set(Instant::now() + self.timeout * times);
    }

    /// A client that has connected and read nothing.
    ///
    /// # Errors
    /// If there is no connection.
    pub fn connect(&self) -> Result<Peer, Failure> {
        self.clients.set(self.clients.get() + 1);
        Peer::connect(self.address, self.clients.get(), self.steps.clone(), self.deadline(), self.courtesy.clone())
    }

    /// A client that has been greeted. While the server is full it tries again: another client may be about to leave.
    ///
    /// # Errors
    /// If it is not greeted.
    pub fn session(&self) -> Result<Peer, Failure> {
        greeted(|| self.connect())
    }

    /// A client that has been greeted while `staying` other clients stay.
    ///
    /// # Errors
    /// If it is not greeted. A server that says it is full has a limit, and a limit is no mistake.
    pub fn session_beside(&self, staying: usize) -> Result<Peer, Failure> {
        for _ in 0..=REFUSALS {
            let mut client = self.connect().map_err(|failure| waits_for_others(failure, staying))?;
            match client.reply().map_err(|failure| waits_for_others(failure, staying))? {
                Reply::Ok(_) => return Ok(client),
                Reply::Err(refusal) if refusal.code != ErrorCode::ServerFull => {
                    return Err(not_greeted(&client, refusal))
                }
                Reply::Err(_) => thread::sleep(BETWEEN_REFUSALS),
            }
        }
        let what = format!("beside {staying} the server takes no more, and says SERVER_FULL; this check needs more");
        Err(Failure::not_applicable(what))
    }

    /// A session that sends this, in one write.
    ///
    /// # Errors
    /// If it is not greeted.
    pub fn session_sending(&self, bytes: impl AsRef<[u8]>) -> Result<Peer, Failure> {
        let mut client = self.session()?;
        client.send(bytes);
        Ok(client)
    }

    /// What the server answers to the LIST of a plain client. Only the checks of step 3 look whether it is right.
    ///
    /// # Errors
    /// The check is skipped if there is no such answer.
    pub fn own_list(&self) -> Result<Vec<u8>, Failure> {
        let Learnt { own_list, list_failures, .. } = self.learnt;
        if own_list.borrow().is_none() && list_failures.borrow().len() < LIST_TRIES {
            match self.fetched_list() {
                Ok(list) => *own_list.borrow_mut() = Some(list),
                Err(failure) => list_failures.borrow_mut().push(failure.what),
            }
        }
        own_list.borrow().clone().ok_or_else(|| {
            let why = list_failures.borrow().last().cloned().unwrap_or_default();
            Failure::skipped(format!("blocked by 2.1, for it needs the server's own list: {why}"))
        })
    }

    /// The answer to LIST. Its steps are not those of the check.
    fn fetched_list(&self) -> Result<Vec<u8>, Failure> {
        let (steps, courtesy) = (Steps::default(), self.courtesy.clone());
        let mut client = greeted(|| Peer::connect(self.address, 1, steps.clone(), self.deadline(), courtesy.clone()))?;
        client.send("LIST\n");
        client.expect_ok()
    }

    /// The server has said that it is full.
    pub fn note_limit(&self) {
        self.learnt.has_limit.set(true);
    }

    /// Has it said so, in this check or in one before?
    pub fn has_limit(&self) -> bool {
        self.learnt.has_limit.get()
    }

    /// The check has ended: its clients leave.
    pub fn end(self) -> Steps {
        self.courtesy.see_all_off();
        self.steps
    }
}

/// Connects until a client is greeted. While the server is full it tries again.
fn greeted(connect: impl Fn() -> Result<Peer, Failure>) -> Result<Peer, Failure> {
    loop {
        let mut client = connect()?;
        match client.reply()? {
            Reply::Ok(_) => return Ok(client),
            Reply::Err(refusal) if refusal.code != ErrorCode::ServerFull => return Err(not_greeted(&client, refusal)),
            Reply::Err(_) if client.has_time_for(PAUSE) => thread::sleep(POLL),
            Reply::Err(refusal) => return Err(not_greeted(&client, refusal).because(Cause::PlacesKept)),
        }
    }
}

fn not_greeted(client: &Peer, refusal: impl std::fmt::Display) -> Failure {
    client.wrong(format!("expected the greeting, received ERR {refusal}"))
}

/// A client waits only while others stay: that says more than the wait alone.
fn waits_for_others(failure: Failure, staying: usize) -> Failure {
    match (failure.verdict, staying) {
        (Verdict::NoReply, 1) => failure.because(Cause::OneClient),
        (Verdict::NoReply, 2..) => failure.because(Cause::FewClients),
        _ => failure,
    }
}
