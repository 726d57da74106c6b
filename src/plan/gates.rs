//! Gates as they are asked: every default filled in, every unit settled.

use crate::units::{Duration, PromDuration, Share};

use super::{ModelId, NoData, OnInconclusive};

/// One condition on the live stage.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// The one model it judges; otherwise every candidate with traffic.
    pub model: Option<ModelId>,
    /// Time after the stage's start that no sample counts from.
    pub warmup: Duration,
    /// The length of one look's window; otherwise the stage's bake divided by the looks.
    pub bake: Option<Duration>,
    /// How often it decides in one stage; at least 1.
    pub max_looks: u32,
    /// Time that samples need to arrive.
    pub settle: Duration,
    /// The verdict without data.
    pub no_data: NoData,
    /// The fewest requests that are evidence; otherwise the kind says.
    pub min_samples: Option<u64>,
    /// Reported, and never decides.
    pub advisory: bool,
    /// May fail before its window ends.
    pub fail_fast: bool,
    /// What an inconclusive last look means.
    pub on_inconclusive: OnInconclusive,
    /// Why passing without evidence is acceptable.
    pub because: Option<String>,
    /// What is asked.
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
}

/// Whose count of the requests is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reporter {
    /// The proxy of the pod that answers; mirrored requests are only counted there.
    Destination,
    /// A waypoint of the ambient mode.
    Waypoint,
    /// The caller's proxy.
    Source,
}

/// How requests are counted, and which of them failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Requests {
    /// Whose count.
    pub reporter: Reporter,
    /// By raw samples; otherwise by `increase()`.
    pub exact: bool,
    /// What counts as a failure.
    pub bad: Vec<BadResponse>,
    /// Requests without an answer are left out of both counts.
    pub ignore_aborts: bool,
}

/// A response that counts as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadResponse {
    /// `5xx`: a hundred statuses, by their first digit.
    Class(u16),
    /// One HTTP status; 0 is no response.
    Status(u16),
    /// A gRPC status.
    Grpc(u16),
}

/// The share of requests that were answered well.
#[derive(Clone, Debug)]
pub struct Availability {
    /// The least share.
    pub objective: Share,
    /// Decide by a bound of this one-sided level.
    pub confidence: Option<f64>,
    /// What is counted.
    pub requests: Requests,
}

/// The share of requests answered in time.
#[derive(Clone, Debug)]
pub struct Latency {
    /// The percentile, as a share.
    pub percentile: Share,
    /// The limit.
    pub max: PromDuration,
    /// Where times come from.
    pub times: Times,
}

/// A histogram of times.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    /// A metric of the team's; otherwise Istio's.
    pub metric: Option<String>,
    /// Whose measurement, for Istio's.
    pub reporter: Reporter,
}

/// How several series become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// Their sum.
    Sum,
    /// Their mean.
    Avg,
}

/// Limits, both inclusive; at least one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The least that passes.
    pub min: Option<f64>,
    /// The most that passes.
    pub max: Option<f64>,
}

/// A query's value against limits.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// The template.
    pub query: String,
    /// The limits, in the query's unit.
    pub limits: Limits,
    /// How several series become one.
    pub reduce: Option<Reduce>,
    /// Over the window, not at its end.
    pub range: Option<Range>,
    /// Shifts the window.
    pub delay: Duration,
}

/// A query over a window; what `reduce` is `None` for, every point must hold.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// Between points.
    pub step: PromDuration,
    /// The fewest that are evidence.
    pub min_points: u64,
}

/// What is compared.
#[derive(Clone, Debug)]
pub enum Sli {
    /// The share of good answers.
    Availability(Requests),
    /// The share of failures.
    ErrorRate(Requests),
    /// A percentile, in seconds.
    Latency(Share, Times),
    /// A query of the team's.
    Query(String, Option<Reduce>),
}

/// The candidate's value against stable's.
#[derive(Clone, Debug)]
pub struct Compare {
    /// What is compared.
    pub sli: Sli,
    /// Limits of candidate divided by stable.
    pub ratio: Option<Limits>,
    /// Limits of candidate minus stable, in the value's unit.
    pub difference: Option<Limits>,
    /// A candidate at or below it passes, in the value's unit.
    pub ignore_below: Option<f64>,
}

/// How much worse is still accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Margin {
    /// In the value's unit; for shares, 0 to 1.
    Absolute(f64),
    /// A share of stable's value.
    Relative(f64),
}

/// The shares of failures of both sides.
#[derive(Clone, Debug)]
pub struct Proportions {
    /// How much worse is accepted.
    pub margin: Margin,
    /// The one-sided level over all looks.
    pub confidence: f64,
    /// What is counted.
    pub requests: Requests,
}

/// Which change is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// More.
    Increase,
    /// Less.
    Decrease,
    /// Any.
    Either,
}

/// Series of measurements of both sides.
#[derive(Clone, Debug)]
pub struct Ranks {
    /// What is measured: a latency or a query.
    pub sli: Sli,
    /// How much worse is accepted.
    pub margin: Margin,
    /// The one-sided level over all looks.
    pub confidence: f64,
    /// Between points.
    pub step: PromDuration,
    /// Which change is bad.
    pub direction: Direction,
    /// Points of the same step are compared with each other.
    pub paired: bool,
    /// The fewest points a side that are evidence.
    pub min_points: u64,
}

/// A long and a short window that must both burn too fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnPair {
    /// Says that it matters.
    pub long: PromDuration,
    /// Says that it is still so.
    pub short: PromDuration,
    /// The burn rate above which the pair fails.
    pub factor: f64,
}

/// How fast the error budget burns.
#[derive(Clone, Debug)]
pub struct BurnRate {
    /// The share of good requests that the budget is for.
    pub objective: Share,
    /// The time that the budget is for.
    pub period: PromDuration,
    /// The pairs; whichever fits into the window so far is asked.
    pub pairs: Vec<BurnPair>,
    /// The most of the service's whole budget that the candidate may use up.
    pub budget_share: Option<Share>,
    /// What is counted.
    pub requests: Requests,
}

/// How two distributions are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The population stability index.
    Psi,
    /// Kolmogorov and Smirnov's largest difference.
    Ks,
    /// The square root of the Jensen-Shannon divergence, base 2.
    JsDistance,
}

/// How far a distribution has moved.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The histogram without `_bucket`, or with categories the counter.
    pub metric: String,
    /// The label whose values are the categories.
    pub categories: Option<String>,
    /// A file with recorded counts in place of stable.
    pub reference: Option<String>,
    /// The measure.
    pub measure: Measure,
    /// The most that passes.
    pub max: f64,
}

impl GateKind {
    /// The language's word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Availability(_) => "availability",
            Self::Latency(_) => "latency",
            Self::Threshold(_) => "threshold",
            Self::Compare(_) => "compare",
            Self::Proportions(_) | Self::Ranks(_) => "statistical",
            Self::BurnRate(_) => "burnRate",
            Self::Drift(_) => "drift",
        }
    }

    /// Whether stable is measured beside the candidate.
    pub fn compares(&self) -> bool {
        match self {
            Self::Compare(_) | Self::Proportions(_) | Self::Ranks(_) => true,
            Self::Drift(drift) => drift.reference.is_none(),
            Self::Availability(_) | Self::Latency(_) | Self::Threshold(_) | Self::BurnRate(_) => {
                false
            }
        }
    }

    /// The query that the team wrote, and the field that it stands in.
    pub fn template(&self) -> Option<&str> {
        match self {
            Self::Threshold(threshold) => Some(&threshold.query),
            Self::Compare(Compare {
                sli: Sli::Query(query, _),
                ..
            })
            | Self::Ranks(Ranks {
                sli: Sli::Query(query, _),
                ..
            }) => Some(query),
            Self::Compare(_)
            | Self::Ranks(_)
            | Self::Availability(_)
            | Self::Latency(_)
            | Self::Proportions(_)
            | Self::BurnRate(_)
            | Self::Drift(_) => None,
        }
    }

    /// Whether several series of the team's query become one value.
    pub fn reduces(&self) -> bool {
        match self {
            Self::Threshold(threshold) => threshold.reduce.is_some() && threshold.range.is_none(),
            Self::Compare(Compare { sli, .. }) | Self::Ranks(Ranks { sli, .. }) => {
                matches!(sli, Sli::Query(_, Some(_)))
            }
            Self::Availability(_)
            | Self::Latency(_)
            | Self::Proportions(_)
            | Self::BurnRate(_)
            | Self::Drift(_) => false,
        }
    }

    /// The times that are measured, if any are.
    pub fn times(&self) -> Option<&Times> {
        match self {
            Self::Latency(latency) => Some(&latency.times),
            Self::Compare(Compare {
                sli: Sli::Latency(_, times),
                ..
            })
            | Self::Ranks(Ranks {
                sli: Sli::Latency(_, times),
                ..
            }) => Some(times),
            Self::Compare(_)
            | Self::Ranks(_)
            | Self::Availability(_)
            | Self::Threshold(_)
            | Self::Proportions(_)
            | Self::BurnRate(_)
            | Self::Drift(_) => None,
        }
    }
}

impl Gate {
    /// The length of one look's window in a stage that bakes for `stage`; at least a second.
    pub fn look(&self, stage: Duration) -> Duration {
        let seconds = self.bake.map_or(
            stage.seconds() / u64::from(self.max_looks),
            Duration::seconds,
        );
        Duration::from_seconds(seconds.max(1))
    }

    /// The fewest samples that are evidence: as the spec says, else as the kind's objective or percentile needs.
    ///
    /// For availability one failure more or less must not decide (`1 / budget`); for a percentile ten requests above it
    /// (`10 / (1 - p)`); 200 a side where shares are compared.
    pub fn least_samples(&self) -> u64 {
        let by_kind = match &self.kind {
            GateKind::Availability(gate) => gate.objective.rest().samples(1),
            GateKind::Latency(gate) => gate.percentile.rest().samples(10),
            GateKind::Compare(Compare {
                sli: Sli::Latency(percentile, _),
                ..
            }) => percentile.rest().samples(10),
            GateKind::Compare(Compare {
                sli: Sli::Availability(_) | Sli::ErrorRate(_),
                ..
            })
            | GateKind::Proportions(_) => 200,
            GateKind::Drift(_) => 500,
            GateKind::Ranks(ranks) => ranks.min_points,
            GateKind::Compare(_) | GateKind::Threshold(_) | GateKind::BurnRate(_) => 1,
        };
        self.min_samples.unwrap_or(by_kind)
    }
}
