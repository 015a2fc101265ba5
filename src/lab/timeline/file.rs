//! Pictures in files.
//!
//! Read first: `mod.rs`. It does not know what is drawn.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use crate::lab::timeline::{svg, text, Picture};
use crate::programs::args::{prepare, Args, Usage};

/// A file for a picture: its ending says how the picture is drawn.
pub struct PictureFile {
    path: PathBuf,
    draw: fn(&Picture) -> String,
}

/// What an option for such a file needs.
const WANTED: &str = "a file whose name ends in .svg (for a browser) or .txt (for a terminal)";

impl PictureFile {
    /// The value of the option that was taken last.
    ///
    /// # Errors
    /// If there is none, or if its ending is neither `.svg` nor `.txt`.
    pub fn asked_for(args: &mut Args, option: &str) -> Result<PictureFile, Usage> {
        let path = PathBuf::from(args.value(option, WANTED)?);
        let draw = match path.extension().and_then(OsStr::to_str) {
            Some("svg") => svg::svg,
            Some("txt") => text::text,
            _ => return Err(Usage(format!("{option} needs {WANTED}, not {path:?}"))),
        };
        Ok(PictureFile { path, draw })
    }

    /// Makes sure that the file can be written, before the run that will be drawn. Its contents stay.
    ///
    /// # Errors
    /// If it can't, in a sentence.
    pub fn prepare(&self) -> Result<(), String> {
        prepare(&self.path)
    }

    /// Draws the picture into the file.
    ///
    /// # Errors
    /// If it can't be written, in a sentence.
    pub fn write(&self, picture: &Picture) -> Result<(), String> {
        fs::write(&self.path, (self.draw)(picture)).map_err(|error| format!("can't write {:?}: {error}", self.path))
    }

    /// The path, for people.
    pub fn name(&self) -> String {
        format!("{:?}", self.path)
    }
}
