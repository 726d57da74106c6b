//! GP223: what a GRPCRoute has no word for.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::checks::entries::entries;
use crate::plan::{Plan, StringMatch};

/// How a call is named.
const BY_NAME: &str = "write `exact: /package.Service/Method`, or `prefix: /package.Service`";
/// What to do about a field of HTTP alone.
const REMOVE: &str = "remove it, or route a port that is not of gRPC";

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let copies = plan.copies();
    let Some(copy) = copies.iter().find(|copy| copy.port.wire.is_grpc()) else {
        return;
    };
    let port = &copy.port.name;
    let is_regex = |uri: &Option<StringMatch>| matches!(uri, Some(StringMatch::Regex(_)));
    let spec = Route::root().key("spec");
    let mut refuse = |at: Route, what: &str, help: &str| {
        let message = format!("a GRPCRoute has no word for {what}, and the port `{port}` has one");
        report.push(Diagnostic::new(Code::GP223, Place::key(at), message).help(help));
    };
    for (index, route) in plan.traffic.routes.iter().enumerate() {
        let at = spec.key("traffic").key("routes").index(index);
        for (entry, found) in route.entries.iter().enumerate() {
            if is_regex(&found.uri) {
                let at = at.key("match").index(entry).key("uri");
                refuse(at, "a regex over a path", BY_NAME);
            }
        }
        for (field, is_given) in [
            ("timeout", route.timeout.is_some()),
            ("retries", route.retries.is_some()),
            ("corsPolicy", route.cors_policy.is_some()),
            ("rewrite", route.rewrite.is_some()),
        ] {
            if is_given {
                refuse(at.key(field), &format!("`{field}`"), REMOVE);
            }
        }
    }
    for (at, entry) in entries(plan) {
        if is_regex(&entry.uri) {
            refuse(at.key("uri"), "a regex over a path", BY_NAME);
        }
    }
}
