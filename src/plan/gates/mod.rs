//! Gates as they are asked: every default filled in, every unit settled. What all have is here, and one file a kind.

mod availability;
mod burn_rate;
mod compare;
mod drift;
mod expected;
mod facts;
mod latency;
mod limits;
mod measurement;
mod proportions;
mod ranks;
mod requests;
mod result;
mod threshold;
mod web;

use crate::units::Duration;

use super::{ModelId, NoData, OnInconclusive, SourceId};

pub use crate::spec::gate::{BadResponse, Direction, Measure, Reduce, Reporter, ServerTime};
pub use availability::Availability;
pub use burn_rate::{BurnPair, BurnRate};
pub use compare::{Compare, Sli};
pub use drift::Drift;
pub use expected::Expected;
pub use facts::{GateFacts, Points};
pub use latency::Latency;
pub use limits::{Limits, Margin};
pub use measurement::{Measurement, Times};
pub use proportions::Proportions;
pub use ranks::Ranks;
pub use requests::{CountedBy, Requests};
pub use result::{Report, ResultFile};
pub use threshold::{Range, Threshold};
pub use web::Web;

/// A gate's place in the order of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GateId(pub usize);

/// One condition on the live stage.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The gate's name, which steps use.
    pub name: String,
    /// The one model it judges; otherwise every candidate with traffic.
    pub model: Option<ModelId>,
    /// The source that it asks.
    pub source: SourceId,
    /// Time after the stage's start that no sample counts from.
    pub warmup: Duration,
    /// The chance that a candidate that meets its objective is failed early, over the whole stay in a stage.
    pub early_failure: f64,
    /// The time that samples need to arrive.
    pub settle: Duration,
    /// The verdict without data.
    pub no_data: NoData,
    /// The fewest requests that are evidence; otherwise the kind says.
    pub min_samples: Option<u64>,
    /// Whether the gate is only reported, and never decides.
    pub advisory: bool,
    /// Whether the gate may fail before its window ends.
    pub fail_fast: bool,
    /// What an inconclusive end of the bake means.
    pub on_inconclusive: OnInconclusive,
    /// Why passing without evidence is acceptable.
    pub because: Option<String>,
    /// What is asked, and how the answer is judged.
    pub kind: GateKind,
}

/// What a gate asks.
#[derive(Clone, Debug)]
pub enum GateKind {
    /// The share of requests that were answered well.
    Availability(Availability),
    /// The share of requests answered in time.
    Latency(Latency),
    /// A query's value against limits.
    Threshold(Threshold),
    /// The candidate's value against stable's.
    Compare(Compare),
    /// The shares of failures of both sides, by bounds of their difference.
    Proportions(Proportions),
    /// Series of measurements of both sides, by ranks.
    Ranks(Ranks),
    /// How fast the error budget burns.
    BurnRate(BurnRate),
    /// How far a distribution has moved.
    Drift(Drift),
    /// What somebody measured elsewhere, handed in as a file.
    Result(ResultFile),
    /// What another service says.
    Web(Web),
}

impl GateKind {
    /// What the rest of the program may ask of the kind.
    pub fn facts(&self) -> &dyn GateFacts {
        match self {
            Self::Availability(kind) => kind,
            Self::Latency(kind) => kind,
            Self::Threshold(kind) => kind,
            Self::Compare(kind) => kind,
            Self::Proportions(kind) => kind,
            Self::Ranks(kind) => kind,
            Self::BurnRate(kind) => kind,
            Self::Drift(kind) => kind,
            Self::Result(kind) => kind,
            Self::Web(kind) => kind,
        }
    }
}

impl Gate {
    /// The language's word for what it asks.
    pub fn word(&self) -> &'static str {
        self.kind.facts().word()
    }

    /// The length of the window that it judges in a stage that bakes for `bake`: what the warm-up leaves, at least a second.
    pub fn watch(&self, bake: Duration) -> Duration {
        let left = bake.seconds().saturating_sub(self.warmup.seconds());
        Duration::from_seconds(left.max(1))
    }

    /// The fewest samples that are evidence: as the spec says, else as the kind needs.
    pub fn least_samples(&self) -> u64 {
        let by_kind = || self.kind.facts().least_samples();
        self.min_samples.unwrap_or_else(by_kind)
    }
}
