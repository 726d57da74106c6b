//! How many pods there are and how a change rolls through them, by Kubernetes' validation of autoscalers and Deployments.

use serde_json::Value;

use crate::spec::model::MIN_READY_SECONDS;

use super::behavior::BEHAVIOR;
use super::field::{Faults, Field};
use super::keda::{KEDA, needs_pods};
use super::metrics::METRICS;
use super::rule::{Rule, Shape};

/// `autoscaling`.
pub(super) const AUTOSCALING: Rule = Rule::Map(&Shape {
    needs: &[],
    fields: &[("metrics", METRICS), ("behavior", BEHAVIOR), ("keda", KEDA)],
    also: &[
        |scaling, faults| {
            if let (Some(min), Some(max), Some(field)) =
                (scaling.int("min"), scaling.int("max"), scaling.get("min"))
                && min > max
            {
                faults.say(&field, format!("`min: {min}` is above `max: {max}`"));
            }
        },
        from_nothing,
    ],
});

/// Only KEDA scales from nothing, and only by triggers that know something without pods.
fn from_nothing(scaling: &Field, faults: &mut Faults) {
    let (min, keda) = (scaling.int("min"), scaling.get("keda"));
    let idle = keda.as_ref().and_then(|keda| keda.get("idleReplicaCount"));
    if let (Some(0), Some(field)) = (min, scaling.get("min")) {
        match &keda {
            None => faults.must(&field, "1 or more: only `keda` scales to nothing"),
            Some(keda) if needs_pods(keda) => faults.must(
                &field,
                "1 or more: without pods, no `cpu` or `memory` says that one is needed",
            ),
            Some(_) => {}
        }
    }
    if let (Some(0), Some(idle)) = (min, idle.filter(|idle| idle.value == 0)) {
        faults.must(&idle, "below `min`, which is 0");
    }
}

/// `rollingUpdate`.
pub(super) const ROLLING_UPDATE: Rule = Rule::Check(stuck);

/// A change needs a pod more or a pod less to begin with; glidepath's own defaults are one more and none less.
fn stuck(rolling: &Field, faults: &mut Faults) {
    let surge = rolling.get("maxSurge");
    let is_zero = |field: &Field| match field.value {
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.trim_start_matches('0') == "%",
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    };
    let stays = rolling
        .get("maxUnavailable")
        .is_none_or(|field| is_zero(&field));
    if let Some(surge) = surge.filter(|surge| is_zero(surge) && stays) {
        faults.must(
            &surge,
            "more than 0, or `maxUnavailable` must be: no pod could be replaced",
        );
    }
}

/// A Deployment gives a change longer than a pod must stay ready.
pub(super) fn deadline(model: &Field, faults: &mut Faults) {
    if let (Some(deadline), Some(given)) = (
        model.int("progressDeadlineSeconds"),
        model.get("progressDeadlineSeconds"),
    ) {
        let ready = model.int("minReadySeconds");
        let ready = ready.unwrap_or_else(|| i64::from(MIN_READY_SECONDS));
        if deadline <= ready {
            faults.must(
                &given,
                &format!("more than the {ready} of `minReadySeconds`"),
            );
        }
    }
}
