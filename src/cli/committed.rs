//! Where a rollout stands by what is committed: what `status`, `gate`, `promote`, `rollback` and `series` share.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::compile::Compiled;
use crate::promotion::decide::{Refusal, Why};
use crate::promotion::history;
use crate::sink::disk::{self, Wanted};
use crate::sink::git::{Commit, Head, Repo};
use crate::tree::{Hold, Lock, LockedStage, LockedStageId, Pointer};
use crate::units::names::{HOLD_FILE as HOLD, LOCK_FILE as LOCK, POINTER_FILE as POINTER};
use crate::units::{Timestamp, names};

use super::output::Output;
use super::{Exit, Failure};

/// The most paths that a message lists.
const LISTED: usize = 3;

/// A rollout by what is committed.
pub(super) struct Committed {
    /// The repository, opened at the folder of rollout.yaml.
    pub(super) repo: Repo,
    /// Where the next commit goes; read before anything else, so that whoever moves it meanwhile is noticed.
    pub(super) head: Head,
    /// The tree's folder on the disk.
    pub(super) folder: PathBuf,
    /// The lock.
    pub(super) lock: Lock,
    /// The pointer.
    pub(super) pointer: Pointer,
    /// The live stage.
    pub(super) live: LockedStageId,
    /// What holds promotions back.
    pub(super) hold: Option<Hold>,
    /// The committed files that a move changes.
    pub(super) texts: Texts,
}

/// The texts of the pointer and the hold.
pub(super) struct Texts {
    pub(super) pointer: String,
    pub(super) hold: Option<String>,
}

/// Now, by the machine's clock.
pub(super) fn now() -> Timestamp {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The folder of a rollout.yaml, as the repository is opened at it.
pub(super) fn folder_of(spec: &Path) -> &Path {
    spec.parent().unwrap_or_else(|| Path::new(""))
}

impl Committed {
    /// Whether a commit says which stage of the rollout of this file is live; not so where there is no repository.
    pub(super) fn is_committed(spec: &Path) -> Result<bool, Failure> {
        let Some(repo) = Repo::find(folder_of(spec))? else {
            return Ok(false);
        };
        let Some(head) = repo.head()? else {
            return Ok(false);
        };
        let pointer = repo.file(head.tip, &in_tree(POINTER))?;
        Ok(pointer.is_some())
    }

    /// Reads what is committed for the rollout of this file. `heal` completes a promotion that was killed.
    pub(super) fn read(spec: &Path, heal: bool, output: &mut Output<'_>) -> Result<Self, Failure> {
        let repo = Repo::open(folder_of(spec))?;
        if heal && repo.complete()? {
            output.note("an interrupted promotion has been completed: the work tree is at the committed stage again");
        }
        let folder = folder_of(spec).join(names::TREE_FOLDER);
        let Some(head) = repo.head()? else {
            return Err(uncommitted(&folder, "the repository has no commits yet"));
        };
        let file = |path: &str| repo.file(head.tip, &in_tree(path));
        let Some(pointer_text) = file(POINTER)? else {
            let message = format!("`{}` is not committed", folder.join(POINTER).display());
            return Err(uncommitted(&folder, &message));
        };
        let broken = |path: &str, why: &str| {
            let path = folder.join(path);
            Failure::new(
                Exit::Conflict,
                format!("the committed `{}` is damaged: {why}", path.display()),
            )
            .help("restore it from an earlier commit, or render and commit")
        };
        let pointer = Pointer::read(&pointer_text).map_err(|why| broken(POINTER, &why))?;
        let lock = file(LOCK)?.ok_or_else(|| broken(LOCK, "it is not there"))?;
        let lock = Lock::read(&lock).map_err(|why| broken(LOCK, &why))?;
        let Some(live) = lock.stage_in(&pointer.folder) else {
            let why = format!(
                "it names `{}`, which is no stage of the tree",
                pointer.folder
            );
            return Err(broken(POINTER, &why));
        };
        let hold_text = file(HOLD)?;
        let hold = hold_text
            .as_deref()
            .map(Hold::read)
            .transpose()
            .map_err(|why| broken(HOLD, &why))?;
        Ok(Self {
            repo,
            head,
            folder,
            lock,
            pointer,
            live,
            hold,
            texts: Texts {
                pointer: pointer_text,
                hold: hold_text,
            },
        })
    }

    /// The live stage.
    pub(super) fn stage(&self) -> &LockedStage {
        self.lock.stage(self.live)
    }

    /// The commits of the live stage, the newest first; the last one entered it.
    pub(super) fn since(&self) -> Result<Vec<Commit>, Failure> {
        Ok(history::since(
            &self.repo,
            self.head.tip,
            &in_tree(POINTER),
        )?)
    }

    /// The stage of this name, or in this folder.
    pub(super) fn index(&self, wanted: &str) -> Result<LockedStageId, Failure> {
        let lock = &self.lock;
        let found = lock.stage_named(wanted).or_else(|| lock.stage_in(wanted));
        found.ok_or_else(|| {
            let known = self.lock.stages.iter().map(|stage| stage.name.as_str());
            let failure = Failure::new(
                Exit::Usage,
                format!(
                    "the rollout `{}` has no stage `{wanted}`",
                    self.lock.rollout
                ),
            );
            match crate::diag::words::suggestion(wanted, known) {
                Some(help) => failure.help(help),
                None => failure,
            }
        })
    }

    /// Why the committed tree is not what the file compiles to, if it is not.
    pub(super) fn staleness(&self, compiled: &Compiled) -> Result<Option<Refusal>, Failure> {
        let mut tree = compiled.tree();
        tree.keep_generator(&self.lock);
        let wanted = Wanted {
            files: &tree.files,
            pointer: None,
        };
        let changes = disk::compare(&self.folder, &wanted)?;
        let mut stale = Vec::new();
        for change in changes {
            // `core.autocrlf` and a sparse checkout are not the compiler's business: what is committed is applied.
            let same = match (&change.before, &change.after) {
                (Some(before), Some(after)) => before.replace("\r\n", "\n") == **after,
                (None, _) => self.repo.is_left_out(&in_tree(&change.change.path))?,
                (Some(_), None) => false,
            };
            if !same {
                stale.push(change.change.path);
            }
        }
        if !stale.is_empty() {
            let message = format!(
                "the tree is stale: {}",
                listed(&stale, "not what rollout.yaml compiles to")
            );
            return Ok(Some(Refusal::new(Why::Conflict, message).help(
                "run `glidepath render`, commit, and let it be applied first",
            )));
        }
        let mut missing = Vec::new();
        for (path, text) in &tree.files {
            let committed = self.repo.file(self.head.tip, &in_tree(path))?;
            if committed.as_deref() != Some(&**text) {
                missing.push(path.clone());
            }
        }
        Ok((!missing.is_empty()).then(|| {
            let message = format!(
                "the tree is not committed: {}",
                listed(&missing, "not in HEAD as rendered")
            );
            Refusal::new(Why::Conflict, message).help("commit what `glidepath render` wrote")
        }))
    }
}

/// A path of the tree as the repository knows it.
pub(super) fn in_tree(path: &str) -> String {
    format!("{}/{path}", names::TREE_FOLDER)
}

fn uncommitted(folder: &Path, message: &str) -> Failure {
    Failure::new(Exit::Conflict, message).help(format!(
        "the live stage is what is committed: `glidepath render`, then `git add` and commit `{}`",
        folder.display()
    ))
}

/// `` `a`, `b` and 4 more are …``
fn listed(paths: &[String], are: &str) -> String {
    let verb = if paths.len() == 1 { "is" } else { "are" };
    let shown = paths.len().min(LISTED);
    let names: Vec<String> = paths[..shown]
        .iter()
        .map(|path| format!("`{path}`"))
        .collect();
    let more = match paths.len() - shown {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more} {verb} {are}", names.join(", "))
}
