//! What the workflow's event says of a pull request.

use std::fs;

use serde_json::Value;

use crate::cli::environment::variable;
use crate::promotion::review::PullRequest;

/// The pull request that the workflow runs for, or the group of a merge queue; `None` for every other event.
pub(super) fn pull_request() -> Option<PullRequest> {
    let text = fs::read_to_string(variable("GITHUB_EVENT_PATH")?).ok()?;
    let event: Value = serde_json::from_str(&text).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let group = &event["merge_group"];
    if let Some(base) = text(&group["base_sha"]) {
        // GitHub writes it in full here, and short elsewhere.
        let branch = group["base_ref"].as_str();
        let branch = branch.map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
        return Some(PullRequest {
            base,
            branch: branch.map(str::to_owned),
            head: text(&group["head_sha"]),
            ..PullRequest::default()
        });
    }
    let pull = &event["pull_request"];
    let [from, to] = ["head", "base"].map(|side| &pull[side]["repo"]["full_name"]);
    Some(PullRequest {
        number: Some(pull["number"].as_u64()?),
        author: text(&pull["user"]["login"]),
        body: text(&pull["body"]).unwrap_or_default(),
        base: text(&pull["base"]["sha"]).unwrap_or_default(),
        branch: text(&pull["base"]["ref"]),
        head: text(&pull["head"]["sha"]),
        is_fork: from != to,
    })
}
