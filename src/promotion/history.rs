//! Every stay of a rollout, and what is told of the moves between them.

use std::path::Path;
use std::rc::Rc;

use crate::sink::git::{Commit, CommitId, GitError, Repo};
use crate::units::Timestamp;

use super::Error;
use super::ledger::Trailers;
use super::locks::Locks;
use super::reverted::is_revert;
use super::stay::{Began, Visited, Walk};

/// How many commits of a merged branch are searched for the trailers of a move.
const MERGED: usize = 100;

/// The commit with which a stay began.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The stage, by name; `None` where the pointer was gone or named none.
    pub stage: Option<String>,
    /// The models that any request reaches in it, by the commit's own lock; none where that is none.
    pub models: Vec<String>,
    /// The commit on the branch.
    pub commit: Commit,
    /// What its trailers tell, or those of the commit that it merged; `None` for a foreign commit.
    pub trailers: Option<Trailers>,
    /// What of the stage's objects changed, where the stage was live before.
    pub changed: Option<String>,
    /// Whether it went back without a hold, which counts as one.
    pub reverted: bool,
}

/// A time that a stage was live with the same objects.
#[derive(Clone, Debug)]
pub struct Stay {
    /// The stage, by name.
    pub stage: String,
    /// What began it.
    pub entered: Rc<Entered>,
    /// What ended it, which began the next one; `None` where it is live.
    pub left: Option<Rc<Entered>>,
}

impl Stay {
    /// Every stay of the rollout in this folder, the oldest first; none where nothing is committed.
    pub fn read(folder: &Path) -> Result<Vec<Self>, Error> {
        let repo = Repo::open(folder)?;
        let Some(head) = repo.head()? else {
            return Ok(Vec::new());
        };
        let entered: Vec<Rc<Entered>> = moves(&repo, head.tip)?.into_iter().map(Rc::new).collect();
        let left = entered.iter().skip(1).cloned().map(Some);
        let left: Vec<Option<Rc<Entered>>> = left.chain([None]).collect();
        let stays = entered.into_iter().zip(left);
        let stays = stays.filter_map(|(entered, left)| {
            Some(Self {
                stage: entered.stage.clone()?,
                entered,
                left,
            })
        });
        Ok(stays.collect())
    }

    /// Seconds in the stage; up to now where it is live.
    pub fn seconds(&self, now: Timestamp) -> u64 {
        let until = self.left_at().unwrap_or(now);
        until.since(self.entered.commit.committed).seconds()
    }

    /// When the stage was left; `None` where it is live.
    pub fn left_at(&self) -> Option<Timestamp> {
        self.left.as_ref().map(|left| left.commit.committed)
    }

    /// What the gates said when the stage was left, by whoever left it forwards.
    pub fn gates(&self) -> &[String] {
        self.told().map_or(&[], |trailers| &trailers.gates)
    }

    /// The file with their evidence, where whoever left the stage recorded it.
    pub fn evidence(&self) -> Option<&str> {
        self.told()?.evidence.as_deref()
    }

    /// The trailers of the move that left the stage.
    fn told(&self) -> Option<&Trailers> {
        let trailers = self.left.as_ref()?.trailers.as_ref()?;
        (trailers.from == self.stage).then_some(trailers)
    }
}

/// The newest commit up to `tip` that changed a file.
pub(super) fn last_change(repo: &Repo, tip: CommitId, path: &str) -> Result<Commit, GitError> {
    let mut commit = repo.commit(tip)?;
    while let Some(parent) = repo.first_parent(&commit)? {
        if !repo.is_same(commit.id, parent.id, path)? {
            break;
        }
        commit = parent;
    }
    Ok(commit)
}

/// Everything that began on the way to `tip`, the oldest first.
fn moves(repo: &Repo, tip: CommitId) -> Result<Vec<Entered>, GitError> {
    let (mut found, mut walk) = (Vec::new(), Walk::new(repo, tip)?);
    let mut locks = Locks::of(repo);
    while let Some(Visited {
        commit,
        served,
        began,
    }) = walk.back()?
    {
        let stage = served.map(|served| served.stage);
        let (trailers, changed) = match began {
            None => continue,
            Some(Began::Moved) => (told(repo, &commit, stage.as_deref())?, None),
            Some(Began::Changed(what)) => (None, Some(what)),
        };
        found.push(Entered {
            models: models(&mut locks, &commit, stage.as_deref())?,
            stage,
            commit,
            trailers,
            changed,
            reverted: false,
        });
    }
    found.reverse();
    for index in 1..found.len() {
        let (before, to) = (found[index - 1].stage.clone(), found[index].stage.clone());
        if let (Some(before), Some(to)) = (before, to)
            && before != to
        {
            found[index].reverted = is_revert(&mut locks, &found[index].commit, &before, &to)?;
        }
    }
    Ok(found)
}

/// The models with traffic in a stage, as the lock of a commit names them.
fn models(
    locks: &mut Locks<'_>,
    commit: &Commit,
    stage: Option<&str>,
) -> Result<Vec<String>, GitError> {
    let (Some(stage), Some(lock)) = (stage, locks.at(commit.id)?) else {
        return Ok(Vec::new());
    };
    let stage = lock.stage_named(stage).map(|stage| lock.stage(stage));
    Ok(stage.map_or_else(Vec::new, |stage| stage.routed.clone()))
}

/// What is told of a move into `stage`: by the commit itself, or by one of the branch that it merged.
pub(super) fn told(
    repo: &Repo,
    commit: &Commit,
    stage: Option<&str>,
) -> Result<Option<Trailers>, GitError> {
    let tells = |commit: &Commit| {
        Trailers::read(&commit.message).filter(|trailers| Some(trailers.to.as_str()) == stage)
    };
    if let Some(trailers) = tells(commit) {
        return Ok(Some(trailers));
    }
    let mut open: Vec<CommitId> = commit.parents.iter().skip(1).copied().collect();
    for _ in 0..MERGED {
        let Some(id) = open.pop() else {
            break;
        };
        if !repo.has(id) {
            continue;
        }
        let merged = repo.commit(id)?;
        if let Some(trailers) = tells(&merged) {
            return Ok(Some(trailers));
        }
        let first = commit.parents.first().copied();
        open.extend(
            merged
                .parents
                .first()
                .copied()
                .filter(|id| Some(*id) != first),
        );
    }
    Ok(None)
}
