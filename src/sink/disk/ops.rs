//! Every operation that changes the disk, in one place, so that tests can make any of them fail. `base` is the folder that the tree
//! lies in: below it, no link is followed.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use crate::sink::below::Place;

use super::DiskError;

/// Makes a folder that nothing else lies below: one that the tree's own folder lies in.
pub(super) fn create_parent(path: &Path) -> Result<(), DiskError> {
    act("create", path, || fs::create_dir(path))
}

/// Makes a folder in one that exists.
pub(super) fn create_folder(base: &Path, path: &Path) -> Result<(), DiskError> {
    act("create", path, || Place::reach(base, path)?.make_folder())
}

/// Writes a file that does not exist yet.
pub(super) fn create_file(base: &Path, path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    act("write", path, || {
        Place::reach(base, path)?.create()?.write_all(bytes)
    })
}

/// Keeps a file's bytes, mode and times under a second name; a copy where the file system has no links for us.
pub(super) fn keep(base: &Path, path: &Path, backup: &Path) -> Result<(), DiskError> {
    act("back up", path, || {
        Place::reach(base, path)?.keep(&Place::reach(base, backup)?)
    })
}

/// Moves a file; one that stands at `to` is replaced at once.
pub(super) fn rename(base: &Path, from: &Path, to: &Path) -> Result<(), DiskError> {
    act("write", to, || {
        Place::reach(base, from)?.rename(&Place::reach(base, to)?)
    })
}

/// Takes a file out of the tree, to where it can be put back from.
pub(super) fn take_away(base: &Path, path: &Path, backup: &Path) -> Result<(), DiskError> {
    act("remove", path, || {
        Place::reach(base, path)?.rename(&Place::reach(base, backup)?)
    })
}

/// Removes a file.
pub(super) fn remove_file(base: &Path, path: &Path) -> Result<(), DiskError> {
    act("remove", path, || Place::reach(base, path)?.remove_file())
}

/// Whether there is nothing in a folder.
pub(super) fn is_empty_folder(base: &Path, path: &Path) -> Result<bool, DiskError> {
    let entries = Place::reach(base, path).and_then(|place| place.list());
    Ok(entries.map_err(DiskError::io("read", path))?.is_empty())
}

/// Removes an empty folder.
pub(super) fn remove_folder(base: &Path, path: &Path) -> Result<(), DiskError> {
    act("remove", path, || Place::reach(base, path)?.remove_folder())
}

/// Removes a folder and all that is in it, if it is there. Symbolic links in it are removed, not followed.
pub(super) fn remove_all(base: &Path, path: &Path) -> Result<(), DiskError> {
    let all = || Place::reach(base, path)?.remove_all();
    act("remove", path, || match all() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    })
}

fn act(
    action: &'static str,
    path: &Path,
    run: impl FnOnce() -> io::Result<()>,
) -> Result<(), DiskError> {
    #[cfg(test)]
    let run = || faults::next().and_then(|()| run());
    run().map_err(DiskError::io(action, path))
}

/// Failures on demand.
#[cfg(test)]
pub(super) mod faults {
    use std::cell::Cell;
    use std::io;

    /// What happens to the operations of this thread.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(in super::super) enum Fault {
        /// They work.
        None,
        /// After so many that work, one fails.
        Once(usize),
        /// After so many that work, none works any more: what a kill leaves on the disk.
        Dead(usize),
    }

    thread_local! {
        static FAULT: Cell<Fault> = const { Cell::new(Fault::None) };
    }

    /// Sets what happens from now on and returns what would have happened.
    pub(in super::super) fn set(fault: Fault) -> Fault {
        FAULT.replace(fault)
    }

    pub(super) fn next() -> io::Result<()> {
        let (now, fails) = match FAULT.get() {
            Fault::None => (Fault::None, false),
            Fault::Once(0) => (Fault::None, true),
            Fault::Once(left) => (Fault::Once(left - 1), false),
            Fault::Dead(0) => (Fault::Dead(0), true),
            Fault::Dead(left) => (Fault::Dead(left - 1), false),
        };
        FAULT.set(now);
        if fails {
            Err(io::Error::other("a test made this fail"))
        } else {
            Ok(())
        }
    }
}
