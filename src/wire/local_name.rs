//! The names that files can have on this system: not every name of the protocol is possible.
//!
//! The client's list takes each [`FileName`]. Code that opens or makes a file needs a [`LocalName`] first: on Windows,
//! `a:b` would be a hidden stream of the file `a`, and `CON` a device.
//!
//! Read first: `wire/file_name.rs`. It does not know the files themselves.

use crate::wire::file_name::FileName;
use crate::wire::reply::{ErrorCode, Refusal};
use crate::wire::text::quote;

/// A name of the protocol that a file can have on this system. It leads to a regular file or to none, never to a
/// device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalName<'a>(&'a str);

/// Systems whose rules for names differ. The protocol forbids all that Unix forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux, macOS and their like.
    Unix,
    /// Windows: its rules hold on every disk.
    Windows,
}

/// Names that Windows treats as devices, also with an ending such as `.txt`. After `COM` and `LPT` comes a digit.
/// Windows also accepts a superscript digit.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];
const NUMBERS: [char; 12] = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '¹', '²', '³'];

impl<'a> LocalName<'a> {
    /// Takes a name if a file can have it on this system.
    ///
    /// # Errors
    /// BAD_FILENAME, with the rule of this system that the name breaks.
    pub fn of(name: &'a FileName) -> Result<LocalName<'a>, Refusal> {
        LocalName::on(System::THIS, name)
    }

    /// The same for a given system.
    ///
    /// # Errors
    /// As above.
    pub fn on(system: System, name: &'a FileName) -> Result<LocalName<'a>, Refusal> {
        let broken_rule = match system {
            System::Unix => None,
            System::Windows => rule_of_windows_broken_by(name.as_str()),
        };
        let Some(rule) = broken_rule else { return Ok(LocalName(name.as_str())) };
        let message = format!("{} can't be a file on this system: {rule}; ask for another name", quote(name.as_str()));
        Err(Refusal::new(ErrorCode::BadFilename, message))
    }

    /// The name as text.
    pub fn as_str(&self) -> &'a str {
        self.0
    }
}

impl System {
    /// The system that this program runs on.
    pub const THIS: System = if cfg!(windows) { System::Windows } else { System::Unix };
}

/// The rule of Windows that a name of the protocol breaks.
fn rule_of_windows_broken_by(name: &str) -> Option<&'static str> {
    if name.contains(['<', '>', ':', '"', '|', '?', '*']) {
        Some("Windows allows none of < > : \" | ? * in a name")
    } else if name.ends_with('.') {
        Some("Windows drops a dot at the end of a name")
    } else if is_device_of_windows(name) {
        Some("Windows takes it for a device")
    } else {
        None
    }
}

/// Windows looks at the part before the first dot, without the spaces at its end, in upper or lower case.
fn is_device_of_windows(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ');
    let is_one_of = |devices: &[&str], word: &str| devices.iter().any(|device| word.eq_ignore_ascii_case(device));
    let mut word = stem.chars();
    let ends_with_number = word.next_back().is_some_and(|last| NUMBERS.contains(&last));
    is_one_of(&DEVICES, stem) || ends_with_number && is_one_of(&NUMBERED_DEVICES, word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(system: System, name: &str) -> bool {
        let name = FileName::parse(name).unwrap_or_else(|refusal| panic!("{refusal}"));
        LocalName::on(system, &name).is_ok()
    }

    #[test]
    fn on_windows_devices_streams_and_names_that_it_would_change_are_refused() {
        let devices = ["CON", "con", "PRN", "AUX", "NUL", "nul.txt", "Aux.tar.gz", "CON .txt", "CONIN$", "conout$"];
        let numbered = ["COM1", "com9", "LPT1.log", "lpt9", "COM¹", "LPT².txt", "com³"];
        let changed = ["a:b", "C:", "notes.txt.", "notes...", "a<b", "a>b", "a\"b", "a|b", "a?b", "*"];
        for name in devices.iter().chain(&numbered).chain(&changed) {
            assert!(!is_taken(System::Windows, name), "{name}");
            assert!(is_taken(System::Unix, name), "{name}");
        }
    }

    #[test]
    fn on_windows_too_usual_names_are_taken() {
        for name in
            ["a.txt", "CONSOLE", "CON1", "xCON", "COM", "COM0", "COM10", "LPT", "a.con", "-", "fable à lire.txt", "é1"]
        {
            assert!(is_taken(System::Windows, name), "{name}");
        }
    }

    #[test]
    fn a_refused_name_is_told_with_the_rule() {
        let refusal = LocalName::on(System::Windows, &FileName::parse("a:b").unwrap()).unwrap_err();
        assert_eq!(refusal.code, ErrorCode::BadFilename);
        assert!(refusal.message.contains("'a:b'") && refusal.message.contains("none of"), "{refusal}");
    }
}
