//! What stands at a path below the folder, found without following a symbolic link.
//!
//! Somebody who writes in the folder at the same moment could still swap a file for a link between the look and the
//! read. Whoever can do that can write the tree anyway.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::DiskError;

/// The largest file that is read: the lock of a tree of 100,000 files is smaller.
pub(super) const MAX_FILE: u64 = 64 << 20;

/// What stands at a path.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Nothing,
    /// A regular file, with its bytes.
    File(Vec<u8>),
    /// A folder.
    Folder,
    /// A pipe, socket or device.
    Special,
    /// Nothing, because one of its parents is a file: this one.
    Under(String),
}

/// What a folder's path leads to.
#[derive(Clone, Debug)]
enum Ground {
    Missing,
    Folder,
    File(String),
}

/// Looks below one folder; each folder on the way is asked for once.
pub(super) struct Look<'a> {
    folder: &'a Path,
    grounds: BTreeMap<String, Ground>,
}

impl<'a> Look<'a> {
    /// Looks below `folder`, which need not exist.
    pub(super) fn new(folder: &'a Path) -> Self {
        Self {
            folder,
            grounds: BTreeMap::new(),
        }
    }

    /// What stands at a clean relative path.
    pub(super) fn at(&mut self, path: &str) -> Result<Found, DiskError> {
        match self.ground(parent(path).unwrap_or_default())? {
            Ground::Missing => return Ok(Found::Nothing),
            Ground::File(blocker) => return Ok(Found::Under(blocker)),
            Ground::Folder => {}
        }
        let full = self.folder.join(path);
        let Some(seen) = lstat(&full)? else {
            return Ok(Found::Nothing);
        };
        Ok(if seen.is_dir() {
            Found::Folder
        } else if seen.is_file() {
            Found::File(read(&full, &seen)?)
        } else {
            Found::Special
        })
    }

    /// Whether a clean relative path is a folder.
    pub(super) fn is_folder(&mut self, path: &str) -> Result<bool, DiskError> {
        Ok(matches!(self.ground(path)?, Ground::Folder))
    }

    fn ground(&mut self, path: &str) -> Result<Ground, DiskError> {
        if let Some(known) = self.grounds.get(path) {
            return Ok(known.clone());
        }
        let ground = if path.is_empty() {
            match lstat(self.folder)? {
                None => Ground::Missing,
                Some(seen) if seen.is_dir() => Ground::Folder,
                Some(_) => {
                    let refusal = io::Error::from(io::ErrorKind::NotADirectory);
                    return Err(DiskError::io("open", self.folder)(refusal));
                }
            }
        } else {
            match self.ground(parent(path).unwrap_or_default())? {
                Ground::Folder => match lstat(&self.folder.join(path))? {
                    None => Ground::Missing,
                    Some(seen) if seen.is_dir() => Ground::Folder,
                    Some(_) => Ground::File(path.to_owned()),
                },
                nowhere @ (Ground::Missing | Ground::File(_)) => nowhere,
            }
        };
        self.grounds.insert(path.to_owned(), ground.clone());
        Ok(ground)
    }
}

/// What stands at a path, if anything does. A symbolic link is an error.
pub(super) fn lstat(path: &Path) -> Result<Option<fs::Metadata>, DiskError> {
    match fs::symlink_metadata(path) {
        Ok(seen) if seen.is_symlink() => Err(DiskError::Symlink {
            path: path.to_owned(),
        }),
        Ok(seen) => Ok(Some(seen)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DiskError::io("read", path)(error)),
    }
}

/// The bytes of a regular file of a bearable size.
pub(super) fn read(path: &Path, seen: &fs::Metadata) -> Result<Vec<u8>, DiskError> {
    let load = || {
        let mut bytes = Vec::with_capacity(usize::try_from(seen.len().min(MAX_FILE)).unwrap_or(0));
        let file = fs::File::open(path)?;
        file.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes)
    };
    load().map_err(DiskError::io("read", path))
}

/// The folder that a relative path lies in; `None` in the root.
pub(super) fn parent(path: &str) -> Option<&str> {
    path.rsplit_once('/').map(|(parent, _)| parent)
}

/// The folders that a relative path lies in, inner first, without the root.
pub(super) fn parents(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(parent(path), |path| parent(path))
}
