//! The language in which a tool speaks to a person.
//!
//! Read first: `programs/args.rs`. It does not know what is said.

use crate::programs::args::{Args, Usage};

/// The language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// The default.
    #[default]
    English,
    /// As the report was written.
    French,
}

impl Lang {
    /// The option that chooses it.
    pub const OPTION: &'static str = "--lang";

    /// The value of the option.
    ///
    /// # Errors
    /// If it is neither `en` nor `fr`.
    pub fn of_option(args: &mut Args) -> Result<Lang, Usage> {
        let word: String = args.parsed(Lang::OPTION, "en or fr", |word: &String| word == "en" || word == "fr")?;
        Ok(if word == "fr" { Lang::French } else { Lang::English })
    }

    /// One of the two.
    pub fn words<'a>(self, english: &'a str, french: &'a str) -> &'a str {
        match self {
            Lang::English => english,
            Lang::French => french,
        }
    }
}
