//! What the doctor finds: Q13, and the telemetry that gates need.

use glidepath::gate::doctor::{Finding, Level, examine};
use glidepath::units::Timestamp;

use super::server::server;
use super::{BEGAN, client, compiled};

const AVAILABILITY: &str = "[{name: a, availability: {objective: 99.5%}}]";

fn of(name: &str, namespace: &str, gates: &str) -> Vec<Finding> {
    let compiled = compiled(name, namespace, gates);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let now = Timestamp::from_seconds(BEGAN + 4_000);
    examine(&compiled.plan, stage, namespace, now, &client(server())).expect("answers")
}

/// One finding has these words, and this level.
#[track_caller]
fn says(found: &[Finding], level: Level, words: &str) {
    assert!(
        found
            .iter()
            .any(|one| one.level == level && one.found.contains(words)),
        "{words}: {found:?}"
    );
}

#[track_caller]
fn is_healthy(found: &[Finding]) {
    assert!(
        found.iter().all(|one| one.level == Level::Good),
        "{found:?}"
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn what_is_there_is_good() {
    let gates = "[{name: a, availability: {objective: 99.5%}}, {name: l, latency: {percentile: 95, max: 500ms}}, {name: d, drift: {metric: score}},
          {name: t, threshold: {query: 'max(queue{pod=~\"{{podPrefix}}[a-z0-9]+-[a-z0-9]+\"})', max: 12}}]";
    is_healthy(&of("churn", "ml", gates));
    // Two pods that answer alike are no duplicates.
    is_healthy(&of("pods", "ml", AVAILABILITY));
}

/// Q13
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn series_that_are_there_twice_are_told() {
    let pair = of("pair", "ml", AVAILABILITY);
    says(
        &pair,
        Level::Missing,
        "told apart only by `prometheus_replica`",
    );
    let twice = of("twice", "ml", AVAILABILITY);
    says(
        &twice,
        Level::Missing,
        "told apart only by `instance` and `job`",
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn series_that_are_not_there_are_told() {
    let absent = of("absent", "ml", AVAILABILITY);
    says(
        &absent,
        Level::Missing,
        "no request of the Deployment `absent-v2`",
    );
    let elsewhere = of("churn", "other", AVAILABILITY);
    says(&elsewhere, Level::Missing, "but in `ml`");
    let gates = "[{name: d, drift: {metric: absent}}, {name: t, threshold: {query: absent, max: 1}}, {name: l, latency: {percentile: 95, max: 500ms}}]";
    let found = of("mixed", "ml", gates);
    for words in [
        "export no `absent_bucket`",
        "its query returns nothing for `v2`",
        "no buckets of response times of `v2`",
    ] {
        says(&found, Level::Missing, words);
    }
}

/// A10
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_reporter_that_does_not_report_is_told() {
    let ambient = of("ambient", "ml", AVAILABILITY);
    says(
        &ambient,
        Level::Missing,
        "reported by `source`, `waypoint`, and not by `destination`",
    );
    let waypoint = "[{name: a, availability: {objective: 99%, reporter: waypoint}}]";
    is_healthy(&of("ambient", "ml", waypoint));
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn labels_that_are_missing_are_told() {
    let bare = of("bare", "ml", AVAILABILITY);
    says(&bare, Level::Missing, "no label `response_code`");
    let grpc = of("grpcless", "ml", AVAILABILITY);
    says(&grpc, Level::Missing, "no label `grpc_response_status`");
}

/// L2
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_limit_off_the_bounds_is_told_with_the_next_ones() {
    let gates = "[{name: l, latency: {percentile: 95, max: 700ms}}]";
    let found = of("churn", "ml", gates);
    says(&found, Level::Doubtful, "700ms is no bound");
    let one = found.iter().find(|one| one.level == Level::Doubtful);
    assert_eq!(one.expect("it").help, "use 500 ms or 1 s");
    // Above the last bound nothing is in time, ever: that is worse than a doubt.
    let gates = "[{name: l, latency: {percentile: 95, max: 30s}}]";
    let found = of("endless", "ml", gates);
    says(&found, Level::Missing, "above the histogram's last bound");
}

/// T8
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn windows_of_too_few_scrapes_are_told() {
    let gates = "[{name: a, warmup: 55m, availability: {objective: 99%}}]";
    let found = of("seldom", "ml", gates);
    says(&found, Level::Doubtful, "fewer than four scrapes");
    is_healthy(&of("churn", "ml", gates));
    // An hour holds them.
    is_healthy(&of("seldom", "ml", AVAILABILITY));
}
