//! Files of a folder that a stranger may have filled: read only where they are regular, small and truly inside.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::diag::words::system;
use crate::diag::{FileError, Files, MAX_BYTES, Source};

/// A folder of the disk.
///
/// A symbolic link may lead anywhere inside. Nothing is opened before it is known to be a regular file, because opening a
/// FIFO waits for a writer, and nothing is read that is larger than a rollout may be.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// The folder of this path; the empty path is the working directory.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
        let shown = self.path.join(path);
        let Some(real) = self.real(path)? else {
            return Ok(None);
        };
        let text = text(&real)?;
        Ok(Some(Source::new(shown.display().to_string(), text)))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, FileError> {
        let Some(real) = self.real(path)?.filter(|real| real.is_dir()) else {
            return Ok(None);
        };
        let entries = fs::read_dir(&real).map_err(|error| fail(&error))?;
        let names = entries.map(|entry| {
            let entry = entry.map_err(|error| fail(&error))?;
            Ok(entry.file_name().to_string_lossy().into_owned())
        });
        let mut names = names.collect::<Result<Vec<_>, FileError>>()?;
        names.sort();
        Ok(Some(names))
    }
}

impl Folder {
    /// Where a path below the folder truly leads, if to anything; out of the folder is an error.
    fn real(&self, path: &str) -> Result<Option<PathBuf>, FileError> {
        if !is_below(path) {
            return Err(FileError::Outside);
        }
        // An empty path is no folder to the system.
        let folder = Path::new(".").join(&self.path);
        let file = folder.join(path);
        let root = fs::canonicalize(&folder).map_err(|error| fail(&error))?;
        let real = match fs::canonicalize(&file) {
            Ok(real) => real,
            // A link to nowhere is no absent file: it must not make a command fall back to something else.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_link(&file) => {
                return Ok(None);
            }
            Err(error) => return Err(fail(&error)),
        };
        if real.starts_with(&root) {
            Ok(Some(real))
        } else {
            Err(FileError::Outside)
        }
    }
}

/// The text of a file that whoever runs the program names themselves: regular and no larger than allowed, wherever it is; `None`
/// where there is none.
pub fn read(path: &Path) -> Result<Option<String>, FileError> {
    match fs::metadata(path) {
        Ok(_) => text(path).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_link(path) => Ok(None),
        Err(error) => Err(fail(&error)),
    }
}

/// Writes a file that whoever runs the program names themselves: whoever reads it meanwhile has all of what it held before, or all
/// of this. What is there and no regular file, such as a pipe, is written as it is.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|meta| !meta.is_file()) {
        return fs::write(path, bytes);
    }
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // What is half written is nobody's.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// Whether a path as it is written stays below the folder that it begins in.
pub(super) fn is_below(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
}

/// The text of a regular file that is no larger than allowed.
fn text(real: &Path) -> Result<String, FileError> {
    let meta = fs::metadata(real).map_err(|error| fail(&error))?;
    if meta.is_dir() {
        return Err(FileError::Folder);
    }
    if !meta.is_file() {
        return Err(FileError::Irregular);
    }
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    if meta.len() > limit {
        return Err(FileError::TooLarge(meta.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
    fs::File::open(real)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(|error| fail(&error))?;
    if bytes.len() > MAX_BYTES {
        // It has grown since it was measured.
        return Err(FileError::TooLarge(limit + 1));
    }
    String::from_utf8(bytes).map_err(|error| FileError::not_utf8(&error))
}

fn fail(error: &io::Error) -> FileError {
    FileError::System(system(error))
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_regular_small_files_of_the_folder_are_read() {
        let around = std::env::temp_dir().join(format!("glidepath-files-{}", std::process::id()));
        let folder = around.join("in");
        fs::create_dir_all(&folder).expect("a folder");
        let write = |path: &str, text: &[u8]| {
            fs::write(around.join(path), text).expect("a file");
        };
        write("secret", b"x");
        write("in/file", b"x");
        write("in/large", &vec![b'x'; MAX_BYTES + 1]);
        write("in/binary", b"a\nb\xff");
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, folder.join(name)).expect("a link");
        };
        link("file", "good");
        link("../secret", "bad");
        link("nowhere", "dangling");
        let made = std::process::Command::new("mkfifo")
            .arg(folder.join("pipe"))
            .status();
        assert!(made.expect("mkfifo").success());
        let files = Folder::new(&folder);
        for path in ["file", "./file", "good"] {
            let found = files.read(path).expect("it is read").expect("it is there");
            assert_eq!(found.text(), "x", "{path}");
            let shown = folder.join(path).display().to_string();
            assert_eq!(found.name(), shown, "{path}");
        }
        assert!(files.read("absent").expect("nothing is wrong").is_none());
        for (path, why) in [
            ("../secret", FileError::Outside),
            ("bad", FileError::Outside),
            ("/etc/passwd", FileError::Outside),
            ("/dev/stdin", FileError::Outside),
            (".", FileError::Folder),
            ("pipe", FileError::Irregular),
            ("large", FileError::TooLarge(MAX_BYTES as u64 + 1)),
            ("binary", FileError::NotUtf8(2)),
        ] {
            assert_eq!(files.read(path).err(), Some(why), "{path}");
        }
        let dangling = files.read("dangling").err();
        assert!(matches!(dangling, Some(FileError::System(_))));
        fs::remove_dir_all(&around).expect("it is ours");
    }
}
