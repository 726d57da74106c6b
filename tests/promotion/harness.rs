//! A repository with a rollout in it, a clock, and the two programs that look at it.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use glidepath::units::Timestamp;
use serde_json::Value;

use crate::support::git::program;
use crate::support::{GLIDEPATH, ROOT, Run, scratch};

use super::stay::now;

/// 2020-01-01T00:00:00Z: all bakes from then on are over.
const BEGIN: i64 = 1_577_836_800;
const DAY: i64 = 86_400;

/// A repository whose folder `app` holds a rollout.
pub(crate) struct Lab {
    /// The work tree.
    pub(crate) dir: PathBuf,
    /// Commits are dated by it; each takes a day.
    pub(crate) clock: Cell<i64>,
}

impl Lab {
    /// An empty repository, and the rollout rendered in its folder `app` but not committed.
    pub(crate) fn bare_bones(name: &str) -> Self {
        let lab = Self {
            dir: scratch("promotion", name),
            clock: Cell::new(BEGIN),
        };
        lab.git(&["init", "--quiet", "--initial-branch=main"]);
        lab.add_rollout("app");
        lab
    }

    /// A repository with the rollout committed at its baseline.
    pub(crate) fn new(name: &str) -> Self {
        let lab = Self::bare_bones(name);
        lab.commit_all("begin");
        lab
    }

    /// The spec of `app` with the gate of availability alone.
    pub(crate) fn with_one_gate(&self) -> String {
        self.read("app/rollout.yaml")
            .replace("gates: [availability, latency]", "gates: [availability]")
            .replace(
                "    - {name: latency, latency: {percentile: 95, max: 500ms}}\n",
                "",
            )
    }

    pub(crate) fn add_rollout(&self, folder: &str) {
        let example = Path::new(ROOT).join("examples/image-classifier");
        let text = fs::read_to_string(example.join("rollout.yaml")).expect("the example");
        // Nobody says where Prometheus is: verdicts come from files only, and nothing is asked.
        let (before, rest) = text
            .split_once("  metrics:\n")
            .expect("the example names it");
        let (_, after) = rest.split_once('\n').expect("the address is one line");
        fs::create_dir_all(self.dir.join(folder)).expect("a folder");
        fs::write(
            self.dir.join(folder).join("rollout.yaml"),
            format!("{before}{after}"),
        )
        .expect("the rollout");
        self.ok(&["render", &format!("{folder}/rollout.yaml")]);
    }

    fn command(&self, name: &str) -> Command {
        program(name, &self.dir, &self.dir, self.clock.get())
    }

    /// A glidepath command that is about to run.
    pub(crate) fn prepare(&self, args: &[&str]) -> Command {
        let mut command = self.command(GLIDEPATH);
        command.args(args);
        command
    }

    /// Runs glidepath; before a command that commits, a day passes.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        if matches!(args[0], "promote" | "rollback" | "series") {
            self.clock.set(self.clock.get() + DAY);
        }
        self.finish(&mut self.prepare(args))
    }

    /// Runs a command that may commit. Moves are dated by the machine's clock and by nothing else, so what happened now is made to
    /// have happened when the lab's clock says, as git itself rewrites a commit.
    pub(crate) fn finish(&self, command: &mut Command) -> Run {
        let before = self.tips();
        let ran = Run::to_the_end(command);
        for (name, tip) in self.tips() {
            if before.iter().any(|(_, known)| *known == tip) {
                continue;
            }
            let parents = self.git(&["log", "-1", "--format=%P", &tip]);
            let message = self.git(&["log", "-1", "--format=%B", &tip]);
            let tree = format!("{tip}^{{tree}}");
            let mut args = vec!["commit-tree", "-m", &message];
            args.extend(
                parents
                    .split(' ')
                    .filter(|id| !id.is_empty())
                    .flat_map(|id| ["-p", id]),
            );
            args.push(&tree);
            let dated = self.git(&args);
            let hooks = "core.hooksPath=/dev/null";
            self.git(&["-c", hooks, "update-ref", &name, &dated, &tip]);
        }
        ran
    }

    /// Every branch that a move may have written, with its commit.
    fn tips(&self) -> Vec<(String, String)> {
        let format = "--format=%(refname) %(objectname)";
        let all = self.try_git(&[
            "for-each-ref",
            format,
            "refs/heads/main",
            "refs/heads/glidepath",
        ]);
        let lines = all.stdout.lines();
        let pair = |line: &str| {
            line.split_once(' ')
                .map(|(a, b)| (a.to_owned(), b.to_owned()))
        };
        lines.filter_map(pair).collect()
    }

    /// Like [`run`](Self::run), and it succeeds.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {}", ran.stderr);
        ran.stdout
    }

    /// Like [`run`](Self::run), and it ends with this code and says this.
    pub(crate) fn refused(&self, args: &[&str], code: i32, says: &str) {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    }

    pub(crate) fn spawn(&self, args: &[&str]) -> Child {
        self.prepare(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("glidepath starts")
    }

    /// The real git; it succeeds.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let ran = self.try_git(args);
        assert_eq!(ran.code, 0, "git {args:?}: {}", ran.stderr);
        ran.stdout.trim_end().to_owned()
    }

    pub(crate) fn try_git(&self, args: &[&str]) -> Run {
        Run::to_the_end(self.command("git").args(args))
    }

    /// Commits everything at a time, whatever the clock says; it goes on from there.
    pub(crate) fn commit_at(&self, message: &str, at: i64) -> String {
        self.clock.set(at - DAY);
        self.commit_all(message)
    }

    pub(crate) fn commit_all(&self, message: &str) -> String {
        self.clock.set(self.clock.get() + DAY);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", message]);
        self.head()
    }

    pub(crate) fn head(&self) -> String {
        self.git(&["rev-parse", "HEAD"])
    }

    /// The stage that a commit points at, as git shows it.
    pub(crate) fn stage_at(&self, commit: &str) -> String {
        let text = self.git(&[
            "show",
            &format!("{commit}:app/deploy/current/kustomization.yaml"),
        ]);
        stage(&text)
    }

    /// The live stage; commit, index and work tree agree, and nothing else differs.
    pub(crate) fn live(&self) -> String {
        assert_eq!(self.git(&["status", "--porcelain"]), "");
        let stage_in_head = self.stage_at("HEAD");
        let work = self.read("app/deploy/current/kustomization.yaml");
        assert_eq!(stage(&work), stage_in_head);
        stage_in_head
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.dir.join(path)).expect(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> String {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    pub(crate) fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.ok(args)).expect("JSON")
    }

    pub(crate) fn status(&self) -> Value {
        self.json(&["status", "app", "--format", "json"])
    }

    /// Evidence with one verdict for all gates of a stage.
    pub(crate) fn evidence(&self, stage: &str, verdict: &str) -> String {
        let gates = ["availability", "latency"]
            .map(|gate| format!(r#"{{"name": "{gate}", "verdict": "{verdict}", "summary": "99.93%>=99.5% (n=18234)"}}"#));
        let gates = if stage == "split" || stage == "weight-100" {
            gates.join(", ")
        } else {
            String::new()
        };
        self.evidence_with(stage, &gates)
    }

    /// Evidence with these verdicts.
    pub(crate) fn evidence_with(&self, stage: &str, gates: &str) -> String {
        let status = self.status();
        let now = Timestamp::from_seconds(now());
        let just = Timestamp::from_seconds(now.seconds() - 1);
        let text = format!(
            r#"{{"version": 1, "rollout": "image-classifier", "stage": "{stage}", "contentDigest": {},
                "stageStartedAt": {}, "issuer": "a load test", "window": {{"start": "{just}", "end": "{now}"}}, "gates": [{gates}]}}"#,
            status["contentDigest"], status["since"]
        );
        self.write(".git/evidence.json", &text)
    }

    /// Promotes to the next stage as it should be done.
    pub(crate) fn promote(&self) {
        let live = self.status()["live"]["stage"]
            .as_str()
            .expect("a stage")
            .to_owned();
        let evidence = self.evidence(&live, "pass");
        self.ok(&["promote", "app", "--evidence", &evidence]);
    }

    /// Promotes until this stage is live.
    pub(crate) fn promote_to(&self, stage: &str) {
        while self.stage_at("HEAD") != stage {
            self.promote();
        }
    }

    pub(crate) fn fsck(&self) {
        let ran = self.try_git(&["fsck", "--full", "--strict", "--no-dangling"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    }
}

/// The stage's name in a pointer's text.
fn stage(text: &str) -> String {
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("- ../stages/"))
        .unwrap_or_else(|| panic!("no pointer: {text}"));
    line.split_once('-').expect("NN-name").1.to_owned()
}
