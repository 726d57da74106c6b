//! Times: L.

use std::collections::BTreeMap;

use super::{AVAILABILITY, BEGAN, LATE, LATENCY, buckets, judged, rollout};
use crate::gate::*;
use crate::units::Timestamp;

#[test]
fn latency_is_the_share_within_the_limit() {
    // Exactly 95 % within the bound; `250` and `250.0` are one bound.
    let exact = [
        ("250", 600.0),
        ("250.0", 100.0),
        ("500", 950.0),
        ("1000", 990.0),
        ("+Inf", 1_000.0),
    ];
    let found = judged(LATENCY, &buckets(&exact));
    assert_eq!(
        (found.verdict, found.notes.len()),
        (Verdict::Pass, 0),
        "{}",
        found.why
    );
    let slow = [("250", 700.0), ("500", 949.0), ("+Inf", 1_000.0)];
    assert_eq!(judged(LATENCY, &buckets(&slow)).verdict, Verdict::Fail);
    // Between two bounds: interpolated, and said.
    let between = [("250", 900.0), ("1000", 1_000.0), ("+Inf", 1_000.0)];
    let found = judged(LATENCY, &buckets(&between));
    assert_eq!(found.verdict, Verdict::Fail);
    assert!(
        found.notes[0].contains("90 % within 250 ms and 100 % within 1 s"),
        "{:?}",
        found.notes
    );
    // Above the last finite bound nothing is within any limit.
    let beyond = "[{name: l, failFast: false, latency: {percentile: 99, max: 10s}}]";
    let lost = [("5000", 0.0), ("+Inf", 2_000.0)];
    assert_eq!(judged(beyond, &buckets(&lost)).verdict, Verdict::Fail);
    // Too few, none, and no +Inf.
    let few = [("500", 199.0), ("+Inf", 199.0)];
    assert_eq!(
        judged(LATENCY, &buckets(&few)).verdict,
        Verdict::Inconclusive
    );
    assert_eq!(
        judged(LATENCY, &buckets(&[])).verdict,
        Verdict::Inconclusive
    );
    assert_eq!(
        judged(LATENCY, &buckets(&[("500", 300.0)])).verdict,
        Verdict::Error
    );
}

#[test]
fn latency_asks_for_successful_requests_only() {
    let asked = |gates: &str| {
        let compiled = rollout(gates);
        let context = EvaluationContext {
            stage: compiled.plan.stage_named("canary").expect("the stage"),
            namespace: "ml",
            began: BEGAN,
            now: Timestamp::from_seconds(BEGAN.seconds() + LATE),
            references: &BTreeMap::new(),
        };
        let found = preview(&compiled.plan, &context, &compiled.plan.gates[0]);
        found[0].queries[0].promql.clone()
    };
    assert_eq!(
        asked(LATENCY),
        "sum by (le) (increase(istio_request_duration_milliseconds_bucket{reporter=\"destination\",destination_workload_namespace=\"ml\",destination_workload=\"churn-v2\",response_code=~\"2..\",grpc_response_status=~\"0|\"}[3480s]))"
    );
    assert_eq!(
        asked("[{name: l, latency: {percentile: 95, max: 500ms, metric: ttft_seconds}}]"),
        "sum by (le) (increase(ttft_seconds_bucket{namespace=\"ml\",pod=~\"churn-v2-[a-z0-9]{5,10}-[a-z0-9]{5}\"}[3480s]))"
    );
    assert_eq!(
        asked(AVAILABILITY),
        "istio_requests_total{reporter=\"destination\",destination_workload_namespace=\"ml\",destination_workload=\"churn-v2\"}[3780s]"
    );
}
