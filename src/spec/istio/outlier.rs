//! Outlier detection (`validateOutlierDetection`).

use serde_json::Value;

use crate::diag::Diagnostic;

use super::{Shape, duration, refused};

pub(super) fn check(shape: Shape<'_>, faults: &mut Vec<Diagnostic>) {
    let Shape { value, route, .. } = shape;
    duration::check(value, "interval", route, faults);
    duration::check(value, "baseEjectionTime", route, faults);
    let local = value
        .get("consecutiveLocalOriginFailures")
        .and_then(Value::as_u64);
    let split = value
        .get("splitExternalLocalOriginErrors")
        .and_then(Value::as_bool);
    if local.is_some_and(|count| count > 0) && split != Some(true) {
        faults.push(
            refused(
                route.key("consecutiveLocalOriginFailures"),
                "failed connections are counted apart only with `splitExternalLocalOriginErrors: true`",
            )
            .help("add it, or remove `consecutiveLocalOriginFailures`"),
        );
    }
}
