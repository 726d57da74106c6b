//! Telemetry that must not be believed is never a pass, and says why.

use glidepath::gate::Verdict;

use super::server::server;
use super::{compiled_of, is, judged, judged_by, number, spec};

const AVAILABILITY: &str = "[{name: a, availability: {objective: 99.5%}}]";

/// The candidate of this name gets this verdict, for a reason with these words.
#[track_caller]
fn says(name: &str, verdict: Verdict, words: &str) {
    let found = judged(name, AVAILABILITY).remove(0);
    is(&found, verdict);
    assert!(found.why.contains(words), "{words}: {}", found.why);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_healthy_candidate_passes() {
    is(&judged("healthy", AVAILABILITY)[0], Verdict::Pass);
    is(&judged("operations", AVAILABILITY)[0], Verdict::Pass);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn pods_that_are_gone_do_not_pass() {
    says("dead", Verdict::Inconclusive, "of the window's");
    says(
        "unreached",
        Verdict::Inconclusive,
        "which no pod has counted",
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn requests_that_are_not_split_as_declared_do_not_pass() {
    says("far", Verdict::Inconclusive, "the stage gives it 20 %");
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_counter_from_before_a_gap_is_not_of_the_window() {
    let found = judged("gap", AVAILABILITY).remove(0);
    assert!(found.verdict != Verdict::Pass, "{}", found.why);
    // 208 scrapes from 600 s on, one request each, and no failure.
    assert!(
        (number(&found, "total") - 208.0).abs() < 1.5,
        "{}",
        found.evidence
    );
    assert!(number(&found, "bad").abs() < 0.5, "{}", found.evidence);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn samples_that_are_not_in_yet_are_waited_for() {
    says("stale", Verdict::Inconclusive, "of the window's");
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn what_cannot_be_classified_is_an_error() {
    says("bare", Verdict::Error, "without a `response_code`");
    says(
        "grpcless",
        Verdict::Error,
        "without a `grpc_response_status`",
    );
    says("texts", Verdict::Error, "`response_code` `OK`");
    says("dashes", Verdict::Error, "`response_code` `-`");
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn what_is_there_twice_is_an_error() {
    says(
        "pair",
        Verdict::Error,
        "told apart only by `prometheus_replica`",
    );
    says(
        "twice",
        Verdict::Error,
        "told apart only by `instance` and `job`",
    );
    says("monitors", Verdict::Error, "differ in `monitor`");
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn two_clusters_are_an_error_until_one_is_named() {
    says(
        "clusters",
        Verdict::Error,
        "differ in `cluster` (`eu`, `us`)",
    );
    for (cluster, wanted) in [("eu", Verdict::Pass), ("us", Verdict::Fail)] {
        let text = spec("clusters", "ml", AVAILABILITY).replace(
            "  gates:",
            &format!("  metrics: {{prometheus: {{url: \"http://p.example\", labels: {{cluster: {cluster}}}}}}}\n  gates:"),
        );
        is(
            &judged_by(server(), &compiled_of(text), super::LATE)[0],
            wanted,
        );
    }
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn buckets_of_two_layouts_are_no_distribution() {
    let gates = "[{name: l, latency: {percentile: 90, max: 500ms}}]";
    let found = judged("layouts", gates).remove(0);
    assert!(found.verdict != Verdict::Pass, "{}", found.why);
}

/// What pods counted before anybody scraped them is not of the window, and a label more is no new counter.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn counters_are_not_new_because_they_are_seen_first() {
    for name in ["lost", "relabelled"] {
        let found = judged(name, AVAILABILITY).remove(0);
        assert!(found.verdict != Verdict::Pass, "{name}: {}", found.why);
        assert!(
            number(&found, "total") < 7_000.0,
            "{name}: {}",
            found.evidence
        );
        assert!(number(&found, "bad") > 50.0, "{name}: {}", found.evidence);
    }
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn pods_that_serve_nobody_any_more_do_not_pass() {
    says(
        "silent",
        Verdict::Inconclusive,
        "no request in the window's last quarter",
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn copies_are_found_by_whatever_tells_them_apart() {
    says("federated", Verdict::Error, "differ in `exported_");
    says("agents", Verdict::Error, "differ in `agent_hostname`");
    // Said to be one, they are.
    let text = spec("agents", "ml", AVAILABILITY).replace(
        "  gates:",
        "  metrics: {prometheus: {url: \"http://p.example\", labels: {agent_hostname: one}}}\n  gates:",
    );
    is(
        &judged_by(server(), &compiled_of(text), super::LATE)[0],
        Verdict::Pass,
    );
}
