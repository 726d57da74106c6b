//! In: the text of a file or an answer, and what is wanted of it. Out: its digest, with the counts of its tests or one of its values.
//! `junit` and `json` read what anybody may have written, `recording` what was read before; `web` asks an address.
//! Never knows limits, and names no file: whoever may touch the disk hands in texts.

mod json;
mod junit;
mod recording;
mod web;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::units::sha256_hex;

use super::answer::{Fault, said};

pub(super) use recording::{Key, read as read_recording};
pub(super) use web::Web;
pub use web::WebSettings;

/// What a gate wants to be read.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where it stands.
    pub place: Place,
    /// What is wanted of it.
    pub part: Part,
}

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file that is handed in.
    File {
        /// The name of the gate that reads it, by which somebody may hand in another one.
        gate: String,
        /// Its path from the folder of `rollout.yaml`.
        path: String,
    },
    /// At an address.
    Page(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => write!(f, "file {path}"),
            Self::Page(address) => write!(f, "GET {address}"),
        }
    }
}

/// What is wanted of a document.
#[derive(Clone, Debug)]
pub enum Part {
    /// The counts of a JUnit report.
    Tests,
    /// What a path leads to in JSON.
    Value(JsonPath),
}

/// A document, as far as a gate wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The path or the address that was read.
    pub place: String,
    /// The status of the answer; a file has none.
    pub status: Option<u16>,
    /// `sha256:` and the hash of all of its bytes; none where there is no file.
    pub digest: Option<String>,
    /// What was found in it.
    pub found: Found,
}

/// What was found in a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// There is no such file.
    NoFile,
    /// The counts of a JUnit report.
    Tests(Tests),
    /// What a path leads to.
    Values(Values),
}

/// The tests of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// Tests that ran, however they ended.
    pub ran: u64,
    /// Failures: of what was tested.
    pub failures: u64,
    /// Errors: of the test itself.
    pub errors: u64,
    /// Tests that did not run.
    pub skipped: u64,
}

/// What a path leads to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// How many values it leads to.
    pub count: u64,
    /// The first of them; of lists and mappings without what is in them, and of a long text its beginning.
    pub first: Option<Value>,
}

/// A document that was wanted, and what came of it.
#[derive(Clone, Debug)]
pub struct Consulted {
    /// What was wanted.
    pub wanted: Wanted,
    /// What was read.
    pub document: Result<Document, Fault>,
}

/// A file that somebody hands in.
#[derive(Clone, Debug)]
pub struct ResultText {
    /// The file's path, for people.
    pub path: String,
    /// Its text, or why it is not read; `None` where there is no such file.
    pub text: Result<Option<String>, String>,
}

impl Document {
    /// Reads what is wanted of a text.
    fn read(place: String, status: Option<u16>, bytes: &[u8], part: &Part) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
        // Some editors and shells begin a file with it.
        let text = text.trim_start_matches('\u{feff}');
        let found = match part {
            Part::Tests => Found::Tests(junit::read(text)?),
            Part::Value(path) => Found::Values(json::read(text, path)?),
        };
        Ok(Self {
            place,
            status,
            digest: Some(format!("sha256:{}", sha256_hex(bytes))),
            found,
        })
    }
}

/// Reads a file among those that are handed in, by their gates' names.
pub(super) fn file(
    handed_in: &BTreeMap<String, ResultText>,
    gate: &str,
    path: &str,
    part: &Part,
) -> Result<Document, Fault> {
    let no_file = |place: &str| Document {
        place: place.to_owned(),
        status: None,
        digest: None,
        found: Found::NoFile,
    };
    let Some(file) = handed_in.get(gate) else {
        return Ok(no_file(path));
    };
    let wrong =
        |why: &str| Fault::Question(said(&format!("`{}` cannot be read: {why}", file.path)));
    match &file.text {
        Err(why) => Err(wrong(why)),
        Ok(None) => Ok(no_file(&file.path)),
        Ok(Some(text)) => Document::read(file.path.clone(), None, text.as_bytes(), part)
            .map_err(|why| wrong(&why)),
    }
}
