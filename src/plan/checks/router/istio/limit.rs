//! A limit on times against the bounds of Istio's histogram.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Report, Route};
use crate::plan::Plan;
use crate::plan::checks::gates::{Limit, field};
use crate::plan::gates::{Gate, Times};

/// The bounds of Istio's histograms in milliseconds (Envoy's default buckets).
const ISTIO_BOUNDS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1_000.0,
    2_500.0,
    5_000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];
/// The annotation that gives a pod's proxy other bounds.
const BOUNDS_ANNOTATION: &str = "sidecar.istio.io/statsHistogramBuckets";

/// A latency limit against the bounds of Istio's histogram, as the judged models' pods have it.
pub(super) fn check(plan: &Plan, gate: &Gate, at: &Route, report: &mut Report) {
    let facts = gate.kind.facts();
    let (Some(max), Some(Times::Router(_))) = (facts.time_limit(), facts.times()) else {
        return;
    };
    let limit = max.as_seconds() * 1_000.0;
    let judged: BTreeSet<_> = plan
        .stage_ids()
        .flat_map(|stage| plan.judged(gate, stage))
        .collect();
    for model in judged {
        let given = plan.model(model).generated();
        let given = given.and_then(|own| own.pod.annotations.get(BOUNDS_ANNOTATION));
        let bounds = bounds(given);
        let place = field(gate, at, "max");
        let same = |bound: f64, limit: f64| (bound - limit).abs() <= limit * 1e-9;
        report.push(match Limit::among(&bounds, limit, same) {
            Limit::AtBound => continue,
            Limit::Above(last) => Diagnostic::new(
                Code::GP504,
                place,
                format!("{max} is above the histogram's last bound, {last} ms: requests above that are within no limit"),
            )
            .help(format!("set `max: {last}ms` or less")),
            Limit::Between(near) => {
                let near: Vec<String> = near.iter().map(|bound| format!("`{bound}ms`")).collect();
                Diagnostic::new(
                    Code::GP509,
                    place,
                    format!("{max} is no bound of Istio's histogram, so the share of requests within it is a guess between two"),
                )
                .help(format!(
                    "use {}, or give the pods the bound by the annotation `{BOUNDS_ANNOTATION}`",
                    near.join(" or ")
                ))
            }
        });
        return;
    }
}

/// The bounds that an annotation `{"istio": [1, 5, …]}` sets, or Istio's.
fn bounds(annotation: Option<&String>) -> Vec<f64> {
    let set = annotation.and_then(|text| {
        let body: serde_json::Value = serde_json::from_str(text).ok()?;
        // Keys are prefixes of the metric's name.
        let (_, list) = body.as_object()?.iter().find(|(prefix, _)| {
            "istio_request_duration_milliseconds".starts_with(prefix.as_str())
        })?;
        list.as_array()?
            .iter()
            .map(serde_json::Value::as_f64)
            .collect()
    });
    let mut bounds: Vec<f64> = set.unwrap_or_else(|| ISTIO_BOUNDS.to_vec());
    bounds.sort_by(f64::total_cmp);
    bounds
}
