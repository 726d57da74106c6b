//! A repository on a GitHub of our own, and a clone as the runner has it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use glidepath::units::Timestamp;

use super::backend::backend;
use super::fake::{Fake, NAME, OWNER, tip};
use crate::support::git::program;
use crate::support::{GLIDEPATH, Run, scratch};

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

/// Runs git as a person does, two days ago, so that everything has baked.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = program("git", folder, folder, two_days_ago());
    for setting in ["init.defaultBranch=main", "protocol.file.allow=always"] {
        command.args(["-c", setting]);
    }
    let run = Run::to_the_end(command.args(args)).exits(0);
    run.stdout.trim().to_owned()
}

pub(crate) fn two_days_ago() -> i64 {
    now() - 2 * 86_400
}

pub(crate) fn now() -> i64 {
    let now = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("after 1970");
    i64::try_from(now.as_secs()).expect("a date")
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
        self.merge_at(number, two_days_ago());
    }

    /// The same, and GitHub says that it was at this time.
    pub(crate) fn merge_at(&self, number: usize, at: i64) {
        let branch = self.fake.with(|state| {
            let pull = &mut state.pulls[number - 1];
            assert_eq!(pull["state"], "open", "#{number}");
            pull["state"] = "closed".into();
            pull["merged_at"] = Timestamp::from_seconds(at).to_string().into();
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
        let merged = self.tip(&self.base);
        self.fake
            .with(|state| state.pulls[number - 1]["merge_commit_sha"] = merged.into());
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
        let status = Command::new(GLIDEPATH)
            .args(["status", "rollouts/ranker", "--format", "json"])
            .current_dir(self.root.join(work))
            .output()
            .expect("glidepath");
        let status: Value = serde_json::from_slice(&status.stdout).expect("JSON");
        let now = two_days_ago() + 2 * 86_400;
        let [just, now] = [now - 1, now].map(|at| Timestamp::from_seconds(at).to_string());
        let evidence = json!({"version": 1, "rollout": "ranker", "stage": stage,
            "contentDigest": status["contentDigest"], "stageStartedAt": status["since"], "issuer": "a load test",
            "window": {"start": just, "end": now},
            "gates": [{"name": "availability", "verdict": verdict, "summary": summary}]});
        fs::write(
            self.root.join(work).join("evidence.json"),
            evidence.to_string(),
        )
        .expect("a file");
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
