//! Gates against a real Prometheus that holds exact histories.
//!
//! These tests need `prometheus`, `promtool` and `python3` (on Debian: `apt-get install prometheus python3`), so plain `cargo
//! test` leaves them out; `tests/conformance/run gates` installs them and runs the tests, and fails where it cannot. The letters
//! in the files' first lines are those of the rules that they show.

mod answers;
mod command;
mod counts;
mod doctor;
mod early;
mod fitness;
mod history;
mod kinds;
mod latency;
mod server;
mod servers;
mod sources;
mod watch;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use glidepath::compile::{Compiled, Environment, NoFiles, compile};
use glidepath::gate::prometheus::{Prometheus, Settings};
use glidepath::gate::{EvaluationContext, Evidence, Verdict, evaluate};
use glidepath::text::Source as Text;
use glidepath::units::Timestamp;

use crate::support::{GLIDEPATH, Run, scratch, two_versions};
use server::{Server, server};

/// When the stage of the histories begins.
pub(crate) const BEGAN: i64 = 1_704_067_200;
/// After the bake, and before any longer window is judged.
const LATE: i64 = 4_000;

fn spec(name: &str, namespace: &str, gates: &str) -> String {
    let names: Vec<&str> = gates
        .split("name: ")
        .skip(1)
        .map(|rest| rest.split([',', '}']).next().expect("a name"))
        .collect();
    let names = names.join(", ");
    let rest = format!(
        "  gates: {gates}
  steps:
    - {{name: canary, weight: 20, bake: 62m, gates: [{names}]}}
"
    );
    two_versions(name, namespace, &rest)
}

fn compiled(name: &str, namespace: &str, gates: &str) -> Compiled {
    compiled_of(spec(name, namespace, gates))
}

fn compiled_of(text: String) -> Compiled {
    compile(
        &Text::new("rollout.yaml", text),
        &NoFiles,
        &Environment::default(),
    )
    .unwrap_or_else(|report| panic!("{:?}", report.sorted()))
}

fn client(server: &Server) -> Prometheus {
    Prometheus::new(Settings::new(&server.url)).expect("a client")
}

/// The evidence after the bake, whose window is an hour.
fn judged(name: &str, gates: &str) -> Vec<Evidence> {
    judged_at(server(), name, gates, LATE)
}

/// The evidence of one server, so many seconds after the stage began.
fn judged_at(server: &Server, name: &str, gates: &str, seconds: i64) -> Vec<Evidence> {
    judged_by(server, &compiled(name, "ml", gates), seconds)
}

fn judged_by(server: &Server, compiled: &Compiled, seconds: i64) -> Vec<Evidence> {
    let references = BTreeMap::new();
    let occasion = EvaluationContext {
        stage: compiled.plan.stage_named("canary").expect("the stage"),
        namespace: "ml",
        began: Timestamp::from_seconds(BEGAN),
        now: Timestamp::from_seconds(BEGAN + seconds),
        references: &references,
    };
    evaluate(&compiled.plan, &occasion, &client(server))
}

fn number(found: &Evidence, name: &str) -> f64 {
    let found = found.numbers.iter().find(|(key, _)| *key == name);
    found.unwrap_or_else(|| panic!("no `{name}`")).1
}

#[track_caller]
fn is(found: &Evidence, verdict: Verdict) {
    assert_eq!(
        found.verdict, verdict,
        "{}: {} ({})",
        found.gate, found.why, found.evidence
    );
}

/// A folder with the rollout `churn` in it.
fn folder(name: &str, gates: &str) -> PathBuf {
    with_spec(name, &spec("churn", "ml", gates))
}

fn with_spec(name: &str, spec: &str) -> PathBuf {
    let folder = scratch("gates", name);
    fs::write(folder.join("rollout.yaml"), spec).expect("a file");
    folder
}

/// The command's exit code, what it says on stdout, and on stderr.
fn glidepath(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(GLIDEPATH);
    let run = Run::to_the_end(command.args(args).arg(folder).env_clear());
    (run.code, run.stdout, run.stderr)
}
