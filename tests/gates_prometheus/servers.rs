//! What model servers count and time themselves: their own SLIs, L9.

use glidepath::gate::{Evidence, Verdict};

use super::server::server;
use super::{LATE, compiled_of, is, judged_by, number, spec};

/// The evidence of two models that run this model server.
fn judged(name: &str, of: &str, gates: &str) -> Vec<Evidence> {
    judged_with(name, of, "", gates)
}

/// The same, with more of the spec in front of the gates.
fn judged_with(name: &str, of: &str, more: &str, gates: &str) -> Vec<Evidence> {
    let text = spec(name, "ml", gates)
        .replace("runtime: custom", &format!("runtime: custom, server: {of}"))
        .replacen("  gates:", &format!("{more}  gates:"), 1);
    judged_by(server(), &compiled_of(text), LATE)
}

const EVERY_KIND: &str = "[
    {name: a, availability: {sli: modelServer, objective: 99%}},
    {name: c, compare: {sli: modelServer, difference: {min: -1pp}}},
    {name: p, statistical: {test: proportions, sli: modelServer, margin: 2pp}},
    {name: b, burnRate: {sli: modelServer, objective: 99.9%, period: 30d, windows: [{long: 50m, short: 5m, factor: 14.4}]}}";

const OF_TOKENS: &str = ",
    {name: l, latency: {sli: timeToFirstToken, percentile: 95, max: 2500ms}},
    {name: cl, compare: {sli: timeToFirstToken, percentile: 95, ratio: {max: 1.1}}},
    {name: m, statistical: {test: mannWhitney, sli: timeToFirstToken, percentile: 95, direction: increase}}]";

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn streams_that_end_pass_every_kind() {
    let found = judged("stream", "vllm", &format!("{EVERY_KIND}{OF_TOKENS}"));
    assert_eq!(found.len(), 7);
    for one in &found {
        is(one, Verdict::Pass);
    }
    // 25 that stopped and 5 that were long enough, in each of 240 scrapes.
    assert!((number(&found[0], "total") - 7_200.0).abs() < 0.5);
    assert!((number(&found[4], "within") - 0.96).abs() < 1e-6);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn streams_that_break_after_their_status_fail_every_kind() {
    let found = judged("aborts", "vllm", &format!("{EVERY_KIND}]"));
    for one in &found {
        is(one, Verdict::Fail);
    }
    // Exactly its own pods' aborts, and none of `aborts-v2-large`.
    let of = |gate: &str| {
        let gates =
            format!("[{{name: a, failFast: false, availability: {{sli: modelServer, {gate}}}}}]");
        judged("aborts", "vllm", &gates).remove(0)
    };
    let all = of("objective: 99%");
    assert!(
        (number(&all, "bad") - 240.0).abs() < 0.5,
        "{}",
        all.evidence
    );
    assert!(
        (number(&all, "total") - 7_200.0).abs() < 0.5,
        "{}",
        all.evidence
    );
    let without = of("objective: 99%, clientAborts: ignore");
    is(&without, Verdict::Pass);
    assert!((number(&without, "total") - 6_960.0).abs() < 0.5);
    let slow = "[{name: l, latency: {sli: timeToFirstToken, percentile: 95, max: 2500ms}}]";
    is(&judged("aborts", "vllm", slow)[0], Verdict::Fail);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn engines_are_added_up_and_strange_endings_are_errors() {
    let gates = "[{name: a, availability: {sli: modelServer, objective: 99.5%}}]";
    let found = judged("engines", "vllm", gates).remove(0);
    is(&found, Verdict::Pass);
    assert!(
        (number(&found, "total") - 9_600.0).abs() < 0.5,
        "{}",
        found.evidence
    );
    let found = judged("strange", "vllm", gates).remove(0);
    is(&found, Verdict::Error);
    assert!(
        found.why.contains("`finished_reason` `tired`"),
        "{}",
        found.why
    );
    // Nobody has this server's metrics.
    is(&judged("stream", "triton", gates)[0], Verdict::Inconclusive);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn statuses_and_microseconds_of_tensorflow_serving_are_read() {
    let times = ", {name: l, latency: {sli: modelLatency, percentile: 95, max: 347ms}}]";
    let gates = format!("{EVERY_KIND}{times}");
    let found = judged("tf", "tensorflow-serving", &gates);
    for one in &found {
        is(one, Verdict::Pass);
    }
    assert!(
        (number(&found[0], "total") - 6_240.0).abs() < 0.5,
        "{}",
        found[0].evidence
    );
    assert!((number(&found[4], "within") - 0.96).abs() < 1e-4);
    // The first `INTERNAL` of the pod is 80, which is counted: 40 scrapes before it was seen, and 208 from then on.
    let gates = "[{name: a, failFast: false, availability: {sli: modelServer, objective: 99%}}, {name: l, latency: {sli: modelLatency, percentile: 95, max: 347ms}}]";
    let found = judged("tfbad", "tensorflow-serving", gates);
    is(&found[0], Verdict::Fail);
    assert!(
        (number(&found[0], "bad") - 288.0).abs() < 0.5,
        "{}",
        found[0].evidence
    );
    is(&found[1], Verdict::Fail);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn two_counters_of_the_same_labels_are_told_apart() {
    let gates = "[{name: a, failFast: false, availability: {sli: modelServer, objective: 99%}}]";
    let found = judged("triton", "triton", gates).remove(0);
    is(&found, Verdict::Fail);
    assert!(
        (number(&found, "bad") - 240.0).abs() < 0.5,
        "{}",
        found.evidence
    );
    assert!(
        (number(&found, "total") - 6_000.0).abs() < 0.5,
        "{}",
        found.evidence
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn pods_of_somebody_else_are_selected_by_their_labels() {
    let gates = "[{name: l, latency: {sli: modelLatency, percentile: 85, max: 1s}}, {name: c, compare: {sli: modelLatency, percentile: 95, ratio: {max: 1.0}}}]";
    let selector = "  metrics: {selector: {llm_isvc_name: \"{{model}}-{{subset}}\"}}\n";
    let found = judged_with("theirs", "vllm", selector, gates);
    is(&found[0], Verdict::Pass);
    assert!((number(&found[0], "within") - 0.9).abs() < 1e-6);
    is(&found[1], Verdict::Fail);
    // By the names of pods there is nothing.
    is(&judged("theirs", "vllm", gates)[0], Verdict::Inconclusive);
}
