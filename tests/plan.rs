//! `glidepath plan`, looked at: the table at two widths, the chart in Markdown.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{GLIDEPATH, ROOT, scratch};

const EXAMPLES: [&str; 4] = [
    "blue-green",
    "image-classifier",
    "istio-canary",
    "tensorflow-canary",
];

/// Three models; every step's default name is long.
const THREE: &str = r#"
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: ranker}
spec:
  models:
    - &model {name: a, runtime: tensorflow-serving, image: "tensorflow/serving:2.8.0", model: {name: r, uri: "gs://m/a"}, replicas: 3, resources: {requests: {memory: 2Gi}}}
    - {<<: *model, name: ranker-b}
    - {<<: *model, name: ranker-c}
  stable: a
  gates: [{name: availability, availability: {objective: 99.5%}}]
  steps:
    - {mirror: {to: ranker-c, percent: 50}, description: "copies first", bake: 1h, gates: [availability]}
    - {weights: {ranker-b: 33, ranker-c: 33}, mirror: null, bake: 1h, gates: [availability]}
    - {weights: {ranker-b: 70, ranker-c: 29.5}, bake: 1h, gates: [availability]}
    - {weights: {ranker-b: 100}, bake: 1h, gates: [availability]}
"#;

fn example(name: &str) -> PathBuf {
    Path::new(ROOT).join("examples").join(name)
}

fn three(name: &str) -> PathBuf {
    let folder = scratch("plan", name);
    fs::write(folder.join("rollout.yaml"), THREE.trim_start()).expect("a file");
    folder
}

/// What `plan` prints in so many columns; without any, it is read by a program.
fn plan(folder: &Path, columns: Option<&str>, more: &[&str]) -> String {
    let output = Command::new(GLIDEPATH)
        .arg("plan")
        .args(more)
        .arg(folder)
        .env_clear()
        .envs(columns.map(|columns| ("COLUMNS", columns)))
        .output()
        .expect("glidepath starts");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for columns in [80, 120] {
        for folder in EXAMPLES
            .map(example)
            .into_iter()
            .chain([three(&format!("{columns}-columns"))])
        {
            let text = plan(&folder, Some(&columns.to_string()), &[]);
            for line in text.lines() {
                assert!(line.chars().count() <= columns, "{line}");
                assert_eq!(line, line.trim_end());
            }
        }
    }
}

#[test]
fn a_narrow_terminal_gets_the_rest_below_the_models() {
    let text = plan(&three("narrow"), Some("80"), &[]);
    let want = "\
ranker, stable a

STAGE                         MODEL     TRAFFIC             PODS
00-baseline                   a         ██████████   100 %     3
01-deploy                     a         ██████████   100 %     3
                              ranker-b  ░░░░░░░░░░     0 %     3
                              ranker-c  ░░░░░░░░░░     0 %     3
02-shadow-50                  a         ██████████   100 %     3
                              ranker-b  ░░░░░░░░░░     0 %     3
                              ranker-c  ░░░░░░░░░░     0 %     3
                              copies of 50 % → ranker-c
                              bake 1h · gates availability · rollback deploy
";
    assert!(text.starts_with(want), "{text}");
    assert!(
        text.contains(" a         █░░░░░░░░░   0.5 %     3\n"),
        "{text}"
    );
    assert!(
        text.contains(" ranker-b  ███████░░░    70 %     3\n"),
        "{text}"
    );
}

#[test]
fn a_wide_terminal_and_a_program_get_a_row_for_each_model() {
    let text = plan(&example("istio-canary"), None, &[]);
    assert_eq!(text, plan(&example("istio-canary"), Some("120"), &[]));
    let rows = "
03-weight-1    v1     █████████░   99 %     9801     5  testers → v2  1h    availability  deploy
               v2     █░░░░░░░░░    1 %      199     5                      latency
";
    assert!(text.contains(rows), "{text}");
}

#[test]
fn what_only_a_cohorts_size_would_tell_is_unknown() {
    let text = fs::read_to_string(example("istio-canary").join("rollout.yaml")).expect("it");
    let text = text.replace("      share: 1% ", "      # none ");
    let folder = scratch("plan", "unknown");
    fs::write(folder.join("rollout.yaml"), text).expect("a file");
    let table = plan(&folder, None, &[]);
    let rows = "
03-weight-1    v1     █████████░   99 %  unknown     5  testers → v2  1h    availability  deploy
               v2     █░░░░░░░░░    1 %  unknown     5                      latency
";
    assert!(table.contains(rows), "{table}");
    // Whoever has everything has the cohort, too.
    for row in [
        "v2     ██████████  100 %    10000     5",
        "03-weight-1    unknown  1h    latency of v2: 200 requests",
        "06-weight-100  2m2s     1d    latency of v2: 200 requests",
    ] {
        assert!(table.contains(row), "{row}\n{table}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&plan(&folder, None, &["--format", "json"])).expect("JSON");
    let needs = json["needs"].as_array().expect("a list");
    let of = |stage: &str| {
        needs
            .iter()
            .find(|need| need["stage"] == stage)
            .expect("a need")
    };
    assert!(of("weight-1")["bakeSeconds"].is_null());
    assert!(of("weight-100")["bakeSeconds"].is_u64());
}

#[test]
fn the_chart_names_stages_where_the_names_fit() {
    let text = plan(&example("istio-canary"), None, &["--format", "markdown"]);
    assert!(
        text.contains("x-axis [\"baseline\", \"deploy\", \"testers\", "),
        "{text}"
    );
    let text = plan(&three("chart"), None, &["--format", "markdown"]);
    assert!(
        text.contains("x-axis [\"00\", \"01\", \"02\", \"03\", \"04\", \"05\", \"06\"]"),
        "{text}"
    );
}

#[test]
fn every_line_of_the_chart_is_named() {
    let text = plan(&three("legend"), None, &["--format", "markdown"]);
    let lines = "
    line [0, 0, 0, 33, 70, 100, 100]
    line [0, 0, 0, 33, 29.5, 0, 0]
    line [100, 100, 100, 34, 0.5, 0, 0]
```

🟦 `ranker-b` 🟧 `ranker-c` 🟩 `a`
";
    assert!(text.contains(lines), "{text}");
}

#[test]
fn a_description_does_not_swallow_the_line_after_it() {
    let folder = three("description");
    let output = Command::new(GLIDEPATH)
        .args(["render", "--quiet"])
        .arg(&folder)
        .output()
        .expect("glidepath starts");
    assert!(output.status.success());
    let text = fs::read_to_string(folder.join("deploy/PLAN.md")).expect("PLAN.md");
    assert!(
        text.contains("- **shadow-50**: copies first\n\nWhat a step changes"),
        "{text}"
    );
}

#[test]
fn the_bake_that_evidence_needs_is_shown_where_the_traffic_is_known() {
    let folder = three("needs");
    for format in ["text", "markdown"] {
        let text = plan(&folder, None, &["--format", format]);
        assert!(!text.contains("vidence"), "{text}");
    }
    let spec = folder.join("rollout.yaml");
    let expected = "  traffic: {expected: {requestsPerMinute: 6000}}\n";
    let known = THREE.replace("  stable: a\n", &format!("  stable: a\n{expected}"));
    fs::write(&spec, known.trim_start()).expect("a file");
    // The warmup of two minutes, and 200 requests: at 50 copies a second, and where the smaller share is 29.5 of 100 a second.
    let text = plan(&folder, Some("80"), &[]);
    let want = "
EVIDENCE                      NEEDS  BAKE  FOR
02-shadow-50                  2m4s   1h    availability of ranker-c: 200 requests
03-ranker-b-33-ranker-c-33    2m7s   1h    availability of ranker-c: 200 requests
04-ranker-b-70-ranker-c-29-5  2m7s   1h    availability of ranker-c: 200 requests
05-ranker-b-100               2m2s   1h    availability of ranker-b: 200 requests

CHANCES, %                    GATE                   LIMIT  TWICE  FAILS  OPEN
02-shadow-50                  availability ranker-c  50.9   <0.1   <0.1   0
03-ranker-b-33-ranker-c-33    availability ranker-b  50.8   <0.1   <0.1   0
03-ranker-b-33-ranker-c-33    availability ranker-c  50.8   <0.1   <0.1   0
04-ranker-b-70-ranker-c-29-5  availability ranker-b  49.6   <0.1   <0.1   0
04-ranker-b-70-ranker-c-29-5  availability ranker-c  50.6   <0.1   <0.1   0
05-ranker-b-100               availability ranker-b  50.6   <0.1   <0.1   0

Passes at the limit and at twice it; a healthy candidate fails or stays open.

availability: 598 requests without a failure show 99.5 % at 95 %
";
    assert!(text.ends_with(want), "{text}");
    let text = plan(&folder, None, &["--format", "markdown"]);
    assert!(
        text.contains("\n| 02-shadow-50 | 2m4s | 1h | availability of ranker-c: 200 requests |\n"),
        "{text}"
    );
    let text = plan(&folder, None, &["--format", "json"]);
    let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(
        body["needs"][0],
        serde_json::json!({"stage": "shadow-50", "gate": "availability", "model": "ranker-c", "requests": 200,
            "why": "for one failure more or less not to decide", "bakeSeconds": 124})
    );
    // Bounds need more than points, for nothing shows how failures come.
    let bounds = known.replace(
        "{objective: 99.5%}}",
        "{objective: 99.5%, confidence: 95%}}",
    );
    fs::write(&spec, bounds.trim_start()).expect("a file");
    let text = plan(&folder, None, &["--format", "json"]);
    let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let needed = body["needs"][0]["requests"].as_u64().expect("a number");
    assert!(needed >= 5_980, "{needed}");
}

/// Devices, an autoscaler, replicas that follow, a model that somebody else scales and one that requests nothing.
fn costly(name: &str, last: &str) -> PathBuf {
    let folder = scratch("plan", name);
    let text = format!(
        r#"apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {{name: llm, namespace: serving}}
spec:
  models:
    - {{name: a, runtime: custom, image: "i:1", replicas: 4, ports: [{{name: http, containerPort: 80}}], resources: {{requests: {{cpu: "1e1", memory: 64Gi}}, limits: {{nvidia.com/gpu: 2}}}}}}
    - {{name: b, runtime: custom, image: "i:2", ports: [{{name: http, containerPort: 80}}], resources: {{requests: {{cpu: 1500m, memory: "0.5Gi"}}, limits: {{nvidia.com/gpu: 2}}}}, {last}}}
  stable: a
  steps:
    - {{weight: 10, bake: 90m}}
    - {{weight: 50, bake: 1h}}
    - {{weight: 100, bake: 1h}}
"#
    );
    fs::write(folder.join("rollout.yaml"), text).expect("a file");
    folder
}

#[test]
fn the_cost_of_each_stage_and_of_the_peak_is_shown() {
    let follows = costly("follows", "replicas: 4, scale: withTraffic");
    insta::assert_snapshot!(
        "cost_that_follows_the_traffic",
        plan(&follows, None, &["--cost"])
    );
    let scaled = costly("scaled", "autoscaling: {min: 1, max: 6}");
    insta::assert_snapshot!(
        "cost_with_an_autoscaler",
        plan(&scaled, None, &["--cost", "--format", "markdown"])
    );
    let elsewhere = costly("elsewhere", "replicas: external");
    insta::assert_snapshot!("cost_that_is_unknown", plan(&elsewhere, None, &["--cost"]));
}

#[test]
fn cost_for_machines_is_exact_and_unknown_is_null() {
    let cost = |folder: &Path| {
        let text = plan(folder, None, &["--cost", "--format", "json"]);
        let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        body["cost"].clone()
    };
    let scaled = cost(&costly("machine", "autoscaling: {min: 1, max: 6}"));
    let peak = &scaled["peak"];
    assert_eq!(
        peak["nvidia.com/gpu"],
        serde_json::json!({"least": "10", "most": "20"})
    );
    assert_eq!(
        peak["cpu"],
        serde_json::json!({"least": "41.5", "most": "49"})
    );
    assert_eq!(scaled["extra"]["nvidia.com/gpu"]["most"], "8");
    // 5 minutes of `deploy`, then 90, 60 and 60 minutes.
    assert_eq!(scaled["hours"]["nvidia.com/gpu"]["least"], "35.833333333");
    let unknown = cost(&costly("machine-unknown", "replicas: external"));
    assert!(unknown["peak"]["nvidia.com/gpu"]["most"].is_null());
    assert_eq!(unknown["stages"][0]["asks"]["nvidia.com/gpu"]["most"], "8");
    // More than anything can hold is unknown, and no number.
    let huge = costly("machine-huge", "replicas: 2147483647");
    let text = fs::read_to_string(huge.join("rollout.yaml")).expect("a file");
    let huge_text = text.replace("cpu: 1500m", "cpu: 1e18");
    fs::write(huge.join("rollout.yaml"), huge_text).expect("a file");
    assert_eq!(
        cost(&huge)["peak"]["cpu"]["most"],
        "2147483647000000000000000040"
    );
}
