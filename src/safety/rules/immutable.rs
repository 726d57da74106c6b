//! GP315: fields that the API server lets nobody change, so that the object has to be deleted and made again.

use serde_json::Value;

use crate::diag::{Code, Route};
use crate::safety::fields::{covers, text};
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::{Move, Pair};

pub(in crate::safety) fn check(moved: &Move<'_>) -> Vec<Finding> {
    let found = moved.pairs.iter().flat_map(|pair| {
        let changed = changed(pair).into_iter();
        changed.map(|field| refused(pair, field))
    });
    found.collect()
}

/// Whether the move asks for pods that only a new object can have.
pub(in crate::safety) fn is_recreated(pair: &Pair<'_>) -> bool {
    !changed(pair).is_empty()
}

/// The fields of a spec that the move changes, and that nobody may.
fn changed(pair: &Pair<'_>) -> Vec<&'static str> {
    let (Some(before), Some(after)) = (pair.before, pair.after) else {
        return Vec::new();
    };
    let [old, new] = [before, after].map(|object| &object.body["spec"]);
    let differs = |field: &&'static str| {
        let (old, new) = (&old[*field], &new[*field]);
        match *field {
            // A server fills this one in, and keeps it where a manifest is silent; only `None` is somebody's choice.
            "clusterIP" => is_another_address(old, new),
            "type" => (text(old) == "ExternalName") != (text(new) == "ExternalName"),
            _ => !(covers(old, new) && (before.is_live() || covers(new, old))),
        }
    };
    let fixed: &'static [&'static str] =
        match (pair.identity.group.as_str(), pair.identity.kind.as_str()) {
            ("apps", "Deployment" | "DaemonSet" | "ReplicaSet") => &["selector"],
            ("apps", "StatefulSet") => &[
                "selector",
                "serviceName",
                "volumeClaimTemplates",
                "podManagementPolicy",
            ],
            ("", "Service") => &["clusterIP", "type"],
            _ => &[],
        };
    fixed
        .iter()
        .filter(|field| differs(field))
        .copied()
        .collect()
}

fn is_another_address(old: &Value, new: &Value) -> bool {
    match (text(old), text(new)) {
        (old, "") => old == "None",
        ("", new) => new == "None",
        (old, new) => old != new,
    }
}

fn refused(pair: &Pair<'_>, field: &str) -> Finding {
    let identity = pair.identity;
    let at = |side| Spot {
        side,
        identity: identity.clone(),
        field: Route::root().key("spec").key(field),
    };
    let message =
        format!("`spec.{field}` of {identity} changes, and the API server lets nobody change it");
    Finding::new(Weight::Refused, Code::GP315, at(Side::After), message)
        .with(at(Side::Before))
        .help("give the object another name beside the old one, move the traffic to it, and remove the old one after that")
}
