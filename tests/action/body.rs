//! The pull request's title and body, on the example of the README.

use std::fs;
use std::path::Path;

use glidepath::compile::{Environment, NoFiles, compile};
use glidepath::gate::Verdict;
use glidepath::promotion::pull_request::{Baked, GateLine, Kind, Proposal};
use glidepath::text::Source;
use glidepath::tree::diff;
use serde_json::json;

fn gate(name: &str, value: &str, limit: &str, sample: &str) -> GateLine {
    GateLine {
        issuer: None,
        name: name.to_owned(),
        model: "resnet101".to_owned(),
        verdict: Verdict::Pass,
        advisory: false,
        value: value.to_owned(),
        limit: limit.to_owned(),
        window: "09:02 to 10:02".to_owned(),
        sample: sample.to_owned(),
        why: String::new(),
        link: Some("https://prometheus.example/graph".to_owned()),
    }
}

#[test]
fn the_body_answers_in_this_order() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/image-classifier/rollout.yaml");
    let text = fs::read_to_string(path).expect("an example");
    let compiled = compile(
        &Source::new("rollout.yaml", text),
        &NoFiles,
        &Environment::default(),
    )
    .expect("it compiles");
    let plan = &compiled.plan;
    let (from, to) = (
        plan.stage_named("split").expect("a stage"),
        plan.stage_named("weight-100").expect("a stage"),
    );
    let changes = diff(&compiled.objects(from), &compiled.objects(to));
    let gates = [
        gate("availability", "99.93 %", "≥ 99.5 %", "n=18234"),
        gate("latency", "97.8 % within 500ms", "≥ 95 %", "n=18221"),
    ];
    let proposal = Proposal {
        plan,
        digest: compiled.digest(),
        folder: "examples/image-classifier/deploy",
        from,
        to,
        kind: Kind::Promotion {
            forced: None,
            blocked: None,
        },
        gates: &gates,
        baked: Baked {
            live: "Live since 2026-08-22T09:00:00Z (merged as #11).".to_owned(),
            asked: "1h".parse().expect("a time"),
            is_over: true,
        },
        changes: &changes,
    };
    assert_eq!(
        proposal.title(),
        "image-classifier: 03-weight-100 (resnet101 100%, cohort canary-users)"
    );
    let body = proposal.body();
    assert_eq!(body, proposal.body(), "the same again");
    let mut rest = body.as_str();
    for part in [
        "Moves **image-classifier** from `02-split` to **`03-weight-100`**",
        "| **Traffic** |",
        "| **Evidence** | ✅ 2 of 2 gates pass",
        "| **Cluster** |",
        "| **Way back** |",
        "### Traffic",
        "```mermaid",
        "▶ ",
        "### Evidence",
        "[availability](https://prometheus.example/graph)",
        "n=18234",
        "### In the cluster",
        "| `resnet101` | 3 |",
        "<details>",
        "```diff",
        "### How to go back",
        "glidepath rollback",
        "<!-- glidepath:move v1 rollout=image-classifier ",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part}: {body}"));
        rest = &rest[at..];
    }
    if let Some(folder) = std::env::var_os("GLIDEPATH_ACTION_EXCHANGES") {
        let example = json!({"title": proposal.title(), "body": body});
        fs::write(Path::new(&folder).join("example.json"), example.to_string()).expect("a file");
    }
}
