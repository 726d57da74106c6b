//! The workflow runner: one run of the composite action, and what may never come out of it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::fake::{NAME, OWNER, TOKEN};
use super::world::{World, git};
use crate::support::{GLIDEPATH, ROOT};

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

impl World {
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
