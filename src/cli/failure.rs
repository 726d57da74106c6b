//! Why a run could not go on, beside diagnostics about a file.

use std::io;
use std::path::Path;

use crate::diag::words::system;
use crate::sink::disk::{DiskError, Kind};

use super::Exit;

/// A run that ended early.
#[derive(Debug)]
pub(super) struct Failure {
    /// How.
    pub(super) exit: Exit,
    /// One lower-case sentence; empty where all has been said.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
}

impl Failure {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Diagnostics have said it already.
    pub(super) fn said(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// Reading or writing `path` failed.
    pub(super) fn io(action: &str, path: &Path, error: &io::Error) -> Self {
        Self::new(
            Exit::Outside,
            format!("cannot {action} `{}`: {}", path.display(), system(error)),
        )
    }

    /// Writing to a stream failed. A closed pipe is how `| head` says that it has enough.
    pub(super) fn stream(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::said(Exit::Done);
        }
        Self::new(
            Exit::Outside,
            format!("cannot write the output: {}", system(error)),
        )
    }

    /// The tree could not be read or written.
    pub(super) fn disk(error: &DiskError) -> Self {
        let exit = match error.kind() {
            Kind::Conflict => Exit::Conflict,
            Kind::Outside => Exit::Outside,
        };
        Self {
            exit,
            message: error.to_string(),
            help: error.help(),
        }
    }
}
