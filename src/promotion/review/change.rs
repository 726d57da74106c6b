//! A pull request as commits of the clone: what the base has, and what the merge makes of it.

use std::path::Path;

use crate::promotion::committed::in_tree;
use crate::promotion::request::Facts;
use crate::promotion::{Error, Refusal, Why};
use crate::sink::git::{CommitId, Repo};
use crate::units::names::{HOLD_FILE, POINTER_FILE};

/// The most commits of a pull request that are read for what they say.
const MOST_COMMITS: usize = 250;

/// What a workflow's event says of a pull request; a merge queue's has neither number, author nor body.
#[derive(Clone, Debug, Default)]
pub struct PullRequest {
    /// Its number.
    pub number: Option<u64>,
    /// Who opened it, as GitHub knows them.
    pub author: Option<String>,
    /// Its text.
    pub body: String,
    /// The hash of the base's commit when the event happened.
    pub base: String,
    /// The branch that it goes to.
    pub branch: Option<String>,
    /// The hash of the commit that is to be merged.
    pub head: Option<String>,
    /// Whether it comes from another repository.
    pub is_fork: bool,
}

/// A pull request, and what it changes by the commits of the clone.
pub struct Change {
    /// What the event says.
    pub pull: PullRequest,
    /// What the base has: the merge's first parent, or where the branch was cut.
    pub(super) before: CommitId,
    /// What is checked out.
    pub(super) after: CommitId,
    /// The base as it is, where it has moved on since the branch was cut.
    pub(super) base: Option<CommitId>,
    /// The paths that differ, from the repository's root.
    paths: Vec<String>,
    /// The messages of its commits.
    messages: Vec<String>,
}

impl Change {
    /// Reads a pull request from the clone around a folder. That the clone does not have what is needed is an error.
    pub fn of(folder: &Path, pull: PullRequest) -> Result<Self, Error> {
        let repo = Repo::open(folder)?;
        let Some(head) = repo.head()? else {
            return Err(unseen("a commit").into());
        };
        let after = head.tip;
        let parents = repo.commit(after)?.parents;
        let (before, base) = match (&pull.head, &parents[..]) {
            // As the runner checks it out: the merge, of which only GitHub says that it is one.
            (Some(head), [before, merged]) if *head == merged.to_string() => (*before, None),
            (Some(head), _) if *head != after.to_string() => {
                return Err(if repo.is_shallow() {
                    unseen("what the checkout merges")
                } else {
                    elsewhere(after, head)
                }
                .into());
            }
            (Some(_) | None, _) => {
                let base = CommitId::parse(&pull.base).filter(|base| repo.has(*base));
                let base = base.ok_or_else(|| unseen("the base"))?;
                let cut = repo.merge_base(base, after)?;
                let cut = cut.ok_or_else(|| unseen("where the branch was cut"))?;
                (cut, Some(base).filter(|base| *base != cut))
            }
        };
        if !repo.has(before) {
            return Err(unseen("the base").into());
        }
        let commits = repo.commits_between(before, after, MOST_COMMITS)?;
        Ok(Self {
            paths: repo.differing(before, after)?,
            messages: commits.into_iter().map(|commit| commit.message).collect(),
            pull,
            before,
            after,
            base,
        })
    }

    /// The paths below a prefix that differ, without it.
    pub(super) fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.paths
            .iter()
            .filter_map(move |path| path.strip_prefix(prefix))
    }

    /// Whether it brings or changes a file, by its path from where the workflow runs.
    pub(super) fn changes(&self, path: &str) -> bool {
        let path = path.trim_start_matches("./");
        self.paths.iter().any(|changed| changed == path)
    }

    /// What is known, without the files for `result` gates that it brings or changes itself: nobody hands in results on their own
    /// pull request by that pull request.
    pub fn without_own_results(&self, mut facts: Facts) -> Facts {
        for file in facts.telemetry.results.values_mut() {
            if self.changes(&file.path) {
                file.text = Err("the pull request that it would speak for changes it".to_owned());
            }
        }
        facts
    }

    /// The messages of its commits, the newest first.
    pub(super) fn messages(&self) -> impl Iterator<Item = &str> {
        self.messages.iter().map(String::as_str)
    }

    /// The branch that it goes to, for people.
    pub(super) fn branch(&self) -> &str {
        self.pull.branch.as_deref().unwrap_or("the base")
    }

    /// The pointers and holds below a folder that it changes, of which no rollout is known; `known` are the folders of those that
    /// are.
    pub fn strays(&self, folder: &Path, known: &[&Path]) -> Result<Vec<String>, Error> {
        let start = |folder: &Path| -> Result<String, Error> {
            let repo = Repo::open(folder)?;
            Ok(match repo.prefix() {
                "" => String::new(),
                prefix => format!("{prefix}/"),
            })
        };
        let all = start(folder)?;
        let known: Vec<String> = known
            .iter()
            .map(|one| start(one))
            .collect::<Result<_, _>>()?;
        let is_stray = |path: &&String| {
            let home = [POINTER_FILE, HOLD_FILE].iter().find_map(|file| {
                let home = path.strip_suffix(&in_tree(file))?;
                (home.is_empty() || home.ends_with('/')).then_some(home)
            });
            home.is_some_and(|home| home.starts_with(&all) && !known.iter().any(|one| one == home))
        };
        Ok(self.paths.iter().filter(is_stray).cloned().collect())
    }
}

/// What the clone does not have.
pub(super) fn unseen(what: &str) -> Refusal {
    let message =
        format!("the clone does not have {what}: what the pull request changes cannot be seen");
    Refusal::new(Why::Outside, message)
        .help("fetch the whole history: `fetch-depth: 0` in actions/checkout")
}

fn elsewhere(at: CommitId, head: &str) -> Refusal {
    let head: String = head.chars().take(7).collect();
    let message = format!(
        "the checkout is at {}, which is neither the pull request's head {head} nor its merge",
        at.short()
    );
    Refusal::new(Why::Conflict, message)
        .help("check out what the event names, as actions/checkout does where it is told nothing")
}
