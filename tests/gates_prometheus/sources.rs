//! Two servers in one rollout, one of which holds two clusters.

use std::process::Command;

use serde_json::Value;

use crate::support::{GLIDEPATH, Run, two_versions};

use super::server::{server, server_of_clusters};
use super::{BEGAN, with_spec};

/// The verdicts of the command, whose gates ask each their own source.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn each_gate_is_judged_by_its_own_server_and_cluster() {
    let (one, two) = (&server().url, &server_of_clusters().url);
    let rest = format!(
        "  metrics:
    prometheus: {{url: '{one}'}}
    sources:
      eu: {{prometheus: {{url: '{two}', labels: {{cluster: eu}}}}}}
      us: {{prometheus: {{url: '{two}', labels: {{cluster: us}}}}}}
      nowhere: {{prometheus: {{url: '{two}', labels: {{cluster: nowhere}}}}}}
  gates:
    - {{name: here, failFast: false, threshold: {{query: vector(1), max: 1}}}}
    - {{name: eu, source: eu, failFast: false, availability: {{objective: 99.5%}}}}
    - {{name: us, source: us, failFast: false, availability: {{objective: 99.5%}}}}
    - {{name: nowhere, source: nowhere, failFast: false, availability: {{objective: 99.5%}}}}
  steps:
    - {{name: canary, weight: 10, bake: 1h, gates: [here, eu, us, nowhere]}}
"
    );
    let folder = with_spec("two-servers", &two_versions("churn", "ml", &rest));
    let mut command = Command::new(GLIDEPATH);
    command
        .args(["gate", "--stage", "canary", "--format", "json"])
        .args(["--stage-started-at", &BEGAN.to_string()])
        .arg(&folder)
        .env_clear();
    let run = Run::to_the_end(&mut command).exits(3);
    let body: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let found: Vec<[&str; 2]> = (0..4)
        .map(|at| ["source", "verdict"].map(|key| body["gates"][at][key].as_str().expect("a word")))
        .collect();
    let expected = [
        ["default", "pass"],
        ["eu", "pass"],
        ["us", "fail"],
        ["nowhere", "inconclusive"],
    ];
    assert_eq!(found, expected, "{}", run.shown());
}
