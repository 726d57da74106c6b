//! Why there are no objects, in the words that Argo CD shows to whoever can read the Application.

use std::fmt;

use crate::diag::{self, FileError, MAX_BYTES, Report};

/// The most complaints about one file that are worth a line: Argo CD shows them in one box.
const MOST: usize = 10;

/// An error: a short first line with the place, then what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginError {
    lines: Vec<String>,
}

impl PluginError {
    /// An error in one short sentence. Nothing of it reaches a terminal that would act on it.
    pub fn new(message: impl AsRef<str>) -> Self {
        Self {
            lines: vec![diag::shown(message.as_ref())],
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl AsRef<str>) -> Self {
        self.lines
            .push(format!("help: {}", diag::shown(text.as_ref())));
        self
    }

    /// A file that is not read. It is named by the path that was given, and never by where the folder lies.
    pub fn file(path: &str, error: &FileError) -> Self {
        let refused = |why: &str| Self::new(format!("cannot read `{path}`: {why}"));
        match error {
            FileError::Outside => Self::new(format!(
                "`{path}` leads out of the application's folder"
            ))
            .help("keep the file itself below `spec.source.path`, or a link to a file there"),
            FileError::Folder => refused("it is a folder"),
            FileError::Irregular => refused("it is no regular file"),
            FileError::TooLarge(size) => Self::new(format!(
                "{path}:1: the file has {size} bytes; at most {MAX_BYTES} are allowed"
            )),
            FileError::NotUtf8(line) => Self::new(format!("{path}:{line}: the text is not UTF-8"))
                .help("save the file as UTF-8"),
            FileError::System(why) => refused(why),
        }
    }

    /// Everything that is wrong with a file, a line each.
    pub fn report(report: &Report) -> Self {
        Self {
            lines: diag::brief(report, MOST),
        }
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines.join("\n"))
    }
}
