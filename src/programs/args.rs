//! A small parser of command lines: options as `--name value` or `--name=value`, then the other arguments.
//!
//! Read first: nothing. It does not know which options there are.

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

/// Longest time-out that an option accepts, in seconds: a year, which is like no time-out.
pub const MAX_SECONDS: f64 = 31_536_000.0;

/// Shortest time-out, in seconds. Below it the system's timers decide, and 0 would mean "none" to them.
pub const FEWEST_SECONDS: f64 = 0.01;

/// Wrong usage, in one line that says what is right. Programs exit with [`Usage::EXIT_CODE`] then.
#[derive(Debug, PartialEq, Eq)]
pub struct Usage(pub String);

impl Usage {
    /// The exit code for it.
    pub const EXIT_CODE: u8 = 2;
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The arguments of a command line, taken one by one.
pub struct Args {
    rest: std::vec::IntoIter<OsString>,
    /// The value after `=` in the option that was taken last.
    attached: Option<OsString>,
}

/// One argument.
#[derive(Debug, PartialEq, Eq)]
pub enum Arg {
    /// `--name` or `-n`, with its dashes.
    Option(String),
    /// Anything else.
    Word(OsString),
}

impl Args {
    /// Takes the arguments without the program's name.
    pub fn new(arguments: impl IntoIterator<Item = OsString>) -> Args {
        Args { rest: arguments.into_iter().collect::<Vec<_>>().into_iter(), attached: None }
    }

    /// The next argument; `None` at the end.
    ///
    /// # Errors
    /// If the last option was given a value that it does not take.
    pub fn take(&mut self) -> Result<Option<Arg>, Usage> {
        if let Some(value) = self.attached.take() {
            return Err(Usage(format!(
                "the option before '={}' takes no value",
                value.to_string_lossy().escape_debug()
            )));
        }
        let Some(argument) = self.rest.next() else { return Ok(None) };
        Ok(Some(match argument.to_str() {
            Some(text) if text.len() > 1 && text.starts_with('-') => match text.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    self.attached = Some(value.into());
                    Arg::Option(name.to_string())
                }
                _ => Arg::Option(text.to_string()),
            },
            _ => Arg::Word(argument),
        }))
    }

    /// All arguments that are left, also those that look like options.
    pub fn rest(self) -> Vec<OsString> {
        self.rest.collect()
    }

    /// The value of the option that was taken last; `wanted` says what it should be.
    ///
    /// # Errors
    /// If there is none.
    pub fn value(&mut self, option: &str, wanted: &str) -> Result<OsString, Usage> {
        let value = self.attached.take().or_else(|| self.rest.next());
        value.ok_or_else(|| Usage(format!("{option} needs {wanted}")))
    }

    /// The value of the option that was taken last, as a path.
    ///
    /// # Errors
    /// If there is none, or an empty one.
    pub fn path(&mut self, option: &str) -> Result<PathBuf, Usage> {
        let path = self.value(option, "a directory")?;
        if path.is_empty() {
            Err(Usage(format!("{option} needs a directory, not ''")))
        } else {
            Ok(path.into())
        }
    }

    /// The value of the option that was taken last, read as a `T` that `fits`.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn parsed<T: FromStr>(&mut self, option: &str, wanted: &str, fits: impl Fn(&T) -> bool) -> Result<T, Usage> {
        let value = self.value(option, wanted)?;
        let parsed = value.to_str().and_then(|text| text.parse().ok()).filter(fits);
        parsed
            .ok_or_else(|| Usage(format!("{option} needs {wanted}, not '{}'", value.to_string_lossy().escape_debug())))
    }

    /// The value of the option that was taken last, as a whole number from 1 to `most`.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn count(&mut self, option: &str, most: usize) -> Result<usize, Usage> {
        self.parsed(option, &format!("a whole number from 1 to {most}"), |count| (1..=most).contains(count))
    }

    /// The value of the option that was taken last, as a time in seconds; fractions are fine.
    ///
    /// # Errors
    /// If it is anything else, below [`FEWEST_SECONDS`] or above [`MAX_SECONDS`].
    pub fn seconds(&mut self, option: &str) -> Result<Duration, Usage> {
        let wanted = format!("a number of seconds from {FEWEST_SECONDS} to {MAX_SECONDS}");
        let fits = |seconds: &f64| (FEWEST_SECONDS..=MAX_SECONDS).contains(seconds);
        self.parsed(option, &wanted, fits).map(Duration::from_secs_f64)
    }
}

/// Makes sure that a file can be written, before the work whose result it will hold. Its contents stay.
///
/// # Errors
/// If it can't, in a sentence.
pub fn prepare(file: &Path) -> Result<(), String> {
    let cant = |why: String| format!("can't write {file:?}: {why}; name another file");
    if is_pipe(file) {
        // Opening it would wait until somebody reads it.
        return Err(cant("it is a pipe".to_string()));
    }
    File::options().create(true).append(true).open(file).map(drop).map_err(|error| cant(error.to_string()))
}

#[cfg(unix)]
fn is_pipe(file: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    file.metadata().is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

/// An argument that the program does not know.
pub fn unknown(argument: &Arg, program: &str) -> Usage {
    let text = match argument {
        Arg::Option(option) => option.clone(),
        Arg::Word(word) => word.to_string_lossy().into_owned(),
    };
    Usage(format!("'{}' is not understood; {program} --help shows the usage", text.escape_debug()))
}

/// What `--version` says.
pub fn version(program: &str) -> String {
    format!("{program} {}", env!("CARGO_PKG_VERSION"))
}

/// A line on standard output, without the panic of `println!`.
///
/// # Errors
/// If it can't be written: the output is closed, or full.
pub fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// A program's whole answer, such as its help, on standard output.
pub fn answer(text: &str) -> ExitCode {
    match say(text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// The exit code of a program that has reported what it did: did all happen as it should? If not, the reason is printed
/// here, unless it was printed before.
pub fn exit_code(program: &str, done: Result<bool, impl fmt::Display>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            complain(program, &why.to_string());
            ExitCode::FAILURE
        }
    }
}

/// A line on standard error that begins with the program's name. If it can't be printed, nothing more can be done.
pub fn complain(program: &str, message: &str) {
    let _ = writeln!(io::stderr(), "{program}: {message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Args {
        Args::new(words.iter().map(OsString::from))
    }

    #[test]
    fn a_value_stands_behind_its_option_or_behind_an_equals_sign() {
        for words in [&["--limit", "5"][..], &["--limit=5"]] {
            let mut args = args(words);
            assert_eq!(args.take(), Ok(Some(Arg::Option("--limit".to_string()))));
            assert_eq!(args.count("--limit", 9), Ok(5));
            assert_eq!(args.take(), Ok(None));
        }
    }

    #[test]
    fn a_value_that_nobody_took_is_wrong_usage() {
        let mut args = args(&["--trace=yes", "LIST"]);
        assert_eq!(args.take(), Ok(Some(Arg::Option("--trace".to_string()))));
        assert!(args.take().is_err());
    }

    #[test]
    fn a_count_and_a_time_have_bounds() {
        for bad in ["0", "10", "-1", "x", "", "1.5", "99999999999999999999"] {
            assert!(args(&[bad]).count("--limit", 9).is_err(), "{bad:?}");
        }
        for bad in ["0", "-1", "nan", "inf", "1e99", "x", ""] {
            assert!(args(&[bad]).seconds("--timeout").is_err(), "{bad:?}");
        }
        assert_eq!(args(&["0.5"]).seconds("--timeout"), Ok(Duration::from_millis(500)));
    }

    #[test]
    fn what_is_left_is_left_as_it_is() {
        let mut args = args(&["DOWNLOAD", "-x", "--trace"]);
        assert_eq!(args.take(), Ok(Some(Arg::Word("DOWNLOAD".into()))));
        assert_eq!(args.rest(), ["-x", "--trace"]);
    }
}
