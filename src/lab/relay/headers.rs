//! Packets of a capture file, with invented headers: Ethernet, IP (RFC 791, 8200) and TCP (RFC 9293).
//!
//! Read first: nothing. It does not know where the packets are written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The flags of TCP that are used here.
pub const FIN: u8 = 0x01;
/// The first packet in either direction.
pub const SYN: u8 = 0x02;
/// A reset.
pub const RST: u8 = 0x04;
/// The last packet of a piece.
pub const PSH: u8 = 0x08;
/// The acknowledgement number counts.
pub const ACK: u8 = 0x10;

/// The addresses of two Ethernet cards that do not exist: the 2 means 'locally given'.
const CARDS: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];

const IPV4_HEADER: usize = 20;
const TCP_HEADER: usize = 20;

/// Most bytes of a packet. The length in an IPv4 header counts both headers, and has 16 bits.
pub const MAX_SEGMENT: usize = u16::MAX as usize - IPV4_HEADER - TCP_HEADER;

/// The protocol number of TCP in IP.
const TCP: u8 = 6;

/// How many routers a packet may pass. As usual.
const HOPS: u8 = 64;

/// The most that a receiver without window scaling can announce. Each packet is acknowledged at once, and is smaller.
const WINDOW: u16 = u16::MAX;

/// One packet, before it has headers.
#[derive(Debug)]
pub struct Packet<'a> {
    /// Who sends it.
    pub from: SocketAddr,
    /// Who receives it.
    pub to: SocketAddr,
    /// Does it go from the client to the server? This decides which card sends it.
    pub is_up: bool,
    /// The number of its first byte.
    pub sequence: u32,
    /// The number of the next byte that is expected from the other side.
    pub acknowledged: u32,
    /// [`SYN`] and the others.
    pub flags: u8,
    /// At most [`MAX_SEGMENT`] bytes.
    pub bytes: &'a [u8],
}

impl Packet<'_> {
    /// The whole Ethernet frame. If one address is an IPv6 address, the other is written as one too.
    pub fn frame(&self) -> Vec<u8> {
        let [client, server] = CARDS;
        let (from, to) = if self.is_up { (client, server) } else { (server, client) };
        let mut frame = [to, from].concat();
        match (self.from.ip(), self.to.ip()) {
            (IpAddr::V4(from), IpAddr::V4(to)) => self.put_ipv4(&mut frame, from, to),
            (from, to) => self.put_ipv6(&mut frame, v6(from), v6(to)),
        }
        frame
    }

    fn put_ipv4(&self, frame: &mut Vec<u8>, from: Ipv4Addr, to: Ipv4Addr) {
        const ETHERTYPE: [u8; 2] = [0x08, 0x00];
        const VERSION_AND_WORDS: u8 = 0x45;
        const DO_NOT_FRAGMENT: [u8; 2] = [0x40, 0];
        let length = (IPV4_HEADER + TCP_HEADER + self.bytes.len()) as u16;
        let mut header = vec![VERSION_AND_WORDS, 0];
        header.extend_from_slice(&length.to_be_bytes());
        header.extend_from_slice(&[0, 0]);
        header.extend_from_slice(&DO_NOT_FRAGMENT);
        header.extend_from_slice(&[HOPS, TCP, 0, 0]);
        header.extend_from_slice(&from.octets());
        header.extend_from_slice(&to.octets());
        let sum = checksum(&[&header]);
        header[10..12].copy_from_slice(&sum.to_be_bytes());
        frame.extend_from_slice(&ETHERTYPE);
        frame.extend_from_slice(&header);
        self.put_tcp(frame, &[&from.octets()[..], &to.octets()].concat());
    }

    fn put_ipv6(&self, frame: &mut Vec<u8>, from: Ipv6Addr, to: Ipv6Addr) {
        const ETHERTYPE: [u8; 2] = [0x86, 0xdd];
        const VERSION: [u8; 4] = [0x60, 0, 0, 0];
        let length = (TCP_HEADER + self.bytes.len()) as u16;
        frame.extend_from_slice(&ETHERTYPE);
        frame.extend_from_slice(&VERSION);
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(&[TCP, HOPS]);
        frame.extend_from_slice(&from.octets());
        frame.extend_from_slice(&to.octets());
        self.put_tcp(frame, &[&from.octets()[..], &to.octets()].concat());
    }

    /// `addresses` are those of IP: TCP's checksum counts them too.
    fn put_tcp(&self, frame: &mut Vec<u8>, addresses: &[u8]) {
        const WORDS: u8 = (TCP_HEADER as u8 / 4) << 4;
        let mut header = Vec::with_capacity(TCP_HEADER);
        header.extend_from_slice(&self.from.port().to_be_bytes());
        header.extend_from_slice(&self.to.port().to_be_bytes());
        header.extend_from_slice(&self.sequence.to_be_bytes());
        header.extend_from_slice(&self.acknowledged.to_be_bytes());
        header.extend_from_slice(&[WORDS, self.flags]);
        header.extend_from_slice(&WINDOW.to_be_bytes());
        header.extend_from_slice(&[0; 4]);
        let length = (TCP_HEADER + self.bytes.len()) as u16;
        let sum = checksum(&[addresses, &[0, TCP], &length.to_be_bytes(), &header, self.bytes]);
        header[16..18].copy_from_slice(&sum.to_be_bytes());
        frame.extend_from_slice(&header);
        frame.extend_from_slice(self.bytes);
    }
}

fn v6(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// The Internet checksum (RFC 1071) of these parts, of which all but the last have an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u64 = words.map(|word| u64::from(word[0]) << 8 | u64::from(word.get(1).copied().unwrap_or(0))).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = (folded & 0xffff) + (folded >> 16);
    !(folded as u16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_rfcs_example() {
        assert_eq!(checksum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]), !0xddf2);
        assert_eq!(checksum(&[&[0xff, 0xff], &[0x01]]), !0x0100);
    }

    #[test]
    fn a_packet_has_every_byte_where_it_belongs() {
        let packet = Packet {
            from: "127.0.0.1:4660".parse().unwrap(),
            to: "127.0.0.1:4456".parse().unwrap(),
            is_up: true,
            sequence: 0x0102_0304,
            acknowledged: 0x0506_0708,
            flags: PSH | ACK,
            bytes: b"LIST\n",
        };
        let wanted = [
            &[2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0][..],
            &[0x45, 0, 0, 45, 0, 0, 0x40, 0, 64, 6, 0x3c, 0xc9, 127, 0, 0, 1, 127, 0, 0, 1],
            &[0x12, 0x34, 0x11, 0x68, 1, 2, 3, 4, 5, 6, 7, 8, 0x50, 0x18, 0xff, 0xff, 0xd4, 0x77, 0, 0],
            b"LIST\n",
        ];
        assert_eq!(packet.frame(), wanted.concat());
    }

    #[test]
    fn an_address_of_ipv6_makes_the_other_one_of_ipv6_too() {
        let packet = Packet {
            from: "[::1]:1".parse().unwrap(),
            to: "127.0.0.1:2".parse().unwrap(),
            is_up: false,
            sequence: 0,
            acknowledged: 0,
            flags: SYN,
            bytes: b"",
        };
        let frame = packet.frame();
        assert_eq!(frame.len(), 14 + 40 + 20);
        assert_eq!(&frame[..22], [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 6, 64]);
        assert_eq!(&frame[48..54], [0xff, 0xff, 127, 0, 0, 1]);
    }
}
