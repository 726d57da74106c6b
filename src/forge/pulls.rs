//! Pull requests.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::Method;

use super::client::Ask;
use super::{ForgeError, Github, encode};

const PERMISSION: &str = "pull-requests: write";

/// A pull request as far as anybody here asks.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub struct Pull {
    /// Its number.
    pub number: u64,
    /// Its page.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its body.
    pub body: String,
    /// What has become of it.
    pub state: PullState,
    /// When it was merged, in RFC 3339; `None` where it was not.
    pub merged_at: Option<String>,
    /// The branch that it comes from.
    pub head: String,
    /// The tip of that branch.
    pub head_sha: String,
    /// `owner/name` of the repository of that branch; `None` where that is gone.
    pub head_repository: Option<String>,
    /// The branch that it goes to.
    pub base: String,
    /// Who opened it.
    pub author: String,
    /// Its labels.
    pub labels: Vec<String>,
}

/// What has become of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullState {
    /// It waits.
    Open,
    /// It was merged.
    Merged,
    /// It was closed without being merged.
    Closed,
}

/// A pull request to be opened.
#[derive(Clone, Debug)]
pub struct NewPull<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its body.
    pub body: &'a str,
    /// The branch that it comes from, in the same repository.
    pub head: &'a str,
    /// The branch that it goes to.
    pub base: &'a str,
    /// Whether it is a draft.
    pub draft: bool,
}

/// What changes in a pull request; `None` stays.
#[derive(Clone, Copy, Debug, Default)]
pub struct PullChange<'a> {
    /// The new title.
    pub title: Option<&'a str>,
    /// The new body.
    pub body: Option<&'a str>,
    /// Whether it is closed.
    pub close: bool,
}

#[derive(Deserialize)]
struct Raw {
    number: u64,
    html_url: String,
    title: String,
    body: Option<String>,
    state: String,
    merged_at: Option<String>,
    head: RawSide,
    base: RawSide,
    user: Option<RawUser>,
    #[serde(default)]
    labels: Vec<RawLabel>,
}

#[derive(Deserialize)]
struct RawSide {
    #[serde(rename = "ref")]
    name: String,
    sha: String,
    repo: Option<RawRepository>,
}

#[derive(Deserialize)]
struct RawRepository {
    full_name: String,
}

#[derive(Deserialize)]
pub(super) struct RawUser {
    pub(super) login: String,
}

#[derive(Deserialize)]
struct RawLabel {
    name: String,
}

impl From<Raw> for Pull {
    fn from(raw: Raw) -> Self {
        Self {
            number: raw.number,
            url: raw.html_url,
            title: raw.title,
            body: raw.body.unwrap_or_default(),
            merged_at: raw.merged_at.clone(),
            state: match raw.merged_at {
                Some(_) => PullState::Merged,
                None if raw.state == "open" => PullState::Open,
                None => PullState::Closed,
            },
            head: raw.head.name,
            head_sha: raw.head.sha,
            head_repository: raw.head.repo.map(|repository| repository.full_name),
            base: raw.base.name,
            author: raw.user.map(|user| user.login).unwrap_or_default(),
            labels: raw.labels.into_iter().map(|label| label.name).collect(),
        }
    }
}

impl Github {
    /// Every open pull request to `base` from this repository itself; those of forks are not ours.
    pub fn open_pulls(&self, base: &str) -> Result<Vec<Pull>, ForgeError> {
        let path = format!("{}/pulls?state=open&base={}", self.root(), encode(base));
        let pulls: Vec<Pull> = self.ask_all(&path, "list the open pull requests", PERMISSION)?;
        Ok(pulls
            .into_iter()
            .filter(|pull| self.is_ours(pull))
            .collect())
    }

    /// Every pull request from one branch of this repository to `base`, whatever has become of it, newest first.
    pub fn pulls_of(&self, head: &str, base: &str) -> Result<Vec<Pull>, ForgeError> {
        // GitHub ignores a `head` without its owner and then gives every pull request.
        let from = format!("{}:{head}", self.repository.owner);
        let path = format!(
            "{}/pulls?state=all&head={}&base={}",
            self.root(),
            encode(&from),
            encode(base)
        );
        let pulls: Vec<Pull> = self.ask_all(&path, "list the pull requests", PERMISSION)?;
        let of_branch = |pull: &Pull| pull.head == head && self.is_ours(pull);
        Ok(pulls.into_iter().filter(of_branch).collect())
    }

    /// The pull request of this number.
    pub fn pull(&self, number: u64) -> Result<Pull, ForgeError> {
        self.ask(&Ask {
            method: Method::GET,
            path: &format!("{}/pulls/{number}", self.root()),
            body: None,
            action: "read the pull request",
            permission: PERMISSION,
            repeatable: true,
        })
    }

    /// Opens a pull request. Where there is one for the same branches already, the error [is a
    /// duplicate](ForgeError::is_duplicate).
    pub fn open_pull(&self, new: &NewPull<'_>) -> Result<Pull, ForgeError> {
        self.ask(&Ask {
            method: Method::POST,
            path: &format!("{}/pulls", self.root()),
            body: Some(json!({
                "title": new.title, "body": new.body, "head": new.head, "base": new.base, "draft": new.draft,
            })),
            action: "open a pull request",
            permission: PERMISSION,
            // A second one for the same branches is refused by GitHub itself.
            repeatable: true,
        })
    }

    /// Changes a pull request.
    pub fn change_pull(&self, number: u64, change: PullChange<'_>) -> Result<Pull, ForgeError> {
        let mut body = json!({});
        if let Some(title) = change.title {
            body["title"] = title.into();
        }
        if let Some(text) = change.body {
            body["body"] = text.into();
        }
        if change.close {
            body["state"] = "closed".into();
        }
        self.ask(&Ask {
            method: Method::PATCH,
            path: &format!("{}/pulls/{number}", self.root()),
            body: Some(body),
            action: if change.close {
                "close the pull request"
            } else {
                "update the pull request"
            },
            permission: PERMISSION,
            repeatable: true,
        })
    }

    /// Adds labels; GitHub makes those that the repository does not have.
    pub fn add_labels(&self, number: u64, labels: &[String]) -> Result<(), ForgeError> {
        let path = format!("{}/issues/{number}/labels", self.root());
        self.add(&path, json!({ "labels": labels }), "label the pull request")
    }

    /// Assigns people.
    pub fn add_assignees(&self, number: u64, assignees: &[String]) -> Result<(), ForgeError> {
        let path = format!("{}/issues/{number}/assignees", self.root());
        let body = json!({ "assignees": assignees });
        self.add(&path, body, "assign the pull request")
    }

    /// Asks people and teams for a review.
    pub fn request_reviews(
        &self,
        number: u64,
        people: &[String],
        teams: &[String],
    ) -> Result<(), ForgeError> {
        let path = format!("{}/pulls/{number}/requested_reviewers", self.root());
        let body = json!({ "reviewers": people, "team_reviewers": teams });
        self.add(&path, body, "ask for a review")
    }

    fn add(&self, path: &str, body: Value, action: &str) -> Result<(), ForgeError> {
        self.ask::<Value>(&Ask {
            method: Method::POST,
            path,
            body: Some(body),
            action,
            permission: PERMISSION,
            repeatable: true,
        })
        .map(|_| ())
    }

    fn is_ours(&self, pull: &Pull) -> bool {
        // GitHub does not tell `A/b` from `a/B`.
        pull.head_repository
            .as_ref()
            .is_some_and(|name| name.eq_ignore_ascii_case(&self.repository.full_name()))
    }
}
