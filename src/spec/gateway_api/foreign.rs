//! Fields that only another router has, and those that this one needs.

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::text::Route;

/// A field by its keys below `spec`, and what to do instead.
type Field = (&'static [&'static str], &'static str);

/// What only Istio's own objects have a place for.
const OF_ISTIO: &[Field] = &[
    (
        &["traffic", "gateways"],
        "name the Gateways in `traffic.parentRefs`",
    ),
    (
        &["traffic", "delegate"],
        "remove it: routes of several owners share a Gateway's host as they are",
    ),
    (
        &["traffic", "gateway", "selector"],
        "name who carries it: `gatewayClassName`",
    ),
    (
        &["traffic", "gateway", "servers"],
        "say its ports in Gateway API's shape: `listeners`",
    ),
    (
        &["traffic", "policy"],
        "remove it: a policy of your implementation stands beside the rollout",
    ),
    (
        &["traffic", "names"],
        "remove it: the routes are named after the rollout",
    ),
    (&["outputs", "istioVersion"], "set `outputs.gatewayApi`"),
    (&["outputs", "istioApiVersion"], "set `outputs.gatewayApi`"),
];
/// What only Gateway API's objects have a place for.
const OF_GATEWAY_API: &[Field] = &[
    (
        &["traffic", "implementation"],
        "remove it, or set `provider: gateway-api`",
    ),
    (
        &["traffic", "parentRefs"],
        "name Istio's Gateways in `traffic.gateways`, or set `provider: gateway-api`",
    ),
    (
        &["traffic", "gateway", "gatewayClassName"],
        "select the gateway's pods by `selector`, or set `provider: gateway-api`",
    ),
    (
        &["traffic", "gateway", "listeners"],
        "say its ports by `servers`, or set `provider: gateway-api`",
    ),
    (
        &["outputs", "gatewayApi"],
        "remove it, or set `traffic.provider: gateway-api`",
    ),
];

/// Complains about what Gateway API has no place for.
pub(super) fn of_istio(spec: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    strange(spec, route, OF_ISTIO, "gateway-api", faults);
    for (index, model) in super::items(spec.get("models")).enumerate() {
        if model.get("trafficPolicy").is_some() {
            let at = route.key("models").index(index).key("trafficPolicy");
            let help = "remove it: a policy of your implementation stands beside the rollout";
            faults.push(fault(at, "trafficPolicy", "gateway-api", help));
        }
    }
    needs(
        spec,
        route,
        "gatewayClassName",
        "the GatewayClass that carries it, such as `gatewayClassName: istio`",
        faults,
    );
}

/// Complains about what Istio has no place for.
pub(super) fn of_gateway_api(spec: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    strange(spec, route, OF_GATEWAY_API, "istio", faults);
    for (index, model) in super::items(spec.get("models")).enumerate() {
        if model.pointer("/backend/inferencePool").is_some() {
            let at = route.key("models").index(index).key("backend");
            let help = "set `traffic.provider: gateway-api`: only its routes lead to pools";
            faults.push(fault(
                at.key("inferencePool"),
                "inferencePool",
                "istio",
                help,
            ));
        }
    }
    needs(
        spec,
        route,
        "selector",
        "the labels of the pods that carry it, such as `selector: {istio: ingressgateway}`",
        faults,
    );
}

fn strange(
    spec: &Value,
    route: &Route,
    fields: &[Field],
    provider: &str,
    faults: &mut Vec<Diagnostic>,
) {
    for (keys, help) in fields {
        let mut found = Some(spec);
        let mut at = route.clone();
        for key in *keys {
            found = found.and_then(|value| value.get(key));
            at = at.key(*key);
        }
        if let (Some(_), Some(name)) = (found, keys.last()) {
            faults.push(fault(at, name, provider, help));
        }
    }
}

fn fault(at: Route, name: &str, provider: &str, help: &str) -> Diagnostic {
    Diagnostic::new(
        Code::GP222,
        Place::key(at),
        format!("`provider: {provider}` has no place for `{name}`"),
    )
    .help(help)
}

/// A Gateway that is written says who carries it.
fn needs(spec: &Value, route: &Route, field: &str, help: &str, faults: &mut Vec<Diagnostic>) {
    let gateway = spec.pointer("/traffic/gateway");
    if gateway.is_some_and(|gateway| gateway.get(field).is_none()) {
        let place = Place::key(route.key("traffic").key("gateway"));
        let found = Diagnostic::new(
            Code::GP007,
            place,
            format!("the required field `{field}` is missing here"),
        );
        faults.push(found.help(format!("add {help}")));
    }
}
