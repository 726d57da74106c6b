//! When a commit came to a branch.

use serde::Deserialize;

use crate::http::Method;

use super::client::Ask;
use super::pulls::Pull;
use super::{ForgeError, Github, encode};

/// The most moves of a branch that are looked through, which is one page.
const MOVES: usize = 100;

/// When a commit came to a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// The time, in RFC 3339 as GitHub writes it.
    pub at: String,
    /// The pull request that brought it; `None` for a push.
    pub pull: Option<u64>,
}

/// One move of a branch.
#[derive(Deserialize)]
struct Activity {
    after: String,
    timestamp: String,
}

impl Github {
    /// When a branch got a commit: by the pull request that merged it, else by the push. `since` has the commit and those after it,
    /// in any order. `None` where GitHub does not know.
    pub fn landed(
        &self,
        commit: &str,
        since: &[String],
        branch: &str,
    ) -> Result<Option<Landed>, ForgeError> {
        let path = format!("{}/commits/{}/pulls", self.root(), encode(commit));
        let pulls: Vec<Pull> = self.ask_all(
            &path,
            "list the pull requests of a commit",
            "pull-requests: read",
        )?;
        let merged = pulls.into_iter().filter(|pull| pull.base == branch);
        // Whoever merged it first brought it; all dates have one form, and so one order.
        let first = merged
            .filter_map(|pull| Some((pull.merged_at?, pull.number)))
            .min();
        if let Some((at, number)) = first {
            return Ok(Some(Landed {
                at,
                pull: Some(number),
            }));
        }
        Ok(self
            .pushed(since, branch)?
            .map(|at| Landed { at, pull: None }))
    }

    /// When a push brought the first of these commits, by the newest moves of the branch.
    fn pushed(&self, since: &[String], branch: &str) -> Result<Option<String>, ForgeError> {
        let reference = format!("refs/heads/{branch}");
        let path = format!(
            "{}/activity?ref={}&per_page={MOVES}",
            self.root(),
            encode(&reference)
        );
        let moves: Result<Vec<Activity>, ForgeError> = self.ask(&Ask {
            method: Method::GET,
            path: &path,
            body: None,
            action: "list the moves of a branch",
            permission: "contents: read",
            repeatable: true,
        });
        let moves = match moves {
            // An older Enterprise Server does not keep them.
            Err(error) if error.status == Some(404) => return Ok(None),
            moves => moves?,
        };
        let known = moves.len();
        let ours = moves
            .into_iter()
            .take_while(|one| since.contains(&one.after));
        let ours: Vec<Activity> = ours.collect();
        // What is older than the page may be older than the commit: then it came no later than anybody says.
        let is_whole = ours.len() < known || known < MOVES;
        Ok(ours
            .into_iter()
            .next_back()
            .filter(|_| is_whole)
            .map(|first| first.timestamp))
    }
}
