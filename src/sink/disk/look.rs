//! What stands at a path below the folder, found without following a symbolic link.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use crate::sink::below::{Place, Seen};

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
        let base = base(self.folder);
        Ok(match lstat(base, &full)? {
            None => Found::Nothing,
            Some(Seen::Folder) => Found::Folder,
            Some(Seen::File) => Found::File(read(base, &full)?),
            Some(Seen::Link | Seen::Special) => Found::Special,
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
            match lstat(base(self.folder), self.folder)? {
                None => Ground::Missing,
                Some(Seen::Folder) => Ground::Folder,
                Some(_) => {
                    let refusal = io::Error::from(io::ErrorKind::NotADirectory);
                    return Err(DiskError::io("open", self.folder)(refusal));
                }
            }
        } else {
            match self.ground(parent(path).unwrap_or_default())? {
                Ground::Folder => match lstat(base(self.folder), &self.folder.join(path))? {
                    None => Ground::Missing,
                    Some(Seen::Folder) => Ground::Folder,
                    Some(_) => Ground::File(path.to_owned()),
                },
                nowhere @ (Ground::Missing | Ground::File(_)) => nowhere,
            }
        };
        self.grounds.insert(path.to_owned(), ground.clone());
        Ok(ground)
    }
}

/// The folder that a tree's own folder, or its staging folder, lies in.
pub(super) fn base(folder: &Path) -> &Path {
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// What stands at a path, if anything does. A symbolic link is an error.
pub(super) fn lstat(base: &Path, path: &Path) -> Result<Option<Seen>, DiskError> {
    match Place::look(base, path) {
        Ok(Some(Seen::Link)) => Err(DiskError::Symlink {
            path: path.to_owned(),
        }),
        Ok(seen) => Ok(seen),
        Err(error) => Err(DiskError::io("read", path)(error)),
    }
}

/// The bytes of a regular file of a bearable size.
pub(super) fn read(base: &Path, path: &Path) -> Result<Vec<u8>, DiskError> {
    let load = || {
        let mut bytes = Vec::new();
        let file = Place::reach(base, path)?.open()?;
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
