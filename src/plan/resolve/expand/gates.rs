//! The gates of a strategy's stages: those that compare with stable need a stage in which there is something to compare with.

use crate::diag::Route;
use crate::spec::{GateKind, Spec};

use super::maker::Common;

/// The gates of one step.
pub(super) struct Gates {
    pub(super) names: Vec<String>,
    /// Where they come from: all of them, or each by its place.
    pub(super) from: Vec<(Option<usize>, Route)>,
}

impl Gates {
    /// The gates of a strategy, or those of all steps; without those that compare, where the candidate is `alone`.
    pub(super) fn of(spec: &Spec, common: &Common<'_>, alone: bool) -> Option<Self> {
        let (names, at) = match (common.gates, &spec.step_defaults.gates) {
            (Some(own), _) => (own, common.at.key("gates")),
            (None, Some(all)) => {
                let at = Route::root().key("spec").key("stepDefaults");
                (all, at.key("gates"))
            }
            (None, None) => return None,
        };
        if !alone {
            return Some(Self {
                names: names.clone(),
                from: vec![(None, at)],
            });
        }
        let compares = |name: &String| {
            let mut known = spec.gates.iter();
            known.any(|gate| gate.name == *name && compares(&gate.kind))
        };
        let kept: Vec<(usize, &String)> = names
            .iter()
            .enumerate()
            .filter(|(_, name)| !compares(name))
            .collect();
        let from = kept.iter().enumerate();
        Some(Self {
            from: from
                .map(|(made, (index, _))| (Some(made), at.index(*index)))
                .collect(),
            names: kept.into_iter().map(|(_, name)| name.clone()).collect(),
        })
    }
}

/// Whether stable is measured beside the candidate.
fn compares(kind: &GateKind) -> bool {
    match kind {
        GateKind::Compare(_) | GateKind::Statistical(_) => true,
        GateKind::Drift(drift) => drift.reference.is_none(),
        GateKind::Availability(_)
        | GateKind::Latency(_)
        | GateKind::Threshold(_)
        | GateKind::BurnRate(_)
        | GateKind::Result(_)
        | GateKind::Web(_) => false,
    }
}
