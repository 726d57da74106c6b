//! Places below a folder, reached without following a symbolic link.
//!
//! The folder itself is whoever runs the program's to name, links and all. Every folder below it is opened by its handle, one in the
//! other, and what is done happens in the last handle: who swaps a folder for a link meanwhile wins nothing. Where an operating system
//! has no such handles (Windows), each folder is looked at just before, which shows every link but one that comes in between.

use std::ffi::OsString;
use std::io;
use std::path::Path;

#[cfg(not(unix))]
mod other;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use other::Place;
#[cfg(unix)]
pub(super) use unix::Place;

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A pipe, a socket or a device.
    Special,
}

impl Place {
    /// What stands here; `None` where nothing does.
    pub(super) fn look(base: &Path, path: &Path) -> io::Result<Option<Seen>> {
        let seen = Self::reach(base, path).and_then(|place| place.seen());
        match seen {
            Ok(seen) => Ok(Some(seen)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes a folder and all that is in it; links in it are removed, not followed.
    pub(super) fn remove_all(&self) -> io::Result<()> {
        for (name, seen) in self.list()? {
            let inner = self.enter(&name)?;
            match seen {
                Seen::Folder => inner.remove_all()?,
                Seen::File | Seen::Link | Seen::Special => inner.remove_file()?,
            }
        }
        self.remove_folder()
    }

    /// Gives a file a second name; a copy where the file system has no links for us.
    pub(super) fn keep(&self, to: &Self) -> io::Result<()> {
        self.link(to).or_else(|_| {
            let (mut old, mut new) = (self.open()?, to.create()?);
            io::copy(&mut old, &mut new)?;
            new.set_permissions(old.metadata()?.permissions())
        })
    }
}

/// Whether an error is that of a symbolic link on the way.
pub(super) fn is_link(error: &io::Error) -> bool {
    matches!(error.get_ref(), Some(inner) if inner.is::<Linked>())
}

/// A symbolic link on the way to a place.
#[derive(Debug)]
struct Linked(OsString);

impl std::fmt::Display for Linked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.0.to_string_lossy();
        write!(f, "`{name}` is a symbolic link, and none is followed")
    }
}

impl std::error::Error for Linked {}

fn linked(name: &std::ffi::OsStr) -> io::Error {
    io::Error::other(Linked(name.to_owned()))
}
