//! By names: each folder on the way is looked at just before.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, FileType};
use std::io;
use std::path::{Path, PathBuf};

use super::{Seen, linked};

/// A path whose folders are no links.
#[derive(Debug)]
pub(in crate::sink) struct Place(PathBuf);

impl Place {
    /// The place of `path`, which lies below `base` and begins with it.
    pub(in crate::sink) fn reach(base: &Path, path: &Path) -> io::Result<Self> {
        let below = path.strip_prefix(base).unwrap_or(path);
        let mut at = base.to_owned();
        for name in below.parent().into_iter().flat_map(Path::iter) {
            at.push(name);
            if fs::symlink_metadata(&at)?.is_symlink() {
                return Err(linked(name));
            }
        }
        Ok(Self(path.to_owned()))
    }

    /// The same; folders that are not there are made.
    pub(in crate::sink) fn make_way(base: &Path, path: &Path) -> io::Result<Self> {
        if let Err(error) = Self::reach(base, path) {
            if error.kind() != io::ErrorKind::NotFound {
                return Err(error);
            }
            fs::create_dir_all(path.parent().unwrap_or(base))?;
        }
        Self::reach(base, path)
    }

    /// A name in the folder that stands here.
    pub(super) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        if self.seen()? == Seen::Link {
            return Err(linked(self.0.file_name().unwrap_or_default()));
        }
        Ok(Self(self.0.join(name)))
    }

    /// What stands here.
    pub(in crate::sink) fn seen(&self) -> io::Result<Seen> {
        Ok(seen(fs::symlink_metadata(&self.0)?.file_type()))
    }

    /// A regular file, to be read.
    pub(in crate::sink) fn open(&self) -> io::Result<File> {
        match self.seen()? {
            Seen::File => File::open(&self.0),
            Seen::Link => Err(linked(self.0.file_name().unwrap_or_default())),
            Seen::Folder | Seen::Special => Err(io::ErrorKind::InvalidInput.into()),
        }
    }

    /// A file that is not there yet, to be written.
    pub(in crate::sink) fn create(&self) -> io::Result<File> {
        File::create_new(&self.0)
    }

    /// Makes a folder.
    pub(in crate::sink) fn make_folder(&self) -> io::Result<()> {
        fs::create_dir(&self.0)
    }

    /// Moves what stands here; what stands there and is no folder is replaced.
    pub(in crate::sink) fn rename(&self, to: &Self) -> io::Result<()> {
        fs::rename(&self.0, &to.0)
    }

    /// Gives a file a second name.
    pub(super) fn link(&self, to: &Self) -> io::Result<()> {
        fs::hard_link(&self.0, &to.0)
    }

    /// Removes what is no folder.
    pub(in crate::sink) fn remove_file(&self) -> io::Result<()> {
        fs::remove_file(&self.0)
    }

    /// Removes an empty folder.
    pub(in crate::sink) fn remove_folder(&self) -> io::Result<()> {
        fs::remove_dir(&self.0)
    }

    /// What stands in the folder here, by name.
    pub(in crate::sink) fn list(&self) -> io::Result<Vec<(OsString, Seen)>> {
        let entries = fs::read_dir(&self.0)?;
        let named = entries.map(|entry| {
            let entry = entry?;
            Ok((entry.file_name(), seen(entry.file_type()?)))
        });
        named.collect()
    }
}

fn seen(kind: FileType) -> Seen {
    if kind.is_dir() {
        Seen::Folder
    } else if kind.is_file() {
        Seen::File
    } else if kind.is_symlink() {
        Seen::Link
    } else {
        Seen::Special
    }
}
