//! Comments on pull requests.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::Method;

use super::client::Ask;
use super::pulls::RawUser;
use super::{ForgeError, Github};

const PERMISSION: &str = "pull-requests: write";
/// Who the workflow run's own token is.
const ACTIONS_BOT: &str = "github-actions[bot]";

/// A comment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub struct Comment {
    /// Its number.
    pub id: u64,
    /// What it says.
    pub body: String,
    /// Who wrote it.
    pub author: String,
}

#[derive(Deserialize)]
struct Raw {
    id: u64,
    body: Option<String>,
    user: Option<RawUser>,
}

impl From<Raw> for Comment {
    fn from(raw: Raw) -> Self {
        Self {
            id: raw.id,
            body: raw.body.unwrap_or_default(),
            author: raw.user.map(|user| user.login).unwrap_or_default(),
        }
    }
}

impl Github {
    /// Every comment on a pull request.
    pub fn comments(&self, number: u64) -> Result<Vec<Comment>, ForgeError> {
        let path = format!("{}/issues/{number}/comments", self.root());
        self.ask_all(&path, "read the comments", PERMISSION)
    }

    /// Writes a comment.
    pub fn comment(&self, number: u64, body: &str) -> Result<Comment, ForgeError> {
        self.ask(&Ask {
            method: Method::POST,
            path: &format!("{}/issues/{number}/comments", self.root()),
            body: Some(json!({ "body": body })),
            action: "comment on the pull request",
            permission: PERMISSION,
            repeatable: false,
        })
    }

    /// Replaces a comment.
    pub fn change_comment(&self, id: u64, body: &str) -> Result<Comment, ForgeError> {
        self.ask(&Ask {
            method: Method::PATCH,
            path: &format!("{}/issues/comments/{id}", self.root()),
            body: Some(json!({ "body": body })),
            action: "update the comment",
            permission: PERMISSION,
            repeatable: true,
        })
    }

    /// Makes sure that the one comment with this marker, written by whom the token belongs to, says this.
    ///
    /// Others may plant the marker: a comment of somebody else is never taken for ours. Returns whether anything changed.
    pub fn put_comment(&self, number: u64, marker: &str, body: &str) -> Result<bool, ForgeError> {
        match self.own_comment(number, marker)? {
            Some(comment) if comment.body == body => return Ok(false),
            Some(comment) => self.change_comment(comment.id, body)?,
            None => self.comment(number, body)?,
        };
        Ok(true)
    }

    /// Like [`put_comment`](Self::put_comment), but where there is none yet, none is written.
    pub fn change_comment_if_there(
        &self,
        number: u64,
        marker: &str,
        body: &str,
    ) -> Result<bool, ForgeError> {
        match self.own_comment(number, marker)? {
            Some(comment) if comment.body != body => {
                self.change_comment(comment.id, body).map(|_| true)
            }
            Some(_) | None => Ok(false),
        }
    }

    fn own_comment(&self, number: u64, marker: &str) -> Result<Option<Comment>, ForgeError> {
        let with_marker: Vec<Comment> = self
            .comments(number)?
            .into_iter()
            .filter(|comment| comment.body.contains(marker))
            .collect();
        if with_marker.is_empty() {
            return Ok(None);
        }
        let me = self.login();
        Ok(with_marker.into_iter().find(|comment| comment.author == me))
    }

    /// Whom the token belongs to. Only a person's token may ask `/user`; an App's may ask GraphQL.
    pub fn login(&self) -> String {
        let user: Result<RawUser, ForgeError> = self.ask(&Ask {
            method: Method::GET,
            path: "/user",
            body: None,
            action: "ask whose token it is",
            permission: "contents: read",
            repeatable: true,
        });
        if let Ok(user) = user {
            return user.login;
        }
        let answer = self.ask_graphql("{viewer{login}}", "ask whose token it is");
        answer
            .ok()
            .and_then(|answer: Value| {
                answer["data"]["viewer"]["login"]
                    .as_str()
                    .map(str::to_owned)
            })
            .unwrap_or_else(|| ACTIONS_BOT.to_owned())
    }
}
