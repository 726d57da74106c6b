//! Why there is no move.

use crate::forge::ForgeError;
use crate::sink::disk::DiskError;
use crate::sink::git::GitError;
use crate::sink::remote::RemoteError;

use super::Refusal;

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

impl Error {
    /// What the error says, and what to do about it.
    pub fn into_refusals(self) -> Vec<Refusal> {
        match self {
            Self::Refused(refusals) => refusals,
            Self::Git(error) => vec![error.into()],
            Self::Disk(error) => vec![error.into()],
            Self::Forge(error) => vec![error.into()],
            Self::Remote(error) => vec![error.into()],
        }
    }

    /// What the error says, as one text.
    pub fn words(self) -> String {
        let messages = self.into_refusals().into_iter();
        let messages: Vec<String> = messages.map(|refusal| refusal.message).collect();
        messages.join("; ")
    }

    /// Adds another thing to do.
    #[must_use]
    pub fn or(self, text: &str) -> Self {
        let refusals = self.into_refusals().into_iter();
        Self::Refused(refusals.map(|refusal| refusal.or(text)).collect())
    }
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
        Self::Remote(error)
    }
}
