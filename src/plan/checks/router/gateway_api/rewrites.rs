//! GP626: a new path that Istio joins with the rest of the old one without a slash.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{BaseRoute, GatewayApi, Plan, StringMatch};
use crate::spec::Implementation;

pub(super) fn check(plan: &Plan, router: &GatewayApi, report: &mut Report) {
    match router.implementation {
        Some(Implementation::EnvoyGateway) => return,
        Some(Implementation::Istio) | None => {}
    }
    for (index, route) in plan.traffic.routes.iter().enumerate() {
        let Some(to) = joined(route) else { continue };
        let at = Route::root().key("spec").key("traffic").key("routes");
        let at = at.index(index).key("rewrite").key("uri");
        let message = format!(
            "Istio takes the slash off the prefix `/` with it and adds none: with `{to}`, `/x` arrives as `{}x`",
            to.trim_end_matches('/')
        );
        report.push(
            Diagnostic::new(Code::GP626, Place::value(at), message)
                .note("as Gateway API says it, and by Envoy Gateway, there is a slash between them")
                .help("give the route a `match` of a longer prefix, or set `traffic.implementation: envoy-gateway` where that routes"),
        );
    }
}

/// The new path of a route that replaces the prefix of every path.
fn joined(route: &BaseRoute) -> Option<&str> {
    let to = route.rewrite.as_ref()?.uri.as_deref()?;
    let mut paths = route.entries.iter().map(|entry| &entry.uri);
    let is_root = |path: &Option<StringMatch>| match path {
        None => true,
        Some(StringMatch::Below(prefix)) => prefix == "/",
        Some(
            StringMatch::Exact(_)
            | StringMatch::Prefix(_)
            | StringMatch::Regex(_)
            | StringMatch::Present,
        ) => false,
    };
    let takes_root = route.entries.is_empty() || paths.any(is_root);
    (takes_root && to != "/").then_some(to)
}
