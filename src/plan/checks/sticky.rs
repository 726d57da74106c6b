//! GP24x and GP550: what stands in the way of users who stay with a version.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{GateKind, HeaderOperations, Implementation, Plan, Router, Split, Sticky};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let Some(sticky) = &plan.traffic.sticky else {
        return;
    };
    check_router(plan, report);
    check_cohorts(plan, sticky, report);
    check_headers(plan, sticky, report);
    check_gates(plan, report);
}

fn at_sticky() -> Place {
    let traffic = Route::root().key("spec").key("traffic");
    Place::key(traffic.key("sticky"))
}

/// The rules of sticky versions are regexes, and a header of the answer that holds one of the request: Gateway API leaves both to who
/// implements it. Istio and Envoy Gateway hand Envoy both as they are.
fn check_router(plan: &Plan, report: &mut Report) {
    let is_known = match &plan.traffic.router {
        Router::Istio(_) => true,
        Router::GatewayApi(router) => match router.implementation {
            Some(Implementation::Istio | Implementation::EnvoyGateway) => true,
            None => false,
        },
    };
    if !is_known {
        report.push(
            Diagnostic::new(
                Code::GP243,
                at_sticky(),
                "Gateway API alone cannot keep users with a version, and who implements it is not said",
            )
            .note("the cookie is a header of the answer that holds the request's id, and buckets are regexes; the specification says neither")
            .help("add `implementation: istio` or `implementation: envoy-gateway` below `traffic`; no other one is known to take both"),
        );
    }
}

/// There is one matcher for each header, so a cohort that takes the user's own cannot be told into users.
fn check_cohorts(plan: &Plan, sticky: &Sticky, report: &mut Report) {
    for (index, cohort) in plan.cohorts.iter().enumerate() {
        let is_shared = |split: &Split| split.sole().is_none();
        let mut stages = plan.stages.iter();
        let Some(stage) = stages.find(|stage| {
            let own = stage.cohorts.iter().find(|(id, _)| id.0 == index);
            own.is_some_and(|(_, split)| is_shared(split))
        }) else {
            continue;
        };
        let at = Route::root().key("spec").key("cohorts").index(index);
        for (number, entry) in cohort.entries.iter().enumerate() {
            let headers = sticky.headers();
            let Some(taken) = headers.iter().find(|name| entry.headers.contains_key(name)) else {
                continue;
            };
            let taken = taken.as_str();
            report.push(
                Diagnostic::new(
                    Code::GP241,
                    Place::value(at.key("match").index(number)),
                    format!(
                        "the stage `{}` shares the cohort `{}` among models, and its match takes the header `{taken}` by which users are told apart",
                        stage.name, cohort.name
                    ),
                )
                .label(at_sticky(), "users stick by this")
                .note("a route has one matcher for each header")
                .help("match something else, or send the whole cohort to one model"),
            );
        }
    }
}

/// Whoever writes the cookie or the id beside us takes it from users.
fn check_headers(plan: &Plan, sticky: &Sticky, report: &mut Report) {
    let Sticky::Cookie(_) = sticky else { return };
    let routes = Route::root().key("spec").key("traffic").key("routes");
    for (index, route) in plan.traffic.routes.iter().enumerate() {
        let Some(headers) = &route.headers else {
            continue;
        };
        let found = [
            // Envoy removes before it adds, so who removes the models' cookies leaves this one.
            ("response", written(headers.response.as_ref(), "set-cookie")),
            (
                "request",
                written(headers.request.as_ref(), "x-request-id")
                    .or_else(|| removed(headers.request.as_ref(), "x-request-id")),
            ),
        ];
        for (direction, found) in found {
            let Some((field, name)) = found else { continue };
            report.push(
                Diagnostic::new(
                    Code::GP242,
                    Place::key(routes.index(index).key("headers").key(direction).key(field)),
                    format!("the route `{}` changes `{name}`, and so the cookie by which users stay with a version", route.name),
                )
                .label(at_sticky(), "users stick by this")
                .help(format!("leave `{name}` to the models and to the proxy at the edge")),
            );
        }
    }
}

/// The field by which operations write a header, and how they spell its name.
fn written<'a>(
    operations: Option<&'a HeaderOperations>,
    name: &str,
) -> Option<(&'static str, &'a String)> {
    let HeaderOperations { set, add, .. } = operations?;
    let fields = [("set", set), ("add", add)].into_iter();
    let mut names = fields.flat_map(|(field, map)| map.keys().map(move |key| (field, key)));
    names.find(|(_, key)| key.eq_ignore_ascii_case(name))
}

/// The same of a header that they remove.
fn removed<'a>(
    operations: Option<&'a HeaderOperations>,
    name: &str,
) -> Option<(&'static str, &'a String)> {
    let mut names = operations?.remove.iter();
    let found = names.find(|key| key.eq_ignore_ascii_case(name))?;
    Some(("remove", found))
}

/// Requests of one user share a version, and much else.
fn check_gates(plan: &Plan, report: &mut Report) {
    let at = Route::root().key("spec").key("gates");
    for (index, gate) in plan.gates.iter().enumerate() {
        let GateKind::Proportions(_) = &gate.kind else {
            continue;
        };
        let is_used = plan.stages.iter().any(|stage| {
            let mut asked = stage.gates.iter();
            stage.split.sole().is_none() && asked.any(|id| id.0 == index)
        });
        if !is_used {
            continue;
        }
        report.push(
            Diagnostic::new(
                Code::GP550,
                Place::key(at.index(index).key("statistical")),
                format!("the gate `{}` counts requests, and users who stick send all of theirs to one model", gate.name),
            )
            .label(at_sticky(), "users stick by this")
            .note("failures that come together in time are counted as fewer; users who are unlike for as long as they stay are not, and a few of them on one side look like a difference of the models")
            .help("widen `margin`, and bake until many users have come; or judge the candidate by itself, by `availability`"),
        );
    }
}
