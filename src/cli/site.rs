//! Where pull requests go, by the command line and the environment.

use std::path::Path;

use clap::Args;

use crate::promotion::site::{Site, Surroundings};

use super::Failure;
use super::environment::variable;

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
    base: Option<String>,
}

/// The site of a clone.
pub(super) fn of_clone(folder: &Path, args: &PullRequestArgs) -> Result<Site, Failure> {
    let token = TOKENS.iter().find_map(|name| variable(name));
    let (token, base) = (token.as_deref(), args.base.as_deref());
    Ok(Site::of_clone(folder, token, base, &surroundings())?)
}

/// What the environment says of GitHub.
pub(super) fn surroundings() -> Surroundings {
    let is_branch = variable("GITHUB_REF_TYPE").is_some_and(|kind| kind == "branch")
        && variable("GITHUB_EVENT_NAME").is_none_or(|event| event != "pull_request");
    Surroundings {
        repository: variable("GITHUB_REPOSITORY"),
        server: variable("GITHUB_SERVER_URL"),
        api: variable("GITHUB_API_URL"),
        branch: variable("GITHUB_REF_NAME").filter(|_| is_branch),
    }
}
