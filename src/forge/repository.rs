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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

    /// Says something about a commit under the name `context`.
    pub fn set_status(
        &self,
        commit: &str,
        context: &str,
        state: StatusState,
        description: &str,
        link: Option<&str>,
    ) -> Result<(), ForgeError> {
        let description: String = description.chars().take(MOST_DESCRIPTION).collect();
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
