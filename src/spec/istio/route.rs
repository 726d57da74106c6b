//! A base route: its timeout, and what it makes of a request's target.

use crate::diag::Diagnostic;

use super::{Shape, cors, duration, refused, retries, text, version};

pub(super) fn check(shape: Shape<'_>, faults: &mut Vec<Diagnostic>) {
    let Shape { value, route, .. } = shape;
    version::check(shape, version::ROUTE, faults);
    if !text(value, "timeout").is_some_and(duration::is_zero) {
        duration::check(value, "timeout", route, faults);
    }
    if let Some(given) = value.get("retries") {
        retries::check(given, &route.key("retries"), faults);
    }
    if let Some(given) = value.get("corsPolicy") {
        cors::check(given, &route.key("corsPolicy"), faults);
    }
    let Some(rewrite) = value.get("rewrite") else {
        return;
    };
    let route = route.key("rewrite");
    if text(rewrite, "uri").is_none() && text(rewrite, "authority").is_none() {
        let first = ["uri", "authority"]
            .into_iter()
            .find(|name| rewrite.get(name).is_some());
        if let Some(first) = first {
            faults.push(
                refused(
                    route.key(first),
                    "the rewrite is empty, and Istio takes a `uri` or an `authority` that says something",
                )
                .help("write `uri: /` to drop a prefix, or remove `rewrite`"),
            );
        }
    }
    for name in ["uri", "authority"] {
        if text(rewrite, name).is_some_and(|text| text.contains('\n')) {
            faults.push(
                refused(route.key(name), format!("`{name}` has a line break"))
                    .note("Envoy refuses the whole configuration for it")
                    .help("write it in one line"),
            );
        }
    }
}
