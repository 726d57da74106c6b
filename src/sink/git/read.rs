//! What the history holds.

use std::collections::BTreeMap;
use std::fs;

use git2::{ErrorCode, ObjectType, Oid, Reference, Tree};

use crate::diag::visible_line;
use crate::units::Timestamp;

use super::{Commit, CommitId, ContentId, GitError, Head, Person, Repo};

/// The kinds of tree entries that are regular files.
const REGULAR: [i32; 3] = [0o100_644, 0o100_755, 0o100_664];

impl Repo {
    /// Where the next commit goes; `None` before the first one.
    pub fn head(&self) -> Result<Option<Head>, GitError> {
        let reference = match self.git.head() {
            Ok(reference) => reference,
            Err(error) if error.code() == ErrorCode::UnbornBranch => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let detached = self.git.head_detached()?;
        let name = String::from_utf8_lossy(reference.name_bytes()).into_owned();
        let tip = self.peel(target(&reference)?)?;
        Ok(Some(Head {
            branch: (!detached)
                .then(|| name.strip_prefix("refs/heads/").unwrap_or(&name).to_owned()),
            tip,
            reference: if detached { "HEAD".to_owned() } else { name },
        }))
    }

    /// A commit by its hash.
    pub fn commit(&self, id: CommitId) -> Result<Commit, GitError> {
        let commit = self.find_commit(id.0)?;
        let author = commit.author();
        Ok(Commit {
            id,
            parents: commit.parent_ids().map(CommitId).collect(),
            message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
            author: person(&author),
            authored: Timestamp::from_seconds(author.when().seconds()),
            committed: Timestamp::from_seconds(commit.time().seconds()),
        })
    }

    /// The commit before this one on the same branch; `None` for the first of all. That a shallow clone does not have it is an
    /// error.
    pub fn first_parent(&self, commit: &Commit) -> Result<Option<Commit>, GitError> {
        let cut_off = || {
            GitError::outside(format!(
                "the clone is shallow and ends at {}, before the history says when the stage began",
                commit.id.short()
            ))
            .help("fetch the whole history: `fetch-depth: 0` in actions/checkout, `git fetch --unshallow` elsewhere")
        };
        match commit.parents.first() {
            None if self.is_shallow_end(commit.id)? => Err(cut_off()),
            None => Ok(None),
            Some(parent) => match self.find_commit(parent.0) {
                Ok(_) => self.commit(*parent).map(Some),
                Err(error) if error.code() == ErrorCode::NotFound && self.git.is_shallow() => {
                    Err(cut_off())
                }
                Err(error) => Err(error.into()),
            },
        }
    }

    /// Whether the clone was cut off after this commit.
    fn is_shallow_end(&self, id: CommitId) -> Result<bool, GitError> {
        let path = self.git.commondir().join("shallow");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text.lines().any(|line| line.trim() == id.to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(GitError::io("read", &path)(error)),
        }
    }

    /// Whether `ancestor` is `commit` or comes before it.
    pub fn reaches(&self, commit: CommitId, ancestor: CommitId) -> Result<bool, GitError> {
        self.admit_history(&[commit, ancestor])?;
        Ok(commit == ancestor || self.git.graph_descendant_of(commit.0, ancestor.0)?)
    }

    /// Whether the repository has this commit.
    pub fn has(&self, id: CommitId) -> bool {
        self.find_commit(id.0).is_ok()
    }

    /// The text of a regular file in a commit.
    pub fn file(&self, at: CommitId, path: &str) -> Result<Option<String>, GitError> {
        let bytes = self.bytes(at, path)?;
        bytes
            .map(|bytes| {
                String::from_utf8(bytes).map_err(|_| {
                    GitError::outside(format!("`{path}` in {} is not UTF-8", at.short()))
                })
            })
            .transpose()
    }

    /// Like [`file`](Self::file), but the path begins at the repository's root.
    pub fn file_from_root(&self, at: CommitId, path: &str) -> Result<Option<String>, GitError> {
        match self.entry_at(at, path)? {
            Some(entry) if REGULAR.contains(&entry.filemode()) => {
                let blob = self.find_blob(entry.id())?;
                Ok(String::from_utf8(blob.content().to_owned()).ok())
            }
            Some(_) | None => Ok(None),
        }
    }

    pub(super) fn bytes(&self, at: CommitId, path: &str) -> Result<Option<Vec<u8>>, GitError> {
        let Some((id, _)) = self.blob(at, path)? else {
            return Ok(None);
        };
        Ok(Some(self.find_blob(id)?.content().to_owned()))
    }

    /// What tells the content of a regular file in a commit from others; nothing of it is read.
    pub fn content_id(&self, at: CommitId, path: &str) -> Result<Option<ContentId>, GitError> {
        Ok(self.blob(at, path)?.map(|(id, _)| ContentId(id)))
    }

    /// The hash and mode of a regular file in a commit.
    pub(super) fn blob(&self, at: CommitId, path: &str) -> Result<Option<(Oid, i32)>, GitError> {
        let entry = self.entry_at(at, &self.full(path))?;
        let file = entry.filter(|entry| REGULAR.contains(&entry.filemode()));
        Ok(file.map(|entry| (entry.id(), entry.filemode())))
    }

    /// The folder of a commit; `None` where there is none.
    fn folder(&self, at: CommitId, folder: &str) -> Result<Option<Tree<'_>>, GitError> {
        let full = self.full(folder);
        if full.trim_matches('/').is_empty() {
            return Ok(Some(self.tree_of(at)?));
        }
        match self.entry_at(at, &full)? {
            Some(entry) if entry.kind() == Some(ObjectType::Tree) => {
                Ok(Some(self.find_tree(entry.id())?))
            }
            Some(_) | None => Ok(None),
        }
    }

    /// The names of what is directly in a folder of a commit, sorted; `None` where there is no such folder.
    pub(super) fn names_in(
        &self,
        at: CommitId,
        folder: &str,
    ) -> Result<Option<Vec<String>>, GitError> {
        let tree = self.folder(at, folder)?;
        Ok(tree.map(|tree| {
            let names = tree.iter();
            let names = names.map(|entry| String::from_utf8_lossy(entry.name_bytes()).into_owned());
            let mut names: Vec<String> = names.collect();
            names.sort();
            names
        }))
    }

    /// The text files directly in a folder of a commit, by name.
    pub fn files_in(
        &self,
        at: CommitId,
        folder: &str,
    ) -> Result<BTreeMap<String, String>, GitError> {
        let Some(tree) = self.folder(at, folder)? else {
            return Ok(BTreeMap::new());
        };
        let mut files = BTreeMap::new();
        for entry in &tree {
            if REGULAR.contains(&entry.filemode()) {
                let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
                let blob = self.find_blob(entry.id())?;
                files.insert(name, String::from_utf8_lossy(blob.content()).into_owned());
            }
        }
        Ok(files)
    }

    /// Whether a path is the same in two commits. Looks no deeper than where they part.
    pub fn is_same(&self, a: CommitId, b: CommitId, path: &str) -> Result<bool, GitError> {
        let mut sides = [self.tree_of(a)?, self.tree_of(b)?];
        if sides[0].id() == sides[1].id() {
            return Ok(true);
        }
        let full = self.full(path);
        let mut parts = full.split('/').peekable();
        while let Some(part) = parts.next() {
            let entry = |tree: &Tree<'_>| tree.get_name(part).map(|entry| entry.id());
            match [entry(&sides[0]), entry(&sides[1])] {
                [a, b] if a == b => return Ok(true),
                [Some(a), Some(b)] if parts.peek().is_some() => {
                    match [self.find_tree(a), self.find_tree(b)] {
                        [Ok(a), Ok(b)] => sides = [a, b],
                        _ => return Ok(false),
                    }
                }
                _ => return Ok(false),
            }
        }
        Ok(false)
    }

    /// A path of the folder as [`differing`](Self::differing) lists it.
    pub fn from_root(&self, path: &str) -> String {
        self.full(path)
    }

    /// The address of `origin`, without user name and password.
    pub fn origin(&self) -> Option<String> {
        let remote = self.git.find_remote("origin").ok()?;
        let url = remote.url().ok()?.to_owned();
        let Some((scheme, rest)) = url.split_once("://") else {
            return Some(url);
        };
        let end = rest.find('/').unwrap_or(rest.len());
        let host = rest[..end].rsplit('@').next().unwrap_or_default();
        let user = (scheme == "ssh" && rest[..end].contains('@')).then(|| {
            let user = rest[..end].split(['@', ':']).next().unwrap_or_default();
            format!("{user}@")
        });
        Some(format!(
            "{scheme}://{}{host}{}",
            user.unwrap_or_default(),
            &rest[end..]
        ))
    }
}

/// The object that a reference leads to.
pub(super) fn target(reference: &Reference<'_>) -> Result<Oid, git2::Error> {
    let direct = reference.resolve()?;
    direct
        .target()
        .ok_or_else(|| git2::Error::from_str("a reference leads to nothing"))
}

/// Anybody writes what they like into a commit: nothing in it acts on whoever reads it here.
fn person(signature: &git2::Signature<'_>) -> Person {
    let clean = |bytes: &[u8]| visible_line(&String::from_utf8_lossy(bytes));
    Person {
        name: clean(signature.name_bytes()),
        email: clean(signature.email_bytes()),
    }
}
