//! Level `threads`: several clients at the same time, and the limit of their number, if the server has one.
//!
//! Read first: `exam.rs`. It does not know our server.

use std::thread;
use std::time::Instant;

use crate::lab::check::catalogue::Level;
use crate::lab::check::cause::Cause;
use crate::lab::check::outcome::{Failure, Outcome, Verdict};
use crate::lab::check::servers::exam::{Check, Exam, BETWEEN_REFUSALS, REFUSALS};
use crate::lab::check::servers::fixtures::Fixture;
use crate::lab::check::servers::peer::{Peer, Reply, PAUSE};
use crate::lab::check::servers::stream::MORE_THAN_BUFFERS;
use crate::wire::ErrorCode;

const LEVEL: Level = Level::Threads;

/// As many clients as a class has.
const CLIENTS: usize = 20;

/// Most sessions that are opened to meet an unknown limit: a little more than our own server's limit.
const MAX_SESSIONS: usize = 300;

/// So many times the time-out is there to fill a server: a slow one, or a busy machine, needs it to start hundreds of
/// threads or processes.
const TO_FILL: u32 = 4;

/// Largest file, in bytes, that a server sends at once.
const MAX_SMALL: u64 = 1000;

/// Largest file, in bytes, that one client asks for alone before many clients come: small files take little time.
const MAX_ALONE: usize = 2000;

/// How many places are given back before many clients come at the same moment.
const FREE: usize = 4;

/// How many clients come then.
const CROWD: usize = 16;

/// How often they come: what happens by chance may need several rounds.
const ROUNDS: usize = 3;

/// The length of a part of a file, in bytes, that no other file has by chance.
const UNMISTAKABLE: usize = 12;

/// The rule that a server holds many sessions.
const CONCURRENCY: &str = "a server holds many sessions at the same time";

/// The rule that clients do not wait for each other.
const NOBODY_WAITS: &str =
    "A client that is silent, slow, reads nothing or vanishes delays no other client's greeting or answers";

/// The checks, in the order of the steps.
pub const CHECKS: &[Check] = &[
    Check {
        id: "1.5",
        level: LEVEL,
        title: "Twenty clients are greeted while all of them stay.",
        rule: CONCURRENCY,
        hint: "the server serves one client after the other: give each connection a thread of its own, and go back to \
               accept at once",
        run: |exam| class(exam).map(drop),
    },
    Check {
        id: "1.6",
        level: LEVEL,
        title: "A client that says nothing holds up nobody.",
        rule: NOBODY_WAITS,
        hint: "the server waits for the silent client's command before it accepts the next: give each connection a \
               thread of its own",
        run: |exam| {
            let _silent = exam.connect()?;
            exam.session_beside(1).map(drop)
        },
    },
    Check {
        id: "1.7",
        level: LEVEL,
        title: "A full server says SERVER_FULL in place of the greeting, then ends the connection.",
        rule: "SERVER_FULL | in place of the greeting: the most sessions, in all or from one address, are active | \
               ends",
        hint: "the connection stays open behind the refusal: send the line 'ERR SERVER_FULL' and a sentence, then \
               close",
        run: |exam| {
            let (_sessions, mut refused) = fill(exam)?;
            refused.expect_end()
        },
    },
    Check {
        id: "1.8",
        level: LEVEL,
        title: "The refusal SERVER_FULL is not lost when the client had sent something.",
        rule: "So wherever the server closes, it first ends its sending side, then reads and drops what still comes",
        hint: "what the client sent was answered in place of the refusal, or the refusal was not sent: refuse before \
               you read",
        run: |exam| {
            let (_sessions, _) = fill(exam)?;
            let mut refused = exam.connect()?;
            refused.send("LIST\nHELP\n");
            // In this time the server sends its refusal. A bad server then closes with unread input.
            thread::sleep(PAUSE);
            refused.expect_err(ErrorCode::ServerFull)?;
            refused.expect_end()
        },
    },
    Check {
        id: "1.9",
        level: LEVEL,
        title: "The limit holds when many clients connect at the same moment.",
        rule: "the most sessions, in all or from one address, are active",
        hint: "the server looks whether a place is free, and takes it later; in between other clients came in: look \
               and take under one lock, and do not release it in between",
        run: limit_holds,
    },
    Check {
        id: "5.13",
        level: LEVEL,
        title: "A client that never reads holds up nobody.",
        rule: NOBODY_WAITS,
        hint: "while a reply waits for a client that does not read, the others wait too: send in the session's own \
               thread, and never hold a lock during input or output",
        run: |exam| {
            let file = exam.fixtures.large()?;
            let times = MORE_THAN_BUFFERS / file.bytes.len();
            let mut lazy = exam.session_sending(file.command().repeat(times))?;
            lazy.let_it_fill();
            let small = exam.fixtures.small()?;
            let mut client = exam.session_beside(1)?;
            client.send(small.command());
            client.expect_body(&small.bytes)?;
            drop(client);
            is_unmixed(&mut lazy, times, [file, small])
        },
    },
    Check {
        id: "5.14",
        level: LEVEL,
        title: "Clients that download at the same time get each its own file.",
        rule: "then exactly `<size>` bytes",
        hint: "sessions share something that should be each one's own: a buffer, a file, a global variable",
        run: |exam| {
            let files = exam.fixtures.of_sizes(1, u64::MAX)?;
            // First with one client alone: if that fails, it is no mistake of threads.
            let mut alone = exam.session()?;
            for file in files.iter().filter(|file| file.bytes.len() <= MAX_ALONE) {
                alone.send(file.command());
                alone.expect_body(&file.bytes).map_err(with_one_client)?;
            }
            drop(alone);
            at_once(class(exam)?, |index, client| {
                for turn in 0..2 {
                    let file = &files[(index + turn) % files.len()];
                    client.send(file.command());
                    is_of(file, &files, client)?;
                }
                Ok(())
            })
        },
    },
    Check {
        id: "6.8",
        level: LEVEL,
        title: "Two clients that take turns get each its own answers.",
        rule: "The server answers each with exactly one reply, in order.",
        hint: "half a line of one client was completed with another's: each session needs a buffer of its own",
        run: half_lines_in_turns,
    },
    Check {
        id: "6.9",
        level: LEVEL,
        title: "Each answer goes to the client that asked.",
        rule: "The server answers each with exactly one reply, in order.",
        hint: "sessions share what should be each one's own: the socket, the file name or the answer stands in a \
               variable that all of them use",
        run: answers_go_to_who_asked,
    },
    Check {
        id: "8.5",
        level: LEVEL,
        title: "Who saw the end after LOGOUT can connect again.",
        rule: "A session gives its place back before its client can see the end of the connection",
        hint: "the count of sessions does not fall, or falls only after the socket is closed: give the place back \
               first",
        run: |exam| {
            let (mut sessions, _) = fill(exam)?;
            for _ in 0..ROUNDS.min(sessions.len()) {
                if let Some(mut leaving) = sessions.pop() {
                    leaving.log_out()?;
                }
                let mut client = exam.connect()?;
                client.expect_ok()?;
                sessions.push(client);
            }
            Ok(())
        },
    },
    Check {
        id: "8.6",
        level: LEVEL,
        title: "The places of clients that vanished come back.",
        rule: "A session gives its place back before its client can see the end of the connection",
        hint: "the place is given back after LOGOUT alone: do it where every session ends, however it ends (finally, \
               a destructor); if some of the places come back, the count is read under one lock and written under \
               another",
        run: vanished_places_come_back,
    },
    Check {
        id: "8.7",
        level: LEVEL,
        title: "Twenty clients that log out at the same time all get the goodbye and the end.",
        rule: "The server answers with a goodbye and closes the connection.",
        hint: "the end of one session disturbs another: a list of sessions that is changed by two threads, or a \
               socket closed under the wrong name",
        run: |exam| at_once(class(exam)?, |_, client| client.log_out()),
    },
];

/// Twenty clients, greeted one after the other; fewer if the server admits no more.
fn class(exam: &Exam) -> Result<Vec<Peer>, Failure> {
    let mut clients = vec![exam.session()?];
    while clients.len() < CLIENTS {
        match exam.session_beside(clients.len()) {
            Ok(client) => clients.push(client),
            Err(full) if full.verdict == Verdict::NotApplicable && clients.len() > 1 => break,
            Err(failure) => return Err(failure),
        }
    }
    Ok(clients)
}

/// Expects this file as the answer. If it holds a part of another file, sessions are mixed up.
fn is_of(file: &Fixture, files: &[Fixture], client: &mut Peer) -> Outcome {
    let body = match client.reply()? {
        Reply::Ok(body) if body == file.bytes => return Ok(()),
        Reply::Ok(body) => body,
        Reply::Err(refusal) => {
            return Err(client.wrong(format!("expected the file {:?}, received ERR {refusal}", file.name)))
        }
    };
    let same = file.bytes.iter().zip(&body).take_while(|(a, b)| a == b).count();
    let part = &body[same..body.len().min(same + UNMISTAKABLE)];
    let holds =
        |other: &&Fixture| other.name != file.name && other.bytes.windows(UNMISTAKABLE).any(|window| window == part);
    let failure = client.wrong(format!("at byte {same} of {:?} came something else", file.name));
    Err(match files.iter().find(holds) {
        Some(other) => {
            let story = format!("bytes of {:?}, for which another client asked, came to this one; ", other.name);
            failure.after(&story).because(Cause::SharedVariable)
        }
        None => failure,
    })
}

/// The replies that waited for the client that did not read must hold nothing of another client's file. Another check
/// looks whether they are whole.
fn is_unmixed(lazy: &mut Peer, times: usize, [file, small]: [Fixture; 2]) -> Outcome {
    let files = [file, small];
    for _ in 0..times {
        match is_of(&files[0], &files, lazy) {
            Ok(()) => {}
            Err(mixed) if mixed.cause == Some(Cause::SharedVariable) => return Err(mixed),
            Err(_) => break,
        }
    }
    Ok(())
}

/// Each of two clients begins a line before either ends its own. First one client alone does the same: if that fails,
/// sessions are not mixed up.
fn half_lines_in_turns(exam: &Exam) -> Outcome {
    let list = exam.own_list()?;
    let mut alone = exam.session()?;
    alone.send_in_parts(&[b"LI", b"ST\n"]);
    alone.expect_lines(&list).map_err(with_one_client)?;
    alone.send_in_parts(&[b"HE", b"LP\n"]);
    alone.expect_ok().map_err(with_one_client)?;
    drop(alone);
    let mut one = exam.session()?;
    let mut other = exam.session_beside(1)?;
    one.send("LI");
    other.send("HE");
    thread::sleep(PAUSE);
    one.send("ST\n");
    one.expect_lines(&list).map_err(|failure| failure.because(Cause::SharedVariable))?;
    other.send("LP\n");
    other.expect_ok().map(drop).map_err(|failure| failure.because(Cause::SharedVariable))
}

/// The failure has nothing to do with other clients.
fn with_one_client(failure: Failure) -> Failure {
    let cause = failure.cause.unwrap_or(Cause::AloneToo);
    failure.after("already with one client alone: ").because(cause)
}

/// Two clients ask in turns, whole lines, and each reads its answer. Only then do both ask before either reads.
fn answers_go_to_who_asked(exam: &Exam) -> Outcome {
    let small = exam.fixtures.of_sizes(UNMISTAKABLE as u64, MAX_SMALL)?;
    let (one_file, other_file) = (&small[0], &small[small.len() - 1]);
    let mut one = exam.session()?;
    // First with one client alone: if that fails, it is no mistake of threads.
    for file in [one_file, other_file].into_iter().cycle().take(2 * ROUNDS) {
        one.send(file.command());
        one.expect_body(&file.bytes).map_err(with_one_client)?;
    }
    let mut other = exam.session_beside(1)?;
    for _ in 0..ROUNDS {
        one.send(one_file.command());
        gets_its_own(&mut one, one_file, &mut other)?;
        other.send(other_file.command());
        gets_its_own(&mut other, other_file, &mut one)?;
    }
    for _ in 0..ROUNDS {
        one.send(one_file.command());
        other.send(other_file.command());
        is_of(other_file, &small, &mut other)?;
        is_of(one_file, &small, &mut one)?;
    }
    Ok(())
}

/// With one client alone the same was answered. So whatever goes wrong now has to do with the other client.
fn gets_its_own(asking: &mut Peer, file: &Fixture, other: &mut Peer) -> Outcome {
    asking.expect_body(&file.bytes).map_err(|failure| {
        let story = if other.more_waits() {
            format!("client {} has received what it did not ask for; ", other.number())
        } else {
            format!("since client {} is there: ", other.number())
        };
        failure.after(&story).because(Cause::SharedVariable)
    })
}

/// Every client does this on a thread of its own; the first failure of all.
fn at_once(clients: Vec<Peer>, work: impl Fn(usize, &mut Peer) -> Outcome + Sync) -> Outcome {
    let work = &work;
    thread::scope(|scope| {
        let run = |(index, mut client)| scope.spawn(move || work(index, &mut client));
        let running: Vec<_> = clients.into_iter().enumerate().map(run).collect();
        let ended: Vec<_> = running.into_iter().map(|thread| thread.join()).collect();
        ended.into_iter().try_for_each(|result| {
            result.unwrap_or_else(|_| Err(Failure::wrong("this check itself panicked: a bug in lab check")))
        })
    })
}

/// Opens sessions until the server is full. Returns them (at least one) and the client that was refused. They come one
/// after the other, so even a server with a race keeps its limit. If not even one client is greeted, the check is
/// skipped.
fn fill(exam: &Exam) -> Result<(Vec<Peer>, Peer), Failure> {
    exam.restart_clock(TO_FILL);
    let filled = filled(exam);
    exam.restart_clock(1);
    filled
}

fn filled(exam: &Exam) -> Result<(Vec<Peer>, Peer), Failure> {
    let mut sessions = vec![exam.session().map_err(cannot_fill)?];
    let mut refusals = 0;
    let half = exam.deadline().saturating_duration_since(Instant::now()) / 2;
    while sessions.len() < MAX_SESSIONS {
        // What follows needs time too.
        if sessions.len() >= CLIENTS && exam.deadline().saturating_duration_since(Instant::now()) < half {
            let what = format!("no limit met with {} sessions, and there was no time for more", sessions.len());
            return Err(Failure::skipped(format!("{what}; --timeout gives more time")));
        }
        let mut client = exam.connect().map_err(cannot_fill)?;
        match client.reply().map_err(cannot_fill)? {
            Reply::Ok(_) => {
                sessions.push(client);
                refusals = 0;
            }
            Reply::Err(refusal) if refusal.code != ErrorCode::ServerFull => {
                return Err(client.wrong(format!("expected the greeting or SERVER_FULL, received ERR {refusal}")))
            }
            Reply::Err(_) if refusals == REFUSALS => {
                exam.note_limit();
                return Ok((sessions, client));
            }
            Reply::Err(_) => {
                refusals += 1;
                thread::sleep(BETWEEN_REFUSALS);
            }
        }
    }
    let what = format!("no limit met up to {MAX_SESSIONS} sessions");
    Err(if exam.has_limit() {
        Failure::wrong(format!("{what}, but the server said before that it was full")).because(Cause::PlacesTwice)
    } else {
        Failure::not_applicable(format!("{what}, and a server needs none"))
    })
}

/// Other checks are about a client that is not greeted.
fn cannot_fill(failure: Failure) -> Failure {
    let advice = if failure.verdict == Verdict::NoReply { "; --timeout gives more time" } else { "" };
    Failure::skipped(format!("no limit could be met: {}{advice}", failure.what))
}

/// Some places are free, and more clients come at once than there are places.
fn limit_holds(exam: &Exam) -> Outcome {
    let (mut sessions, _) = fill(exam)?;
    for _ in 0..ROUNDS {
        let staying = sessions.len() - FREE.min(sessions.len());
        log_out(sessions.split_off(staying))?;
        let came: Vec<_> = (0..CROWD).filter_map(|_| exam.connect().ok()).collect();
        sessions.extend(came.into_iter().filter_map(greeted));
        let at_once = sessions.len();
        if at_once <= staying + FREE {
            continue;
        }
        // More came in than before. So the limit is broken, unless earlier clients had held some of the places. That is
        // seen when all have left and all places are taken again one by one.
        log_out(sessions)?;
        sessions = fill(exam)?.0;
        if at_once > sessions.len() {
            let limit = sessions.len();
            let what = format!("one after the other {limit} clients come in, but {at_once} if they come at once");
            return Err(Failure::wrong(what));
        }
    }
    Ok(())
}

/// Some of all clients vanish, half of them by a reset, and as many others come in.
fn vanished_places_come_back(exam: &Exam) -> Outcome {
    // If a server has lost all its places before, no client here could vanish, and the check would pass.
    exam.session().map_err(|failure| failure.after("before this check connects anybody: ")).map(drop)?;
    let (mut sessions, _) = fill(exam)?;
    let mut vanishing = sessions.split_off(sessions.len() - FREE.min(sessions.len()));
    let places = vanishing.len();
    for client in vanishing.iter_mut().step_by(2) {
        client.send("LIST\n");
        client.leave_unread();
    }
    vanishing.into_iter().for_each(Peer::vanish);
    for back in 0..places {
        let story = format!("{back} of {places} places came back; then: ");
        sessions.push(exam.session().map_err(|failure| failure.after(&story))?);
    }
    Ok(())
}

fn greeted(mut client: Peer) -> Option<Peer> {
    matches!(client.reply(), Ok(Reply::Ok(_))).then_some(client)
}

fn log_out(sessions: Vec<Peer>) -> Outcome {
    sessions.into_iter().try_for_each(|mut session| session.log_out())
}
