//! Which source is asked, and what its labels select.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::{BEGAN, By, LATE, at, text, vector};
use crate::compile::{Compiled, Environment, NoFiles, compile};
use crate::gate::doctor::examine;
use crate::gate::*;
use crate::text::Source as Text;
use crate::units::Timestamp;

/// One gate of each kind, each of the source `eu`.
const OF_EU: &str = "[
    {name: a, source: eu, availability: {objective: 99.5%}},
    {name: a-estimated, source: eu, availability: {objective: 99.5%, counts: estimated}},
    {name: l, source: eu, latency: {percentile: 95, max: 500ms}},
    {name: l-own, source: eu, latency: {percentile: 95, max: 500ms, metric: own_seconds}},
    {name: c, source: eu, compare: {sli: latency, percentile: 95, ratio: {max: 1.10}, ignoreBelow: 20ms}},
    {name: p, source: eu, statistical: {test: proportions, margin: 0.2pp}},
    {name: m, source: eu, statistical: {test: mannWhitney, sli: latency, percentile: 95, direction: increase, margin: 5%}},
    {name: b, source: eu, burnRate: {objective: 99.9%, period: 30d}},
    {name: d, source: eu, drift: {metric: model_score, against: stable}}]";

fn with(metrics: &str, gates: &str) -> Compiled {
    let text = text(gates).replacen("  gates:", &format!("  metrics: {metrics}\n  gates:"), 1);
    let source = Text::new("rollout.yaml", text);
    compile(&source, &NoFiles, &Environment::default())
        .unwrap_or_else(|report| panic!("{:?}", report.sorted()))
}

/// Everything that the gates, the doctor and the search for the first sample ask.
fn asked(compiled: &Compiled) -> Vec<Query> {
    let seen = Mutex::new(Vec::new());
    let source = By(|query: &Query| {
        seen.lock().expect("no panic").push(query.clone());
        Ok(vector(&[]))
    });
    at(compiled, LATE, &source);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    examine(&compiled.plan, stage, "ml", BEGAN, &source).expect("findings");
    let now = Timestamp::from_seconds(BEGAN.seconds() + LATE);
    first_sample(&compiled.plan, stage, "ml", (BEGAN, now), &source);
    seen.into_inner().expect("no panic")
}

/// What follows the opening brace of each selector: one of a regular expression follows no name.
fn selectors(promql: &str) -> Vec<&str> {
    let braces = promql.match_indices('{').map(|(at, _)| at);
    braces
        .filter(|at| promql[..*at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
        .map(|at| &promql[at + 1..])
        .collect()
}

#[test]
fn every_selector_has_the_labels_of_the_gates_own_source() {
    let metrics = r#"{prometheus: {url: "https://a.example", labels: {cluster: us}},
        sources: {eu: {prometheus: {url: "https://b.example", labels: {cluster: eu, shard: "a\"b\\c"}}}}}"#;
    let found = asked(&with(metrics, OF_EU));
    let mut with_selectors = 0;
    for query in &found {
        promql_parser::parser::parse(&query.promql)
            .unwrap_or_else(|why| panic!("{why}: {}", query.promql));
        assert_eq!(query.source, "eu", "{}", query.promql);
        for selector in selectors(&query.promql) {
            with_selectors += 1;
            assert!(
                selector.starts_with(r#"cluster="eu",shard="a\"b\\c","#),
                "{}",
                query.promql
            );
        }
    }
    assert!(with_selectors > 20, "{with_selectors}");
}

#[test]
fn a_query_of_the_teams_is_asked_as_it_is_written() {
    let metrics = r#"{prometheus: {url: "https://a.example", labels: {cluster: us}}}"#;
    let gates = "[{name: t, threshold: {query: 'max(up{job=\"{{service}}\"})', max: 1}}]";
    let found = asked(&with(metrics, gates));
    assert!(
        found
            .iter()
            .any(|query| query.promql == r#"max(up{job="churn"})"#),
        "{found:?}"
    );
}

#[test]
fn each_gate_asks_its_own_source_and_says_so() {
    let metrics = r#"{sources: {eu: {prometheus: {url: "https://b.example"}}}}"#;
    let gates = "[{name: here, threshold: {query: up, max: 1}}, {name: there, source: eu, threshold: {query: up, max: 1}},
        {name: named, source: default, threshold: {query: up, max: 1}}]";
    let compiled = with(metrics, gates);
    let source = By(|query: &Query| {
        let value = if query.source == "eu" { 2.0 } else { 1.0 };
        Ok(vector(&[(&[], value)]))
    });
    let found = at(&compiled, LATE, &source);
    let said: Vec<(&str, Verdict)> = found
        .iter()
        .map(|one| (one.source.as_str(), one.verdict))
        .collect();
    let (pass, fail) = (Verdict::Pass, Verdict::Fail);
    assert_eq!(said, [("default", pass), ("eu", fail), ("default", pass)]);
    // The same question at the same time, to two sources: a recording keeps them apart.
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let now = Timestamp::from_seconds(BEGAN.seconds() + LATE);
    let record = Record::new(&compiled.plan, stage, "ml", BEGAN, now, found).write();
    assert_eq!(record["gates"][1]["source"], "eu");
    let replay = Replay::read(&record.to_string()).expect("a recording");
    let again: Vec<Verdict> = at(&compiled, LATE, &replay)
        .iter()
        .map(|one| one.verdict)
        .collect();
    assert_eq!(again, [pass, fail, pass]);
    let sources: BTreeSet<String> = asked(&compiled)
        .into_iter()
        .map(|query| query.source)
        .collect();
    assert_eq!(sources, ["default", "eu"].map(str::to_owned).into());
}

/// What was recorded before there were several sources has no name of one.
#[test]
fn an_old_recording_is_of_the_default_source() {
    let compiled = with(
        "{prometheus: {url: \"https://a.example\"}}",
        "[{name: t, threshold: {query: up, max: 1}}]",
    );
    let found = at(&compiled, LATE, &By(|_: &Query| Ok(vector(&[(&[], 1.0)]))));
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let now = Timestamp::from_seconds(BEGAN.seconds() + LATE);
    let mut record = Record::new(&compiled.plan, stage, "ml", BEGAN, now, found).write();
    let gate = record["gates"][0].as_object_mut().expect("a gate");
    assert!(gate.shift_remove("source").is_some());
    let replay = Replay::read(&record.to_string()).expect("a recording");
    assert_eq!(at(&compiled, LATE, &replay)[0].verdict, Verdict::Pass);
}
