//! Where a rollout stands by what is committed: what every command about the live stage begins with.

use std::path::{Path, PathBuf};

use crate::sink::git::{Head, Repo};
use crate::tree::{Hold, Lock, LockedStage, LockedStageId, Pointer};
use crate::units::names::{self, HOLD_FILE, LOCK_FILE, POINTER_FILE};

use super::pull_request::Marker;
use super::stay::LiveStay;
use super::{Error, Refusal, Why};

/// A rollout by what is committed.
pub struct Committed {
    /// The repository, opened at the folder of rollout.yaml.
    pub repo: Repo,
    /// Where the next commit goes; read before anything else, so that whoever moves it meanwhile is noticed.
    pub head: Head,
    /// The tree's folder on the disk.
    pub folder: PathBuf,
    /// The committed lock.
    pub lock: Lock,
    /// The committed pointer.
    pub pointer: Pointer,
    /// The live stage's place in the lock.
    pub live: LockedStageId,
    /// What holds promotions back.
    pub hold: Option<Hold>,
    /// The pointer's text.
    pub(super) pointer_text: String,
    /// The hold's text.
    pub(super) hold_text: Option<String>,
}

impl Committed {
    /// Completes a promotion in this folder that was killed; whether there was one.
    pub fn heal(folder: &Path) -> Result<bool, Error> {
        Ok(Repo::open(folder)?.complete()?)
    }

    /// Whether a commit says which stage of the rollout in this folder is live; not so where there is no repository.
    pub fn is_committed(folder: &Path) -> Result<bool, Error> {
        let Some(repo) = Repo::find(folder)? else {
            return Ok(false);
        };
        let Some(head) = repo.head()? else {
            return Ok(false);
        };
        Ok(repo.file(head.tip, &in_tree(POINTER_FILE))?.is_some())
    }

    /// Reads what is committed for the rollout in this folder.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let repo = Repo::open(folder)?;
        let Some(head) = repo.head()? else {
            let folder = folder.join(names::TREE_FOLDER);
            return Err(uncommitted(&folder, "the repository has no commits yet"));
        };
        Self::at(repo, head, folder)
    }

    /// Reads what a commit has of the rollout in this folder, at which the repository is opened.
    pub(super) fn at(repo: Repo, head: Head, folder: &Path) -> Result<Self, Error> {
        let folder = folder.join(names::TREE_FOLDER);
        let file = |path: &str| repo.file(head.tip, &in_tree(path));
        let Some(pointer_text) = file(POINTER_FILE)? else {
            let message = format!("`{}` is not committed", folder.join(POINTER_FILE).display());
            return Err(uncommitted(&folder, &message));
        };
        let broken = |path: &str, why: &str| {
            let path = folder.join(path);
            let message = format!("the committed `{}` is damaged: {why}", path.display());
            Refusal::new(Why::Conflict, message)
                .help("restore it from an earlier commit, or render and commit")
        };
        let pointer = Pointer::read(&pointer_text).map_err(|why| broken(POINTER_FILE, &why))?;
        let lock = file(LOCK_FILE)?.ok_or_else(|| broken(LOCK_FILE, "it is not there"))?;
        let lock = Lock::read(&lock).map_err(|why| broken(LOCK_FILE, &why))?;
        let live = lock.stage_in(&pointer.folder).ok_or_else(|| {
            let why = format!(
                "it names `{}`, which is no stage of the tree",
                pointer.folder
            );
            broken(POINTER_FILE, &why)
        })?;
        let hold_text = file(HOLD_FILE)?;
        let hold = hold_text
            .as_deref()
            .map(Hold::read)
            .transpose()
            .map_err(|why| broken(HOLD_FILE, &why))?;
        Ok(Self {
            repo,
            head,
            folder,
            lock,
            pointer,
            live,
            hold,
            pointer_text,
            hold_text,
        })
    }

    /// The live stage.
    pub fn stage(&self) -> &LockedStage {
        self.lock.stage(self.live)
    }

    /// The stay of the live stage.
    pub fn stay(&self) -> Result<LiveStay, Error> {
        Ok(LiveStay::of(&self.repo, self.head.tip)?)
    }

    /// Whether the pointer in the work tree is not the committed one.
    pub fn is_pointer_dirty(&self) -> Result<bool, Error> {
        let pointer = in_tree(POINTER_FILE);
        Ok(!self.repo.dirty(self.head.tip, &[&pointer])?.is_empty())
    }

    /// Which move a pull request from the live stage to another one is about.
    pub(super) fn marker(&self, to: LockedStageId) -> Marker {
        Marker {
            rollout: self.lock.rollout.clone(),
            folder: self.repo.from_root(names::TREE_FOLDER),
            from: self.stage().name.clone(),
            to: self.lock.stage(to).name.clone(),
            digest: self.lock.spec_digest.clone(),
            superseded: false,
        }
    }
}

/// A path of the tree as the repository knows it.
pub fn in_tree(path: &str) -> String {
    format!("{}/{path}", names::TREE_FOLDER)
}

fn uncommitted(folder: &Path, message: &str) -> Error {
    let help = format!(
        "the live stage is what is committed: `glidepath render`, then `git add` and commit `{}`",
        folder.display()
    );
    Refusal::new(Why::Conflict, message).help(help).into()
}
