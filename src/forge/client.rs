//! One request and its answer, with the waiting that GitHub asks for.

use std::iter;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{self, Attempt, Client, Deadline, Limits, Method, Wait, persist};

use super::error::words;
use super::{ForgeError, Repository, Token, is_confidential};

/// The version of the API that is asked for
/// (<https://docs.github.com/rest/about-the-rest-api/api-versions>).
const API_VERSION: &str = "2022-11-28";
/// The most that GitHub gives on one page.
const PAGE: usize = 100;
/// Nobody has more open pull requests than this; a server that never ends is not followed.
const MOST_PAGES: usize = 100;

/// How long to bear with a server that is busy.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The pause before the first repetition; each further one is twice as long.
    pub first: Duration,
    /// The pause where a secondary rate limit does not say how long; GitHub's documentation asks for a minute.
    pub limited: Duration,
    /// The most time for one request, with all its repetitions.
    pub most: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            limited: Duration::from_secs(60),
            most: Duration::from_secs(180),
        }
    }
}

/// One repository on a GitHub, with a token.
#[derive(Clone, Debug)]
pub struct Github {
    client: Client,
    api: String,
    graphql: String,
    token: Token,
    patience: Patience,
    pub(super) repository: Repository,
}

/// What to ask for, and the words for it in an error.
pub(super) struct Ask<'a> {
    pub(super) method: Method,
    /// Below the API's address, with a leading `/`.
    pub(super) path: &'a str,
    pub(super) body: Option<Value>,
    /// `open a pull request`
    pub(super) action: &'a str,
    /// `pull-requests: write`
    pub(super) permission: &'a str,
    /// Whether a second time does no harm.
    pub(super) repeatable: bool,
}

/// An answer whose body is read.
struct Answer {
    head: http::Answer,
    body: String,
}

impl Github {
    /// A repository behind the API at `api`, such as `https://api.github.com` or `https://ghe.example/api/v3`.
    pub fn new(
        api: &str,
        repository: Repository,
        token: Token,
        patience: Patience,
    ) -> Result<Self, ForgeError> {
        let api = api.trim_end_matches('/').to_owned();
        if !is_confidential(&api) {
            return Err(ForgeError {
                status: None,
                message: "the address of GitHub's API is no `https://` address".to_owned(),
                help: Some("correct `GITHUB_API_URL`: the token is not sent elsewhere".to_owned()),
            });
        }
        let client = Client::new(Limits {
            connect: Some(Duration::from_secs(20)),
            whole: Some(Duration::from_secs(60)),
            accept: Some("application/vnd.github+json"),
            roots: None,
            identity: None,
        });
        let graphql = api.strip_suffix("/v3").map_or_else(
            || format!("{api}/graphql"),
            |base| format!("{base}/graphql"),
        );
        Ok(Self {
            client,
            api,
            graphql,
            token,
            patience,
            repository,
        })
    }

    /// The token, for what goes over git instead.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// Asks, and reads the answer.
    pub(super) fn ask<T: DeserializeOwned>(&self, ask: &Ask<'_>) -> Result<T, ForgeError> {
        let answer = self.send(&format!("{}{}", self.api, ask.path), ask)?;
        self.read(ask, &answer)
    }

    /// Asks one GraphQL question.
    pub(super) fn ask_graphql(&self, query: &str, action: &str) -> Result<Value, ForgeError> {
        let ask = Ask {
            method: Method::POST,
            path: "",
            body: Some(serde_json::json!({ "query": query })),
            action,
            permission: "contents: read",
            repeatable: true,
        };
        let answer = self.send(&self.graphql, &ask)?;
        self.read(&ask, &answer)
    }

    /// Asks for every page of a list.
    pub(super) fn ask_all<T: DeserializeOwned>(
        &self,
        path: &str,
        action: &str,
        permission: &str,
    ) -> Result<Vec<T>, ForgeError> {
        let mut all = Vec::new();
        for page in 1..=MOST_PAGES {
            let join = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{join}per_page={PAGE}&page={page}");
            let ask = Ask {
                method: Method::GET,
                path: &path,
                body: None,
                action,
                permission,
                repeatable: true,
            };
            let answer = self.send(&format!("{}{}", self.api, ask.path), &ask)?;
            let items: Vec<T> = self.read(&ask, &answer)?;
            all.extend(items);
            // The address of the next page is the server's word; that there is one is all that is taken from it.
            let link = answer.head.header("link");
            let goes_on = link.is_some_and(|link| link.contains("rel=\"next\""));
            if !goes_on {
                break;
            }
        }
        Ok(all)
    }

    fn read<T: DeserializeOwned>(&self, ask: &Ask<'_>, answer: &Answer) -> Result<T, ForgeError> {
        let text = if answer.body.trim().is_empty() {
            "null"
        } else {
            &answer.body
        };
        serde_json::from_str(text)
            .map_err(|error| self.hide(ForgeError::strange(ask.action, &error.to_string())))
    }

    /// Sends until there is an answer that is worth reading, or no time left.
    fn send(&self, url: &str, ask: &Ask<'_>) -> Result<Answer, ForgeError> {
        let pauses = iter::successors(Some(self.patience.first), |pause| pause.checked_mul(2));
        let deadline = Deadline::after(self.patience.most);
        persist(pauses, deadline, || self.attempt(url, ask)).map_err(|error| self.hide(error))
    }

    fn attempt(&self, url: &str, ask: &Ask<'_>) -> Attempt<Answer, ForgeError> {
        let (error, wait) = match self.send_once(url, ask) {
            Ok(answer) if answer.head.status < 300 => return Attempt::Done(Ok(answer)),
            Ok(Answer { head, body }) => (
                ForgeError::of_answer(ask.action, ask.permission, head.status, &body),
                self.wait_for(&head, &body, ask),
            ),
            Err(why) => (
                ForgeError::unreachable(format!(
                    "GitHub could not be asked to {}: {why}",
                    ask.action
                )),
                ask.repeatable.then_some(Wait::Pause),
            ),
        };
        match wait {
            Some(wait) => Attempt::Again(error, wait),
            None => Attempt::Done(Err(error)),
        }
    }

    fn send_once(&self, url: &str, ask: &Ask<'_>) -> Result<Answer, String> {
        let bearer = self.token.bearer();
        let headers = [
            ("authorization", bearer.as_str()),
            ("x-github-api-version", API_VERSION),
        ];
        let json = ask.body.as_ref().map(Value::to_string);
        let sent = self.client.send(&ask.method, url, &headers, json);
        let mut head = sent.map_err(|error| error.to_string())?;
        let body = head.text().map_err(|error| error.to_string())?;
        Ok(Answer { head, body })
    }

    /// How long to wait before the same request may be sent again; `None` where that is no use.
    fn wait_for(&self, head: &http::Answer, body: &str, ask: &Ask<'_>) -> Option<Wait> {
        let said = words(body).to_ascii_lowercase();
        let asked = head.retry_after();
        match head.status {
            // A limit refuses before anything is done, so that even what may not happen twice can be sent again.
            403 | 429 if head.number("x-ratelimit-remaining") == Some(0) && asked.is_none() => {
                head.number("x-ratelimit-reset").map(Wait::Until)
            }
            403 if asked.is_some() || said.contains("rate limit") => {
                Some(Wait::AtLeast(asked.unwrap_or(self.patience.limited)))
            }
            429 => Some(Wait::AtLeast(asked.unwrap_or(self.patience.limited))),
            500 | 502 | 503 | 504 if ask.repeatable => Some(Wait::asked(asked)),
            // Right after a push or a creation, parts of GitHub do not know it yet.
            422 if said.contains("could not resolve to a node") => Some(Wait::Pause),
            _ => None,
        }
    }

    fn hide(&self, error: ForgeError) -> ForgeError {
        ForgeError {
            status: error.status,
            message: self.token.hide_in(&error.message),
            help: error.help,
        }
    }
}
