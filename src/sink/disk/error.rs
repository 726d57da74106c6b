//! Why the disk was not read or written.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::diag::words;
use crate::sink::below::is_link;

/// Who has to act on a [`DiskError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The folder's state and the wish contradict each other; a person decides.
    Conflict,
    /// The disk, or what lies on it, does not let us.
    Outside,
}

/// Why the disk was not read or written. But for [`Halfway`](Self::Halfway), the folder is as it was before.
///
/// `paths` are relative to `folder`, with `/`.
#[derive(Debug)]
pub enum DiskError {
    /// The operating system refused.
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What it answered.
        source: io::Error,
    },
    /// Writing failed in the middle of the renames, and so did restoring. What follows is an interrupted render.
    Halfway {
        /// The tree's folder.
        folder: PathBuf,
        /// The first failure.
        first: Box<DiskError>,
        /// What stopped the restoration.
        then: Box<DiskError>,
    },
    /// Files that glidepath wrote, and somebody changed since.
    Edited {
        /// The tree's folder.
        folder: PathBuf,
        /// All of them.
        paths: Vec<String>,
    },
    /// Files that glidepath did not write stand where it must.
    Foreign {
        /// The tree's folder.
        folder: PathBuf,
        /// All of them.
        paths: Vec<String>,
    },
    /// Folders with files of others, or things that are no files, stand where a file must be written. Nothing overwrites those.
    Blocked {
        /// The tree's folder.
        folder: PathBuf,
        /// All of them.
        paths: Vec<String>,
    },
    /// A writer was killed between the first rename and the last.
    Interrupted {
        /// The tree's folder.
        folder: PathBuf,
    },
    /// Another process writes beside the same `rollout.yaml`.
    Busy {
        /// The tree's folder.
        folder: PathBuf,
    },
    /// More folders shall wait for each other than this process may hold open.
    TooMany {
        /// How many folders.
        folders: usize,
        /// How many of them may wait.
        allowed: u64,
    },
    /// A symbolic link in the way; none is followed, read, replaced or removed.
    Symlink {
        /// The link.
        path: PathBuf,
    },
    /// A lock or a journal that cannot be believed.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that somebody changed since it was read.
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A path that leads out of the folder, or that is no path.
    Path {
        /// As it was given.
        path: String,
    },
}

impl DiskError {
    /// Turns an [`io::Error`] into one that names the deed and the path.
    pub(super) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| {
            if is_link(&source) {
                return Self::Symlink { path };
            }
            Self::Io {
                action,
                path,
                source,
            }
        }
    }

    /// Who has to act.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Edited { .. }
            | Self::Foreign { .. }
            | Self::Blocked { .. }
            | Self::Interrupted { .. }
            | Self::Busy { .. }
            | Self::Changed { .. }
            | Self::Damaged { .. } => Kind::Conflict,
            Self::Io { .. }
            | Self::Halfway { .. }
            | Self::TooMany { .. }
            | Self::Symlink { .. }
            | Self::Path { .. } => Kind::Outside,
        }
    }

    /// What to do, as an imperative.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Io { source, .. } => return io_help(source.kind()).map(str::to_owned),
            Self::Halfway { .. } => {
                "remove the cause and run `glidepath render` again to complete the tree"
            }
            Self::Edited { .. } => {
                "move the change into `rollout.yaml`, or pass `--force` to overwrite it"
            }
            Self::Foreign { .. } => "move the files away, or pass `--force` to overwrite them",
            Self::Blocked { .. } => "move what stands there away; `--force` does not remove it",
            Self::Interrupted { .. } => "run `glidepath render` to complete it",
            Self::Changed { .. } => "run the command again",
            Self::Busy { .. } => "wait until the other run has finished",
            Self::TooMany { .. } => {
                "raise the limit with `ulimit -n`, or name fewer folders at a time"
            }
            Self::Symlink { .. } => "replace the link with what it points at",
            Self::Damaged { .. } => {
                "restore the file from git, or pass `--force` to render without it"
            }
            Self::Path { .. } => "this is a defect of glidepath; please report it",
        };
        Some(help.to_owned())
    }
}

/// What to do about an operating system's refusal, where that is known.
fn io_help(kind: io::ErrorKind) -> Option<&'static str> {
    [
        (
            io::ErrorKind::PermissionDenied,
            "give yourself write permission on the folder and the one it lies in",
        ),
        (
            io::ErrorKind::ReadOnlyFilesystem,
            "write elsewhere with `-o`, or mount the file system writable",
        ),
        (
            io::ErrorKind::StorageFull,
            "free some space; new files are staged beside the old ones",
        ),
        (
            io::ErrorKind::QuotaExceeded,
            "free some space; new files are staged beside the old ones",
        ),
        (
            io::ErrorKind::CrossesDevices,
            "keep the folder and the one it lies in on one file system: files are moved into place, not copied",
        ),
    ]
    .into_iter()
    .find(|(known, _)| *known == kind)
    .map(|(_, help)| help)
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io {
                action,
                path,
                source,
            } => write!(
                f,
                "cannot {action} `{}`: {}",
                path.display(),
                words::system(source)
            ),
            Self::Halfway {
                folder,
                first,
                then,
            } => write!(
                f,
                "{first}; what was already written to `{}` could not be taken back: {then}",
                folder.display()
            ),
            Self::Edited { folder, paths } => write!(
                f,
                "{} edited since glidepath wrote {}",
                subject(folder, paths, "was", "were"),
                if paths.len() == 1 { "it" } else { "them" }
            ),
            Self::Foreign { folder, paths } => write!(
                f,
                "{} in the way, and glidepath did not write {}",
                subject(folder, paths, "is", "are"),
                if paths.len() == 1 { "it" } else { "them" }
            ),
            Self::Blocked { folder, paths } => write!(
                f,
                "{} where a file must be written, and glidepath did not make {}",
                subject(folder, paths, "stands", "stand"),
                if paths.len() == 1 { "it" } else { "them" }
            ),
            Self::Interrupted { folder } => write!(
                f,
                "an interrupted render left `{}` half-way between two trees",
                folder.display()
            ),
            Self::Changed { path } => {
                write!(
                    f,
                    "`{}` was changed by somebody else meanwhile",
                    path.display()
                )
            }
            Self::Busy { folder } => {
                write!(f, "another process is writing `{}`", folder.display())
            }
            Self::TooMany { folders, allowed } => write!(
                f,
                "{folders} trees are written together or not at all, and this process may open files for {allowed} of them"
            ),
            Self::Symlink { path } => write!(
                f,
                "`{}` is a symbolic link, and glidepath follows none",
                path.display()
            ),
            Self::Damaged { path, reason } => {
                write!(f, "`{}` cannot be used: {reason}", path.display())
            }
            Self::Path { path } => write!(f, "{path:?} is no path inside the folder"),
        }
    }
}

impl Error for DiskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Halfway { then, .. } => Some(then.as_ref()),
            Self::Edited { .. }
            | Self::Foreign { .. }
            | Self::Blocked { .. }
            | Self::Interrupted { .. }
            | Self::Busy { .. }
            | Self::Changed { .. }
            | Self::TooMany { .. }
            | Self::Symlink { .. }
            | Self::Damaged { .. }
            | Self::Path { .. } => None,
        }
    }
}

/// The files and the verb that fits their number; a long list is cut.
fn subject(folder: &Path, paths: &[String], one: &str, many: &str) -> String {
    const SHOWN: usize = 10;
    let all = paths.iter().map(|path| folder.join(path));
    // A name that was found on the disk may hold anything, a terminal's commands too.
    let shown = all.take(SHOWN).map(|path| {
        path.display()
            .to_string()
            .replace(char::is_control, "\u{fffd}")
    });
    match paths.len() {
        1 => format!("{} {one}", words::and_list(shown)),
        2..=SHOWN => format!("{} {many}", words::and_list(shown)),
        more => {
            let shown: Vec<String> = shown.map(|path| format!("`{path}`")).collect();
            let rest = words::count(more - SHOWN, "more file");
            format!("{} and {rest} {many}", shown.join(", "))
        }
    }
}
