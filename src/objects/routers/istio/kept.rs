//! What a patch may not change of Istio's objects: which requests a route takes, and where it leads.

use serde_json::Value;

use crate::objects::patches::{Lost, items};

use super::{DESTINATION_RULE, GATEWAY, VIRTUAL_SERVICE};

/// Fields of a route that say which requests it takes and where they go.
const OF_ROUTE: [&str; 8] = [
    "name",
    "match",
    "route",
    "mirror",
    "mirrorPercentage",
    "redirect",
    "directResponse",
    "delegate",
];

/// The fields of each kind's `spec`
/// (<https://istio.io/latest/docs/reference/config/networking/virtual-service/>).
const OF_SPEC: [(&str, &[&str]); 3] = [
    (
        VIRTUAL_SERVICE,
        &["hosts", "gateways", "http", "tls", "tcp", "exportTo"],
    ),
    (
        DESTINATION_RULE,
        &[
            "host",
            "trafficPolicy",
            "subsets",
            "exportTo",
            "workloadSelector",
        ],
    ),
    (GATEWAY, &["servers", "selector"]),
];
/// What an HTTP route has beside [`OF_ROUTE`].
const ALSO_OF_ROUTE: [&str; 7] = [
    "rewrite",
    "timeout",
    "retries",
    "fault",
    "mirrors",
    "corsPolicy",
    "headers",
];
/// The fields of a subset.
const OF_SUBSET: [&str; 3] = ["name", "labels", "trafficPolicy"];

/// What an object would have lost; none where it is none of Istio's.
pub(in crate::objects) fn lost(before: &Value, after: &Value) -> Option<Lost> {
    match text(&before["kind"]) {
        DESTINATION_RULE => subsets(before, after),
        VIRTUAL_SERVICE => routes(before, after),
        _ => None,
    }
}

/// A field that Istio does not have, where it would be.
pub(in crate::objects) fn unknown(body: &Value) -> Option<String> {
    let (_, known) = OF_SPEC
        .iter()
        .find(|(kind, _)| *kind == text(&body["kind"]))?;
    let spec = &body["spec"];
    let strange = |value: &Value, known: &dyn Fn(&str) -> bool| {
        let fields = value.as_object().into_iter().flatten();
        fields
            .map(|(field, _)| field.clone())
            .find(|field| !known(field))
    };
    let of_route = |field: &str| OF_ROUTE.contains(&field) || ALSO_OF_ROUTE.contains(&field);
    strange(spec, &|field| known.contains(&field))
        .or_else(|| {
            items(&spec["http"])
                .iter()
                .find_map(|route| strange(route, &of_route))
        })
        .or_else(|| {
            let mut subsets = items(&spec["subsets"]).iter();
            subsets.find_map(|subset| strange(subset, &|field| OF_SUBSET.contains(&field)))
        })
}

/// The subsets, and the host that they are of.
fn subsets(before: &Value, after: &Value) -> Option<Lost> {
    let (old, new) = (&before["spec"], &after["spec"]);
    let kept = items(&new["subsets"]);
    let gone = items(&old["subsets"]).iter().find(|subset| {
        let same =
            |other: &Value| other["name"] == subset["name"] && other["labels"] == subset["labels"];
        !kept.iter().any(same)
    });
    let what = match gone {
        Some(gone) => format!(
            "routes lead to the subset `{}` by its labels, and no patch changes them",
            text(&gone["name"])
        ),
        None if old["host"] != new["host"] => {
            "the subsets are those of the Service's host, and no patch changes it".to_owned()
        }
        None => return None,
    };
    Some(Lost {
        what,
        instead: "set `subset: {labels: …}` at the model",
    })
}

/// The routes: which there are, in their order, what they take and where they lead.
fn routes(before: &Value, after: &Value) -> Option<Lost> {
    let (old, new) = (
        items(&before["spec"]["http"]),
        items(&after["spec"]["http"]),
    );
    let differing = old.iter().enumerate().find(|(index, route)| {
        new.get(*index)
            .is_none_or(|other| OF_ROUTE.iter().any(|field| other[*field] != route[*field]))
    });
    let what = match differing {
        _ if before["spec"]["hosts"] != after["spec"]["hosts"]
            || before["spec"]["gateways"] != after["spec"]["gateways"] =>
        {
            "`hosts` and `gateways` say where requests come in, and no patch changes them"
                .to_owned()
        }
        Some((_, route)) => format!(
            "the route `{}` would take other requests, or lead elsewhere",
            text(&route["name"])
        ),
        None if new.len() != old.len() => "a route is added behind those of the plan".to_owned(),
        None => return None,
    };
    Some(Lost {
        what,
        instead: "say it by `traffic.routes`, `cohorts` and `steps`; a patch may change what a route does, such as its `fault`",
    })
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
