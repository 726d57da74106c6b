//! Where pull requests go: which GitHub, which repository, with which token.

use std::env;
use std::path::Path;

use clap::Args;

use crate::forge::{Github, Patience, Repository, Token};
use crate::promotion::upsert::Target;
use crate::sink::git::Repo;
use crate::sink::remote::{Login, Remote};

use super::{Exit, Failure};

/// The server where nothing else is said.
const SERVER: &str = "https://github.com";
/// The prefix of branches where nothing else is said.
pub(super) const PREFIX: &str = "glidepath/";
/// Where a token is looked for.
const TOKENS: [&str; 3] = ["GLIDEPATH_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"];

/// Where a pull request goes.
#[derive(Debug, Args)]
pub(super) struct PullRequestArgs {
    /// Push the branch `glidepath/<rollout>/<stage>` and open a pull request, or update the one that is there. The token is read
    /// from GLIDEPATH_TOKEN, GITHUB_TOKEN or GH_TOKEN
    #[arg(long, conflicts_with_all = ["branch", "dry_run"])]
    pub(super) pull_request: bool,
    /// The branch to merge into; default: the repository's default branch
    #[arg(long, value_name = "BRANCH", requires = "pull_request")]
    pub(super) base: Option<String>,
}

/// A repository on a GitHub, and how its pull requests look.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) github: Github,
    pub(super) remote: Remote,
    pub(super) base: String,
    pub(super) prefix: String,
    pub(super) labels: Vec<String>,
    pub(super) assignees: Vec<String>,
    pub(super) reviewers: Vec<String>,
    pub(super) teams: Vec<String>,
    pub(super) draft: bool,
}

impl Site {
    /// From a clone: the repository is `origin`, and git logs in as it always does.
    pub(super) fn of_clone(folder: &Path, base: Option<&str>) -> Result<Self, Failure> {
        let token = TOKENS
            .iter()
            .find_map(|name| variable(name))
            .ok_or_else(|| {
                Failure::new(Exit::Usage, "a pull request needs a token of GitHub")
                    .help("set GITHUB_TOKEN, such as `GITHUB_TOKEN=$(gh auth token)`")
            })?;
        let repo = Repo::open(folder)?;
        let origin = repo.origin();
        let (host, path) = origin.as_deref().and_then(split).unwrap_or_default();
        let name = variable("GITHUB_REPOSITORY").unwrap_or(path);
        let server = match host.as_str() {
            "" => variable("GITHUB_SERVER_URL").unwrap_or_else(|| SERVER.to_owned()),
            host => format!("https://{host}"),
        };
        let api = variable("GITHUB_API_URL").unwrap_or_else(|| api_of(&server));
        let github = github(&api, &name, &token)?;
        let base = match base {
            Some(base) => base.to_owned(),
            None => github.default_branch()?,
        };
        Ok(Self::new(github, Remote::new(folder, "origin", None), base))
    }

    /// From a workflow: everything is said by the runner, and the token logs in.
    pub(super) fn of_runner(
        folder: &Path,
        token: &str,
        base: Option<&str>,
    ) -> Result<Self, Failure> {
        let server = variable("GITHUB_SERVER_URL").unwrap_or_else(|| SERVER.to_owned());
        let api = variable("GITHUB_API_URL").unwrap_or_else(|| api_of(&server));
        let name = variable("GITHUB_REPOSITORY").unwrap_or_default();
        let github = github(&api, &name, token)?;
        let server = format!("{}/", server.trim_end_matches('/'));
        if !crate::forge::is_confidential(&server) {
            let message = "`GITHUB_SERVER_URL` is no `https://` address";
            return Err(Failure::new(Exit::Usage, message).help("the token is not sent elsewhere"));
        }
        let login = Login {
            authorization: github.token().basic(),
            server: server.clone(),
        };
        let remote = Remote::new(folder, &format!("{server}{name}"), Some(login));
        // On a branch, the pull request goes there; on a tag or a pull request, to the default branch.
        let is_branch = variable("GITHUB_REF_TYPE").is_some_and(|kind| kind == "branch")
            && variable("GITHUB_EVENT_NAME").is_none_or(|event| event != "pull_request");
        let base = match (base, variable("GITHUB_REF_NAME").filter(|_| is_branch)) {
            (Some(base), _) => base.to_owned(),
            (None, Some(branch)) => branch,
            (None, None) => github.default_branch()?,
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
        }
    }

    /// What the pull requests are made with.
    pub(super) fn target(&self) -> Target<'_> {
        Target {
            github: &self.github,
            remote: &self.remote,
            base: &self.base,
            labels: &self.labels,
            assignees: &self.assignees,
            reviewers: [&self.reviewers, &self.teams],
            draft: self.draft,
        }
    }

    /// The branch of a move.
    pub(super) fn branch(&self, rollout: &str, stage: &str) -> Result<String, Failure> {
        let name = format!("{}{rollout}/{stage}", self.prefix);
        if Repo::is_branch_name(&name) && name != self.base {
            return Ok(name);
        }
        Err(Failure::new(
            Exit::Usage,
            "the branches' prefix makes no branch that git allows",
        )
        .help("correct `branch-prefix`; `glidepath/` is the default"))
    }
}

/// A variable that is set to something.
pub(super) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn github(api: &str, name: &str, token: &str) -> Result<Github, Failure> {
    let repository = Repository::parse(name).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "it is not known which repository on GitHub this is",
        )
        .help("set GITHUB_REPOSITORY to `owner/name`")
    })?;
    let token = Token::new(token).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
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
