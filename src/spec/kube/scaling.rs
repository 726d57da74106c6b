//! How many pods there are and how a change rolls through them, by Kubernetes' validation of autoscalers and Deployments.

use serde_json::Value;

use super::behavior::BEHAVIOR;
use super::field::{Faults, Field};
use super::metrics::METRICS;
use super::rule::{Rule, Shape};

/// `autoscaling`.
pub(super) const AUTOSCALING: Rule = Rule::Map(&Shape {
    needs: &[],
    fields: &[("metrics", METRICS), ("behavior", BEHAVIOR)],
    also: &[|scaling, faults| {
        if let (Some(min), Some(max), Some(field)) =
            (scaling.int("min"), scaling.int("max"), scaling.get("min"))
            && min > max
        {
            faults.say(&field, format!("`min: {min}` is above `max: {max}`"));
        }
    }],
});

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
