//! Where a rollout stands by what is committed, and how a move of its pointer is committed: what `status`, `promote`,
//! `rollback`, `history` and `series` share.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use crate::compile::Compiled;
use crate::diag::words::and_list;
use crate::promotion::branch::{self, Proposed, Trouble};
use crate::promotion::decide::{Refusal, Why};
use crate::promotion::history;
use crate::promotion::ledger::Entry;
use crate::sink::disk::{self, Wanted};
use crate::sink::git::{Commit, Edit, Head, Person, Repo, Signing};
use crate::tree::{Hold, Lock, LockedStage, Pointer, unified};
use crate::units::names::{HOLD_FILE as HOLD, LOCK_FILE as LOCK, POINTER_FILE as POINTER};
use crate::units::{Moment, names};

use super::output::Output;
use super::{Exit, Failure};

/// The most paths that a message lists.
const LISTED: usize = 3;

/// A rollout by what is committed.
pub(super) struct Standing {
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
    /// The live stage, as an index into the lock.
    pub(super) live: usize,
    /// What holds promotions back.
    pub(super) hold: Option<Hold>,
    texts: Texts,
}

/// The committed files that a move changes.
struct Texts {
    pointer: String,
    hold: Option<String>,
}

/// Who signs a commit, and when.
#[derive(Debug, Args)]
pub(super) struct SigningArgs {
    /// Who wrote the commit; default: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, then git's configuration
    #[arg(long, value_name = "NAME <EMAIL>", value_parser = person)]
    author: Option<Person>,
    /// Who commits it; default: GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL, then git's configuration
    #[arg(long, value_name = "NAME <EMAIL>", value_parser = person)]
    committer: Option<Person>,
    /// When, in RFC 3339 or as `@SECONDS`; default: GIT_AUTHOR_DATE and GIT_COMMITTER_DATE, then now
    #[arg(long, value_name = "DATE", value_parser = moment)]
    date: Option<Moment>,
}

impl SigningArgs {
    pub(super) fn signing(&self) -> Signing {
        Signing {
            author: self.author.clone(),
            committer: self.committer.clone(),
            date: self.date,
        }
    }
}

fn person(text: &str) -> Result<Person, String> {
    let parts = text
        .trim()
        .strip_suffix('>')
        .and_then(|text| text.split_once('<'))
        .map(|(name, email)| (name.trim(), email.trim()));
    match parts {
        Some((name, email)) if !name.is_empty() && !email.contains(['<', '>']) => Ok(Person {
            name: name.to_owned(),
            email: email.to_owned(),
        }),
        _ => Err("write it as `Name <address>`".to_owned()),
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    text.parse()
        .map_err(|()| "write it as `2026-01-31T12:00:00Z` or `@1767225600`".to_owned())
}

/// Now, by the machine's clock.
pub(super) fn now() -> Moment {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Moment::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The folder of a rollout.yaml, as the repository is opened at it.
pub(super) fn folder_of(spec: &Path) -> &Path {
    spec.parent().unwrap_or_else(|| Path::new(""))
}

impl Standing {
    /// Reads what is committed for the rollout of this file. `heal` completes a promotion that was killed.
    pub(super) fn read(spec: &Path, heal: bool, output: &mut Output<'_>) -> Result<Self, Failure> {
        let repo = Repo::open(folder_of(spec)).map_err(|error| Failure::git(&error))?;
        if heal && repo.complete().map_err(|error| Failure::git(&error))? {
            output.note("an interrupted promotion has been completed: the work tree is at the committed stage again");
        }
        let folder = folder_of(spec).join(names::TREE_FOLDER);
        let Some(head) = repo.head().map_err(|error| Failure::git(&error))? else {
            return Err(uncommitted(&folder, "the repository has no commits yet"));
        };
        let file = |path: &str| {
            repo.file(head.tip, &in_tree(path))
                .map_err(|error| Failure::git(&error))
        };
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
        let Some(live) = lock
            .stages
            .iter()
            .position(|stage| stage.folder == pointer.folder)
        else {
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
        &self.lock.stages[self.live]
    }

    /// The commits of the live stage, the newest first; the last one entered it.
    pub(super) fn since(&self) -> Result<Vec<Commit>, Failure> {
        history::since(&self.repo, self.head.tip, &in_tree(POINTER))
            .map_err(|error| Failure::git(&error))
    }

    /// The index of a stage by name, or by folder.
    pub(super) fn index(&self, wanted: &str) -> Result<usize, Failure> {
        let found = self
            .lock
            .stages
            .iter()
            .position(|stage| stage.name == wanted || stage.folder == wanted);
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
        if let Some(text) = tree.files.get_mut(LOCK) {
            *text = self.lock.keep_generator(text);
        }
        let wanted = Wanted {
            files: &tree.files,
            pointer: None,
        };
        let changes =
            disk::compare(&self.folder, &wanted).map_err(|error| Failure::disk(&error))?;
        let mut stale = Vec::new();
        for change in changes {
            // `core.autocrlf` and a sparse checkout are not the compiler's business: what is committed is applied.
            let same = match (&change.before, &change.after) {
                (Some(before), Some(after)) => before.replace("\r\n", "\n") == *after,
                (None, _) => self
                    .repo
                    .is_left_out(&in_tree(&change.path))
                    .map_err(|error| Failure::git(&error))?,
                (Some(_), None) => false,
            };
            if !same {
                stale.push(change.path);
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
            let committed = self
                .repo
                .file(self.head.tip, &in_tree(path))
                .map_err(|error| Failure::git(&error))?;
            if committed.as_ref() != Some(text) {
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

    /// What a move to a stage changes; `hold` is what shall become of the hold.
    pub(super) fn edits(&self, to: usize, hold: Option<Option<String>>) -> Vec<Edit> {
        let pointer = Pointer::to(self.lock.stages[to].folder.clone());
        let mut edits = vec![Edit {
            path: in_tree(POINTER),
            content: Some(self.pointer.moved(&self.texts.pointer, &pointer)),
        }];
        if let Some(content) = hold.filter(|content| *content != self.texts.hold) {
            edits.push(Edit {
                path: in_tree(HOLD),
                content,
            });
        }
        edits
    }

    /// Why the edits cannot be made in the work tree, if they cannot.
    pub(super) fn dirt(&self, edits: &[Edit]) -> Result<Option<Refusal>, Failure> {
        let paths: Vec<&str> = edits.iter().map(|edit| edit.path.as_str()).collect();
        let now = self.repo.head().map_err(|error| Failure::git(&error))?;
        if now.is_none_or(|now| now.tip != self.head.tip) {
            let message = "the branch was moved by somebody else meanwhile";
            return Ok(Some(
                Refusal::new(Why::Conflict, message)
                    .help("run `glidepath status`, and then the command again"),
            ));
        }
        let dirty = self
            .repo
            .dirty(self.head.tip, &paths)
            .map_err(|error| Failure::git(&error))?;
        Ok((!dirty.is_empty()).then(|| {
            let message = format!(
                "{} {} changes that are not committed",
                and_list(&dirty),
                if dirty.len() == 1 { "has" } else { "have" }
            );
            Refusal::new(Why::Conflict, message).help(format!(
                "commit them, drop them with `git restore --staged --worktree {}`, or leave the work tree alone with `--branch`",
                dirty.join(" ")
            ))
        }))
    }

    /// Commits a move: on the branch that is checked out, or on one of its own.
    pub(super) fn commit(
        &self,
        to: usize,
        edits: &[Edit],
        message: &str,
        signing: &Signing,
        on_branch: bool,
        output: &mut Output<'_>,
    ) -> Result<(), Failure> {
        let (git, target) = (|error| Failure::git(&error), &self.lock.stages[to]);
        if on_branch {
            let name = branch::name(&self.lock.rollout, &target.name);
            match branch::propose(&self.repo, &self.head, &name, edits, message, signing) {
                Ok(Proposed::Moved(id)) => output.note(format_args!(
                    "{}: `{}` → `{}` on the branch `{name}` ({})",
                    self.lock.rollout,
                    self.stage().folder,
                    target.folder,
                    id.short()
                )),
                Ok(Proposed::AsBefore(id)) => output.note(format_args!(
                    "{}: the branch `{name}` ({}) is there already; nothing to do",
                    self.lock.rollout,
                    id.short()
                )),
                Err(Trouble::Refused(refusal)) => return Err(Failure::refused(&[refusal])),
                Err(Trouble::Git(error)) => return Err(Failure::git(&error)),
            }
            return Ok(());
        }
        let id = self
            .repo
            .follow(self.head.tip, edits, message, signing)
            .map_err(git)?;
        self.repo
            .advance(&self.head, id, edits, "glidepath: move the pointer")
            .map_err(git)?;
        output.note(format_args!(
            "{}: `{}` → `{}` ({})",
            self.lock.rollout,
            self.stage().folder,
            target.folder,
            id.short()
        ));
        if self.head.branch.is_none() {
            output.note(
                "HEAD is detached: no branch has this commit; keep it with `git branch <name>`",
            );
        }
        Ok(())
    }

    /// The trailers of a move.
    pub(super) fn entry(&self, to: usize) -> Entry {
        Entry {
            rollout: self.lock.rollout.clone(),
            from: self.stage().name.clone(),
            to: self.lock.stages[to].name.clone(),
            digest: self.lock.spec_digest.clone(),
            ..Entry::default()
        }
    }

    /// What a move changes in the files, and what that means for the manifests, as one unified diff.
    pub(super) fn diff(&self, to: usize, edits: &[Edit]) -> Result<String, Failure> {
        let git = |error| Failure::git(&error);
        let mut text = String::new();
        let mut add = |old_name: &str, new_name: &str, old: Option<&str>, new: Option<&str>| {
            if old != new {
                text.push_str(&unified(
                    old.map(|_| format!("a/{old_name}")).as_deref(),
                    new.map(|_| format!("b/{new_name}")).as_deref(),
                    old.unwrap_or_default(),
                    new.unwrap_or_default(),
                ));
            }
        };
        for edit in edits {
            let old = self.repo.file(self.head.tip, &edit.path).map_err(git)?;
            add(
                &edit.path,
                &edit.path,
                old.as_deref(),
                edit.content.as_deref(),
            );
        }
        let folders =
            [self.live, to].map(|stage| format!("stages/{}", self.lock.stages[stage].folder));
        let files = |folder: &str| {
            let files = self
                .repo
                .files_in(self.head.tip, &in_tree(folder))
                .map_err(git)?;
            Ok::<_, Failure>(files)
        };
        let (old, new) = (files(&folders[0])?, files(&folders[1])?);
        let all: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in all.into_iter().filter(|name| *name != "kustomization.yaml") {
            let path = |folder: &str| in_tree(&format!("{folder}/{name}"));
            add(
                &path(&folders[0]),
                &path(&folders[1]),
                old.get(name).map(String::as_str),
                new.get(name).map(String::as_str),
            );
        }
        Ok(text)
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
