//! A workload on its way: in which states its pods may be found, and how many may be there to take requests.

use super::fields::covers;
use super::finding::Side;
use super::load::Autoscaler;
use super::pair::{Pair, Typed};
use super::pods::Pods;
use super::rules::immutable;

/// A workload before and after a move.
#[derive(Clone, Copy, Debug)]
pub(super) struct Workload<'a> {
    typed: Typed<'a, Pods>,
    /// The fewest and the most pods that each side asks for.
    counts: [(u32, u32); 2],
}

/// Why the ready pods of a workload are what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// As they were before the move.
    Old,
    /// The update has begun: some old, some new.
    Rolling,
    /// As the move wants them.
    New,
    /// None is ready yet.
    NotYet,
    /// The workload is gone.
    Gone,
    /// The workload is scaled to nothing.
    ScaledToZero,
    /// The update has taken the old ones away, and no new one is ready.
    Replaced,
}

/// The ready pods of a workload at some moment.
#[derive(Clone, Debug)]
pub(super) struct State<'a> {
    pub(super) phase: Phase,
    /// The kinds of pods that are ready.
    pub(super) ready: Vec<&'a Pods>,
}

impl<'a> Workload<'a> {
    pub(super) fn new(typed: Typed<'a, Pods>, autoscalers: &[Typed<'a, Autoscaler>]) -> Self {
        let counts = [Side::Before, Side::After].map(|side| {
            let Some(pods) = typed.on(side) else {
                return (0, 0);
            };
            let mut scaling = autoscalers.iter().filter_map(|scaler| scaler.on(side));
            let scaling = scaling.find(|scaling| scaling.scales(typed.pair.identity));
            match (pods.replicas, scaling) {
                // Nothing scales a workload that asks for none
                // (<https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#implicit-maintenance-mode-deactivation>).
                (Some(0), _) => (0, 0),
                (_, Some(scaling)) => (scaling.fewest, scaling.most),
                (_, None) => (pods.asked(), pods.asked()),
            }
        });
        Self { typed, counts }
    }

    pub(super) fn pair(&self) -> Pair<'a> {
        self.typed.pair
    }

    pub(super) fn pods(&self, side: Side) -> Option<&'a Pods> {
        self.typed.on(side)
    }

    /// The fewest pods that a side asks for.
    pub(super) fn fewest(&self, side: Side) -> u32 {
        self.counts[side.index()].0
    }

    /// The most pods that a side may come to: what its load is measured by, because a scaled workload grows with it.
    pub(super) fn most(&self, side: Side) -> u32 {
        self.counts[side.index()].1
    }

    /// Whether a side runs any pods.
    pub(super) fn runs(&self, side: Side) -> bool {
        self.fewest(side) > 0
    }

    /// The state at rest of a side.
    pub(super) fn at_rest(&self, side: Side) -> State<'a> {
        let pods = self.pods(side).filter(|_| self.runs(side));
        let phase = match (pods, side) {
            (Some(_), Side::Before) => Phase::Old,
            (Some(_), Side::After) => Phase::New,
            (None, _) if self.pods(side).is_some() => Phase::ScaledToZero,
            (None, Side::Before) => Phase::NotYet,
            (None, Side::After) => Phase::Gone,
        };
        State {
            phase,
            ready: pods.into_iter().collect(),
        }
    }

    /// Every state in which the pods may be found during the move.
    pub(super) fn states(&self) -> Vec<State<'a>> {
        let state = |phase, ready: &[&'a Pods]| State {
            phase,
            ready: ready.to_vec(),
        };
        let (before, after) = (self.at_rest(Side::Before), self.at_rest(Side::After));
        match (before.ready.first().copied(), after.ready.first().copied()) {
            (None, None) => vec![after],
            (None, Some(_)) => vec![state(Phase::NotYet, &[]), after],
            (Some(_), None) => vec![before, after],
            (Some(old), Some(_)) if immutable::is_recreated(&self.pair()) => {
                vec![
                    state(Phase::Old, &[old]),
                    state(Phase::Replaced, &[]),
                    after,
                ]
            }
            (Some(_), Some(_)) if !self.is_rolled() => vec![after],
            (Some(old), Some(new)) => {
                let mut states = vec![before, state(Phase::Rolling, &[old, new])];
                if new.may_be_gone(self.fewest(Side::After)) {
                    states.push(state(Phase::Replaced, &[]));
                }
                states.push(after);
                states
            }
        }
    }

    /// Whether the move replaces the pods.
    pub(super) fn is_rolled(&self) -> bool {
        let (Some(before), Some(after)) = (self.pair().before, self.pair().after) else {
            return false;
        };
        let [old, new] = [before, after].map(|object| &object.body["spec"]["template"]);
        if before.is_live() {
            !covers(old, new)
        } else {
            old != new
        }
    }
}
