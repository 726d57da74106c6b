//! Series of measurements of both sides, by ranks.

use crate::units::{Duration, PromDuration};

use super::{Direction, GateFacts, Margin, Measurement, Points, Times};

/// Series of measurements of both sides.
#[derive(Clone, Debug)]
pub struct Ranks {
    /// What is measured.
    pub measurement: Measurement,
    /// How much worse is accepted.
    pub margin: Margin,
    /// The one-sided level.
    pub confidence: f64,
    /// The time between points.
    pub step: PromDuration,
    /// Which change is bad.
    pub direction: Direction,
    /// Points of the same step are compared with each other.
    pub paired: bool,
    /// The fewest points a side that are evidence.
    pub min_points: u64,
}

impl GateFacts for Ranks {
    fn word(&self) -> &'static str {
        "statistical"
    }

    fn fails_fast(&self) -> bool {
        false
    }

    fn compares(&self) -> bool {
        true
    }

    fn least_samples(&self) -> u64 {
        self.min_points
    }

    fn samples_are_requests(&self) -> bool {
        false
    }

    fn times(&self) -> Option<&Times> {
        self.measurement.times()
    }

    fn template(&self) -> Option<&str> {
        self.measurement.template()
    }

    fn reduces(&self) -> bool {
        self.measurement.reduces()
    }

    fn points(&self) -> Option<Points> {
        Some(Points {
            step: self.step,
            least: self.min_points,
        })
    }

    fn shortest_window(&self, _: Duration) -> PromDuration {
        self.step
    }
}
