//! What a patch may not change of these objects: which requests a rule takes, and where it leads.

use serde_json::Value;

use crate::objects::patches::{Lost, items};

use super::{GATEWAY, GROUP, GRPC_ROUTE, HTTP_ROUTE};

/// Fields of a rule that say which requests it takes and where they go.
const OF_RULE: [&str; 3] = ["name", "matches", "backendRefs"];
/// What a rule has beside [`OF_RULE`].
const ALSO_OF_RULE: [&str; 4] = ["filters", "timeouts", "retry", "sessionPersistence"];
/// The fields of each kind's `spec`.
const OF_SPEC: [(&str, &[&str]); 3] = [
    (HTTP_ROUTE, OF_ROUTE),
    (GRPC_ROUTE, OF_ROUTE),
    (
        GATEWAY,
        &[
            "gatewayClassName",
            "listeners",
            "addresses",
            "infrastructure",
            "backendTLS",
            "allowedListeners",
            "defaultScope",
            "tls",
        ],
    ),
];
const OF_ROUTE: &[&str] = &["parentRefs", "hostnames", "rules", "useDefaultGateways"];
/// Filters that lead requests elsewhere.
const LEADING: [&str; 3] = ["RequestMirror", "RequestRedirect", "ExtensionRef"];

fn is_ours(body: &Value) -> bool {
    let version = body["apiVersion"].as_str().unwrap_or_default();
    version.split('/').next() == Some(GROUP)
}

/// What an object would have lost; none where it is none of these, or nothing.
pub(in crate::objects) fn lost(before: &Value, after: &Value) -> Option<Lost> {
    let is_route = matches!(before["kind"].as_str(), Some(HTTP_ROUTE | GRPC_ROUTE));
    if !is_ours(before) || !is_route {
        return None;
    }
    let rules = |body: &'_ Value| items(&body["spec"]["rules"]).to_vec();
    let (old, new) = (rules(before), rules(after));
    let differs = |rule: &Value, other: &Value| {
        OF_RULE.iter().any(|field| other[*field] != rule[*field]) || leading(rule) != leading(other)
    };
    let differing = old.iter().enumerate().find(|(index, rule)| {
        let other = new.get(*index);
        other.is_none_or(|other| differs(rule, other))
    });
    let what = match differing {
        _ if ["parentRefs", "hostnames"]
            .iter()
            .any(|field| before["spec"][*field] != after["spec"][*field]) =>
        {
            "`parentRefs` and `hostnames` say where requests come in, and no patch changes them"
                .to_owned()
        }
        Some((index, rule)) => {
            let name = rule["name"].as_str();
            let name = name.map_or_else(|| index.to_string(), str::to_owned);
            format!("the rule `{name}` would take other requests, or lead elsewhere")
        }
        None if new.len() != old.len() => "a rule is added to those of the plan".to_owned(),
        None => return None,
    };
    Some(Lost {
        what,
        instead: "say it by `traffic.routes`, `cohorts` and `steps`; a patch may change what a rule does, such as its `timeouts`",
    })
}

fn leading(rule: &Value) -> Vec<Value> {
    let filters = items(&rule["filters"]).iter();
    let leads = |filter: &&Value| {
        filter["type"]
            .as_str()
            .is_some_and(|kind| LEADING.contains(&kind))
    };
    filters.filter(leads).cloned().collect()
}

/// A field that Gateway API does not have, where it would be.
pub(in crate::objects) fn unknown(body: &Value) -> Option<String> {
    if !is_ours(body) {
        return None;
    }
    let kind = body["kind"].as_str()?;
    let (_, known) = OF_SPEC.iter().find(|(of, _)| *of == kind)?;
    let strange = |value: &Value, known: &dyn Fn(&str) -> bool| {
        let fields = value.as_object().into_iter().flatten();
        let mut fields = fields.map(|(field, _)| field.clone());
        fields.find(|field| !known(field))
    };
    let of_rule = |field: &str| OF_RULE.contains(&field) || ALSO_OF_RULE.contains(&field);
    strange(&body["spec"], &|field| known.contains(&field)).or_else(|| {
        let mut rules = items(&body["spec"]["rules"]).iter();
        rules.find_map(|rule| strange(rule, &of_rule))
    })
}
