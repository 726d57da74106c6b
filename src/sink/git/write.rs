//! Commits as objects: nothing sees them until a reference leads to them.

use std::collections::BTreeMap;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Signature, Time};

use crate::units::Timestamp;

use super::{CommitId, GitError, Person, Repo};

/// A change of one file.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The file's path below the folder.
    pub path: String,
    /// What the file shall hold; `None` removes it.
    pub content: Option<String>,
}

/// Who signs a commit, and when; what is not given comes from `GIT_AUTHOR_*` and `GIT_COMMITTER_*`, git's configuration and
/// the clock.
#[derive(Clone, Debug, Default)]
pub struct Signing {
    /// Who wrote the commit.
    pub author: Option<Person>,
    /// Who commits it.
    pub committer: Option<Person>,
    /// The time for author and committer.
    pub date: Option<Timestamp>,
}

impl Repo {
    /// A commit that follows `parent` and changes these files.
    pub fn follow(
        &self,
        parent: CommitId,
        edits: &[Edit],
        message: &str,
        signing: &Signing,
    ) -> Result<CommitId, GitError> {
        let before = self.git.find_commit(parent.0)?.tree()?;
        let mut update = TreeUpdateBuilder::new();
        for edit in edits {
            let path = self.full(&edit.path);
            let known = self.blob(parent, &edit.path)?;
            match &edit.content {
                Some(text) => {
                    let mode = match known {
                        Some((_, 0o100_755)) => FileMode::BlobExecutable,
                        _ => FileMode::Blob,
                    };
                    update.upsert(path, self.git.blob(text.as_bytes())?, mode);
                }
                None if known.is_some() => {
                    update.remove(path);
                }
                None => {}
            }
        }
        let tree = update.create_updated(&self.git, &before)?;
        self.write_commit(Some(parent), tree, message, signing)
    }

    /// A commit with these files and no others; paths are from the repository's root.
    pub fn snapshot(
        &self,
        parent: Option<CommitId>,
        files: &BTreeMap<String, String>,
        message: &str,
        signing: &Signing,
    ) -> Result<CommitId, GitError> {
        let empty = self.git.treebuilder(None)?.write()?;
        let empty = self.git.find_tree(empty)?;
        let mut update = TreeUpdateBuilder::new();
        for (path, text) in files {
            update.upsert(
                path.as_str(),
                self.git.blob(text.as_bytes())?,
                FileMode::Blob,
            );
        }
        let tree = update.create_updated(&self.git, &empty)?;
        self.write_commit(parent, tree, message, signing)
    }

    /// Every file of a commit; `None` where one of them is no regular text file.
    pub fn contents(&self, at: CommitId) -> Result<Option<BTreeMap<String, String>>, GitError> {
        let mut files = BTreeMap::new();
        let mut open = vec![(String::new(), self.git.find_commit(at.0)?.tree_id())];
        while let Some((folder, id)) = open.pop() {
            for entry in &self.git.find_tree(id)? {
                let Ok(name) = entry.name() else {
                    return Ok(None);
                };
                let path = format!("{folder}{name}");
                match entry.filemode() {
                    0o040_000 => open.push((format!("{path}/"), entry.id())),
                    0o100_644 => {
                        let blob = self.git.find_blob(entry.id())?;
                        let Ok(text) = String::from_utf8(blob.content().to_owned()) else {
                            return Ok(None);
                        };
                        files.insert(path, text);
                    }
                    _ => return Ok(None),
                }
            }
        }
        Ok(Some(files))
    }

    fn write_commit(
        &self,
        parent: Option<CommitId>,
        tree: Oid,
        message: &str,
        signing: &Signing,
    ) -> Result<CommitId, GitError> {
        let (author, committer) = self.signatures(signing)?;
        let tree = self.git.find_tree(tree)?;
        let parent = parent
            .map(|parent| self.git.find_commit(parent.0))
            .transpose()?;
        let parents: Vec<_> = parent.iter().collect();
        let id = self
            .git
            .commit(None, &author, &committer, message, &tree, &parents)?;
        Ok(CommitId(id))
    }

    /// Who would commit now.
    pub fn committer(&self, signing: &Signing) -> Result<Person, GitError> {
        let (_, committer) = self.signatures(signing)?;
        Ok(Person {
            name: String::from_utf8_lossy(committer.name_bytes()).into_owned(),
            email: String::from_utf8_lossy(committer.email_bytes()).into_owned(),
        })
    }

    fn signatures(
        &self,
        signing: &Signing,
    ) -> Result<(Signature<'static>, Signature<'static>), GitError> {
        let sign =
            |given: Option<&Person>,
             known: &dyn Fn() -> Result<Signature<'static>, git2::Error>| {
                if let (Some(person), Some(date)) = (given, signing.date) {
                    return Ok(Signature::new(
                        &person.name,
                        &person.email,
                        &git_time(date),
                    )?);
                }
                // Nobody's name is known, and none is needed where one was given.
                let known = match (known(), given) {
                    (Ok(known), _) => known,
                    (Err(_), Some(person)) => Signature::now(&person.name, &person.email)?,
                    (Err(error), None) => {
                        return Err(GitError::outside(format!(
                        "git does not know who commits: {}",
                        error.message()
                    ))
                    .help("set `git config user.name` and `user.email`, or GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL"));
                    }
                };
                let when = signing.date.map_or(known.when(), git_time);
                let (name, email) = match given {
                    Some(person) => (person.name.clone(), person.email.clone()),
                    None => (
                        String::from_utf8_lossy(known.name_bytes()).into_owned(),
                        String::from_utf8_lossy(known.email_bytes()).into_owned(),
                    ),
                };
                Ok(Signature::new(&name, &email, &when)?)
            };
        Ok((
            sign(signing.author.as_ref(), &|| self.git.author_from_env())?,
            sign(signing.committer.as_ref(), &|| {
                self.git.committer_from_env()
            })?,
        ))
    }
}

fn git_time(at: Timestamp) -> Time {
    Time::new(at.seconds(), 0)
}
