//! Why a run could not go on, beside diagnostics about a file.

use std::io;
use std::path::Path;

use crate::diag::words::system;
use crate::forge::ForgeError;
use crate::promotion::{Error, Refusal, Why};
use crate::sink::disk::DiskError;
use crate::sink::git::GitError;

use super::Exit;

/// A run that ended early.
#[derive(Debug)]
pub(super) struct Failure {
    /// How the run ends.
    pub(super) exit: Exit,
    /// One lower-case sentence; empty where all has been said.
    pub(super) message: String,
    /// What to do about it, as an imperative.
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
        Self::unread(error)
    }

    /// A reader that had to get everything did not.
    pub(super) fn unread(error: &io::Error) -> Self {
        Self::new(
            Exit::Outside,
            format!("cannot write the output: {}", system(error)),
        )
    }

    /// A move is refused: the gravest reason decides how the run ends, and all are said.
    pub(super) fn refused(refusals: &[Refusal]) -> Self {
        let mut sorted: Vec<&Refusal> = refusals.iter().collect();
        sorted.sort_by_key(|refusal| refusal.why);
        let exit = sorted
            .first()
            .map_or(Exit::Outside, |first| match first.why {
                Why::Usage => Exit::Usage,
                Why::Conflict => Exit::Conflict,
                Why::Wrong => Exit::Wrong,
                Why::GateFailed => Exit::GateFailed,
                Why::Outside => Exit::Outside,
                Why::NotYet => Exit::NotYet,
            });
        let messages: Vec<&str> = sorted.iter().map(|one| one.message.as_str()).collect();
        let mut helps: Vec<&str> = Vec::new();
        for help in sorted.iter().filter_map(|one| one.help.as_deref()) {
            if !helps.contains(&help) {
                helps.push(help);
            }
        }
        Self {
            exit,
            message: messages.join("; "),
            help: (!helps.is_empty()).then(|| helps.join("; ")),
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::refused(&[refusal])
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::refused(&error.into_refusals())
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<DiskError> for Failure {
    fn from(error: DiskError) -> Self {
        Refusal::from(error).into()
    }
}

impl From<ForgeError> for Failure {
    fn from(error: ForgeError) -> Self {
        Refusal::from(error).into()
    }
}
