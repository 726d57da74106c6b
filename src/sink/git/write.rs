//! Commits as objects: nothing sees them until a reference leads to them.

use std::collections::BTreeMap;

use git2::build::TreeUpdateBuilder;
use git2::{FileMode, Oid, Signature};

use super::signature::Signing;
use super::{CommitId, GitError, Repo};

/// A change of one file.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The file's path below the folder.
    pub path: String,
    /// What the file shall hold; `None` removes it.
    pub content: Option<String>,
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
        let before = self.tree_of(parent)?;
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
        let empty = self.find_tree(empty)?;
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
        let mut open = vec![(String::new(), self.find_commit(at.0)?.tree_id())];
        while let Some((folder, id)) = open.pop() {
            for entry in &self.find_tree(id)? {
                let Ok(name) = entry.name() else {
                    return Ok(None);
                };
                let path = format!("{folder}{name}");
                match entry.filemode() {
                    0o040_000 => open.push((format!("{path}/"), entry.id())),
                    0o100_644 => {
                        let blob = self.find_blob(entry.id())?;
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
        let tree = self.find_tree(tree)?;
        let parent = parent
            .map(|parent| self.find_commit(parent.0))
            .transpose()?;
        let parents: Vec<_> = parent.iter().collect();
        let id = self
            .git
            .commit(None, &author, &committer, message, &tree, &parents)?;
        // A reference that leads to a commit which cannot be read leaves a repository that nobody can read.
        let found = self.find_commit(id)?;
        let is_as_meant = found.tree_id() == tree.id()
            && found
                .parent_ids()
                .eq(parents.iter().map(|parent| parent.id()))
            && found.message_bytes() == message.as_bytes()
            && is_same(&found.author(), &author)
            && is_same(&found.committer(), &committer);
        if !is_as_meant {
            return Err(GitError::outside(format!(
                "the commit {id} was written, and reads back as another one; no branch was moved"
            )));
        }
        Ok(CommitId(id))
    }
}

/// Whether two signatures name the same person and time.
fn is_same(a: &Signature<'_>, b: &Signature<'_>) -> bool {
    a.name_bytes() == b.name_bytes()
        && a.email_bytes() == b.email_bytes()
        && a.when().seconds() == b.when().seconds()
        && a.when().offset_minutes() == b.when().offset_minutes()
}
