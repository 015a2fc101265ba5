//! What the server says when it starts: what it serves, who can reach it, and what a user on another machine types.
//!
//! Read first: `server/file_handler.rs`. It does not know who connects.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use crate::programs::human::{counted, human_size};
use crate::server::file_handler::FileHandler;

/// Far addresses, to find our own: first an address for documentation, which uses the default route, then one in each
/// range of private networks. Nothing is sent to any of them.
const FAR_IPV4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(192, 0, 2, 1),
    Ipv4Addr::new(10, 0, 0, 1),
    Ipv4Addr::new(172, 16, 0, 1),
    Ipv4Addr::new(192, 168, 0, 1),
];

/// The same for IPv6.
const FAR_IPV6: [Ipv6Addr; 2] =
    [Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)];

/// Does a listener on `[::]` take IPv4 connections too? On most systems it does, unless their administrator has changed
/// that (on Linux: net.ipv6.bindv6only).
const IPV6_TAKES_IPV4: bool = !cfg!(any(windows, target_os = "openbsd"));

/// Any port will do: nothing is sent.
const ANY_PORT: u16 = 9;

/// What is served: the directory, how many files, how many bytes.
pub fn what_is_served(files: &FileHandler) -> String {
    let dir = fs::canonicalize(files.dir()).unwrap_or_else(|_| files.dir().to_path_buf());
    match files.files() {
        Ok(files) => {
            let count = counted(files.len() as u64, "file");
            let bytes = files.iter().fold(0, |sum: u64, file| sum.saturating_add(file.size));
            format!("serving {dir:?}: {count}, {} in all", human_size(bytes))
        }
        Err(error) => format!("serving {dir:?}, which can't be read now: {error}"),
    }
}

/// Who can reach a server that listens at this address, and what they type.
pub fn who_can_reach(listening: SocketAddr) -> String {
    let (ip, port) = (listening.ip().to_canonical(), listening.port());
    if ip.is_loopback() {
        let any = if ip.is_ipv4() { "0.0.0.0" } else { "[::]" };
        let line = format!("only this machine can reach it; --bind {any}:{port} lets others in");
        return format!("{line}\n{}", what_to_type(listening));
    }
    if !ip.is_unspecified() {
        return format!("everyone on the network of {ip} can reach it\n{}", what_to_type(listening));
    }
    let found = addresses_for_others(ip);
    let Some(first) = found.first() else {
        return "everyone on the network can reach it, but this machine seems to be on none: no address was found that \
                others could use"
            .to_string();
    };
    let lines: String = found.iter().map(|ip| format!("  {}\n", SocketAddr::new(*ip, port))).collect();
    let to_type = what_to_type(SocketAddr::new(*first, port));
    format!("everyone on the network can reach it, at:\n{lines}{to_type}")
}

fn what_to_type(address: SocketAddr) -> String {
    let (ip, port) = (address.ip(), address.port());
    format!("to try it: client --server {address} LIST\n       or: nc {ip} {port}")
}

/// The addresses of this machine that others can use, each once.
///
/// The standard library does not list a machine's addresses. But a UDP socket that is connected to a far address has
/// the local address from which the system would send there. This finds the address of the default route, and those in
/// the networks of the far addresses, but not those in other networks.
fn addresses_for_others(listening: IpAddr) -> Vec<IpAddr> {
    let ipv4 = FAR_IPV4.map(IpAddr::V4);
    let ipv6 = FAR_IPV6.map(IpAddr::V6);
    let far = match listening {
        IpAddr::V4(_) => ipv4.to_vec(),
        IpAddr::V6(_) if IPV6_TAKES_IPV4 => [&ipv4[..], &ipv6].concat(),
        IpAddr::V6(_) => ipv6.to_vec(),
    };
    let mut found = Vec::new();
    for address in far.into_iter().filter_map(|far| address_towards(far).ok()) {
        if !address.is_loopback() && !address.is_unspecified() && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// The address from which this machine would send to that one. Connecting a UDP socket sends nothing.
fn address_towards(far: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if far.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect((far, ANY_PORT))?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_for_opening_to_others_uses_the_port_that_is_in_use() {
        let told = who_can_reach("127.0.0.1:5000".parse().unwrap());
        assert!(told.contains("--bind 0.0.0.0:5000 lets others in"), "{told}");
        assert!(told.contains("client --server 127.0.0.1:5000 LIST") && told.contains("nc 127.0.0.1 5000"), "{told}");
    }

    #[test]
    fn an_ipv6_address_is_written_as_each_program_wants_it() {
        let told = who_can_reach("[2001:db8::7]:4456".parse().unwrap());
        assert!(told.contains("client --server [2001:db8::7]:4456 LIST"), "{told}");
        assert!(told.contains("nc 2001:db8::7 4456"), "{told}");
    }

    #[test]
    fn each_address_that_is_found_is_one_of_this_machine_and_stands_once() {
        let found = addresses_for_others(Ipv6Addr::UNSPECIFIED.into());
        for (index, address) in found.iter().enumerate() {
            // A program can only bind an address of its own machine.
            assert!(UdpSocket::bind((*address, 0)).is_ok(), "{address}");
            assert!(!address.is_loopback() && !found[..index].contains(address), "{found:?}");
        }
    }
}
