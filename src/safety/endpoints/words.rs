//! What is said of a combination that fails.

use crate::diag::{Code, Route};
use crate::safety::applied::Identity;
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::{Move, Pair, Typed};
use crate::safety::service::{SERVICE, Service};
use crate::safety::workload::{Phase, Workload};

use super::Named;
use super::combination::{Cause, Failing};

/// What a route's destination meets.
pub(super) fn routed(moved: &Move<'_>, named: &Named<'_, '_>, failing: &Failing<'_>) -> Finding {
    let identity = named.routing.pair.identity;
    let sends = if named.is_copy { "copies" } else { "requests" };
    let to = match &named.to.subset {
        Some(subset) => format!(
            "the subset `{subset}` of the Service `{}`",
            named.to.service.name
        ),
        None => format!("the {} `{}`", named.to.service.kind, named.to.service.name),
    };
    let at = Spot {
        side: named.side,
        identity: identity.clone(),
        field: named.to.field.clone(),
    };
    let service = moved.service(&named.to.service).map(|service| service.pair);
    told(
        &format!("{identity} sends {sends} to {to}"),
        at,
        service,
        failing,
    )
    .share(named.share.filter(|_| !named.is_copy))
}

/// What meets whoever asks a Service itself.
pub(super) fn direct(service: &Typed<'_, Service>, failing: &Failing<'_>) -> Finding {
    let identity = service.pair.identity;
    let at = Spot {
        side: Side::After,
        identity: identity.clone(),
        field: Route::root().key("spec").key("selector"),
    };
    told(&format!("{identity} serves requests"), at, None, failing)
}

fn told(subject: &str, at: Spot, service: Option<Pair<'_>>, failing: &Failing<'_>) -> Finding {
    let spec = Route::root().key("spec");
    // Whoever asks a Service itself, and no pool, finds it.
    let kind = service.map_or(SERVICE, |service| &service.identity.kind);
    let (code, words, help) = match &failing.cause {
        Cause::NoService(side) => (
            Code::GP312,
            match side {
                Side::Before => format!("the {kind} is not there before the move"),
                Side::After => format!("the move removes the {kind}"),
            },
            match side {
                Side::Before => format!("apply the {kind} in a stage of its own, and route to it in the next"),
                Side::After => format!("take the routes away in one stage, and the {kind} in the next"),
            },
        ),
        Cause::NoPort(side) => (
            Code::GP312,
            format!("the {} Service does not have the port", side.word()),
            "keep the old port beside the new one, move the routes in the next stage, and remove it in the one after".to_owned(),
        ),
        Cause::NoSubset(rule, side) => (
            Code::GP303,
            match (rule, side) {
                (Some(rule), Side::After) if rule.after.is_none() => {
                    format!("the move removes {}, which defines it", rule.identity)
                }
                (Some(rule), Side::Before) if rule.before.is_none() => {
                    format!("{}, which defines it, is not there before the move", rule.identity)
                }
                (Some(rule), _) => {
                    format!("the {} {} does not define it", side.word(), rule.identity)
                }
                (None, _) => "nothing defines it".to_owned(),
            },
            match (rule, at.side) {
                (Some(_), Side::After) => "define the subset in a stage of its own, and route to it in the next".to_owned(),
                (Some(_), Side::Before) => "take the routes away in one stage, and the subset in the next".to_owned(),
                (None, _) => "define the subset, or name one that is there".to_owned(),
            },
        ),
        Cause::NotReady(workload, phase) => not_ready(workload, *phase),
        Cause::NotSelected(workload) => not_selected(workload.as_ref()),
    };
    let mut finding = Finding::new(
        Weight::Unserved,
        code,
        at,
        format!("{subject}, and {words}"),
    )
    .help(help);
    finding.when = when(failing);
    finding.waves_help = !failing.in_waves;
    let with = match &failing.cause {
        Cause::NoService(_) => None,
        Cause::NoPort(side) => service.map(|pair| spot(pair, *side, spec.key("ports"))),
        Cause::NoSubset(rule, side) => rule.map(|rule| spot(rule, *side, spec.key("subsets"))),
        Cause::NotReady(workload, phase) => {
            let (side, field) = match phase {
                Phase::Gone => (Side::Before, Route::root()),
                Phase::ScaledToZero => (Side::After, spec.key("replicas")),
                Phase::Replaced => (Side::After, spec.key("strategy")),
                Phase::Old | Phase::Rolling | Phase::New | Phase::NotYet => {
                    (Side::After, Route::root())
                }
            };
            Some(spot(workload.pair(), side, field))
        }
        Cause::NotSelected(workload) => workload.map(|workload| {
            let field = spec.key("template").key("metadata").key("labels");
            spot(workload.pair(), Side::After, field)
        }),
    };
    match with {
        Some(with) => finding.with(with),
        None => finding,
    }
}

fn not_ready(workload: &Workload<'_>, phase: Phase) -> (Code, String, String) {
    let identity = workload.pair().identity;
    match phase {
        Phase::Gone => (
            Code::GP302,
            format!("the move removes {identity}, whose pods serve it"),
            "take the traffic away in one stage, and the workload in the next".to_owned(),
        ),
        Phase::ScaledToZero => (
            Code::GP402,
            format!("{identity}, whose pods would serve it, runs none"),
            "give it replicas in the stage before it gets traffic, and take them away in the stage after".to_owned(),
        ),
        Phase::Replaced => (
            Code::GP319,
            format!("an update of {identity} takes all its pods away before a new one is ready"),
            "use a rolling update with `maxUnavailable: 0`, or move the traffic away first".to_owned(),
        ),
        Phase::Old | Phase::Rolling | Phase::New | Phase::NotYet => (
            Code::GP301,
            format!("the pods of {identity} do not run before the move"),
            "start the pods in a stage of their own, and route to them in the next".to_owned(),
        ),
    }
}

fn not_selected(workload: Option<&Workload<'_>>) -> (Code, String, String) {
    let words = match workload {
        None => "no pod carries the labels that it asks for".to_owned(),
        Some(workload) => format!(
            "pods of {} are ready that do not carry what its selector, subset and port ask for",
            workload.pair().identity
        ),
    };
    (
        Code::GP314,
        words,
        "first add the labels or the port to the pods in a stage of its own, then ask for them"
            .to_owned(),
    )
}

/// `the new VirtualService/ml/x and the old DestinationRule/ml/x`
fn when(failing: &Failing<'_>) -> String {
    let versions = failing.versions.iter();
    let versions = versions.map(|(pair, side)| match pair.on(*side) {
        Some(_) => format!("the {} {}", side.word(), pair.identity),
        None => format!("no {}", pair.identity),
    });
    let mut parts: Vec<String> = versions.collect();
    if let Cause::NotReady(workload, phase) = &failing.cause {
        let Identity { kind, name, .. } = workload.pair().identity;
        parts.push(match phase {
            Phase::NotYet => format!("the {kind} `{name}` not ready yet"),
            Phase::Gone => format!("the {kind} `{name}` gone"),
            Phase::ScaledToZero => format!("the {kind} `{name}` at no replicas"),
            Phase::Replaced => format!("the {kind} `{name}` between its old and its new pods"),
            Phase::Old | Phase::Rolling | Phase::New => format!("the {kind} `{name}`"),
        });
    }
    and_list_plain(&parts)
}

fn and_list_plain(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

fn spot(pair: Pair<'_>, side: Side, field: Route) -> Spot {
    // An object that the side does not have is shown where it is.
    let side = match (pair.on(side), side) {
        (Some(_), side) => side,
        (None, Side::Before) => Side::After,
        (None, Side::After) => Side::Before,
    };
    Spot {
        side,
        identity: pair.identity.clone(),
        field,
    }
}
