//! A GitHub that remembers: pull requests, comments, labels, reviewers, statuses, with the rules that matter here, failures by
//! script, and a log of every request.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::http::{Request, Response, serve};

pub(crate) const OWNER: &str = "acme";
pub(crate) const NAME: &str = "models";
/// What is looked for everywhere where it must not be.
pub(crate) const TOKEN: &str = "ghs_Zq3tOkEnThatMustNotShow91";
/// Whom the token belongs to.
pub(crate) const BOT: &str = "github-actions[bot]";
/// Where the API begins, as on an Enterprise Server.
const API: &str = "/api/v3";

/// One request and what was answered.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: Value,
    pub(crate) status: u16,
    pub(crate) answer: Value,
    /// Everything that was sent but the Authorization header.
    pub(crate) sent: String,
}

/// An answer that is given instead, so many times.
pub(crate) struct Failure {
    pub(crate) method: &'static str,
    /// The path ends with this.
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Value,
    pub(crate) times: usize,
    /// Whether the request has its effect all the same.
    pub(crate) after: bool,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) pulls: Vec<Value>,
    pub(crate) comments: Vec<Value>,
    pub(crate) statuses: Vec<Value>,
    /// Whether the token may not set any.
    pub(crate) no_statuses: bool,
    /// What people may do, by their logins.
    pub(crate) permissions: BTreeMap<String, String>,
    /// The moves of the base branch, the newest first.
    pub(crate) moves: Vec<Value>,
    pub(crate) log: Vec<Exchange>,
    /// What was forgotten.
    pub(crate) old: Vec<Exchange>,
    pub(crate) failures: Vec<Failure>,
    /// The bare repository, where there is one: heads are then what they are there.
    pub(crate) git: Option<PathBuf>,
    /// Whether `GET /user` answers, as for a person's token.
    pub(crate) is_person: bool,
    /// The most items of a page.
    pub(crate) page: usize,
}

#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) port: u16,
}

impl Fake {
    pub(crate) fn new() -> Self {
        Self::start(None, |_| None)
    }

    /// Beside the API, `rest` answers whatever does not begin with its path.
    pub(crate) fn start(
        git: Option<PathBuf>,
        rest: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static,
    ) -> Self {
        let state = Arc::new(Mutex::new(State {
            git,
            page: 100,
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        let port = serve(move |request| {
            if request.path.starts_with(API) {
                shared.lock().expect("no panic").handle(request)
            } else {
                rest(request)
            }
        });
        Self { state, port }
    }

    pub(crate) fn server(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn api(&self) -> String {
        format!("{}{API}", self.server())
    }

    pub(crate) fn with<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        what(&mut self.state.lock().expect("no panic"))
    }

    pub(crate) fn fail(&self, failure: Failure) {
        self.with(|state| state.failures.push(failure));
    }

    /// `POST /pulls`, `PATCH /pulls/1` …, without those that only ask.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.with(|state| {
            let writes = state
                .log
                .iter()
                .filter(|one| one.method != "GET" && !one.path.ends_with("/graphql"));
            writes
                .map(|one| {
                    let root = format!("/repos/{OWNER}/{NAME}");
                    format!("{} {}", one.method, one.path.replace(&root, ""))
                })
                .collect()
        })
    }

    pub(crate) fn forget_log(&self) -> Vec<Exchange> {
        self.with(|state| {
            let log = std::mem::take(&mut state.log);
            state.old.extend(log.iter().cloned());
            log
        })
    }
}

impl Failure {
    pub(crate) fn new(method: &'static str, path: &'static str, status: u16, body: Value) -> Self {
        Self {
            method,
            path,
            status,
            headers: Vec::new(),
            body,
            times: 1,
            after: false,
        }
    }
}

fn json_response(status: u16, body: &Value) -> Response {
    Response::new(status, body.to_string()).with("content-type", "application/json; charset=utf-8")
}

/// The commit that a branch of a bare repository points to.
pub(crate) fn tip(git: &Path, branch: &str) -> Option<String> {
    let done = Command::new("git")
        .arg("-C")
        .arg(git)
        .args(["rev-parse", "--verify", "--quiet"])
        .arg(format!("refs/heads/{branch}"))
        .output()
        .expect("git");
    done.status
        .success()
        .then(|| String::from_utf8_lossy(&done.stdout).trim().to_owned())
}

impl State {
    fn handle(&mut self, request: &Request) -> Option<Response> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let failing = self.failures.iter().position(|failure| {
            failure.times > 0
                && failure.method == request.method
                && request.path.ends_with(failure.path)
        });
        let response = match failing {
            Some(index) => {
                if self.failures[index].after {
                    let _ = self.answer(request, &body);
                }
                let failure = &mut self.failures[index];
                failure.times -= 1;
                let mut response = json_response(failure.status, &failure.body);
                for (name, value) in &failure.headers {
                    response = response.with(name, value.clone());
                }
                response
            }
            None => self.answer(request, &body),
        };
        let headers = request
            .headers
            .iter()
            .filter(|(name, _)| name != "authorization");
        let headers: Vec<String> = headers.map(|(k, v)| format!("{k}: {v}")).collect();
        self.log.push(Exchange {
            method: request.method.clone(),
            path: request
                .path
                .strip_prefix(API)
                .unwrap_or_default()
                .to_owned(),
            query: request.query.clone(),
            sent: format!(
                "{} {}?{}\n{}\n{}",
                request.method,
                request.path,
                request.query,
                headers.join("\n"),
                String::from_utf8_lossy(&request.body)
            ),
            body,
            status: response.status,
            answer: serde_json::from_slice(&response.body).unwrap_or_default(),
        });
        // Status 0 in a script is a connection that breaks.
        (response.status != 0).then_some(response)
    }

    fn answer(&mut self, request: &Request, body: &Value) -> Response {
        if !is_authorized(request) {
            return json_response(401, &json!({"message": "Bad credentials"}));
        }
        let path = request.path.strip_prefix("/api").unwrap_or_default();
        if path == "/graphql" {
            return json_response(200, &json!({"data": {"viewer": {"login": BOT}}}));
        }
        let path = path.strip_prefix("/v3").unwrap_or(path);
        if path == "/user" {
            return if self.is_person {
                json_response(200, &json!({"login": BOT}))
            } else {
                json_response(
                    403,
                    &json!({"message": "Resource not accessible by integration"}),
                )
            };
        }
        let root = format!("/repos/{OWNER}/{NAME}");
        let Some(below) = path.strip_prefix(&root) else {
            return not_found();
        };
        let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
        let number = |text: &str| text.parse::<u64>().unwrap_or(0);
        match (request.method.as_str(), &parts[..]) {
            ("GET", []) => json_response(200, &json!({"default_branch": "main"})),
            ("GET", ["pulls"]) => self.list_pulls(request),
            ("POST", ["pulls"]) => self.create_pull(body),
            ("GET", ["pulls", n]) => self.with_pull(number(n), |_| Ok(())),
            ("PATCH", ["pulls", n]) => self.with_pull(number(n), |pull| change(pull, body)),
            ("POST", ["pulls", n, "requested_reviewers"]) => {
                let mut response = self.with_pull(number(n), |pull| {
                    pull["requested_reviewers"] = body["reviewers"].clone();
                    Ok(())
                });
                if response.status == 200 {
                    response.status = 201;
                }
                response
            }
            ("POST", ["issues", n, "labels"]) => self.with_pull(number(n), |pull| {
                let new = body["labels"].as_array().cloned().unwrap_or_default();
                let labels = pull["labels"].as_array_mut().expect("labels");
                for name in new {
                    if !labels.iter().any(|label| label["name"] == name) {
                        labels.push(json!({"name": name}));
                    }
                }
                Ok(())
            }),
            ("POST", ["issues", n, "assignees"]) => {
                let mut response = self.with_pull(number(n), |pull| {
                    pull["assignees"] = body["assignees"].clone();
                    Ok(())
                });
                if response.status == 200 {
                    response.status = 201;
                }
                response
            }
            ("GET", ["issues", n, "comments"]) => {
                let of = |comment: &&Value| comment["issue"] == number(n);
                let all: Vec<Value> = self.comments.iter().filter(of).cloned().collect();
                self.paged(request, &all)
            }
            ("POST", ["issues", n, "comments"]) => {
                if let Some(response) = too_long(body) {
                    return response;
                }
                let comment = json!({
                    "id": 1000 + self.comments.len(), "issue": number(n), "body": body["body"], "user": {"login": BOT},
                });
                self.comments.push(comment.clone());
                json_response(201, &comment)
            }
            ("PATCH", ["issues", "comments", id]) => {
                let id = number(id);
                match self.comments.iter_mut().find(|one| one["id"] == id) {
                    Some(comment) => {
                        comment["body"] = body["body"].clone();
                        json_response(200, comment)
                    }
                    None => not_found(),
                }
            }
            _ => self.answer_of_commits(request, &parts, body),
        }
    }

    /// What is known of commits, and of who may do what.
    fn answer_of_commits(&mut self, request: &Request, parts: &[&str], body: &Value) -> Response {
        match (request.method.as_str(), parts) {
            ("GET", ["commits", sha, "pulls"]) => {
                let all = self.pulls_with(sha);
                self.paged(request, &all)
            }
            ("GET", ["activity"]) => self.paged(request, &self.moves),
            ("GET", ["commits", sha, "statuses"]) => {
                let of = |status: &&Value| status["sha"] == *sha;
                let all: Vec<Value> = self.statuses.iter().rev().filter(of).cloned().collect();
                self.paged(request, &all)
            }
            ("GET", ["collaborators", login, "permission"]) => match self.permissions.get(*login) {
                None => not_found(),
                Some(role) => {
                    // `maintain` and `triage` are roles, and no permissions.
                    let permission = match role.as_str() {
                        "maintain" => "write",
                        "triage" => "read",
                        other => other,
                    };
                    let user = json!({"login": login});
                    let body = json!({"permission": permission, "role_name": role, "user": user});
                    json_response(200, &body)
                }
            },
            ("POST", ["statuses", _]) if self.no_statuses => {
                let message = "Resource not accessible by integration";
                json_response(403, &json!({"message": message}))
            }
            ("POST", ["statuses", sha]) => {
                let mut status = body.clone();
                status["sha"] = (*sha).into();
                self.statuses.push(status.clone());
                json_response(201, &status)
            }
            _ => not_found(),
        }
    }

    fn paged(&self, request: &Request, all: &[Value]) -> Response {
        let parameters = request.parameters();
        let number = |name: &str, default: usize| {
            parameters
                .get(name)
                .and_then(|text| text.parse().ok())
                .unwrap_or(default)
        };
        let size = number("per_page", 30).min(self.page);
        let page = number("page", 1);
        let items: Vec<&Value> = all.iter().skip((page - 1) * size).take(size).collect();
        let response = json_response(200, &json!(items));
        if page * size < all.len() {
            // A hostile server would like the token to come along.
            let next = format!("<http://evil.invalid/?page={}>; rel=\"next\"", page + 1);
            response.with("link", next)
        } else {
            response
        }
    }

    fn list_pulls(&mut self, request: &Request) -> Response {
        let parameters = request.parameters();
        let state = parameters.get("state").map_or("open", String::as_str);
        let mut all: Vec<Value> = self.pulls.iter().map(|pull| self.shown(pull)).collect();
        all.reverse();
        all.retain(|pull| state == "all" || pull["state"] == state);
        if let Some(base) = parameters.get("base") {
            all.retain(|pull| pull["base"]["ref"] == base.as_str());
        }
        if let Some((owner, head)) = parameters.get("head").and_then(|head| head.split_once(':')) {
            all.retain(|pull| {
                pull["head"]["ref"] == head && pull["head"]["user"]["login"] == owner
            });
        }
        self.paged(request, &all)
    }

    /// The pull requests that a commit is the tip or the merge of.
    fn pulls_with(&self, sha: &str) -> Vec<Value> {
        let is_of = |pull: &&Value| pull["head"]["sha"] == sha || pull["merge_commit_sha"] == sha;
        self.pulls.iter().filter(is_of).cloned().collect()
    }

    /// A pull request with the tips as they are now.
    fn shown(&self, pull: &Value) -> Value {
        let mut pull = pull.clone();
        let branch = pull["head"]["ref"].as_str().unwrap_or_default().to_owned();
        if pull["state"] == "open"
            && let Some(sha) = self.git.as_ref().and_then(|git| tip(git, &branch))
        {
            pull["head"]["sha"] = sha.into();
        }
        pull
    }

    fn create_pull(&mut self, body: &Value) -> Response {
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let (head, base) = (text("head"), text("base"));
        if let Some(response) = too_long(body) {
            return response;
        }
        if self.pulls.iter().any(|pull| {
            pull["state"] == "open" && pull["head"]["ref"] == head && pull["base"]["ref"] == base
        }) {
            return invalid(&json!([{"resource": "PullRequest", "code": "custom",
                "message": format!("A pull request already exists for {OWNER}:{head}.")}]));
        }
        let sha = match &self.git {
            None => "0".repeat(40),
            Some(git) => match (tip(git, &head), tip(git, &base)) {
                (Some(head), Some(base)) if head != base => head,
                (Some(_), Some(_)) => {
                    return invalid(
                        &json!([{"message": format!("No commits between {base} and {head}")}]),
                    );
                }
                _ => {
                    return invalid(
                        &json!([{"resource": "PullRequest", "field": "head", "code": "invalid"}]),
                    );
                }
            },
        };
        let number = self.pulls.len() + 1;
        let full_name = format!("{OWNER}/{NAME}");
        let pull = json!({
            "number": number, "html_url": format!("https://github.invalid/{OWNER}/{NAME}/pull/{number}"),
            "title": body["title"], "body": body["body"], "state": "open", "merged_at": null, "merge_commit_sha": null,
            "draft": body["draft"], "user": {"login": BOT}, "labels": [],
            "head": {"ref": head, "sha": sha, "user": {"login": OWNER}, "repo": {"full_name": full_name}},
            "base": {"ref": base, "sha": "0".repeat(40), "repo": {"full_name": full_name}},
        });
        self.pulls.push(pull.clone());
        json_response(201, &pull)
    }

    fn with_pull(
        &mut self,
        number: u64,
        what: impl FnOnce(&mut Value) -> Result<(), Response>,
    ) -> Response {
        let Some(index) = self.pulls.iter().position(|pull| pull["number"] == number) else {
            return not_found();
        };
        match what(&mut self.pulls[index]) {
            Ok(()) => json_response(200, &self.shown(&self.pulls[index])),
            Err(response) => response,
        }
    }
}

/// Whether the token came, and came once.
fn is_authorized(request: &Request) -> bool {
    let headers = request.headers.iter();
    let sent: Vec<_> = headers
        .filter(|(name, _)| name == "authorization")
        .collect();
    sent.len() == 1 && sent[0].1 == format!("Bearer {TOKEN}")
}

fn change(pull: &mut Value, body: &Value) -> Result<(), Response> {
    if let Some(response) = too_long(body) {
        return Err(response);
    }
    for key in ["title", "body", "state"] {
        if !body[key].is_null() {
            pull[key] = body[key].clone();
        }
    }
    Ok(())
}

fn too_long(body: &Value) -> Option<Response> {
    let length = |name: &str| body[name].as_str().map_or(0, |text| text.chars().count());
    (length("body") > 65_536 || length("title") > 256).then(|| {
        invalid(
            &json!([{"resource": "PullRequest", "field": "body", "code": "custom",
            "message": "body is too long (maximum is 65536 characters)"}]),
        )
    })
}

fn invalid(errors: &Value) -> Response {
    json_response(
        422,
        &json!({"message": "Validation Failed", "errors": errors}),
    )
}

fn not_found() -> Response {
    json_response(404, &json!({"message": "Not Found"}))
}
