//! GP407, GP408 and GP405: a manifest and an autoscaler that both set a workload's replicas, or one after the other. GP409: an
//! autoscaler that takes the last pod away.

use crate::diag::{Code, Route};
use crate::safety::applied::Object;
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::load::Autoscaler;
use crate::safety::pair::{Move, Typed};
use crate::safety::workload::Workload;

use super::capacity;

pub(in crate::safety) fn check(moved: &Move<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = written(moved).collect();
    found.extend(asleep(moved));
    found
}

/// Requests that begin to reach what may be asleep when they come.
fn asleep(moved: &Move<'_>) -> impl Iterator<Item = Finding> {
    moved.workloads.iter().filter_map(|workload| {
        let identity = workload.pair().identity;
        let scaler = |side: Side| {
            moved.autoscalers.iter().find(|typed| {
                let scaler = typed.on(side);
                scaler.is_some_and(|scaler| scaler.sleeps && scaler.scales(identity))
            })
        };
        let is_reached = |side| capacity::is_reached(moved, workload, side);
        let scaled = scaler(Side::After).filter(|_| is_reached(Side::After))?;
        if scaler(Side::Before).is_some() && is_reached(Side::Before) {
            return None;
        }
        let at = Spot {
            field: Route::root().key("spec").key("minReplicaCount"),
            ..spot(scaled)
        };
        let message = format!(
            "{} takes the last pod of {identity} away while nobody asks: the next requests are answered with 503 until one has started",
            scaled.pair.identity
        );
        Some(
            Finding::new(Weight::Remark, Code::GP409, at, message)
                .with(replicas_of(workload, Side::After))
                .help("keep one pod with `minReplicaCount: 1`, or wake it by what the gateway measures"),
        )
    })
}

fn written(moved: &Move<'_>) -> impl Iterator<Item = Finding> {
    moved.workloads.iter().filter_map(|workload| {
        let identity = workload.pair().identity;
        let scaler = |side: Side| {
            let scales = |typed: &&Typed<'_, Autoscaler>| {
                typed.on(side).is_some_and(|scaler| scaler.scales(identity))
            };
            moved.autoscalers.iter().find(scales)
        };
        let replicas = |side: Side| workload.pods(side)?.replicas;
        let scaled = scaler(Side::After)?;
        let [before, after] = [Side::Before, Side::After].map(replicas);
        let is_live = |object: Option<&Object>| object.is_some_and(Object::is_live);
        // A server always shows replicas, whoever set them; and what only it has is applied by nobody.
        if is_live(workload.pair().after) {
            return None;
        }
        let was_scaled = scaler(Side::Before).is_some();
        let were_live = is_live(workload.pair().before);
        match (before, after) {
            // What was so before is no fault of the move.
            (Some(before), Some(_)) if before > 0 && was_scaled && !were_live => None,
            (_, Some(replicas)) if replicas > 0 => Some(both(workload, scaled, replicas)),
            (Some(before), None) if before > 1 && !(were_live && was_scaled) => {
                let is_reached = |side| capacity::is_reached(moved, workload, side);
                let has_requests = is_reached(Side::Before) || is_reached(Side::After);
                Some(handed_over(workload, scaled, before, has_requests))
            }
            _ => None,
        }
    })
}

fn both(workload: &Workload<'_>, scaled: &Typed<'_, Autoscaler>, replicas: u32) -> Finding {
    let identity = workload.pair().identity;
    let most = workload.most(Side::After);
    let message = format!(
        "{identity} asks for {replicas} replicas, and {} scales it to as many as {most}: each apply takes it back to {replicas}",
        scaled.pair.identity
    );
    Finding::new(
        Weight::Disruptive,
        Code::GP407,
        replicas_of(workload, Side::After),
        message,
    )
    .with(spot(scaled))
    .help("leave `replicas` out of the manifest, and let the autoscaler say it")
}

/// A field that an applier gives up is removed, client-side and server-side alike where nobody else has set it, and its default is 1.
fn handed_over(
    workload: &Workload<'_>,
    scaled: &Typed<'_, Autoscaler>,
    before: u32,
    has_requests: bool,
) -> Finding {
    let identity = workload.pair().identity;
    let message = format!(
        "{identity} no longer asks for its {before} replicas: an apply resets it to 1 until {} scales it",
        scaled.pair.identity
    );
    let (weight, code) = if has_requests {
        (Weight::Disruptive, Code::GP408)
    } else {
        (Weight::Remark, Code::GP405)
    };
    Finding::new(weight, code, replicas_of(workload, Side::Before), message)
        .with(spot(scaled))
        .help("keep `replicas` here and let the next model begin with the autoscaler, or take the field out of the last applied configuration first (`kubectl apply edit-last-applied`)")
}

fn replicas_of(workload: &Workload<'_>, side: Side) -> Spot {
    Spot {
        side,
        identity: workload.pair().identity.clone(),
        field: Route::root().key("spec").key("replicas"),
    }
}

fn spot(scaled: &Typed<'_, Autoscaler>) -> Spot {
    Spot {
        side: Side::After,
        identity: scaled.pair.identity.clone(),
        field: Route::root().key("spec").key("scaleTargetRef"),
    }
}
