//! GP316: pods that come to serve something else while they have more than a canary's share of the requests.

use crate::diag::{Code, Route};
use crate::safety::fields::{covers, items, text};
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::Move;
use crate::safety::pods::content;
use crate::safety::workload::Workload;

use super::capacity::{is_reached, share};

pub(in crate::safety) fn check(moved: &Move<'_>, canary: f64) -> Vec<Finding> {
    let changed = moved.workloads.iter().filter_map(|workload| {
        let field = changed(workload)?;
        let sides = [Side::Before, Side::After];
        let [before, after] = sides.map(|side| share(moved, workload, side));
        // The old routes may meet the new pods, and the new routes do.
        let share = before.max(after);
        // Nobody knows how many requests a cohort claims; where no canary is allowed, any are too many.
        let is_reached = sides.iter().any(|side| is_reached(moved, workload, *side));
        let is_canary = if canary > 0.0 {
            share <= canary
        } else {
            !is_reached
        };
        let known = (share > 0.0).then_some(share);
        (!is_canary).then(|| told(workload, &field, known))
    });
    changed.collect()
}

/// The field of a workload by which its pods come to answer in another way.
fn changed(workload: &Workload<'_>) -> Option<Route> {
    let pair = workload.pair();
    let (before, after) = (pair.before?, pair.after?);
    let [old, new] = [before, after].map(|object| content(&object.body));
    let is_same = covers(&old, &new) && (before.is_live() || covers(&new, &old));
    if is_same {
        return None;
    }
    let pod = Route::root().key("spec").key("template").key("spec");
    let containers = items(&new["containers"]).iter().enumerate();
    let image = containers
        .filter(|(at, container)| {
            let was = &old["containers"][*at]["image"];
            text(was) != text(&container["image"])
        })
        .map(|(at, _)| pod.key("containers").index(at).key("image"));
    let part = ["containers", "initContainers", "volumes"].into_iter();
    let part = part
        .filter(|part| old[*part] != new[*part])
        .map(|part| pod.key(part));
    image.chain(part).next()
}

fn told(workload: &Workload<'_>, field: &Route, share: Option<f64>) -> Finding {
    let identity = workload.pair().identity;
    let at = |side| Spot {
        side,
        identity: identity.clone(),
        field: field.clone(),
    };
    let message = format!(
        "`{field}` of {identity} changes while its pods take requests, and nobody has tried the new ones"
    );
    Finding::new(Weight::Disruptive, Code::GP316, at(Side::After), message)
        .with(at(Side::Before))
        .share(share)
        .help("run the new version beside the old one under a name of its own, and move the traffic in steps")
}
