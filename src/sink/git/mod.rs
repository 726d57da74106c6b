//! In: a folder, and the files of a commit. Out: objects and references of the repository that holds the folder.
//! The only door to git. Commits are made as objects; a reference moves only from the value that was read before.
//! Never runs hooks, filters or the `git` command, never waits for somebody's lock, never decides what is committed.

mod between;
mod dates;
mod error;
mod files;
mod objects;
mod place;
mod read;
mod refs;
mod revision;
mod signature;
mod write;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use git2::{ErrorCode, ObjectType, Oid, Repository, RepositoryOpenFlags};

use crate::units::Timestamp;

pub use dates::Dates;
pub use error::{GitError, Kind};
pub use files::CommitFiles;
pub use refs::RefChange;
pub use signature::Signing;
pub use write::Edit;

/// The repository that holds a folder. All paths are below that folder, with `/` between their parts.
pub struct Repo {
    git: Repository,
    root: PathBuf,
    prefix: String,
    /// The folders of loose objects.
    objects: Vec<PathBuf>,
    /// The kinds of the objects that were looked at.
    admitted: RefCell<BTreeMap<Oid, ObjectType>>,
}

/// A commit's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommitId(Oid);

/// A file's content, as a hash of git's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentId(Oid);

/// Where the next commit goes.
#[derive(Clone, Debug)]
pub struct Head {
    /// The branch's short name; none where HEAD is detached.
    pub branch: Option<String>,
    /// The newest commit.
    pub tip: CommitId,
    /// The full name of the reference that moves.
    reference: String,
}

/// Somebody who makes commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name for people.
    pub name: String,
    /// The e-mail address.
    pub email: String,
}

/// A commit without its files.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The commit's hash.
    pub id: CommitId,
    /// The commits that it follows, the branch's own first.
    pub parents: Vec<CommitId>,
    /// The whole message; bytes that are no UTF-8 are replaced by U+FFFD.
    pub message: String,
    /// Who wrote it, with characters that act on a terminal made visible.
    pub author: Person,
    /// When the commit was written.
    pub authored: Timestamp,
    /// When it came into the history: a merge by squash or rebase sets it anew.
    pub committed: Timestamp,
}

impl CommitId {
    /// Reads a full hash.
    pub fn parse(text: &str) -> Option<Self> {
        Oid::from_str(text).ok().map(Self)
    }

    /// The first seven digits.
    pub fn short(self) -> String {
        self.to_string().chars().take(7).collect()
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} <{}>", self.name, self.email)
    }
}

/// Folders that are not searched for a repository, nor what is above them, as git has it from `GIT_CEILING_DIRECTORIES`.
fn ceilings() -> Vec<PathBuf> {
    let given = env::var_os("GIT_CEILING_DIRECTORIES").unwrap_or_default();
    env::split_paths(&given)
        .filter(|path| path.is_absolute())
        .collect()
}

/// The folder as messages name it.
fn shown(folder: &Path) -> &Path {
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// `info/grafts` gives commits other parents than they have. git follows it, with a warning, and libgit2 in some places: who went
/// where, and when, would depend on who asks.
fn refuse_grafts(common: &Path) -> Result<(), GitError> {
    let path = common.join("info/grafts");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(GitError::io("read", &path)(error)),
    };
    if text.trim().is_empty() {
        return Ok(());
    }
    Err(GitError::outside(format!(
        "`{}` gives commits other parents than they have",
        path.display()
    ))
    .help("remove it: the history that counts is what the commits themselves say"))
}

impl Repo {
    /// Opens the repository that holds `folder`.
    pub fn open(folder: &Path) -> Result<Self, GitError> {
        let none = || {
            let shown = shown(folder).display();
            GitError::outside(format!("`{shown}` is in no git repository"))
                .help("git is where the live stage is kept: `git init`, render, and commit")
        };
        Self::find(folder)?.ok_or_else(none)
    }

    /// Opens the repository that holds `folder`; `None` where no repository does.
    pub fn find(folder: &Path) -> Result<Option<Self>, GitError> {
        let shown = shown(folder);
        let folder = fs::canonicalize(shown).map_err(GitError::io("open", shown))?;
        let git = match Repository::open_ext(&folder, RepositoryOpenFlags::CROSS_FS, ceilings()) {
            Ok(git) => git,
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let Some(root) = git.workdir() else {
            return Err(GitError::outside(format!(
                "`{}` is in a bare repository, which has no work tree",
                shown.display()
            ))
            .help("run this in a clone, or in a work tree from `git worktree add`"));
        };
        let root = fs::canonicalize(root).map_err(GitError::io("open", root))?;
        let outside = || {
            GitError::outside(format!(
                "`{}` is not in the work tree `{}`",
                folder.display(),
                root.display()
            ))
        };
        let below = folder.strip_prefix(&root).map_err(|_| outside())?;
        let parts = below
            .iter()
            .map(|part| part.to_str())
            .collect::<Option<Vec<_>>>();
        let prefix = parts
            .ok_or_else(|| {
                GitError::outside(format!("the path `{}` is not UTF-8", folder.display()))
            })?
            .join("/");
        refuse_grafts(git.commondir())?;
        Ok(Some(Self {
            objects: objects::folders(git.commondir()),
            admitted: RefCell::default(),
            git,
            root,
            prefix,
        }))
    }

    /// A path from the repository's root.
    fn full(&self, path: &str) -> String {
        match (self.prefix.as_str(), path) {
            ("", path) => path.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, path) => format!("{prefix}/{path}"),
        }
    }

    /// The same repository, with paths from its root.
    #[must_use]
    pub fn at_root(self) -> Self {
        Self {
            prefix: String::new(),
            ..self
        }
    }

    /// The root of the work tree.
    pub fn work_tree(&self) -> &Path {
        &self.root
    }

    /// The folder from the repository's root; empty where it is the root.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }
}
