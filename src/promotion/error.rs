//! Why there is no move.

use crate::forge::ForgeError;
use crate::sink::disk::DiskError;
use crate::sink::git::GitError;
use crate::sink::remote::{RemoteError, RemoteFault};

use super::decide::{Refusal, Why};

/// Why there is no move.
#[derive(Debug)]
pub enum Error {
    /// Something speaks against it; never empty.
    Refused(Vec<Refusal>),
    /// The repository could not be read or written.
    Git(GitError),
    /// The tree on the disk could not be read.
    Disk(DiskError),
    /// GitHub failed.
    Forge(ForgeError),
    /// The repository elsewhere failed.
    Remote(RemoteError),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<GitError> for Error {
    fn from(error: GitError) -> Self {
        Self::Git(error)
    }
}

impl From<DiskError> for Error {
    fn from(error: DiskError) -> Self {
        Self::Disk(error)
    }
}

impl From<ForgeError> for Error {
    fn from(error: ForgeError) -> Self {
        Self::Forge(error)
    }
}

impl From<RemoteError> for Error {
    fn from(error: RemoteError) -> Self {
        if error.kind == RemoteFault::Moved {
            let refusal = Refusal::new(Why::Conflict, error.message);
            return Self::from(match error.help {
                Some(help) => refusal.help(help),
                None => refusal,
            });
        }
        Self::Remote(error)
    }
}
