//! A reason against a move, as data.

use crate::forge::ForgeError;
use crate::sink::disk::{self, DiskError};
use crate::sink::git::{self, GitError};
use crate::sink::remote::{RemoteError, RemoteFault};

/// What kind of reason speaks against a move, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The request is in words that mean nothing here.
    Usage,
    /// Somebody else changed what would be written.
    Conflict,
    /// What is asked for can never be done.
    Wrong,
    /// A gate failed.
    GateFailed,
    /// The world failed: a gate could not be asked, a file not be read.
    Outside,
    /// What is asked for can be done later.
    NotYet,
}

/// A reason against a move: one lower-case sentence, and what to do.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// The kind of the reason.
    pub why: Why,
    /// The reason in one lower-case sentence.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
}

impl Refusal {
    /// A reason of a kind.
    pub fn new(why: Why, message: impl Into<String>) -> Self {
        Self {
            why,
            message: message.into(),
            help: None,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(self, text: impl Into<String>) -> Self {
        self.maybe_help(Some(text.into()))
    }

    /// Adds what to do, where that is known.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text;
        self
    }

    /// Adds another thing to do.
    #[must_use]
    pub fn or(self, text: &str) -> Self {
        let help = match &self.help {
            Some(help) => format!("{help}; {text}"),
            None => text.to_owned(),
        };
        self.help(help)
    }
}

impl From<GitError> for Refusal {
    fn from(error: GitError) -> Self {
        let why = match error.kind() {
            git::Kind::Conflict => Why::Conflict,
            git::Kind::Outside => Why::Outside,
            git::Kind::Usage => Why::Usage,
        };
        Self::new(why, error.to_string()).maybe_help(error.advice().map(str::to_owned))
    }
}

impl From<DiskError> for Refusal {
    fn from(error: DiskError) -> Self {
        let why = match error.kind() {
            disk::Kind::Conflict => Why::Conflict,
            disk::Kind::Outside => Why::Outside,
        };
        Self::new(why, error.to_string()).maybe_help(error.help())
    }
}

impl From<ForgeError> for Refusal {
    fn from(error: ForgeError) -> Self {
        Self::new(Why::Outside, error.message).maybe_help(error.help)
    }
}

impl From<RemoteError> for Refusal {
    fn from(error: RemoteError) -> Self {
        let why = match error.kind {
            RemoteFault::Moved => Why::Conflict,
            RemoteFault::Outside => Why::Outside,
        };
        Self::new(why, error.message).maybe_help(error.help)
    }
}
