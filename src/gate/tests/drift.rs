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
