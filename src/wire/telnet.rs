//! What a Telnet client mixes into the text (RFC 854), and how it is removed.
//!
//! A sequence begins with IAC, a byte that UTF-8 never contains, so text and Telnet can't be confused.
//!
//! Read first: nothing. It does not know lines or commands.

/// "Interpret as command": the first byte of every sequence.
const IAC: u8 = 255;
/// WILL, WONT, DO and DONT: one more byte, the option, follows.
const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;
/// Subnegotiation: everything up to IAC SE belongs to it.
const SB: u8 = 250;
const SE: u8 = 240;
/// The option of RFC 860. A telnet whose user pressed Ctrl-C sends IAC DO TIMING-MARK and throws away all that it
/// receives until this is answered.
const TIMING_MARK: u8 = 6;

/// The answer to IAC DO TIMING-MARK: a refusal, which is a valid answer.
pub const WONT_TIMING_MARK: [u8; 3] = [IAC, WONT, TIMING_MARK];

/// Removes Telnet's sequences from a stream, byte by byte, anywhere, also when they are split over several reads.
#[derive(Debug, Default)]
pub struct Telnet {
    state: State,
}

#[derive(Debug, Default, Clone, Copy)]
enum State {
    #[default]
    Text,
    /// After IAC.
    Command,
    /// After IAC and one of WILL, WONT, DO, DONT, which is kept.
    Option(u8),
    /// After IAC SB.
    Subnegotiation,
    /// After an IAC inside a subnegotiation.
    SubnegotiationCommand,
}

/// What one byte turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// A byte of the text.
    Text(u8),
    /// A part of a sequence, to be dropped.
    Telnet,
    /// The last byte of IAC DO TIMING-MARK: answer with [`WONT_TIMING_MARK`].
    DoTimingMark,
}

impl Telnet {
    /// Takes the next byte of the stream.
    pub fn hear(&mut self, byte: u8) -> Heard {
        let (next, heard) = match (self.state, byte) {
            (State::Text, IAC) => (State::Command, Heard::Telnet),
            (State::Text, _) => (State::Text, Heard::Text(byte)),
            (State::Command, WILL | WONT | DO | DONT) => (State::Option(byte), Heard::Telnet),
            (State::Command, SB) => (State::Subnegotiation, Heard::Telnet),
            (State::Command, _) => (State::Text, Heard::Telnet),
            (State::Option(DO), TIMING_MARK) => (State::Text, Heard::DoTimingMark),
            (State::Option(_), _) => (State::Text, Heard::Telnet),
            (State::Subnegotiation, IAC) => (State::SubnegotiationCommand, Heard::Telnet),
            (State::SubnegotiationCommand, SE) => (State::Text, Heard::Telnet),
            (State::Subnegotiation | State::SubnegotiationCommand, _) => (State::Subnegotiation, Heard::Telnet),
        };
        self.state = next;
        heard
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(bytes: &[u8]) -> Vec<u8> {
        let mut telnet = Telnet::default();
        let heard = bytes.iter().map(|byte| telnet.hear(*byte));
        heard.filter_map(|heard| if let Heard::Text(byte) = heard { Some(byte) } else { None }).collect()
    }

    #[test]
    fn every_kind_of_sequence_is_taken_out() {
        assert_eq!(text_of(b"a\xff\xf1b"), b"ab", "IAC NOP");
        assert_eq!(text_of(b"a\xff\xffb"), b"ab", "IAC IAC");
        assert_eq!(text_of(b"a\xff\xfb\x01b\xff\xfc\x01c\xff\xfd\x03d\xff\xfe\x03e"), b"abcde");
        assert_eq!(text_of(b"a\xff\xfa\x18\x00xterm\nxx\xff\xf0b"), b"ab", "IAC SB ... IAC SE");
        assert_eq!(text_of(b"a\xff\xfa1\xff\xff2\xff\xf0b"), b"ab", "IAC IAC inside SB");
        assert_eq!(text_of(b"a\xff\nb"), b"ab", "an LF inside a sequence");
    }

    #[test]
    fn a_sequence_that_does_not_end_takes_everything() {
        assert_eq!(text_of(b"a\xff\xfabcdef"), b"a");
    }

    #[test]
    fn only_do_timing_mark_asks_for_an_answer() {
        let asks = |bytes: &[u8]| {
            let mut telnet = Telnet::default();
            bytes.iter().filter(|byte| telnet.hear(**byte) == Heard::DoTimingMark).count()
        };
        assert_eq!(asks(b"\xff\xfd\x06"), 1);
        assert_eq!(asks(b"\xff\xfb\x06\xff\xfe\x06\xff\xfd\x05\x06\xff\xff\xfd\x06"), 0);
    }
}
