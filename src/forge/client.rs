//! One request and its answer, with the waiting that GitHub asks for.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::{self, Method};
use ureq::{Agent, RequestExt as _};

use super::error::words;
use super::{ForgeError, Repository, Token, is_confidential};

/// The version of the API that is asked for
/// (<https://docs.github.com/rest/about-the-rest-api/api-versions>).
const API_VERSION: &str = "2022-11-28";
const AGENT: &str = concat!("glidepath/", env!("CARGO_PKG_VERSION"));
/// More than any answer that is asked for here.
const MOST_BYTES: u64 = 32 << 20;
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
    agent: Agent,
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

struct Answer {
    status: u16,
    headers: http::HeaderMap,
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
        // A redirection would carry the request, and maybe the token, to somebody else.
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(20)))
            .timeout_global(Some(Duration::from_secs(60)))
            .user_agent(AGENT)
            .accept("application/vnd.github+json")
            .build()
            .new_agent();
        let graphql = api.strip_suffix("/v3").map_or_else(
            || format!("{api}/graphql"),
            |base| format!("{base}/graphql"),
        );
        Ok(Self {
            agent,
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
            let link = answer.headers.get(http::header::LINK);
            let goes_on = link
                .and_then(|link| link.to_str().ok())
                .is_some_and(|link| link.contains("rel=\"next\""));
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
        let began = Instant::now();
        let mut pause = self.patience.first;
        loop {
            let (wait, error) = match self.send_once(url, ask) {
                Ok(answer) if answer.status < 300 => return Ok(answer),
                Ok(answer) => (
                    self.wait_for(&answer, ask, pause),
                    ForgeError::of_answer(ask.action, ask.permission, answer.status, &answer.body),
                ),
                Err(why) => (
                    ask.repeatable.then_some(pause),
                    ForgeError::unreachable(format!(
                        "GitHub could not be asked to {}: {why}",
                        ask.action
                    )),
                ),
            };
            match wait {
                Some(wait) if began.elapsed() + wait <= self.patience.most => {
                    std::thread::sleep(wait);
                    pause *= 2;
                }
                Some(_) | None => return Err(self.hide(error)),
            }
        }
    }

    fn send_once(&self, url: &str, ask: &Ask<'_>) -> Result<Answer, String> {
        let body = ask.body.as_ref().map(Value::to_string).unwrap_or_default();
        let mut request = http::Request::builder()
            .method(ask.method.clone())
            .uri(url)
            .header("authorization", self.token.bearer())
            .header("x-github-api-version", API_VERSION);
        if ask.body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let answer = if ask.body.is_some() {
            let request = request.body(body).map_err(|error| error.to_string())?;
            request.with_agent(&self.agent).run()
        } else {
            let request = request.body(()).map_err(|error| error.to_string())?;
            request.with_agent(&self.agent).run()
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let body = answer
            .body_mut()
            .with_config()
            .limit(MOST_BYTES)
            .lossy_utf8(true)
            .read_to_string()
            .map_err(|error| error.to_string())?;
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body,
        })
    }

    /// How long to wait before the same request may be sent again; `None` where that is no use.
    fn wait_for(&self, answer: &Answer, ask: &Ask<'_>, pause: Duration) -> Option<Duration> {
        let number = |name: &str| -> Option<u64> {
            answer.headers.get(name)?.to_str().ok()?.trim().parse().ok()
        };
        let said = words(&answer.body).to_ascii_lowercase();
        let asked = number("retry-after").map(Duration::from_secs);
        match answer.status {
            // A limit refuses before anything is done, so that even what may not happen twice can be sent again.
            403 | 429 if number("x-ratelimit-remaining") == Some(0) && asked.is_none() => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
                let reset = Duration::from_secs(number("x-ratelimit-reset")?);
                Some(reset.saturating_sub(now) + Duration::from_secs(1))
            }
            403 if asked.is_some() || said.contains("rate limit") => {
                Some(asked.unwrap_or(self.patience.limited).max(pause))
            }
            429 => Some(asked.unwrap_or(self.patience.limited).max(pause)),
            500 | 502 | 503 | 504 if ask.repeatable => Some(asked.unwrap_or(pause).max(pause)),
            // Right after a push or a creation, parts of GitHub do not know it yet.
            422 if said.contains("could not resolve to a node") => Some(pause),
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
