//! The repository itself, and what is said about its commits.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::Method;

use super::client::Ask;
use super::{ForgeError, Github, encode};

/// A status's description is refused beyond this.
const MOST_DESCRIPTION: usize = 140;

/// `owner/name`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The person or organisation.
    pub owner: String,
    /// The repository.
    pub name: String,
}

/// What is said about a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StatusState {
    /// It is good.
    Success,
    /// It is not.
    Failure,
    /// It is not known yet.
    Pending,
    /// It could not be found out.
    Error,
}

impl Repository {
    /// Reads `owner/name` with the characters that GitHub allows.
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = |part: &str| {
            !part.is_empty()
                && part != "."
                && part != ".."
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        };
        let (owner, name) = text.split_once('/')?;
        (is_name(owner) && is_name(name)).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }
}

impl Github {
    /// `/repos/owner/name`
    pub(super) fn root(&self) -> String {
        format!(
            "/repos/{}/{}",
            encode(&self.repository.owner),
            encode(&self.repository.name)
        )
    }

    /// The branch that the repository begins with.
    pub fn default_branch(&self) -> Result<String, ForgeError> {
        #[derive(Deserialize)]
        struct Answer {
            default_branch: String,
        }
        let answer: Answer = self.ask(&Ask {
            method: Method::GET,
            path: &self.root(),
            body: None,
            action: "read the repository",
            permission: "contents: read",
            repeatable: true,
        })?;
        Ok(answer.default_branch)
    }

    /// Whether somebody may write to the repository: who is not known there may not.
    pub fn may_write(&self, login: &str) -> Result<bool, ForgeError> {
        #[derive(Deserialize)]
        struct Answer {
            permission: String,
        }
        let asked: Result<Answer, ForgeError> = self.ask(&Ask {
            method: Method::GET,
            path: &format!("{}/collaborators/{}/permission", self.root(), encode(login)),
            body: None,
            action: "ask what somebody may do",
            permission: "metadata: read",
            repeatable: true,
        });
        match asked {
            Ok(answer) => Ok(matches!(answer.permission.as_str(), "admin" | "write")),
            Err(error) if error.status == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Says something about a commit under the name `context`, unless that is what was said last: GitHub keeps no more than a
    /// thousand statuses of one name for a commit.
    pub fn renew_status(
        &self,
        commit: &str,
        context: &str,
        state: StatusState,
        description: &str,
        link: Option<&str>,
    ) -> Result<(), ForgeError> {
        #[derive(Deserialize)]
        struct Status {
            context: String,
            state: StatusState,
            description: Option<String>,
        }
        let path = format!("{}/commits/{}/statuses", self.root(), encode(commit));
        let all: Vec<Status> =
            self.ask_all(&path, "read the commit's statuses", "statuses: write")?;
        let short = shorten(description);
        let is_said = all
            .into_iter()
            .find(|one| one.context == context)
            .is_some_and(|one| one.state == state && one.description.as_ref() == Some(&short));
        if is_said {
            return Ok(());
        }
        self.set_status(commit, context, state, &short, link)
    }

    /// Says something about a commit under the name `context`.
    pub fn set_status(
        &self,
        commit: &str,
        context: &str,
        state: StatusState,
        description: &str,
        link: Option<&str>,
    ) -> Result<(), ForgeError> {
        let description = shorten(description);
        let state = match state {
            StatusState::Success => "success",
            StatusState::Failure => "failure",
            StatusState::Pending => "pending",
            StatusState::Error => "error",
        };
        let mut body = json!({"state": state, "context": context, "description": description});
        if let Some(link) = link {
            body["target_url"] = link.into();
        }
        self.ask::<Value>(&Ask {
            method: Method::POST,
            path: &format!("{}/statuses/{}", self.root(), encode(commit)),
            body: Some(body),
            action: "set the commit's status",
            permission: "statuses: write",
            repeatable: true,
        })
        .map(|_| ())
    }
}

/// As much of a description as GitHub takes.
fn shorten(description: &str) -> String {
    description.chars().take(MOST_DESCRIPTION).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_github_allows_are_read() {
        let read = Repository::parse("acme/model.serving_1").expect("a repository");
        assert_eq!(read.full_name(), "acme/model.serving_1");
        for text in [
            "", "acme", "acme/", "/x", "a/b/c", "a/..", "a b/c", "a/b?x", "a/b#",
        ] {
            assert_eq!(Repository::parse(text), None, "{text}");
        }
    }
}
