//! What lies between two commits.

use std::collections::BTreeMap;

use git2::{ErrorCode, Oid, Sort};

use super::{Commit, CommitId, GitError, Head, Repo};

/// The mode of a folder.
const TREE: i32 = 0o040_000;

impl Repo {
    /// A commit as if it were checked out, on no branch.
    pub fn detached(commit: CommitId) -> Head {
        Head {
            branch: None,
            tip: commit,
            reference: "HEAD".to_owned(),
        }
    }

    /// Whether the clone was cut off somewhere.
    pub fn is_shallow(&self) -> bool {
        self.git.is_shallow()
    }

    /// The best commit that both come after; `None` where the clone has none.
    pub fn merge_base(&self, a: CommitId, b: CommitId) -> Result<Option<CommitId>, GitError> {
        self.admit_history(&[a, b])?;
        match self.git.merge_base(a.0, b.0) {
            Ok(base) => Ok(Some(CommitId(base))),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The commits that lead to `tip` and not to `base`, the newest first, and no more than `most`.
    pub fn commits_between(
        &self,
        base: CommitId,
        tip: CommitId,
        most: usize,
    ) -> Result<Vec<Commit>, GitError> {
        self.admit_history(&[base, tip])?;
        let mut walk = self.git.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL)?;
        walk.push(tip.0)?;
        walk.hide(base.0)?;
        let ids = walk.take(most).collect::<Result<Vec<_>, _>>()?;
        ids.into_iter()
            .map(|id| self.commit(CommitId(id)))
            .collect()
    }

    /// The paths of all files that differ between two commits, from the repository's root.
    pub fn differing(&self, a: CommitId, b: CommitId) -> Result<Vec<String>, GitError> {
        let mut found = Vec::new();
        let roots = [a, b].map(|at| self.find_commit(at.0).map(|commit| commit.tree_id()));
        let [a, b] = roots;
        let mut open = vec![(String::new(), [Some(a?), Some(b?)])];
        while let Some((folder, trees)) = open.pop() {
            let mut entries: BTreeMap<Vec<u8>, [Option<(Oid, i32)>; 2]> = BTreeMap::new();
            for (side, id) in trees.into_iter().enumerate() {
                let Some(id) = id else { continue };
                for entry in &self.find_tree(id)? {
                    let sides = entries.entry(entry.name_bytes().to_owned()).or_default();
                    sides[side] = Some((entry.id(), entry.filemode()));
                }
            }
            for (name, sides) in entries.into_iter().filter(|(_, [a, b])| a != b) {
                let path = format!("{folder}{}", String::from_utf8_lossy(&name));
                let is_tree = |side: &(Oid, i32)| side.1 == TREE;
                if sides.iter().flatten().any(|side| !is_tree(side)) {
                    found.push(path.clone());
                }
                let trees = sides.map(|side| side.filter(is_tree).map(|(id, _)| id));
                if trees.iter().any(Option::is_some) {
                    open.push((format!("{path}/"), trees));
                }
            }
        }
        found.sort();
        Ok(found)
    }
}
