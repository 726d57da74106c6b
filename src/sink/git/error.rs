//! What can go wrong with a repository, and what to do about it.

use std::fmt;
use std::io;
use std::path::Path;

use git2::{ErrorClass, ErrorCode};

use crate::diag::words::system;
use crate::sink::below::is_link;

/// Who is to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody else changed, or is changing, what would be written.
    Conflict,
    /// The repository or the machine.
    Outside,
    /// Whoever named a revision.
    Usage,
}

/// Why something was not read or written; one lower-case sentence, and what to do.
#[derive(Clone, Debug)]
pub struct GitError {
    kind: Kind,
    message: String,
    help: Option<String>,
}

impl GitError {
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Conflict,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn outside(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Outside,
            ..Self::conflict(message)
        }
    }

    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Usage,
            ..Self::conflict(message)
        }
    }

    pub(super) fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    pub(super) fn io<'a>(action: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + 'a {
        move |error| {
            if is_link(&error) {
                return Self::conflict(format!("cannot {action} `{}`: {error}", path.display()))
                    .help("put a folder of its own in the link's place, as the commit has it");
            }
            let why = system(&error);
            Self::outside(format!("cannot {action} `{}`: {why}", path.display()))
        }
    }

    /// A lock of git's that somebody holds, or has left behind.
    pub(super) fn locked(what: &str) -> Self {
        Self::conflict(format!("another process is writing to the repository: {what}"))
            .help("try again; if no git process is running, one was killed: remove the file that ends in `.lock`")
    }

    /// A reference that is no longer what it was when the run began.
    pub(super) fn moved(what: &str) -> Self {
        Self::conflict(format!("{what} was moved by somebody else meanwhile"))
            .help("run `glidepath status`, and then the command again")
    }

    /// Who is to blame.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What to do about it.
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<git2::Error> for GitError {
    fn from(error: git2::Error) -> Self {
        let (code, message) = (error.code(), error.message());
        let is_unknown = [
            "unsupported extension",
            "mandatory extension",
            "repository version",
        ];
        if code == ErrorCode::Locked {
            Self::locked(message)
        } else if code == ErrorCode::Modified {
            Self::moved("the reference")
        } else if code == ErrorCode::Owner {
            Self::outside(format!("git does not trust the repository: {message}"))
                .help("it belongs to another user; allow it with `git config --global --add safe.directory <path>`")
        } else if code == ErrorCode::NotFound && error.class() == ErrorClass::Odb {
            Self::outside(format!("the clone is incomplete: {message}"))
                .help("fetch everything: `fetch-depth: 0` and no `filter` in actions/checkout, `git fetch --unshallow --refetch` elsewhere")
        } else if code == ErrorCode::Invalid && error.class() == ErrorClass::Odb {
            Self::outside(message)
                .help("see what `git fsck` says; a broken object comes back with a fresh clone")
        } else if is_unknown.iter().any(|words| message.contains(words)) {
            Self::outside(format!("this repository uses what libgit2 does not know: {message}"))
                .help("a sparse index goes with `git sparse-checkout reapply --no-sparse-index`, a split one with `git update-index --no-split-index`; SHA-256 and reftable repositories are not supported")
        } else {
            Self::outside(format!("git: {message}"))
        }
    }
}
