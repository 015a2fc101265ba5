//! How many sessions may be active at once: in all, and from one address.
//!
//! Read first: [`crate::wire`]. It does not know what a session does, nor where the sessions are kept.

use std::net::{IpAddr, SocketAddr};

use crate::wire::{ErrorCode, Refusal};

/// Upper bound of [`Limits::max_sessions`]. Each thread takes four memory mappings, and Linux by default grants a
/// process 65 530: at about 16 000 threads it aborts, and Rust code can't catch that.
pub const MAX_SESSIONS: usize = 10_000;

/// Most sessions at once unless the operator says otherwise. 256 connections, 256 open files and 256 connections that
/// are being closed are 768 descriptors: less than the usual limit of 1024.
pub const DEFAULT_SESSIONS: usize = 256;

/// How many sessions may be active at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In all, at most [`MAX_SESSIONS`].
    pub max_sessions: usize,
    /// From one IP address; `None` is no limit.
    pub max_per_address: Option<usize>,
}

impl Limits {
    /// May one more session begin, for this peer, beside those of these `active` peers?
    ///
    /// # Errors
    /// SERVER_FULL.
    pub fn check(self, peer: SocketAddr, active: impl ExactSizeIterator<Item = SocketAddr>) -> Result<(), Refusal> {
        let full = |message| Err(Refusal::new(ErrorCode::ServerFull, message));
        let most = self.max_sessions;
        if active.len() >= most {
            return full(format!("all {most} places are taken; try again when somebody has left"));
        }
        let Some(most) = self.max_per_address else { return Ok(()) };
        let address = counted_address(peer);
        if active.filter(|other| counted_address(*other) == address).count() >= most {
            return full(format!("{address} has its {most} sessions already; end one, then try again"));
        }
        Ok(())
    }
}

/// An IPv4 peer of a listener on IPv6 shows as `::ffff:a.b.c.d`: it counts as the same address.
fn counted_address(peer: SocketAddr) -> IpAddr {
    peer.ip().to_canonical()
}
