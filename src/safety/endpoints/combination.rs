//! The combinations of one destination's Service, subset and pods, and which of them leave it without a ready pod.

use crate::safety::fields::{Labels, selects};
use crate::safety::finding::Side;
use crate::safety::pair::{Move, Pair, Typed};
use crate::safety::pods::Pods;
use crate::safety::routing::{Destination, Subsets};
use crate::safety::service::{Port, Service};
use crate::safety::waves::{Placed, allow};
use crate::safety::workload::{Phase, State, Workload};

/// A combination that fails, and why.
#[derive(Clone, Debug)]
pub(super) struct Failing<'a> {
    pub(super) cause: Cause<'a>,
    /// The version of each changed object that it is made of, but for the pods.
    pub(super) versions: Vec<(Pair<'a>, Side)>,
    /// Whether sync waves let it happen.
    pub(super) in_waves: bool,
}

/// Why a destination has no ready pod.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause<'a> {
    /// A side does not have the Service.
    NoService(Side),
    /// The Service of a side does not have the port.
    NoPort(Side),
    /// Nothing of that combination defines the subset.
    NoSubset(Option<Pair<'a>>, Side),
    /// The pods that it selects are not ready.
    NotReady(Workload<'a>, Phase),
    /// The pods that are there are not the ones that it selects; the nearest workload, and the side of its pods.
    NotSelected(Option<Workload<'a>>),
}

/// One way to read a destination: where the labels of its pods come from.
struct Reading<'a> {
    labels: Labels,
    versions: Vec<(Pair<'a>, Side)>,
}

/// Whether a destination has no ready pod while everything is as one side has it.
pub(super) fn fails_at_rest(
    moved: &Move<'_>,
    service: &Typed<'_, Service>,
    to: &Destination,
    side: Side,
) -> bool {
    let Some(found) = service.on(side) else {
        return true;
    };
    let mut labels = Vec::new();
    match &to.subset {
        None => labels.push(Labels::new()),
        Some(name) => labels.extend(
            defining(moved, to)
                .filter_map(|subsets| subsets.on(side)?.of(&to.service, name).cloned()),
        ),
    }
    let ports = found.ports(to.port);
    ports.is_empty()
        || labels.is_empty()
        || labels.iter().any(|labels| {
            ports.iter().any(|port| {
                let serves = |workload: &Workload<'_>| {
                    let ready = workload.at_rest(side).ready;
                    ready.iter().any(|pods| takes(found, labels, port, pods))
                };
                !workloads(moved, service).any(|workload| serves(&workload))
            })
        })
}

/// Every combination of a destination that fails; `routing` is the changed object that names it, and its version.
pub(super) fn failing<'a>(
    moved: &Move<'a>,
    service: &Typed<'a, Service>,
    to: &Destination,
    routing: Option<(Pair<'a>, Side)>,
) -> Vec<Failing<'a>> {
    let mut found = Vec::new();
    for side in service.pair.sides() {
        let mut versions: Vec<(Pair<'a>, Side)> = routing.into_iter().collect();
        if service.pair.is_changed() {
            versions.push((service.pair, *side));
        }
        let mut push = |cause, more: &[(Pair<'a>, Side)], pods: &[Placed<'a>]| {
            let versions: Vec<_> = versions.iter().chain(more).copied().collect();
            let placed = versions.iter().map(|(pair, side)| Placed {
                pair: *pair,
                is_done: *side == Side::After,
            });
            let placed: Vec<_> = placed.chain(pods.iter().copied()).collect();
            found.push(Failing {
                cause,
                versions,
                in_waves: allow(&placed),
            });
        };
        let Some(version) = service.on(*side) else {
            if service.pair.on(*side).is_none() {
                push(Cause::NoService(*side), &[], &[]);
            }
            continue;
        };
        let ports = version.ports(to.port);
        if ports.is_empty() {
            push(Cause::NoPort(*side), &[], &[]);
        }
        for reading in readings(moved, to, |pair, side, versions| {
            push(Cause::NoSubset(pair, side), versions, &[]);
        }) {
            for port in &ports {
                let chooser = Chooser {
                    service: version,
                    labels: &reading.labels,
                    port,
                };
                if let Some((cause, pods)) = chooser.without_pods(moved, service) {
                    push(cause, &reading.versions, &pods);
                }
            }
        }
    }
    found
}

/// The objects that define subsets of a destination's Service.
fn defining<'m, 'a>(
    moved: &'m Move<'a>,
    to: &'m Destination,
) -> impl Iterator<Item = &'m Typed<'a, Subsets>> {
    let names = |subsets: &Typed<'_, Subsets>| {
        let mut sides = [Side::Before, Side::After].into_iter();
        sides.any(|side| {
            subsets
                .on(side)
                .is_some_and(|found| found.service == to.service)
        })
    };
    moved.subsets.iter().filter(move |subsets| names(subsets))
}

/// The labels that a destination's subset may mean, by who defines it; `missing` is told where nobody may.
fn readings<'a>(
    moved: &Move<'a>,
    to: &Destination,
    mut missing: impl FnMut(Option<Pair<'a>>, Side, &[(Pair<'a>, Side)]),
) -> Vec<Reading<'a>> {
    let Some(name) = &to.subset else {
        return vec![Reading {
            labels: Labels::new(),
            versions: Vec::new(),
        }];
    };
    let mut found = Vec::new();
    let mut lacking = Vec::new();
    let mut may_lack = true;
    for subsets in defining(moved, to) {
        let of_side = |side: Side| subsets.on(side)?.of(&to.service, name);
        let version = |side: Side| {
            let is_changed = subsets.pair.is_changed();
            is_changed.then_some((subsets.pair, side))
        };
        for side in subsets.pair.sides() {
            if let Some(labels) = of_side(*side) {
                found.push(Reading {
                    labels: labels.clone(),
                    versions: version(*side).into_iter().collect(),
                });
            }
        }
        // The end is told before the beginning: what stays wrong is worse than what passes.
        let sides = subsets.pair.sides().iter().rev();
        match sides.copied().find(|side| of_side(*side).is_none()) {
            Some(side) => lacking.push((subsets.pair, side)),
            None => may_lack = false,
        }
    }
    if may_lack {
        let changed = lacking
            .iter()
            .filter(|(pair, _)| pair.is_changed())
            .copied();
        let versions: Vec<_> = changed.collect();
        let (pair, side) = lacking
            .first()
            .map_or((None, Side::After), |(pair, side)| (Some(*pair), *side));
        missing(pair, side, &versions);
    }
    found
}

/// The workloads whose pods a Service could select.
fn workloads<'m, 'a>(
    moved: &'m Move<'a>,
    service: &'m Typed<'a, Service>,
) -> impl Iterator<Item = Workload<'a>> {
    let namespace = &service.pair.identity.namespace;
    let all = moved.workloads.iter().copied();
    all.filter(move |workload| workload.pair().identity.namespace == *namespace)
}

fn takes(service: &Service, labels: &Labels, port: &Port, pods: &Pods) -> bool {
    selects(&service.selector, &pods.labels) && selects(labels, &pods.labels) && port.is_of(pods)
}

/// Which pods serve a port of a destination.
struct Chooser<'c> {
    service: &'c Service,
    labels: &'c Labels,
    port: &'c Port,
}

impl Chooser<'_> {
    fn takes(&self, pods: &Pods) -> bool {
        takes(self.service, self.labels, self.port, pods)
    }

    /// The causes for which no pod serves, each with the workloads' part of the combination; none where some workload always has
    /// one. Workloads do not wait for each other, so it is enough to look at each of them alone.
    fn without_pods<'a>(
        &self,
        moved: &Move<'a>,
        service: &Typed<'a, Service>,
    ) -> Option<(Cause<'a>, Vec<Placed<'a>>)> {
        let mut suspects: Vec<(Workload<'a>, Phase)> = Vec::new();
        let mut placed = Vec::new();
        for workload in workloads(moved, service) {
            let idle: Vec<State<'a>> = workload
                .states()
                .into_iter()
                .filter(|state| !state.ready.iter().any(|pods| self.takes(pods)))
                .collect();
            // The last one is the furthest: what is done is what a later wave may wait for.
            let furthest = idle.last()?.phase;
            let concerns = [Side::Before, Side::After]
                .iter()
                .any(|side| workload.pods(*side).is_some_and(|pods| self.takes(pods)));
            if concerns {
                suspects.push((workload, furthest));
            }
            if concerns && workload.pair().is_changed() {
                placed.push(Placed {
                    pair: workload.pair(),
                    is_done: matches!(furthest, Phase::New | Phase::Gone | Phase::ScaledToZero),
                });
            }
        }
        let cause = match suspects
            .iter()
            .max_by_key(|(workload, _)| self.blame(workload))
        {
            Some((workload, phase)) => match phase {
                Phase::Old | Phase::New | Phase::Rolling => Cause::NotSelected(Some(*workload)),
                Phase::NotYet | Phase::Gone | Phase::ScaledToZero | Phase::Replaced => {
                    Cause::NotReady(*workload, *phase)
                }
            },
            None => Cause::NotSelected(self.nearest(moved, service)),
        };
        Some((cause, placed))
    }

    /// Whose pods should be there: those of the end before those of the beginning.
    fn blame(&self, workload: &Workload<'_>) -> (bool, bool) {
        let takes = |side| workload.pods(side).is_some_and(|pods| self.takes(pods));
        (takes(Side::After), takes(Side::Before))
    }

    /// A workload that the Service selects, though not for this subset and port.
    fn nearest<'a>(&self, moved: &Move<'a>, service: &Typed<'a, Service>) -> Option<Workload<'a>> {
        workloads(moved, service).find(|workload| {
            [Side::After, Side::Before].iter().any(|side| {
                let pods = workload.pods(*side);
                pods.is_some_and(|pods| selects(self.labels, &pods.labels))
            })
        })
    }
}
