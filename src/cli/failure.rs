//! Why a run could not go on, beside diagnostics about a file.

use std::io;
use std::path::Path;

use crate::diag::words::system;
use crate::forge::ForgeError;
use crate::promotion::Error;
use crate::promotion::decide::{Refusal, Why};
use crate::sink::disk::{DiskError, Kind};
use crate::sink::git::{self, GitError};
use crate::sink::remote::RemoteError;

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

    /// Adds another thing to do.
    pub(super) fn or(self, text: &str) -> Self {
        let help = match &self.help {
            Some(help) => format!("{help}; {text}"),
            None => text.to_owned(),
        };
        self.help(help)
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

/// The repository could not be read or written.
impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        Self {
            exit: match error.kind() {
                git::Kind::Conflict => Exit::Conflict,
                git::Kind::Outside => Exit::Outside,
                git::Kind::Usage => Exit::Usage,
            },
            message: error.to_string(),
            help: error.advice().map(str::to_owned),
        }
    }
}

/// The tree could not be read or written.
impl From<DiskError> for Failure {
    fn from(error: DiskError) -> Self {
        Self {
            exit: match error.kind() {
                Kind::Conflict => Exit::Conflict,
                Kind::Outside => Exit::Outside,
            },
            message: error.to_string(),
            help: error.help(),
        }
    }
}

/// GitHub could not be asked, or refused.
impl From<ForgeError> for Failure {
    fn from(error: ForgeError) -> Self {
        Self {
            exit: Exit::Outside,
            message: error.message,
            help: error.help,
        }
    }
}

/// The repository elsewhere could not be read or written.
impl From<RemoteError> for Failure {
    fn from(error: RemoteError) -> Self {
        Self {
            exit: Exit::Outside,
            message: error.message,
            help: error.help,
        }
    }
}

/// One thing speaks against a move.
impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::refused(&[refusal])
    }
}

/// There is no move.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused(refusals) => Self::refused(&refusals),
            Error::Git(error) => error.into(),
            Error::Disk(error) => error.into(),
            Error::Forge(error) => error.into(),
            Error::Remote(error) => error.into(),
        }
    }
}
