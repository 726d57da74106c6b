//! One stage: the whole desired state, and what must hold before it is left.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::diag::Route;
use crate::spec::Approval;
use crate::units::{DnsLabel, Duration, Percent};

use super::{GateId, Match, ModelId, Served, Split, StageBuckets};

/// A cohort's place in the order of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CohortId(pub usize);

/// A stage's place in the order of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StageId(pub usize);

impl StageId {
    /// The stage in which every rollout begins.
    pub const FIRST: Self = Self(0);

    /// The stage before it; none before the first.
    pub fn before(self) -> Option<Self> {
        self.0.checked_sub(1).map(Self)
    }

    /// The stages before it, the first one first.
    pub fn earlier(self) -> impl DoubleEndedIterator<Item = Self> {
        (0..self.0).map(Self)
    }
}

/// Where a stage comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageKind {
    /// Generated: the pods that run get the labels that routes will find them by, and nothing is routed.
    Adopt,
    /// Generated: stable alone.
    Baseline,
    /// Generated: every model runs, nothing moves.
    Deploy,
    /// A step of the spec.
    #[default]
    Step,
    /// Generated: models without traffic are gone.
    Retire,
}

impl StageKind {
    /// Whether requests come by routes, and not by the Service alone.
    pub fn is_routed(self) -> bool {
        match self {
            Self::Adopt => false,
            Self::Baseline | Self::Deploy | Self::Step | Self::Retire => true,
        }
    }
}

/// The whole desired state at one point of the rollout.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The stage's name, which is its identity.
    pub name: DnsLabel,
    /// What asks for the stage: a step, or glidepath.
    pub kind: StageKind,
    /// The step's description, for people.
    pub description: Option<String>,
    /// The place in the spec that asks for the stage; `spec.adopt` or `spec.steps` for a generated one.
    pub place: Route,
    /// The models that run, with the replicas of those that nobody else scales.
    pub running: BTreeMap<ModelId, u32>,
    /// How the requests that no cohort claims are shared.
    pub split: Split,
    /// How each cohort's requests are shared, where it does not follow the default route.
    pub cohorts: BTreeMap<CohortId, Split>,
    /// Who serves which users; none where nobody sticks to a model.
    pub buckets: Option<StageBuckets>,
    /// The shadow traffic.
    pub mirror: Option<Mirror>,
    /// The least time in the stage, as the step asks for it.
    pub bake: Duration,
    /// The gates that must pass before it is left.
    pub gates: Vec<GateId>,
    /// Who may merge the promotion out of it.
    pub approval: Approval,
}

/// Copies of requests, their answers dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Who gets how many copies.
    pub target: MirrorTarget,
    /// The entries, of which any may match, for a request to be copied; without one, all are.
    pub entries: Vec<Match>,
    /// The cohorts whose requests are copied beside those that no cohort claims; `None` where the spec says nothing of them, and
    /// none is.
    pub cohorts: Option<BTreeSet<CohortId>>,
}

impl Mirror {
    /// Whether requests of a cohort are copied.
    pub fn copies_cohort(&self, cohort: CohortId) -> bool {
        self.cohorts
            .as_ref()
            .is_some_and(|cohorts| cohorts.contains(&cohort))
    }
}

/// Who gets how many copies of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorTarget {
    /// The model that gets the copies.
    pub to: ModelId,
    /// How many of the requests are copied.
    pub percent: Percent,
}

impl Stage {
    /// Who gets how many copies, where the stage has a mirror.
    pub fn mirror_target(&self) -> Option<MirrorTarget> {
        self.mirror.as_ref().map(|mirror| mirror.target)
    }

    /// Whether a model answers any requests of a cohort.
    pub fn serves_cohorts_with(&self, model: ModelId) -> bool {
        let mut splits = self.cohorts.values();
        splits.any(|split| !split.of(model).is_zero())
    }

    /// The models that any request reaches: by weight, by cohort or as a copy.
    pub fn with_traffic(&self) -> BTreeSet<ModelId> {
        self.reached().collect()
    }

    /// Whether two stages ask the cluster for the same.
    pub fn is_same_state(&self, other: &Self) -> bool {
        self.running == other.running
            && self.split == other.split
            && self.cohorts == other.cohorts
            && self.mirror == other.mirror
    }
}

impl Served for Stage {
    type Model = ModelId;

    fn runs(&self, model: &ModelId) -> bool {
        self.running.contains_key(model)
    }

    fn reached(&self) -> impl Iterator<Item = ModelId> {
        // The weights come first: they answer most questions.
        self.split
            .models()
            .chain(self.cohorts.values().flat_map(Split::models))
            .chain(self.mirror_target().map(|mirror| mirror.to))
    }

    fn routed(&self) -> Vec<ModelId> {
        self.with_traffic().into_iter().collect()
    }
}
