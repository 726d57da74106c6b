//! What the compiler and the commands must know of every kind of gate.

use crate::units::{Duration, PromDuration};

use super::{Requests, Times};

/// What a kind of gate is, answered in its own file and nowhere else. What only some kinds have is absent unless a kind says so.
pub trait GateFacts {
    /// The language's word for the kind.
    fn word(&self) -> &'static str;

    /// Whether the gate may fail before its window ends where the spec does not say.
    fn fails_fast(&self) -> bool;

    /// Whether stable is measured beside the candidate.
    fn compares(&self) -> bool;

    /// The fewest samples that are evidence where the spec does not say.
    fn least_samples(&self) -> u64;

    /// Whether the samples are requests of the candidate, so that expected traffic says how long they take.
    fn samples_are_requests(&self) -> bool;

    /// Whether Prometheus is asked.
    fn asks_telemetry(&self) -> bool {
        true
    }

    /// The requests that are counted.
    fn requests(&self) -> Option<&Requests> {
        None
    }

    /// The times that are measured.
    fn times(&self) -> Option<&Times> {
        None
    }

    /// The limit that times are held against.
    fn time_limit(&self) -> Option<PromDuration> {
        None
    }

    /// The template of the team's query, which stands in the kind's field `query`.
    fn template(&self) -> Option<&str> {
        None
    }

    /// The template of an address, which stands in the kind's field `url`.
    fn address(&self) -> Option<&str> {
        None
    }

    /// Whether several series of the team's query become one value.
    fn reduces(&self) -> bool {
        false
    }

    /// The points in time that a test needs of each side.
    fn points(&self) -> Option<Points> {
        None
    }

    /// The least time that the gate must have been watching before it can tell.
    fn least_watch(&self) -> Option<PromDuration> {
        None
    }

    /// The shortest window that a query has, where the gate's own is as long as `whole`.
    fn shortest_window(&self, whole: Duration) -> PromDuration {
        whole.into()
    }

    /// How much later than the stage's own the window begins.
    fn delay(&self) -> Duration {
        Duration::ZERO
    }

    /// The series that the model itself must export, without labels.
    fn exported(&self) -> Option<String> {
        None
    }

    /// A file that is read when the gate is asked, by its path from the folder of `rollout.yaml`.
    fn result_file(&self) -> Option<&str> {
        None
    }

    /// The share of the candidate's requests that may fail before its telemetry is doubted that knows of none.
    fn budget(&self) -> f64 {
        0.01
    }

    /// A file with recorded counts, by its path from the folder of `rollout.yaml`.
    fn reference(&self) -> Option<&str> {
        None
    }
}

/// A series of points that a statistical test is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// The time between points.
    pub step: PromDuration,
    /// The fewest points a side that are evidence.
    pub least: u64,
}
