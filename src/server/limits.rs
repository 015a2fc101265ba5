//! How many sessions may be active at once: in all, and from one address.
//!
//! Read first: [`crate::wire`]. It does not know what a session does, nor where the sessions are kept.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::wire::{ErrorCode, Refusal};

/// Upper bound of [`Limits::max_sessions`]. Each thread takes four memory mappings, and Linux by default grants a
/// process 65 530: at about 16 000 threads it aborts, and Rust code can't catch that.
pub const MAX_SESSIONS: usize = 10_000;

/// Most sessions at once unless the operator says otherwise. 256 connections, 256 open files and 256 connections that
/// are being closed are 768 descriptors: less than the usual limit of 1024.
pub const DEFAULT_SESSIONS: usize = 256;

/// Unless the operator says otherwise, so many addresses can use all sessions: one address may have a quarter of them.
const ADDRESSES_THAT_SHARE: usize = 4;

/// But one address may have at least so many. A server for few sessions is for few people, and they may all use one
/// machine.
const MIN_PER_ADDRESS: usize = 8;

/// How many sessions may be active at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// In all, at most [`MAX_SESSIONS`].
    pub max_sessions: usize,
    /// From one IPv4 address, or from the IPv6 addresses with the same first 64 bits; `None` is no limit.
    pub max_per_address: Option<usize>,
}

impl Limits {
    /// So many sessions, of which one address may have a quarter, but at least 8.
    pub fn of(max_sessions: usize) -> Limits {
        Limits { max_sessions, max_per_address: Some((max_sessions / ADDRESSES_THAT_SHARE).max(MIN_PER_ADDRESS)) }
    }

    /// May one more session begin for this peer, if these `active` peers have sessions already?
    ///
    /// # Errors
    /// SERVER_FULL, with the option of the server that sets the limit.
    pub fn check(self, peer: SocketAddr, active: impl ExactSizeIterator<Item = SocketAddr>) -> Result<(), Refusal> {
        let full = |message| Err(Refusal::new(ErrorCode::ServerFull, message));
        let Limits { max_sessions, max_per_address } = self;
        if active.len() >= max_sessions {
            return full(format!(
                "all {max_sessions} places are taken; try again when somebody has left (the operator sets \
                 --max-sessions)"
            ));
        }
        let Some(max) = max_per_address else { return Ok(()) };
        let address = counted_address(peer);
        if active.filter(|other| counted_address(*other) == address).count() >= max {
            let from = if address.is_ipv6() { format!("{address}/64") } else { address.to_string() };
            return full(format!(
                "{from} has its {max} sessions already; end one, then try again (the operator sets --max-per-address)"
            ));
        }
        Ok(())
    }
}

/// What counts as one address. An IPv4 peer of a listener on IPv6 shows as `::ffff:a.b.c.d`, and counts as IPv4. Of an
/// IPv6 address the first 64 bits count: one machine can use all addresses that begin with them (RFC 4291, 2.5.1). So
/// all machines of one such network count as one address.
fn counted_address(peer: SocketAddr) -> IpAddr {
    match peer.ip().to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(limits: Limits, peer: &str, active: &[&str]) -> Option<String> {
        let active: Vec<SocketAddr> = active.iter().map(|address| address.parse().unwrap()).collect();
        limits.check(peer.parse().unwrap(), active.into_iter()).err().map(|refusal| refusal.message)
    }

    #[test]
    fn one_address_may_have_a_quarter_but_at_least_8() {
        for (all, one) in [(1, 8), (8, 8), (32, 8), (40, 10), (DEFAULT_SESSIONS, 64), (MAX_SESSIONS, 2500)] {
            assert_eq!(Limits::of(all).max_per_address, Some(one));
        }
    }

    #[test]
    fn ipv6_is_counted_by_its_first_64_bits_and_ipv4_by_all_of_it() {
        let limits = Limits { max_sessions: 9, max_per_address: Some(1) };
        let active = ["[2001:db8:1:2:3::4]:1", "192.0.2.1:1"];
        for other in ["[2001:db8:1:3::4]:1", "192.0.2.2:1", "[::1]:1"] {
            assert_eq!(refused(limits, other, &active), None, "{other}");
        }
        for (same, named) in [
            ("[2001:db8:1:2:ffff::1]:2", "2001:db8:1:2::/64"),
            ("192.0.2.1:2", "192.0.2.1"),
            ("[::ffff:192.0.2.1]:2", "192.0.2.1"),
        ] {
            let message = refused(limits, same, &active).unwrap();
            assert!(message.starts_with(&format!("{named} has its 1 sessions")), "{message}");
            assert!(message.contains("--max-per-address"), "{message}");
        }
    }

    #[test]
    fn the_refusal_names_the_option_that_sets_the_limit() {
        let message = refused(Limits { max_sessions: 1, max_per_address: None }, "192.0.2.1:1", &["192.0.2.2:1"]);
        assert!(message.unwrap().contains("--max-sessions"));
    }
}
