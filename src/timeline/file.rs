//! Pictures in files.

use std::fs::{self, File};
use std::path::PathBuf;

use crate::timeline::{svg, text, Picture};

/// A file for a picture: its ending says how the picture is drawn.
pub struct PictureFile {
    path: PathBuf,
    draw: fn(&Picture) -> String,
}

/// What a file's name has to be, for an error message.
pub const WANTED: &str = "a file whose name ends in .svg (for a browser) or .txt (for a terminal)";

impl PictureFile {
    /// The file at that path; `None` if its ending is none of those in [`WANTED`].
    pub fn at(path: PathBuf) -> Option<PictureFile> {
        let draw = match path.extension()?.to_str()? {
            "svg" => svg::svg,
            "txt" => text::text,
            _ => return None,
        };
        Some(PictureFile { path, draw })
    }

    /// Makes sure that the file can be written, before the run that is to be drawn. What it holds stays.
    ///
    /// # Errors
    /// If it can't, in a sentence.
    pub fn prepare(&self) -> Result<(), String> {
        let opened = File::options().create(true).append(true).open(&self.path);
        opened.map(drop).map_err(|error| format!("can't write {:?}: {error}; name another file", self.path))
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
