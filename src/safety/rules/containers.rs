//! GP317: a container that is renamed while somebody else's manifest still owns the old name. A client-side apply merges containers
//! by name and removes only what its own last manifest had, so both would run in one pod and fight for the port.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diag::{Code, Route};
use crate::safety::applied::Object;
use crate::safety::fields::{items, text};
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::{Move, Pair};
use crate::safety::pods::containers;

/// What `kubectl apply` remembers of its last manifest.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// What a sidecar injector adds, which nobody's manifest has.
const INJECTED: &str = "istio-proxy";

pub(in crate::safety) fn check(moved: &Move<'_>) -> Vec<Finding> {
    let workloads = moved.workloads.iter();
    workloads
        .filter_map(|workload| told(&workload.pair()))
        .collect()
}

fn told(pair: &Pair<'_>) -> Option<Finding> {
    let (before, after) = (pair.before?, pair.after?);
    if !before.is_live() {
        return None;
    }
    let new = containers(&after.body);
    let old = containers(&before.body);
    let kept = remembered(before);
    let kept = kept
        .iter()
        .map(|body| containers(body))
        .fold(BTreeSet::new(), |mut all, more| {
            all.extend(more);
            all
        });
    let left: Vec<&str> = old
        .into_iter()
        .filter(|name| !new.contains(name) && !kept.contains(name) && *name != INJECTED)
        .collect();
    let name = left.first()?;
    let field = Route::root()
        .key("spec")
        .key("template")
        .key("spec")
        .key("containers");
    let at = |side| Spot {
        side,
        identity: pair.identity.clone(),
        field: field.clone(),
    };
    let message = format!(
        "{} would keep its container `{name}` beside the new ones: whoever applied it is not known to be who applies now",
        pair.identity
    );
    Some(
        Finding::new(Weight::Unserved, Code::GP317, at(Side::After), message)
            .with(at(Side::Before))
            .help(format!("give the new container the name `{name}`, or apply with `--server-side --force-conflicts` once")),
    )
}

/// The manifest that an object's last client-side apply had.
fn remembered(object: &Object) -> Option<Value> {
    let annotation = text(&object.body["metadata"]["annotations"][LAST_APPLIED]);
    let manifest: Value = serde_json::from_str(annotation).ok()?;
    (!items(&manifest["spec"]["template"]["spec"]["containers"]).is_empty()).then_some(manifest)
}
