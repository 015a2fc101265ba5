//! What threads do and wait for, told to the timeline: the beginning and the end of each phase.
//!
//! Phases are told where threads wait (in `accept`, in the connection, at the registry's lock, in the lingering close)
//! and where a session begins and ends. The conversation knows nothing of them. Without a reader a watch does nothing.
//!
//! Read first: nothing. It does not know who reads it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// What a thread does, or waits for, for a while. Phases can be nested: a write inside a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It waits in `accept`.
    Accept,
    /// It runs the session of this number, for the client at this address.
    Session(u64, SocketAddr),
    /// It waits for bytes of the client's next command.
    Read,
    /// It hands so many bytes of a reply to the system, which makes it wait when the client does not read.
    Write(usize),
    /// It waits for its turn to wait in `accept`, where threads take turns.
    AwaitTurn,
    /// It waits for the registry's lock.
    AwaitLock,
    /// It holds the registry's lock.
    HoldLock,
    /// It waits until the client closes, after our sending side was ended.
    Linger,
}

/// Tells one reader when phases begin and end, if there is a reader; if not, it does nothing.
#[derive(Clone, Default)]
pub struct Watch {
    /// Called with the phase at its beginning, with `None` at its end, on the thread that it is about.
    reader: Option<Arc<PhaseReader>>,
}

type PhaseReader = dyn Fn(Option<Phase>) + Send + Sync;

/// A phase that lasts until this is dropped.
#[must_use = "the phase ends when this is dropped"]
pub struct Lasting<'a> {
    reader: Option<&'a PhaseReader>,
}

impl Watch {
    /// A watch with one reader: called with the phase at its beginning, with `None` at its end, on its thread.
    pub fn new(reader: impl Fn(Option<Phase>) + Send + Sync + 'static) -> Watch {
        Watch { reader: Some(Arc::new(reader)) }
    }

    /// From now on this thread is in that phase.
    pub fn begin(&self, phase: Phase) -> Lasting<'_> {
        let reader = self.reader.as_deref();
        if let Some(reader) = reader {
            reader(Some(phase));
        }
        Lasting { reader }
    }
}

impl Drop for Lasting<'_> {
    fn drop(&mut self) {
        if let Some(reader) = self.reader {
            reader(None);
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if self.reader.is_some() { "Watch(on)" } else { "Watch(off)" })
    }
}
