//! Files beside the one that is compiled, which names them by their paths below its folder.

use std::fmt;
use std::string::FromUtf8Error;

use super::{MAX_BYTES, Source};

/// A reader of one folder, handed in by whoever may touch the world.
///
/// It is confined: a path or a link that leads out of the folder, what is no regular file, and what is larger than
/// [`MAX_BYTES`](super::MAX_BYTES) is an error and never a text.
pub trait Files {
    /// The file of a path below the folder, or `None` where there is none.
    fn read(&self, path: &str) -> Result<Option<Source>, FileError>;

    /// The names of what is directly in a folder of a path below the folder, sorted, or `None` where there is no such folder.
    fn list(&self, path: &str) -> Result<Option<Vec<String>>, FileError>;
}

/// Why a file that is there is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// The path, or a link on it, leads out of the folder.
    Outside,
    /// It is a folder.
    Folder,
    /// It is a pipe, a device or a socket.
    Irregular,
    /// It is larger than allowed; its size in bytes.
    TooLarge(u64),
    /// It is no UTF-8; the line of the first such byte, from 1.
    NotUtf8(usize),
    /// The system does not hand it out; the system's words.
    System(String),
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Outside => f.write_str("it leads out of the folder that may be read"),
            Self::Folder => f.write_str("it is a folder"),
            Self::Irregular => f.write_str("it is no regular file"),
            Self::TooLarge(size) => write!(f, "it has {size} bytes, and {MAX_BYTES} are allowed"),
            Self::NotUtf8(line) => write!(f, "its line {line} is not UTF-8"),
            Self::System(why) => f.write_str(why),
        }
    }
}

impl FileError {
    /// Of bytes that are no text.
    pub fn not_utf8(error: &FromUtf8Error) -> Self {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        Self::NotUtf8(before.split(|byte| *byte == b'\n').count())
    }
}

/// A folder without files: for what is compiled from memory.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _: &str) -> Result<Option<Source>, FileError> {
        Ok(None)
    }

    fn list(&self, _: &str) -> Result<Option<Vec<String>>, FileError> {
        Ok(None)
    }
}

/// A folder below the one that a reader reads. Links are confined to the outer one, which is the one that is trusted.
#[derive(Clone, Copy)]
pub struct Below<'a> {
    files: &'a dyn Files,
    folder: &'a str,
}

impl<'a> Below<'a> {
    /// The folder of this path below the one of `files`; the empty path is that one itself.
    pub fn new(files: &'a dyn Files, folder: &'a str) -> Self {
        Self { files, folder }
    }
}

impl Files for Below<'_> {
    fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
        if self.folder.is_empty() {
            return self.files.read(path);
        }
        self.files.read(&format!("{}/{path}", self.folder))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, FileError> {
        if self.folder.is_empty() {
            return self.files.list(path);
        }
        self.files.list(&format!("{}/{path}", self.folder))
    }
}
