//! A repository on a GitHub of our own, a clone as the runner has it, and the runner itself.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::fake::{Fake, NAME, OWNER, TOKEN, tip};
use crate::support::git::program;
use crate::support::http::{Request, Response};
use crate::support::{GLIDEPATH, ROOT, Run, scratch};

/// The rollout of the tests: baseline, deploy, split, weight-100, retire.
pub(crate) const SPEC: &str = r#"apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: ranker, namespace: search}
spec:
  models:
    - &a
      name: a
      runtime: tensorflow-serving
      image: tensorflow/serving:2.8.0
      model: {name: ranker, uri: "gs://models/a"}
      replicas: 3
      capacity: {requestsPerSecond: 50}
      resources: {requests: {cpu: "2", memory: 2Gi}}
    - name: b
      runtime: tensorflow-serving
      image: tensorflow/serving:2.8.0
      model: {name: ranker, uri: "gs://models/b"}
      replicas: 3
      capacity: {requestsPerSecond: 50}
      resources: {requests: {cpu: "2", memory: 2Gi}}
  stable: a
  traffic: {expected: {requestsPerMinute: 6000}}
  cohorts:
    - {name: testers, match: [{headers: {x-user-group: testers}}]}
  gates:
    - {name: availability, availability: {objective: 99.5%}}
  steps:
    - name: split
      description: "DESCRIPTION"
      cohorts: {testers: b}
      weight: 30
      bake: 1h
      gates: [availability]
    - weight: 100
      bake: 1h
      gates: [availability]
  policy: {maxIncrease: 70}
"#;

pub(crate) struct World {
    pub(crate) fake: Fake,
    pub(crate) root: PathBuf,
    pub(crate) bare: PathBuf,
    pub(crate) base: String,
    name: String,
}

/// What one run of the Action did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) log: String,
    pub(crate) outputs: BTreeMap<String, String>,
    pub(crate) summary: String,
}

impl Ran {
    pub(crate) fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }
}

/// Runs git as a person does, two days ago, so that everything has baked.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = program("git", folder, folder, two_days_ago());
    for setting in ["init.defaultBranch=main", "protocol.file.allow=always"] {
        command.args(["-c", setting]);
    }
    let run = Run::to_the_end(command.args(args)).exits(0);
    run.stdout.trim().to_owned()
}

fn two_days_ago() -> i64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    i64::try_from(now.as_secs()).expect("a date") - 2 * 86_400
}

/// `git http-backend` behind the server; whoever sends two headers, or another one, is turned away as GitHub does.
fn backend(root: &Path, request: &Request) -> Option<Response> {
    let given: Vec<&str> = request
        .headers
        .iter()
        .filter(|(name, _)| name == "authorization")
        .map(|(_, value)| value.as_str())
        .collect();
    let basic = glidepath::forge::Token::new(TOKEN)
        .expect("a token")
        .basic();
    match given[..] {
        [] => return Some(Response::new(401, "").with("www-authenticate", "Basic realm=\"x\"")),
        [one] if one.eq_ignore_ascii_case(&basic) => {}
        [_] => return Some(Response::new(403, "")),
        _ => return Some(Response::new(400, "Duplicate header: \"Authorization\"")),
    }
    let mut child = Command::new("git")
        .arg("http-backend")
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a path"))
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", crate::support::http::decode(&request.path))
        .env("QUERY_STRING", &request.query)
        .env("REQUEST_METHOD", &request.method)
        .env(
            "CONTENT_TYPE",
            request.header("content-type").unwrap_or_default(),
        )
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env(
            "HTTP_CONTENT_ENCODING",
            request.header("content-encoding").unwrap_or_default(),
        )
        .env(
            "GIT_PROTOCOL",
            request.header("git-protocol").unwrap_or_default(),
        )
        .env("REMOTE_USER", "x")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("git http-backend");
    let mut stdin = child.stdin.take().expect("a pipe");
    let body = request.body.clone();
    let writer = std::thread::spawn(move || {
        let _ = stdin.write_all(&body);
    });
    let done = child.wait_with_output().expect("it ends");
    writer.join().expect("it writes");
    let end = done
        .stdout
        .windows(4)
        .position(|four| four == b"\r\n\r\n")?;
    let mut response = Response::new(200, done.stdout[end + 4..].to_vec());
    for line in String::from_utf8_lossy(&done.stdout[..end]).lines() {
        match line.split_once(": ") {
            Some(("Status", status)) => {
                response.status = status.split(' ').next()?.parse().ok()?;
            }
            Some((name, value)) => response = response.with(name, value),
            None => {}
        }
    }
    Some(response)
}

impl World {
    /// A repository whose branch `base` has the rollout, rendered and committed two days ago.
    pub(crate) fn with(name: &str, base: &str, spec: &str) -> Self {
        let root = scratch("action", name);
        let bare = root.join("remote").join(OWNER).join(NAME);
        fs::create_dir_all(&bare).expect("a folder");
        git(&bare, &["init", "--quiet", "--bare"]);
        git(&bare, &["config", "http.receivepack", "true"]);
        let projects = root.join("remote");
        let fake = Fake::start(Some(bare.clone()), move |request| {
            backend(&projects, request)
        });
        let world = Self {
            fake,
            root,
            bare,
            base: base.to_owned(),
            name: name.to_owned(),
        };
        world.clone_to("human");
        let human = world.root.join("human");
        git(&human, &["checkout", "--quiet", "-b", base]);
        let folder = human.join("rollouts/ranker");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("rollout.yaml"), spec).expect("a file");
        world.render();
        world.publish("::error::x ##[add-mask]secret @everyone");
        world.checkout("work");
        world
    }

    pub(crate) fn new(name: &str) -> Self {
        Self::with(name, "main", SPEC)
    }

    fn clone_to(&self, name: &str) {
        let _ = fs::remove_dir_all(self.root.join(name));
        git(
            &self.root,
            &["clone", "--quiet", self.bare.to_str().expect("UTF-8"), name],
        );
    }

    /// Renders in the person's clone.
    pub(crate) fn render(&self) {
        let done = Command::new(GLIDEPATH)
            .args(["render", "--quiet", "rollouts"])
            .current_dir(self.root.join("human"))
            .output()
            .expect("glidepath");
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }

    /// Commits everything in the person's clone and pushes it.
    pub(crate) fn publish(&self, subject: &str) {
        let human = self.root.join("human");
        git(&human, &["add", "--all"]);
        git(&human, &["commit", "--quiet", "--message", subject]);
        git(
            &human,
            &[
                "push",
                "--quiet",
                "origin",
                &format!("HEAD:refs/heads/{}", self.base),
            ],
        );
    }

    /// What actions/checkout leaves: a detached HEAD at the branch's tip, and, as its older versions do, a header in the
    /// configuration that would be sent a second time.
    pub(crate) fn checkout(&self, name: &str) {
        self.clone_to(name);
        let work = self.root.join(name);
        git(
            &work,
            &[
                "checkout",
                "--quiet",
                "--detach",
                &format!("origin/{}", self.base),
            ],
        );
        let key = format!("http.{}/.extraheader", self.fake.server());
        git(
            &work,
            &["config", &key, "AUTHORIZATION: basic c3RhbGU6aGVhZGVy"],
        );
        let hook = work.join(".git/hooks/pre-push");
        fs::write(&hook, "#!/bin/sh\necho hook ran >&2\nexit 1\n").expect("a hook");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it runs");
    }

    /// Merges a pull request as a person does by squash, two days ago.
    pub(crate) fn merge(&self, number: usize) {
        let branch = self.fake.with(|state| {
            let pull = &mut state.pulls[number - 1];
            assert_eq!(pull["state"], "open", "#{number}");
            pull["state"] = "closed".into();
            pull["merged_at"] = "2026-01-01T00:00:00Z".into();
            pull["head"]["ref"].as_str().expect("a branch").to_owned()
        });
        let human = self.root.join("human");
        git(&human, &["fetch", "--quiet", "origin"]);
        git(
            &human,
            &[
                "reset",
                "--quiet",
                "--hard",
                &format!("origin/{}", self.base),
            ],
        );
        git(
            &human,
            &["merge", "--quiet", "--squash", &format!("origin/{branch}")],
        );
        self.publish(&format!("Merge #{number}"));
        self.checkout("work");
    }

    /// The live stage, on the base branch.
    pub(crate) fn live(&self) -> String {
        let file = "rollouts/ranker/deploy/current/kustomization.yaml";
        let text = git(
            &self.bare,
            &["show", &format!("refs/heads/{}:{file}", self.base)],
        );
        let line = text
            .lines()
            .find(|line| line.contains("../stages/"))
            .expect("a pointer");
        line.rsplit('/')
            .next()
            .expect("a stage")
            .trim_end_matches(['"', '\''])
            .to_owned()
    }

    pub(crate) fn tip(&self, branch: &str) -> Option<String> {
        tip(&self.bare, branch)
    }

    /// Verdicts on the gates of a stage.
    pub(crate) fn judge(&self, work: &str, stage: &str, verdict: &str, summary: &str) {
        let evidence = json!({"version": 1, "rollout": "ranker", "stage": stage,
            "gates": [{"name": "availability", "verdict": verdict, "summary": summary}]});
        fs::write(
            self.root.join(work).join("evidence.json"),
            evidence.to_string(),
        )
        .expect("a file");
    }

    pub(crate) fn run(&self, inputs: &[(&str, &str)]) -> Ran {
        self.run_in("work", "schedule", &json!({}), inputs)
    }

    /// Runs the composite action as the runner does.
    pub(crate) fn run_in(
        &self,
        work: &str,
        event: &str,
        payload: &Value,
        inputs: &[(&str, &str)],
    ) -> Ran {
        let temp = self.root.join(format!("{work}-temp"));
        let _ = fs::remove_dir_all(&temp);
        fs::create_dir_all(temp.join("bin")).expect("a folder");
        let file = |name: &str| temp.join(name);
        for name in ["output", "summary", "argv"] {
            fs::write(file(name), "").expect("a file");
        }
        fs::write(file("event.json"), payload.to_string()).expect("a file");
        // Every argument of every git is looked at.
        let real = String::from_utf8(
            Command::new("sh")
                .args(["-c", "command -v git"])
                .output()
                .expect("sh")
                .stdout,
        )
        .expect("UTF-8");
        let wrapper = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >>'{}'\nexec {} \"$@\"\n",
            file("argv").display(),
            real.trim()
        );
        fs::write(file("bin/git"), wrapper).expect("a file");
        fs::set_permissions(file("bin/git"), fs::Permissions::from_mode(0o755)).expect("it runs");

        let action: serde_yaml::Value = serde_yaml::from_str(
            &fs::read_to_string(Path::new(ROOT).join("action.yml")).expect("action.yml"),
        )
        .expect("YAML");
        let step = &action["runs"]["steps"][0];
        assert_eq!(step["shell"].as_str(), Some("bash"));
        let script = file("step.sh");
        fs::write(&script, step["run"].as_str().expect("a script")).expect("a file");
        let mut command = self.runner(work, event, &temp);
        command.arg(&script);
        let given: BTreeMap<&str, &str> = inputs.iter().copied().collect();
        for (name, value) in step["env"].as_mapping().expect("env") {
            let (name, value) = (
                name.as_str().expect("a name"),
                value.as_str().expect("a value"),
            );
            let inner = value
                .trim_start_matches("${{")
                .trim_end_matches("}}")
                .trim();
            let value = match inner.strip_prefix("inputs.") {
                Some("token") => given
                    .get("token")
                    .map_or(TOKEN.to_owned(), |text| (*text).to_owned()),
                Some("bin-path") => GLIDEPATH.to_owned(),
                Some(input) => {
                    let default = action["inputs"][input]["default"]
                        .as_str()
                        .unwrap_or_default();
                    assert!(action["inputs"][input].is_mapping(), "no input {input}");
                    given
                        .get(input)
                        .map_or(default.to_owned(), |text| (*text).to_owned())
                }
                None => String::new(),
            };
            command.env(name, value);
        }
        for (name, _) in inputs {
            assert!(action["inputs"][*name].is_mapping(), "no input {name}");
        }
        let done = command.output().expect("bash");
        let log = format!(
            "{}{}",
            String::from_utf8_lossy(&done.stdout),
            String::from_utf8_lossy(&done.stderr)
        );
        let read = |name: &str| fs::read_to_string(file(name)).expect("a file");
        let ran = Ran {
            code: done.status.code().unwrap_or(-1),
            outputs: outputs(&read("output")),
            summary: read("summary"),
            log,
        };
        self.look_for_leaks(work, &temp, &ran);
        look_for_commands(&ran.log);
        assert!(ran.summary.len() <= 1 << 20);
        ran
    }

    /// A shell with the runner's variables, and no others.
    fn runner(&self, work: &str, event: &str, temp: &Path) -> Command {
        let file = |name: &str| temp.join(name);
        let mut command = Command::new("bash");
        command
            .args(["--noprofile", "--norc", "-eo", "pipefail"])
            .current_dir(self.root.join(work))
            .env_clear();
        let path = std::env::var("PATH").expect("a path");
        for (name, value) in [
            ("PATH", format!("{}:{path}", file("bin").display())),
            ("HOME", temp.display().to_string()),
            ("GITHUB_OUTPUT", file("output").display().to_string()),
            ("GITHUB_STEP_SUMMARY", file("summary").display().to_string()),
            (
                "GITHUB_EVENT_PATH",
                file("event.json").display().to_string(),
            ),
            ("GITHUB_EVENT_NAME", event.to_owned()),
            (
                "GITHUB_WORKSPACE",
                self.root.join(work).display().to_string(),
            ),
            ("GITHUB_REPOSITORY", format!("{OWNER}/{NAME}")),
            ("GITHUB_SERVER_URL", self.fake.server()),
            ("GITHUB_API_URL", self.fake.api()),
            ("GITHUB_REF_NAME", self.base.clone()),
            ("GITHUB_REF_TYPE", "branch".to_owned()),
            (
                "GITHUB_SHA",
                git(&self.root.join(work), &["rev-parse", "HEAD"]),
            ),
            ("GITHUB_RUN_ID", "7".to_owned()),
            ("RUNNER_TEMP", temp.display().to_string()),
            ("RUNNER_OS", "Linux".to_owned()),
            ("RUNNER_ARCH", "X64".to_owned()),
            // What a job may have set for another repository.
            ("GIT_DIR", "/nonexistent".to_owned()),
            ("GIT_TRACE_CURL", "1".to_owned()),
        ] {
            command.env(name, value);
        }
        command
    }

    /// The token is in one header, and nowhere else.
    fn look_for_leaks(&self, work: &str, temp: &Path, ran: &Ran) {
        let basic = glidepath::forge::Token::new(TOKEN)
            .expect("a token")
            .basic();
        let encoded = basic.rsplit(' ').next().expect("a value");
        for secret in [TOKEN, encoded] {
            for (place, text) in [("log", &ran.log), ("summary", &ran.summary)] {
                assert!(!text.contains(secret), "the {place} has the token: {text}");
            }
            assert!(!format!("{:?}", ran.outputs).contains(secret));
            for folder in [self.root.join(work).join(".git"), temp.to_owned()] {
                let found = Command::new("grep")
                    .args(["-rlaF", "--", secret])
                    .arg(&folder)
                    .output()
                    .expect("grep");
                assert!(
                    found.stdout.is_empty(),
                    "{}",
                    String::from_utf8_lossy(&found.stdout)
                );
            }
            self.fake.with(|state| {
                assert!(state.log.iter().all(|one| !one.sent.contains(secret)));
            });
        }
    }
}

impl Drop for World {
    /// Leaves every exchange for whoever checks it against GitHub's description of its API.
    fn drop(&mut self) {
        let Some(folder) = std::env::var_os("GLIDEPATH_ACTION_EXCHANGES") else {
            return;
        };
        let all = self.fake.with(|state| {
            let exchanges = state.old.iter().chain(&state.log);
            let all = exchanges.map(|one| json!({"method": one.method, "path": one.path, "query": one.query, "body": one.body, "status": one.status, "answer": one.answer}));
            all.collect::<Vec<_>>()
        });
        let path = Path::new(&folder).join(format!("{}.json", self.name));
        let _ = fs::write(path, json!(all).to_string());
    }
}

/// Outputs as the runner reads them.
fn outputs(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let (name, end) = line.split_once("<<").expect("a delimiter");
        let value: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
        found.insert(name.to_owned(), value.join("\n"));
    }
    found
}

/// The runner takes `::name …::` at the start of a line, and `##[name …]` anywhere.
fn look_for_commands(log: &str) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in log.lines() {
        assert!(!line.contains("##["), "a command in the log: {line}");
        if let Some(rest) = line.trim_start().strip_prefix("::") {
            let name = rest.split([' ', ':']).next().unwrap_or_default();
            let is_ours = ["error", "warning", "notice"].contains(&name)
                && (rest.contains(" title=glidepath::") || rest.contains(" file="));
            assert!(is_ours, "a command in the log: {line}");
            *counts.entry(name).or_default() += 1;
        }
    }
    assert!(counts.values().all(|n| *n <= 10), "{counts:?}");
}
