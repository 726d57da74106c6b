//! Distributions: D.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{By, LATE, at, at_with, buckets, known, rollout, vector};
use crate::gate::*;

#[test]
fn drift_is_judged_as_known() {
    let vectors = known("drift");
    let mut found = 0;
    for case in known("decision_drift").as_array().expect("cases") {
        let Some(vector) = vectors
            .as_array()
            .expect("vectors")
            .iter()
            .find(|vector| vector["name"] == case["vector"])
        else {
            continue;
        };
        let gates = format!(
            "[{{name: d, drift: {{metric: score, measure: psi, max: {}, minSamples: {}}}}}]",
            case["max"], case["min_samples"]
        );
        let source = By(|query: &Query| {
            let side = if query.name.starts_with("stable") {
                "reference"
            } else {
                "candidate"
            };
            let bounds = vector["le"].as_array().expect("bounds").iter();
            let counts = vector[format!("{side}_cumulative")]
                .as_array()
                .expect("counts")
                .iter();
            let text = |bound: &Value| {
                bound
                    .as_str()
                    .map_or_else(|| bound.to_string(), str::to_owned)
            };
            let pairs: Vec<(String, f64)> = bounds
                .map(text)
                .zip(counts.map(|count| count.as_f64().expect("a count")))
                .collect();
            let pairs: Vec<(&str, f64)> = pairs
                .iter()
                .map(|(bound, count)| (bound.as_str(), *count))
                .collect();
            Ok(buckets(&pairs))
        });
        let judged = at(&rollout(&gates), LATE, &source).remove(0);
        assert_eq!(
            judged.verdict.name(),
            case["verdict"],
            "{case}: {}",
            judged.why
        );
        found += 1;
    }
    assert!(found >= 3, "the cases name vectors");
}

#[test]
fn drift_takes_recorded_counts_and_categories() {
    let gates = "[{name: d, drift: {metric: predictions_total, categories: class, reference: drift.json, measure: jsDistance}}]";
    let references = BTreeMap::from([(
        "drift.json".to_owned(),
        r#"{"recorded": "2026-08-01", "counts": {"cat": 5000, "dog": 3000, "other": 2000}}"#
            .to_owned(),
    )]);
    let compiled = rollout(gates);
    let source = By(|query: &Query| {
        assert!(
            query
                .promql
                .starts_with("sum by (class) (increase(predictions_total{")
        );
        Ok(vector(&[
            (&[("class", "cat")], 400.0),
            (&[("class", "dog")], 350.0),
            (&[("class", "bird")], 250.0),
        ]))
    });
    let found = at_with(&compiled, LATE, &source, &references).remove(0);
    assert_eq!(found.verdict, Verdict::Fail);
    assert_eq!(found.notes, ["only the candidate has `bird`"]);
    assert_eq!(at(&compiled, LATE, &source)[0].verdict, Verdict::Error);
}

/// One histogram of each side.
fn sides(options: &str, candidate: &[(&str, f64)], stable: &[(&str, f64)]) -> Evidence {
    let gates = format!("[{{name: d, drift: {{metric: score{options}}}}}]");
    let source = By(|query: &Query| {
        Ok(buckets(if query.name.starts_with("stable") {
            stable
        } else {
            candidate
        }))
    });
    at(&rollout(&gates), LATE, &source).remove(0)
}

/// D3: a new image may have other buckets; what both have is compared.
#[test]
fn different_buckets_are_compared_by_their_common_bounds() {
    let stable = [
        ("0.2", 2_000.0),
        ("0.4", 4_000.0),
        ("0.8", 8_000.0),
        ("+Inf", 10_000.0),
    ];
    let finer = [
        ("0.2", 2_000.0),
        ("0.3", 2_900.0),
        ("0.4", 4_000.0),
        ("0.8", 8_000.0),
        ("+Inf", 10_000.0),
    ];
    let found = sides("", &finer, &stable);
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
    assert!(
        found.notes[0].contains("different buckets"),
        "{:?}",
        found.notes
    );
    let other = [
        ("0.1", 1_000.0),
        ("0.5", 5_000.0),
        ("0.8", 8_000.0),
        ("+Inf", 10_000.0),
    ];
    let found = sides("", &other, &stable);
    assert_eq!(found.verdict, Verdict::Inconclusive);
    assert!(found.why.contains("bucket layouts differ"), "{}", found.why);
}

/// D2, D4, D11: no observations are no data; a histogram without +Inf is none; too few are too few.
#[test]
fn distributions_need_observations() {
    let of = |n: f64| {
        [
            ("0.2", n * 0.2),
            ("0.4", n * 0.4),
            ("0.8", n * 0.8),
            ("+Inf", n),
        ]
    };
    let full = of(10_000.0);
    assert_eq!(sides("", &of(500.0), &full).verdict, Verdict::Pass);
    let few = sides("", &of(499.0), &full);
    assert_eq!(few.verdict, Verdict::Inconclusive);
    assert!(few.why.contains("500 are needed"), "{}", few.why);
    // With a stricter limit, chance alone needs more of them.
    let strict = sides(", max: 0.01", &of(600.0), &full);
    assert!(
        strict.why.contains("too few observations"),
        "{}",
        strict.why
    );
    assert_eq!(
        sides(", max: 0.01", &of(2_000.0), &full).verdict,
        Verdict::Pass
    );
    for (candidate, stable) in [(of(0.0), full), (full, of(0.0))] {
        let found = sides("", &candidate, &stable);
        assert!(found.why.contains("no observations"), "{}", found.why);
    }
    assert_eq!(sides("", &full[..3], &full).verdict, Verdict::Error);
}

/// D7, D8, D9, D12: each measure has its own limit, and an intended change is only reported.
#[test]
fn a_distribution_that_moved_fails_by_every_measure() {
    let stable = [
        ("0.2", 2_500.0),
        ("0.4", 5_000.0),
        ("0.8", 7_500.0),
        ("+Inf", 10_000.0),
    ];
    let moved = [
        ("0.2", 500.0),
        ("0.4", 1_500.0),
        ("0.8", 4_000.0),
        ("+Inf", 10_000.0),
    ];
    for measure in ["psi", "ks", "jsDistance"] {
        let found = sides(&format!(", measure: {measure}"), &moved, &stable);
        assert_eq!(found.verdict, Verdict::Fail, "{measure}: {}", found.value);
        assert!(found.limit.starts_with(measure), "{}", found.limit);
        let same = sides(&format!(", measure: {measure}"), &stable, &stable);
        assert_eq!(same.verdict, Verdict::Pass);
    }
    let told = sides(", onDrift: advisory", &moved, &stable);
    assert_eq!((told.verdict, told.advisory), (Verdict::Fail, true));
}
