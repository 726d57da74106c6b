//! Why GitHub did not do it, and what to do.

use std::fmt;

use serde_json::Value;

/// What GitHub refused, or why it could not be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForgeError {
    /// The status of the answer; `None` where there was none.
    pub status: Option<u16>,
    /// One lower-case sentence.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl ForgeError {
    /// An error without an answer.
    pub(super) fn unreachable(message: String) -> Self {
        Self {
            status: None,
            message,
            help: Some(
                "check `GITHUB_API_URL` and the network of the runner, then run again: nothing is done twice"
                    .to_owned(),
            ),
        }
    }

    /// An answer that does not have the shape that the API documents.
    pub(super) fn strange(action: &str, why: &str) -> Self {
        Self {
            status: None,
            message: format!("GitHub's answer to {action} cannot be read: {why}"),
            help: Some("check that `GITHUB_API_URL` is the address of GitHub's API".to_owned()),
        }
    }

    /// What an answer with an error status means.
    pub(super) fn of_answer(action: &str, permission: &str, status: u16, body: &str) -> Self {
        let said = words(body);
        let help = help(permission, status, &said);
        let because = if said.is_empty() {
            String::new()
        } else {
            format!(": {said}")
        };
        Self {
            status: Some(status),
            message: format!("GitHub refused to {action} ({status}){because}"),
            help,
        }
    }

    /// Whether GitHub refuses because the token may not do this.
    pub fn is_forbidden(&self) -> bool {
        matches!(self.status, Some(401 | 403 | 404))
    }

    /// Whether what should be made is there already.
    pub fn is_duplicate(&self) -> bool {
        self.status == Some(422) && self.message.contains("already exists")
    }
}

impl fmt::Display for ForgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ForgeError {}

/// What GitHub says, in one line: its message, and each of its `errors`.
pub(super) fn words(body: &str) -> String {
    const MOST: usize = 300;
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    let mut said = vec![text(&value["message"])];
    for error in value["errors"].as_array().into_iter().flatten() {
        said.push(if error.is_string() {
            text(error)
        } else if error["message"].is_string() {
            text(&error["message"])
        } else {
            [&error["resource"], &error["field"], &error["code"]]
                .map(text)
                .join(" ")
        });
    }
    said.retain(|part| !part.trim().is_empty());
    let said = said.join("; ");
    let line: String = said
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MOST)
        .collect();
    line.trim_end_matches('.').to_owned()
}

fn help(permission: &str, status: u16, said: &str) -> Option<String> {
    let says = |words: &str| said.to_ascii_lowercase().contains(words);
    let help = match status {
        300..=399 => "the repository has moved: set `GITHUB_REPOSITORY` to its new name".to_owned(),
        401 => "the token is wrong, or it has expired: hand in a fresh one as `token`".to_owned(),
        403 if says("not permitted to create or approve") => {
            "switch on Settings → Actions → General → Workflow permissions → `Allow GitHub Actions to create and approve pull requests`, or use the token of a GitHub App".to_owned()
        }
        403 if says("saml") || says("sso") => {
            "authorise the token for the organisation's single sign-on".to_owned()
        }
        403 if says("rate limit") => {
            "the limit of requests is reached: run again later, or use a token of its own".to_owned()
        }
        403 => format!("give the job `permissions: {{{permission}}}`; a token of a GitHub App or a person needs the same permission on this repository"),
        404 => format!("the token does not see it: check `GITHUB_REPOSITORY`, and that the token may read this repository and has `{permission}`"),
        410 => "pull requests or issues are switched off in this repository's settings".to_owned(),
        422 if says("no commits between") => {
            "the base has this change already: update the checkout and run again".to_owned()
        }
        422 if says("too long") => {
            "this is a fault of glidepath, please report it; until then open the pull request by hand".to_owned()
        }
        429 => "the limit of requests is reached: run again later".to_owned(),
        500..=599 => "GitHub has a problem: run again later, nothing is done twice".to_owned(),
        _ => return None,
    };
    Some(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_say_what_to_do() {
        let of = |status, body| {
            ForgeError::of_answer("open a pull request", "pull-requests: write", status, body)
        };
        let error = of(
            403,
            r#"{"message":"Resource not accessible by integration"}"#,
        );
        assert_eq!(
            error.message,
            "GitHub refused to open a pull request (403): Resource not accessible by integration"
        );
        assert!(
            error
                .help
                .expect("help")
                .contains("`permissions: {pull-requests: write}`")
        );
        let error = of(
            403,
            r#"{"message":"GitHub Actions is not permitted to create or approve pull requests."}"#,
        );
        assert!(error.help.expect("help").contains("Workflow permissions"));
        let error = of(
            422,
            r#"{"message":"Validation Failed","errors":[{"resource":"PullRequest","code":"custom","message":"A pull request already exists for o:b."},{"resource":"PullRequest","field":"base","code":"invalid"}]}"#,
        );
        assert!(error.is_duplicate(), "{error}");
        assert!(error.message.ends_with("PullRequest base invalid"));
    }

    #[test]
    fn an_answer_cannot_write_lines_of_its_own() {
        let body = serde_json::json!({"message": format!("a\n::error::b{}", "x".repeat(900))});
        let said = words(&body.to_string());
        assert!(
            !said.contains('\n') && said.chars().count() == 300,
            "{said}"
        );
        assert_eq!(words("<html>"), "");
    }
}
