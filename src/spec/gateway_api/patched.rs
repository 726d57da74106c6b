//! What the installed CRDs refuse of a route that a patch has changed: newer fields, and rules in CEL about several fields.

use serde_json::Value;

use crate::diag::Place;
use crate::spec::istio::milliseconds;
use crate::text::Route;

use super::{Feature, GatewayApi, items};

/// Fields of routes that not every Gateway API has.
const OF_SPEC: &[(&str, Feature)] = &[("useDefaultGateways", Feature::DefaultGateways)];
/// The same of rules.
const OF_RULE: &[(&str, Feature)] = &[
    ("name", Feature::RuleName),
    ("retry", Feature::Retry),
    ("sessionPersistence", Feature::SessionPersistence),
];

/// What is wrong with a route; nothing where the object is none.
pub fn route_faults(body: &Value, api: GatewayApi) -> Vec<String> {
    let is =
        |field: &str, known: &[&str]| body[field].as_str().is_some_and(|it| known.contains(&it));
    if !is("apiVersion", &["gateway.networking.k8s.io/v1"])
        || !is("kind", &["HTTPRoute", "GRPCRoute"])
    {
        return Vec::new();
    }
    let lacking = |of: &Value, fields: &[(&str, Feature)]| -> Vec<String> {
        let given = fields.iter().filter(|(field, _)| of.get(*field).is_some());
        let told = given.filter_map(|(field, feature)| {
            let place = Place::value(Route::root());
            api.lacks(*feature, &format!("`{field}`"), place)
        });
        told.map(|found| found.message).collect()
    };
    let mut faults = lacking(&body["spec"], OF_SPEC);
    for rule in items(body["spec"].get("rules")) {
        faults.extend(lacking(rule, OF_RULE));
        faults.extend(of_timeouts(&rule["timeouts"]));
        faults.extend(of_rewrite(rule));
    }
    faults
}

fn of_timeouts(given: &Value) -> Option<String> {
    let time = |field: &str| given[field].as_str().and_then(milliseconds);
    let (whole, one) = (time("request")?, time("backendRequest")?);
    (whole > 0 && one > whole).then(|| {
        "the timeout `backendRequest` is longer than `request`, of which it is a part".to_owned()
    })
}

/// A prefix is replaced in a rule with the one match that has it.
fn of_rewrite(rule: &Value) -> Option<String> {
    let replaces_prefix = |filter: &Value| {
        filter
            .pointer("/urlRewrite/path/type")
            .and_then(Value::as_str)
            == Some("ReplacePrefixMatch")
    };
    if !items(rule.get("filters")).any(replaces_prefix) {
        return None;
    }
    let matches: Vec<&Value> = items(rule.get("matches")).collect();
    // Without matches, and without a type, the API server fills in a prefix.
    let is_prefix = |one: &Value| {
        one.pointer("/path/type")
            .is_none_or(|kind| kind == "PathPrefix")
    };
    (matches.len() > 1 || !matches.iter().all(|one| is_prefix(one))).then(|| {
        "the filter with `replacePrefixMatch` needs a rule with one match, by `PathPrefix`"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Channel, GatewayApiVersion};
    use super::*;

    fn faults(rule: &Value, spec: &Value) -> Vec<String> {
        let mut body = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "spec": spec});
        body["spec"]["rules"] = json!([rule]);
        let api = GatewayApi {
            channel: Channel::Standard,
            version: GatewayApiVersion::V1_4,
        };
        route_faults(&body, api)
    }

    #[test]
    fn what_the_crd_refuses_is_said() {
        let rewrite = json!({"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/"}}});
        let prefix = json!({"path": {"type": "PathPrefix", "value": "/a"}});
        let exact = json!({"path": {"type": "Exact", "value": "/a"}});
        for (rule, spec, wrong) in [
            (json!({"name": "a"}), json!({}), 0),
            (
                json!({"retry": {}}),
                json!({"useDefaultGateways": "All"}),
                2,
            ),
            (json!({"sessionPersistence": {}}), json!({}), 1),
            (
                json!({"timeouts": {"request": "1s", "backendRequest": "1500ms"}}),
                json!({}),
                1,
            ),
            (
                json!({"timeouts": {"request": "0s", "backendRequest": "1500ms"}}),
                json!({}),
                0,
            ),
            (json!({"filters": [rewrite]}), json!({}), 0),
            (
                json!({"filters": [rewrite], "matches": [prefix]}),
                json!({}),
                0,
            ),
            (
                json!({"filters": [rewrite], "matches": [prefix, prefix]}),
                json!({}),
                1,
            ),
            (
                json!({"filters": [rewrite], "matches": [exact]}),
                json!({}),
                1,
            ),
        ] {
            let found = faults(&rule, &spec);
            assert_eq!(found.len(), wrong, "{rule}: {found:?}");
        }
    }
}
