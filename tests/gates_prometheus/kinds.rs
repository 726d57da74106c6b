//! Every kind of gate, on a candidate that is good and on one that is not: C, P, M, B, D, H.

use glidepath::gate::Verdict;

use super::server::server;
use super::{compiled_of, is, judged, judged_at, judged_by, number, spec};

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_worse_candidate_fails_by_grpc_status_and_latency() {
    let gates = "[{name: a, availability: {objective: 99.5%}}, {name: l, latency: {percentile: 95, max: 500ms}}, {name: e, statistical: {test: proportions, margin: 0.2pp}}]";
    // Stable is `worse-v1`, which nobody asks: there is nothing to compare with.
    let found = judged("worse", gates);
    is(&found[0], Verdict::Fail);
    is(&found[1], Verdict::Fail);
    assert!(
        (number(&found[1], "within") - 0.90).abs() < 1e-6,
        "{}",
        found[1].evidence
    );
    is(&found[2], Verdict::Inconclusive);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_good_candidate_passes_every_kind() {
    let found = judged(
        "churn",
        "[{name: a, availability: {objective: 99.5%}},
          {name: l, latency: {percentile: 95, max: 500ms}},
          {name: t, threshold: {query: 'max(queue{pod=~\"{{podPrefix}}[a-z0-9]+-[a-z0-9]+\"})', max: 12}},
          {name: r, threshold: {query: 'max(queue{pod=~\"{{podPrefix}}[a-z0-9]+-[a-z0-9]+\"})', max: 12, range: true}},
          {name: c, compare: {sli: latency, percentile: 95, ratio: {max: 1.1}}},
          {name: e, statistical: {test: proportions, margin: 2pp}},
          {name: m, statistical: {test: mannWhitney, query: 'avg(queue{pod=~\"{{podPrefix}}[a-z0-9]+-[a-z0-9]+\"})', direction: increase, margin: 5%}},
          {name: q, statistical: {test: mannWhitney, sli: latency, percentile: 95, direction: increase, margin: 10%}},
          {name: d, drift: {metric: score, max: 0.2}},
          {name: k, drift: {metric: score, measure: ks, max: 0.1}}]",
    );
    assert_eq!(found.len(), 10);
    for one in &found {
        is(one, Verdict::Pass);
    }
    assert!((number(&found[1], "within") - 0.96).abs() < 1e-6);
    assert!(number(&found[8], "bins") > 3.5);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_budget_that_burns_is_told() {
    let gates = "[{name: b, burnRate: {objective: 99.9%, period: 30d}}]";
    let of = |name: &str| {
        let text = spec(name, "ml", gates).replace("bake: 62m", "bake: 122m");
        judged_by(server(), &compiled_of(text), 7_500).remove(0)
    };
    is(&of("churn"), Verdict::Pass);
    is(&of("worse"), Verdict::Fail);
}

/// B4: 20 failures of the candidate, where the service's whole budget so far is 36.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_candidate_may_use_up_a_share_of_the_services_budget() {
    for (share, wanted) in [("50%", Verdict::Fail), ("60%", Verdict::Pass)] {
        for counts in ["exact", "estimated"] {
            let gates = format!(
                "[{{name: b, burnRate: {{objective: 99.9%, period: 30d, budgetShare: {share}, counts: {counts}, windows: [{{long: 1h, short: 5m, factor: 100}}]}}}}]"
            );
            let found = judged("share", &gates).remove(0);
            if counts == "estimated" {
                // By `increase()` the failures at the series' birth are none.
                is(&found, Verdict::Pass);
                continue;
            }
            is(&found, wanted);
            assert!((number(&found, "windowBad") - 20.0).abs() < 0.5);
            let allowed = number(&found, "allowedBad");
            let share: f64 = share.trim_end_matches('%').parse().expect("a number");
            // 288 scrapes of 125 requests, and what `increase()` adds at the history's beginning.
            let expected = 36.0 * share / 100.0;
            assert!(
                (allowed - expected).abs() < 0.02 * expected,
                "{allowed} for {expected}"
            );
        }
    }
    // A service that nobody asks has no budget to share.
    let gates = "[{name: b, burnRate: {objective: 99.9%, period: 30d, budgetShare: 5%}}]";
    let found = judged_at(server(), "churn", gates, 4_000).remove(0);
    is(&found, Verdict::Inconclusive);
    assert!(found.why.contains("the service"), "{}", found.why);
}
