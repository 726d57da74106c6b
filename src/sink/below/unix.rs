//! By handles: `openat` and its kin.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{Seen, linked};

/// A name in a folder that is open.
#[derive(Debug)]
pub(in crate::sink) struct Place {
    folder: OwnedFd,
    name: OsString,
}

/// Where a folder is only gone through.
const THROUGH: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

impl Place {
    /// The place of `path`, which lies below `base` and begins with it.
    pub(in crate::sink) fn reach(base: &Path, path: &Path) -> io::Result<Self> {
        Self::go(base, path, false)
    }

    /// The same; folders that are not there are made.
    pub(in crate::sink) fn make_way(base: &Path, path: &Path) -> io::Result<Self> {
        Self::go(base, path, true)
    }

    fn go(base: &Path, path: &Path, makes: bool) -> io::Result<Self> {
        // A path without a parent lies in the working directory, which is `.` as a base.
        let below = path.strip_prefix(base).unwrap_or(path);
        let mut names = below
            .components()
            .filter(|part| *part != Component::CurDir)
            .map(|part| match part {
                Component::Normal(name) => Ok(name),
                Component::ParentDir
                | Component::RootDir
                | Component::CurDir
                | Component::Prefix(_) => Err(io::Error::from(io::ErrorKind::InvalidInput)),
            });
        let base = if base.as_os_str().is_empty() {
            Path::new(".")
        } else {
            base
        };
        let Some(first) = names.next() else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let mut place = Self {
            folder: rustix::fs::open(base, THROUGH, Mode::empty())?,
            name: first?.to_owned(),
        };
        for name in names {
            if makes
                && let Err(error) = place.make_folder()
                && error.kind() != io::ErrorKind::AlreadyExists
            {
                return Err(error);
            }
            place = place.enter(name?)?;
        }
        Ok(place)
    }

    /// A name in the folder that stands here.
    pub(super) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self {
            folder: self.open_folder()?,
            name: name.to_owned(),
        })
    }

    fn open_folder(&self) -> io::Result<OwnedFd> {
        let flags = THROUGH | OFlags::NOFOLLOW;
        match rustix::fs::openat(&self.folder, &self.name, flags, Mode::empty()) {
            Ok(folder) => Ok(folder),
            // Which of the two a link gives differs between systems.
            Err(Errno::LOOP | Errno::NOTDIR) if self.seen()? == Seen::Link => {
                Err(linked(&self.name))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What stands here.
    pub(in crate::sink) fn seen(&self) -> io::Result<Seen> {
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        let stat = rustix::fs::statat(&self.folder, &self.name, flags)?;
        Ok(seen(FileType::from_raw_mode(stat.st_mode)))
    }

    /// A regular file, to be read.
    pub(in crate::sink) fn open(&self) -> io::Result<File> {
        // A pipe would make us wait for whoever writes to it.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.folder, &self.name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP | Errno::MLINK) => return Err(linked(&self.name)),
            Err(error) => return Err(error.into()),
        };
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::ErrorKind::InvalidInput.into())
        }
    }

    /// A file that is not there yet, to be written.
    pub(in crate::sink) fn create(&self) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o666);
        Ok(rustix::fs::openat(&self.folder, &self.name, flags, mode)?.into())
    }

    /// Makes a folder.
    pub(in crate::sink) fn make_folder(&self) -> io::Result<()> {
        let mode = Mode::from_raw_mode(0o777);
        Ok(rustix::fs::mkdirat(&self.folder, &self.name, mode)?)
    }

    /// Moves what stands here; what stands there and is no folder is replaced.
    pub(in crate::sink) fn rename(&self, to: &Self) -> io::Result<()> {
        let (from, to) = ((&self.folder, &self.name), (&to.folder, &to.name));
        Ok(rustix::fs::renameat(from.0, from.1, to.0, to.1)?)
    }

    /// Gives a file a second name.
    pub(super) fn link(&self, to: &Self) -> io::Result<()> {
        let flags = AtFlags::empty();
        let (from, to) = ((&self.folder, &self.name), (&to.folder, &to.name));
        Ok(rustix::fs::linkat(from.0, from.1, to.0, to.1, flags)?)
    }

    /// Removes what is no folder.
    pub(in crate::sink) fn remove_file(&self) -> io::Result<()> {
        let flags = AtFlags::empty();
        Ok(rustix::fs::unlinkat(&self.folder, &self.name, flags)?)
    }

    /// Removes an empty folder.
    pub(in crate::sink) fn remove_folder(&self) -> io::Result<()> {
        let flags = AtFlags::REMOVEDIR;
        Ok(rustix::fs::unlinkat(&self.folder, &self.name, flags)?)
    }

    /// What stands in the folder here, by name.
    pub(in crate::sink) fn list(&self) -> io::Result<Vec<(OsString, Seen)>> {
        let mut found = Vec::new();
        for entry in Dir::new(self.open_folder()?)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if matches!(name.as_bytes(), b"." | b"..") {
                continue;
            }
            let name = OsString::from_vec(name.as_bytes().to_vec());
            // Some file systems do not say.
            let kind = if entry.file_type() == FileType::Unknown {
                self.enter(&name)?.seen()?
            } else {
                seen(entry.file_type())
            };
            found.push((name, kind));
        }
        Ok(found)
    }
}

fn seen(kind: FileType) -> Seen {
    match kind {
        FileType::Directory => Seen::Folder,
        FileType::RegularFile => Seen::File,
        FileType::Symlink => Seen::Link,
        FileType::Fifo
        | FileType::Socket
        | FileType::CharacterDevice
        | FileType::BlockDevice
        | FileType::Unknown => Seen::Special,
    }
}
