//! Where pull requests go: which GitHub, which repository, with which token.

use std::path::Path;

use crate::forge::{Github, Patience, Repository, Token, is_confidential};
use crate::sink::git::Repo;
use crate::sink::remote::{Login, Remote};

use super::branch::{self, PREFIX};
use super::{Error, Refusal, Why};

/// The server where nothing else is said.
const SERVER: &str = "https://github.com";

/// What the environment says of GitHub; what it does not say is `None`.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `owner/name`: GITHUB_REPOSITORY.
    pub repository: Option<String>,
    /// The server's address: GITHUB_SERVER_URL.
    pub server: Option<String>,
    /// The address of its API: GITHUB_API_URL.
    pub api: Option<String>,
    /// The branch that a workflow runs on, where it runs on one.
    pub branch: Option<String>,
}

/// A repository on a GitHub, and how its pull requests look.
#[derive(Debug)]
pub struct Site {
    /// The repository's API.
    pub github: Github,
    /// The repository itself.
    pub remote: Remote,
    /// The branch that pull requests go to.
    pub base: String,
    /// What every branch of ours begins with.
    pub prefix: String,
    /// The labels of new pull requests.
    pub labels: Vec<String>,
    /// People who are assigned to new pull requests.
    pub assignees: Vec<String>,
    /// People who are asked for a review of new ones.
    pub reviewers: Vec<String>,
    /// Teams that are asked for a review of new ones.
    pub teams: Vec<String>,
    /// Whether new pull requests are drafts.
    pub draft: bool,
    /// The page of the run that speaks, for its statuses.
    pub run: Option<String>,
}

impl Site {
    /// From a clone: the repository is `origin`, and git logs in as it always does.
    pub fn of_clone(
        folder: &Path,
        token: Option<&str>,
        base: Option<&str>,
        around: &Surroundings,
    ) -> Result<Self, Error> {
        let token = token.ok_or_else(|| {
            Refusal::new(Why::Usage, "a pull request needs a token of GitHub")
                .help("set GITHUB_TOKEN, such as `GITHUB_TOKEN=$(gh auth token)`")
        })?;
        let origin = Repo::open(folder)?.origin();
        let (host, path) = origin.as_deref().and_then(split).unwrap_or_default();
        let name = around.repository.clone().unwrap_or(path);
        let server = match host.as_str() {
            "" => around.server(),
            host => format!("https://{host}"),
        };
        let github = github(&around.api(&server), &name, token)?;
        let base = match base {
            Some(base) => branch::short_name(base)?,
            None => github.default_branch()?,
        };
        Ok(Self::new(github, Remote::new(folder, "origin", None), base))
    }

    /// From a workflow: everything is said by the runner, and the token logs in. On a branch, pull requests go there; on a tag or a
    /// pull request, to the default branch.
    pub fn of_runner(
        folder: &Path,
        token: &str,
        base: Option<&str>,
        around: &Surroundings,
    ) -> Result<Self, Error> {
        let server = around.server();
        let name = around.repository.clone().unwrap_or_default();
        let github = github(&around.api(&server), &name, token)?;
        let server = format!("{}/", server.trim_end_matches('/'));
        if !is_confidential(&server) {
            let message = "`GITHUB_SERVER_URL` is no `https://` address";
            return Err(Refusal::new(Why::Usage, message)
                .help("the token is not sent elsewhere")
                .into());
        }
        let login = Login {
            authorization: github.token().basic(),
            server: server.clone(),
        };
        let remote = Remote::new(folder, &format!("{server}{name}"), Some(login));
        let base = match base.or(around.branch.as_deref()) {
            Some(base) => branch::short_name(base)?,
            None => github.default_branch()?,
        };
        Ok(Self::new(github, remote, base))
    }

    fn new(github: Github, remote: Remote, base: String) -> Self {
        Self {
            github,
            remote,
            base,
            prefix: PREFIX.to_owned(),
            labels: Vec::new(),
            assignees: Vec::new(),
            reviewers: Vec::new(),
            teams: Vec::new(),
            draft: false,
            run: None,
        }
    }

    /// The branch of a move.
    pub(super) fn branch(&self, rollout: &str, stage: &str) -> Result<String, Refusal> {
        let name = branch::name(&self.prefix, rollout, stage);
        if Repo::is_branch_name(&name) && name != self.base {
            return Ok(name);
        }
        Err(Refusal::new(
            Why::Usage,
            "the branches' prefix makes no branch that git allows",
        )
        .help("correct `branch-prefix`; `glidepath/` is the default"))
    }
}

impl Surroundings {
    fn server(&self) -> String {
        self.server.clone().unwrap_or_else(|| SERVER.to_owned())
    }

    fn api(&self, server: &str) -> String {
        self.api.clone().unwrap_or_else(|| api_of(server))
    }
}

fn github(api: &str, name: &str, token: &str) -> Result<Github, Error> {
    let repository = Repository::parse(name).ok_or_else(|| {
        Refusal::new(
            Why::Usage,
            "it is not known which repository on GitHub this is",
        )
        .help("set GITHUB_REPOSITORY to `owner/name`")
    })?;
    let token = Token::new(token).ok_or_else(|| {
        Refusal::new(
            Why::Usage,
            "the token is none: it is empty or has characters that no token has",
        )
        .help("hand in `token: ${{ github.token }}`, or an App's token")
    })?;
    Ok(Github::new(api, repository, token, Patience::default())?)
}

fn api_of(server: &str) -> String {
    match server.trim_end_matches('/') {
        SERVER => "https://api.github.com".to_owned(),
        other => format!("{other}/api/v3"),
    }
}

/// The host, and `owner/name`, of an address as git takes it.
fn split(url: &str) -> Option<(String, String)> {
    let (host, path) = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?,
        // `git@github.com:owner/name.git`
        None => url.split_once(':')?,
    };
    let host = host.rsplit('@').next()?.split(':').next()?;
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    Some((host.to_owned(), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_understood() {
        for url in [
            "https://github.com/acme/models.git",
            "https://user@github.com/acme/models",
            "git@github.com:acme/models.git",
            "ssh://git@github.com:22/acme/models.git",
        ] {
            let found = split(url).expect(url);
            assert_eq!(found, ("github.com".to_owned(), "acme/models".to_owned()));
        }
        assert_eq!(split("/srv/git/models.git"), None);
        assert_eq!(api_of("https://github.com/"), "https://api.github.com");
        assert_eq!(api_of("https://ghe.example"), "https://ghe.example/api/v3");
    }
}
