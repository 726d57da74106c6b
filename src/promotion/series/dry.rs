//! Where a series comes from, as Argo CD's hydrator calls it: the dry commit.

use serde::Serialize;

use crate::promotion::history;
use crate::sink::git::{GitError, Repo};

/// Where the manifests come from: the commit of rollout.yaml, as Argo CD's hydrator records it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Dry {
    /// The repository's address.
    #[serde(rename = "repoURL", skip_serializing_if = "Option::is_none")]
    pub(super) repo_url: Option<String>,
    /// The commit's hash.
    #[serde(rename = "drySha")]
    pub(super) sha: String,
    /// The commands that make the manifests from the commit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) commands: Vec<String>,
    /// Who wrote the commit.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) author: String,
    /// When the commit was written, in RFC 3339.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) date: String,
    /// The first line of the commit's message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) subject: String,
    /// The rest of the commit's message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) body: String,
}

/// Where a series comes from: the commit that last changed `name`, a file of the repository's folder that holds `text` now. `None`
/// where that is not committed, and so comes from nowhere.
pub(super) fn dry(repo: &Repo, name: &str, text: &str) -> Result<Option<Dry>, GitError> {
    let Some(head) = repo.head()? else {
        return Ok(None);
    };
    let unix = |text: &str| text.replace("\r\n", "\n");
    let committed = repo.file(head.tip, name)?;
    if committed.map(|text| unix(&text)) != Some(unix(text)) {
        return Ok(None);
    }
    let commit = history::last_change(repo, head.tip, name)?;
    let (subject, body) = commit
        .message
        .split_once("\n\n")
        .unwrap_or((&commit.message, ""));
    Ok(Some(Dry {
        repo_url: repo.origin(),
        sha: commit.id.to_string(),
        commands: Vec::new(),
        author: commit.author.to_string(),
        date: commit.authored.to_string(),
        subject: subject.trim().to_owned(),
        body: body.trim().to_owned(),
    }))
}
