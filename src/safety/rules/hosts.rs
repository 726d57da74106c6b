//! GP318: hosts that two objects route, or that move from one object to another.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Route};
use crate::safety::finding::{Finding, Side, Spot, Weight};
use crate::safety::pair::{Move, Typed};
use crate::safety::routing::Routes;

/// A host, and the way in by which it is asked for.
type Host = (String, String);

pub(in crate::safety) fn check(moved: &Move<'_>) -> Vec<Finding> {
    let hosts: BTreeSet<&Host> = moved
        .routes
        .iter()
        .flat_map(|routing| [routing.on(Side::Before), routing.on(Side::After)])
        .flatten()
        .flat_map(|routes| &routes.claims)
        .collect();
    let found = hosts.into_iter().filter_map(|host| of_host(moved, host));
    // One object that is renamed moves all its hosts: the first one stands for them.
    let mut known = BTreeMap::new();
    for finding in found {
        let key = (finding.at.clone(), finding.with.clone());
        known.entry(key).or_insert(finding);
    }
    known.into_values().collect()
}

fn of_host(moved: &Move<'_>, host: &Host) -> Option<Finding> {
    let routing = |side: Side| {
        let all = moved.routes.iter();
        let of_side = all.filter(move |routing| {
            routing
                .on(side)
                .is_some_and(|routes| routes.claims.contains(host))
        });
        of_side.collect::<Vec<_>>()
    };
    let [old, new] = [Side::Before, Side::After].map(routing);
    match (&old[..], &new[..]) {
        ([_, ..], [first, second, ..]) if old.len() < 2 => Some(shared(host, first, second)),
        ([], [first, second, ..]) => Some(shared(host, first, second)),
        ([gone, ..], []) => left(host, gone),
        ([gone, ..], [taken, ..]) => {
            let stays = |routing: &&Typed<'_, Routes>| {
                new.iter()
                    .any(|other| other.pair.identity == routing.pair.identity)
            };
            (!old.iter().any(stays)).then(|| moved_on(host, gone, taken))
        }
        ([], [_] | []) => None,
    }
}

fn shared(host: &Host, first: &Typed<'_, Routes>, second: &Typed<'_, Routes>) -> Finding {
    let message = format!(
        "{} and {} both route `{}` of `{}`: which of them counts depends on which is older",
        first.pair.identity, second.pair.identity, host.0, host.1
    );
    let (at, with) = match first.pair.before {
        Some(_) => (second, first),
        None => (first, second),
    };
    Finding::new(Weight::Unserved, Code::GP318, spot(at, Side::After), message)
        .with(spot(with, Side::After))
        .help("route a host by one object: take the host from one of them, or put the routes of both into one")
}

fn moved_on(host: &Host, gone: &Typed<'_, Routes>, taken: &Typed<'_, Routes>) -> Finding {
    let message = format!(
        "`{}` of `{}` moves from {} to {}, and is routed by neither in between",
        host.0, host.1, gone.pair.identity, taken.pair.identity
    );
    let mut finding = Finding::new(Weight::Unserved, Code::GP318, spot(taken, Side::After), message)
        .with(spot(gone, Side::Before))
        .share(Some(100.0))
        .help("keep the object's name; or route other hosts by the new object first, and move the callers");
    finding.when = format!("no {} and no {}", gone.pair.identity, taken.pair.identity);
    finding
}

/// It may be meant of a host that goes, and not of one that stays with less, nor of an object that stays with other hosts alone.
fn left(host: &Host, gone: &Typed<'_, Routes>) -> Option<Finding> {
    let message = format!(
        "nothing routes `{}` of `{}` any more, which {} did",
        host.0, host.1, gone.pair.identity
    );
    let covers = |(name, way): &Host| {
        let suffix = name.strip_prefix('*');
        *way == host.1 && suffix.is_some_and(|suffix| host.0.ends_with(suffix))
    };
    let after = gone.on(Side::After);
    if after.is_some_and(|after| after.claims.iter().any(covers)) {
        return None;
    }
    let is_lost = match (gone.on(Side::Before), after) {
        (Some(before), Some(after)) => {
            let stays = |(name, way): &Host| *way == host.1 && host.0.starts_with(name.as_str());
            before.claims.is_disjoint(&after.claims) || after.hosts.iter().any(stays)
        }
        (None, _) | (_, None) => false,
    };
    let weight = if is_lost {
        Weight::Unserved
    } else {
        Weight::Remark
    };
    Some(
        Finding::new(weight, Code::GP318, spot(gone, Side::Before), message)
            .help("leave the host there while anybody asks for it"),
    )
}

fn spot(routing: &Typed<'_, Routes>, side: Side) -> Spot {
    let side = match routing.on(side) {
        Some(_) => side,
        None => Side::Before,
    };
    let field = routing.on(side).map(|routes| routes.field.clone());
    Spot {
        side,
        identity: routing.pair.identity.clone(),
        field: field.unwrap_or_else(Route::root),
    }
}
