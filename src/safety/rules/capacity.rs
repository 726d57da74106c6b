//! GP406: too few replicas for the requests on the way. Routes and replicas change in any order, so the most requests that either
//! side sends meets the fewest replicas that either side has.

use std::collections::BTreeMap;

use crate::diag::{Code, Route};
use crate::safety::fields::{Labels, selects};
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::Move;
use crate::safety::routing::Destination;
use crate::safety::workload::Workload;
use crate::units::load::{Load, Strain};

pub(in crate::safety) fn check(moved: &Move<'_>, sustains: &BTreeMap<String, f64>) -> Vec<Finding> {
    let strained = moved.workloads.iter().filter_map(|workload| {
        // What has no pods at all on one side is another rule's.
        if !(workload.runs(Side::Before) && workload.runs(Side::After)) {
            return None;
        }
        let load = |side| Load {
            share: share(moved, workload, side),
            replicas: workload.most(side),
        };
        let [before, after] = [Side::Before, Side::After].map(load);
        let sustains = sustains.get(&workload.pair().identity.name).copied();
        let strain = before.towards(&after, sustains)?;
        Some(told(workload, &strain))
    });
    strained.collect()
}

/// The share of the requests that no cohort claims which a side sends to a workload, copies included, in per cent.
pub(super) fn share(moved: &Move<'_>, workload: &Workload<'_>, side: Side) -> f64 {
    let shares = moved.routes.iter().filter_map(|routing| {
        let route = routing.on(side)?.default_route()?;
        let all = route.to.iter().chain(&route.copies);
        Some(
            all.map(|(to, share)| share * part(moved, workload, to, side))
                .sum::<f64>(),
        )
    });
    shares.fold(0.0, f64::max)
}

/// Whether any request or copy of a side reaches a workload.
pub(super) fn is_reached(moved: &Move<'_>, workload: &Workload<'_>, side: Side) -> bool {
    let routes = moved.routes.iter().filter_map(|routing| routing.on(side));
    let mut reached = routes
        .flat_map(|routes| &routes.entries)
        .flat_map(|route| route.to.iter().chain(&route.copies));
    reached.any(|(to, _)| part(moved, workload, to, side) > 0.0)
}

/// The part of a destination's requests that a workload takes: workloads that share it take as much as they have replicas.
fn part(moved: &Move<'_>, workload: &Workload<'_>, to: &Destination, side: Side) -> f64 {
    let Some(service) = moved
        .service(&to.service)
        .and_then(|service| service.on(side))
    else {
        return 0.0;
    };
    let labels = match &to.subset {
        None => Some(Labels::new()),
        Some(name) => moved
            .subsets
            .iter()
            .find_map(|subsets| subsets.on(side)?.of(&to.service, name).cloned()),
    };
    let Some(labels) = labels else {
        return 0.0;
    };
    let replicas = |workload: &Workload<'_>| {
        let is_there = workload.pair().identity.namespace == to.service.namespace;
        let pods = workload.pods(side).filter(|_| is_there);
        let takes = pods.is_some_and(|pods| {
            selects(&service.selector, &pods.labels) && selects(&labels, &pods.labels)
        });
        if takes {
            f64::from(workload.most(side))
        } else {
            0.0
        }
    };
    let all: f64 = moved.workloads.iter().map(replicas).sum();
    if all > 0.0 {
        replicas(workload) / all
    } else {
        0.0
    }
}

fn told(workload: &Workload<'_>, strain: &Strain) -> Finding {
    let identity = workload.pair().identity;
    let side = if workload.most(Side::After) < workload.most(Side::Before) {
        Side::After
    } else {
        Side::Before
    };
    let at = Spot {
        side: Side::After,
        identity: identity.clone(),
        field: Route::root().key("spec").key("replicas"),
    };
    let message = format!("{identity} may meet {strain}");
    let help = match side {
        Side::Before => "scale it up in a stage of its own, and send it more in the next",
        Side::After => "send it less in a stage of its own, and scale it down in the next",
    };
    Finding::new(Weight::Disruptive, Code::GP406, at, message).help(help)
}
