//! Counted requests: N, A, B.

use super::{AVAILABILITY, By, LATE, at, counted, counters, known, labels, rollout, vector};
use crate::gate::*;
use crate::plan::{GateKind, SourceId};

#[test]
fn five_failures_at_birth_are_five_failures() {
    // The series is born at 5: `increase()` would say 0.
    let found = counted(AVAILABILITY, &[("200", 395.0), ("503", 5.0)]);
    assert_eq!(found.evidence, "5 bad of 400 requests");
    assert_eq!(found.verdict, Verdict::Fail);
}

#[test]
fn responses_are_good_or_bad_as_envoy_sees_them() {
    let source = By(|query: &Query| {
        let mut answer = counters(
            query,
            &[
                ("200", 900.0),
                ("404", 50.0),
                ("429", 20.0),
                ("0", 3.0),
                ("503", 2.0),
            ],
        );
        let Data::Matrix(series) = &mut answer.data else {
            panic!("a matrix")
        };
        let time = series[0].points[0].0;
        for (status, count) in [("0", 1_000.0), ("5", 7.0), ("14", 4.0), ("8", 6.0)] {
            series.push(Series {
                labels: labels(&[("response_code", "200"), ("grpc_response_status", status)]),
                points: vec![(time, 0.0), (time + 60.0, count)],
            });
        }
        Ok(answer)
    });
    let evidence = |options: &str| {
        let gates =
            format!("[{{name: a, failFast: false, availability: {{objective: 99.5%{options}}}}}]");
        at(&rollout(&gates), LATE, &source).remove(0).evidence
    };
    assert_eq!(evidence(""), "9 bad of 1,992 requests");
    assert_eq!(
        evidence(", clientAborts: ignore"),
        "6 bad of 1,989 requests"
    );
    assert_eq!(evidence(", bad: [4xx]"), "70 bad of 1,992 requests");
    assert_eq!(
        evidence(", bad: ['grpc:8', 503]"),
        "8 bad of 1,992 requests"
    );
}

#[test]
fn availability_needs_evidence_and_keeps_to_its_objective() {
    let verdict = |good: f64, bad: f64| {
        let found = counted(AVAILABILITY, &[("200", good), ("500", bad)]);
        (found.verdict, found.numbers)
    };
    assert_eq!(verdict(0.0, 0.0).0, Verdict::Inconclusive);
    // 200 requests at least; 1 failure is what they allow.
    assert_eq!(verdict(198.0, 1.0).0, Verdict::Inconclusive);
    assert_eq!(verdict(100.0, 2.0).0, Verdict::Fail);
    assert_eq!(verdict(199.0, 1.0).0, Verdict::Pass);
    assert_eq!(verdict(198.0, 2.0).0, Verdict::Fail);
    // Every request failed: 0 of 300, which is not the same as no data.
    assert_eq!(verdict(0.0, 300.0).0, Verdict::Fail);
    assert_eq!(verdict(300.0, 0.0).0, Verdict::Pass);
    let bounded = "[{name: a, failFast: false, availability: {objective: 99%, confidence: 90%}}]";
    let of = |good: f64, bad: f64| counted(bounded, &[("200", good), ("500", bad)]).verdict;
    assert_eq!(of(200.0, 0.0), Verdict::Inconclusive);
    // Nothing shows whether failures come singly, so it takes as many as if they came in bursts.
    assert_eq!(of(1_000.0, 0.0), Verdict::Inconclusive);
    assert_eq!(of(4_000.0, 0.0), Verdict::Pass);
    assert_eq!(of(4_000.0, 30.0), Verdict::Inconclusive);
    assert_eq!(of(4_000.0, 400.0), Verdict::Fail);
}

#[test]
fn estimated_counts_say_so() {
    let gates = "[{name: a, failFast: false, availability: {objective: 99%, counts: estimated, clientAborts: ignore}}]";
    let source = By(|query: &Query| {
        let good = query
            .promql
            .contains("response_code!~\"5..|0\",grpc_response_status!~\"2|4|12|13|14|15\"");
        assert!(query.promql.contains("response_code!=\"0\""));
        Ok(vector(&[(&[], if good { 996.7 } else { 1_000.2 })]))
    });
    let found = at(&rollout(gates), LATE, &source).remove(0);
    assert_eq!(found.evidence, "4 bad of 1,000 requests");
    assert_eq!(found.notes, ["counts: estimated"]);
    let absent = By(|query: &Query| {
        Ok(if query.name == "requests" {
            vector(&[(&[], 500.0)])
        } else {
            vector(&[])
        })
    });
    assert_eq!(at(&rollout(gates), LATE, &absent)[0].verdict, Verdict::Fail);
}

#[test]
fn names_are_those_that_are_emitted() {
    let compiled = rollout(AVAILABILITY);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let candidate = compiled.plan.judged(&compiled.plan.gates[0], stage)[0];
    let target = Target::new(&compiled.plan, candidate, SourceId::DEFAULT, "ml", "");
    let deployments: Vec<String> = compiled
        .objects(stage)
        .iter()
        .filter(|object| object.id.kind == "Deployment")
        .map(|object| object.id.name.clone())
        .collect();
    assert!(deployments.contains(&target.workload), "{deployments:?}");
}

#[test]
fn budgets_are_judged_over_two_windows() {
    let gates = "[{name: b, failFast: false, burnRate: {objective: 99.9%, period: 30d}}]";
    let compiled = rollout(gates);
    let of = |early_bad: f64, late_bad: f64, per_hour: f64| {
        let source = By(move |query: &Query| {
            let When::At(end) = query.when else {
                panic!("one time")
            };
            #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
            let end = end.seconds() as f64;
            let one = |code: &str, points: Vec<(f64, f64)>| Series {
                labels: labels(&[("response_code", code)]),
                points,
            };
            Ok(Answer::of(Data::Matrix(vec![
                one(
                    "200",
                    vec![
                        (end - 3_500.0, per_hour * 0.9),
                        (end - 400.0, per_hour * 0.9),
                        (end - 60.0, per_hour),
                    ],
                ),
                one(
                    "503",
                    vec![
                        (end - 3_500.0, early_bad),
                        (end - 400.0, early_bad),
                        (end - 60.0, early_bad + late_bad),
                    ],
                ),
            ])))
        });
        at(&compiled, 7_400, &source).remove(0).verdict
    };
    assert_eq!(of(260.0, 40.0, 10_000.0), Verdict::Fail);
    assert_eq!(of(300.0, 0.0, 10_000.0), Verdict::Pass);
    assert_eq!(of(0.0, 1.0, 40.0), Verdict::Inconclusive);
}

/// A5, L6, P1, D11: how much evidence is enough, where the spec does not say.
#[test]
fn the_least_evidence_follows_from_what_is_asked() {
    for (kind, least) in [
        ("availability: {objective: 99%}", 100),
        ("availability: {objective: 99.5%}", 200),
        ("availability: {objective: 99.9%}", 1_000),
        ("latency: {percentile: 95, max: 500ms}", 200),
        ("latency: {percentile: 99, max: 500ms}", 1_000),
        ("statistical: {test: proportions, margin: 1pp}", 200),
        ("drift: {metric: score}", 500),
    ] {
        let compiled = rollout(&format!("[{{name: g, {kind}}}]"));
        assert_eq!(compiled.plan.gates[0].least_samples(), least, "{kind}");
    }
}

/// B2: the factors of a period are those of the workbook, 28 days' included.
#[test]
fn a_budgets_factors_are_the_known_ones() {
    for (period, section) in [("30d", "factors_30d"), ("28d", "factors_28d")] {
        let gates = format!("[{{name: b, burnRate: {{objective: 99.9%, period: {period}}}}}]");
        let compiled = rollout(&gates);
        let GateKind::BurnRate(burn) = &compiled.plan.gates[0].kind else {
            panic!("a burn rate")
        };
        let factors: Vec<f64> = burn.pairs.iter().map(|pair| pair.factor).collect();
        let known = known("burn_rate")[section].clone();
        let known: Vec<f64> = known
            .as_array()
            .expect("factors")
            .iter()
            .map(|one| one.as_f64().or(one["factor"].as_f64()).expect("a factor"))
            .collect();
        assert_eq!(factors.len(), known.len());
        for (factor, known) in factors.iter().zip(known) {
            assert!((factor - known).abs() < 1e-8, "{factor} for {known}");
        }
        let windows: Vec<String> = burn
            .pairs
            .iter()
            .map(|pair| format!("{}/{}", pair.long, pair.short))
            .collect();
        assert_eq!(windows, ["1h/5m", "6h/30m", "1d/2h", "3d/6h"]);
    }
}
