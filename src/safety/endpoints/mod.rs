//! Whether everything that a request can be routed to has ready pods, in every combination of old and new objects.
//!
//! What fails at rest before the move is no fault of the move, unless it fails at rest after it, too; nor is that nobody answers yet
//! where nobody could ask before.

mod combination;
mod words;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Code;

use super::applied::{Applied, Identity};
use super::finding::{Finding, Side};
use super::pair::{Move, Typed};
use super::routing::{Destination, Route, Routes, ServiceName};
use super::service::{SERVICE, Service};
use combination::{Failing, failing, fails_at_rest};

/// A destination that some combination leaves without ready pods.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unserved {
    /// The object that routes to it; the Service itself where requests go straight to it.
    pub routing: Identity,
    /// The version of that object.
    pub side: Side,
    /// The route's name.
    pub route: String,
    /// The Service's name.
    pub service: String,
    /// The subset, where the route names one.
    pub subset: Option<String>,
    /// The Service's port, where the route names one.
    pub port: Option<u64>,
    /// Whether copies go there, and not requests.
    pub is_copy: bool,
}

/// A destination, and who routes to it.
struct Named<'m, 'a> {
    routing: &'m Typed<'a, Routes>,
    side: Side,
    route: &'a Route,
    to: &'a Destination,
    /// The share of the requests that no cohort claims, in per cent; `None` where the route is not theirs.
    share: Option<f64>,
    is_copy: bool,
}

/// Every destination that some combination leaves without ready pods.
pub fn unserved(before: &Applied, after: &Applied) -> BTreeSet<Unserved> {
    let moved = Move::new(before, after);
    let routed = routed(&moved).into_iter().map(|(named, _)| Unserved {
        routing: named.routing.pair.identity.clone(),
        side: named.side,
        route: named.route.name.clone(),
        service: named.to.service.name.clone(),
        subset: named.to.subset.clone(),
        port: named.to.port,
        is_copy: named.is_copy,
    });
    let direct = direct(&moved).into_iter().map(|(service, _)| Unserved {
        routing: service.pair.identity.clone(),
        side: Side::After,
        route: String::new(),
        service: service.pair.identity.name.clone(),
        subset: None,
        port: None,
        is_copy: false,
    });
    routed.chain(direct).collect()
}

/// The findings: one a rule, routing object, destination and culprit, however many routes and combinations show it.
pub(super) fn check(moved: &Move<'_>) -> Vec<Finding> {
    let mut found = BTreeMap::new();
    let mut told: BTreeSet<&ServiceName> = BTreeSet::new();
    for (named, failing) in routed(moved) {
        told.insert(&named.to.service);
        for one in failing {
            let finding = words::routed(moved, &named, &one);
            note(&mut found, finding);
        }
    }
    for (service, failing) in direct(moved) {
        let identity = service.pair.identity;
        let is_told = |name: &&ServiceName| {
            name.kind == identity.kind
                && name.name == identity.name
                && name.namespace == identity.namespace
        };
        if told.iter().any(is_told) {
            continue;
        }
        for one in failing {
            let finding = words::direct(service, &one);
            note(&mut found, finding);
        }
    }
    found.into_values().collect()
}

/// Adds a finding, or what it adds to one that says the same of another combination.
fn note(found: &mut BTreeMap<(Code, Identity, String), Finding>, finding: Finding) {
    let key = (
        finding.code,
        finding.at.identity.clone(),
        finding.message.clone(),
    );
    match found.entry(key) {
        Entry::Occupied(mut known) => known.get_mut().merge(&finding),
        Entry::Vacant(free) => {
            free.insert(finding);
        }
    }
}

/// The destinations of routes that fail.
fn routed<'m, 'a>(moved: &'m Move<'a>) -> Vec<(Named<'m, 'a>, Vec<Failing<'a>>)> {
    let mut found = Vec::new();
    for routing in &moved.routes {
        for side in routing.pair.sides() {
            let Some(routes) = routing.on(*side) else {
                continue;
            };
            for route in &routes.entries {
                let is_default = routes.default_route() == Some(route);
                let all = route.to.iter().map(|to| (to, false));
                for ((to, share), is_copy) in all.chain(route.copies.iter().map(|to| (to, true))) {
                    let named = Named {
                        routing,
                        side: *side,
                        route,
                        to,
                        share: is_default.then_some(*share),
                        is_copy,
                    };
                    let failing = named.failing(moved);
                    if !failing.is_empty() {
                        found.push((named, failing));
                    }
                }
            }
        }
    }
    found
}

impl<'a> Named<'_, 'a> {
    fn failing(&self, moved: &Move<'a>) -> Vec<Failing<'a>> {
        let service = moved.service(&self.to.service);
        let Some(service) = service.filter(|service| moved.has_pods_of(service)) else {
            return Vec::new();
        };
        let is_changed = self.routing.pair.is_changed();
        let was_broken = || fails_at_rest(moved, service, self.to, Side::Before);
        let will_be_broken = || fails_at_rest(moved, service, self.to, Side::After);
        let is_excused = match (is_changed, self.side) {
            (true, Side::Before) => was_broken(),
            (true, Side::After) => self.is_first(moved) && !will_be_broken(),
            (false, _) => was_broken() && !will_be_broken(),
        };
        if is_excused {
            return Vec::new();
        }
        failing(
            moved,
            service,
            self.to,
            is_changed.then_some((self.routing.pair, self.side)),
        )
    }
}

impl Named<'_, '_> {
    /// Whether nobody could ask before the move: neither was the host routed, nor was there a Service of its name.
    fn is_first(&self, moved: &Move<'_>) -> bool {
        let Some(routes) = self.routing.on(self.side) else {
            return false;
        };
        let was_routed = moved.routes.iter().any(|routing| {
            let before = routing.on(Side::Before);
            before.is_some_and(|before| !before.hosts.is_disjoint(&routes.hosts))
        });
        let mut services = routes.services.iter().chain([&self.to.service]);
        let was_there = services.any(|name| {
            let service = moved.service(name);
            service.is_some_and(|service| service.pair.before.is_some())
        });
        self.routing.pair.before.is_none() && !was_routed && !was_there
    }
}

/// The Services that serve whoever asks them before the move, and fail on the way.
fn direct<'m, 'a>(moved: &'m Move<'a>) -> Vec<(&'m Typed<'a, Service>, Vec<Failing<'a>>)> {
    let mut found = Vec::new();
    let services = moved.services.iter();
    // Nobody asks a pool but routes.
    for service in services.filter(|service| service.pair.identity.kind == SERVICE) {
        let (Some(before), Some(after)) = (service.on(Side::Before), service.on(Side::After))
        else {
            continue;
        };
        let numbers: Vec<u64> = before.ports.iter().map(|port| port.number).collect();
        let kept = after.ports.iter().map(|port| port.number);
        let mut all = Vec::new();
        for number in kept.filter(|number| numbers.contains(number)) {
            let to = Destination {
                service: ServiceName {
                    kind: SERVICE,
                    namespace: service.pair.identity.namespace.clone(),
                    name: service.pair.identity.name.clone(),
                },
                subset: None,
                port: Some(number),
                field: crate::diag::Route::root().key("spec").key("selector"),
            };
            if !fails_at_rest(moved, service, &to, Side::Before) {
                all.extend(failing(moved, service, &to, None));
            }
        }
        if !all.is_empty() {
            found.push((service, all));
        }
    }
    found
}
