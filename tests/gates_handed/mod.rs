//! Gates without telemetry: what is handed in as a file, and what another service says. No Prometheus is there at all.

mod metrics;
mod results;
mod web;

use crate::support::{Place, Run, two_versions};

/// A folder with a rollout of these gates, all in its only step, which bakes for an hour.
fn place(gates: &[(&str, &str)]) -> Place {
    let all: Vec<String> = gates
        .iter()
        .map(|(name, kind)| format!("{{name: {name}, {kind}}}"))
        .collect();
    let names: Vec<&str> = gates.iter().map(|(name, _)| *name).collect();
    let rest = format!(
        "  gates: [{}]
  steps: [{{name: canary, weight: 10, bake: 1h, gates: [{}]}}]
",
        all.join(", "),
        names.join(", ")
    );
    Place::with(&two_versions("churn", "ml", &rest))
}

/// After the end of the stage's window.
const LONG_AGO: &str = "1700000000";

/// Judges the stage, which began at a time that is given, in this environment.
fn gate(place: &Place, began: &str, more: &[&str], environment: &[(&str, &str)]) -> Run {
    let arguments = ["gate", "--stage", "canary", "--stage-started-at", began];
    let mut command = place.command(&[&arguments[..], more].concat());
    command.envs(environment.iter().copied());
    place.spawn(command)
}
