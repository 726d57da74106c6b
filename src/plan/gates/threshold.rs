//! A query's value against limits.

use crate::units::{Duration, PromDuration};

use super::{GateFacts, Limits, Reduce};

/// A query's value against limits.
#[derive(Clone, Debug)]
pub struct Threshold {
    /// The query's template.
    pub query: String,
    /// The limits, in the query's unit.
    pub limits: Limits,
    /// How several series become one.
    pub reduce: Option<Reduce>,
    /// The points of the window that are asked for; `None` asks at the window's end.
    pub range: Option<Range>,
    /// How much later than the stage's own the window begins.
    pub delay: Duration,
}

/// A query over a window; what `reduce` is `None` for, every point must hold.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The time between points.
    pub step: PromDuration,
    /// The fewest points that are evidence.
    pub min_points: u64,
}

impl GateFacts for Threshold {
    fn word(&self) -> &'static str {
        "threshold"
    }

    fn fails_fast(&self) -> bool {
        false
    }

    fn compares(&self) -> bool {
        false
    }

    fn least_samples(&self) -> u64 {
        1
    }

    fn samples_are_requests(&self) -> bool {
        false
    }

    fn template(&self) -> Option<&str> {
        Some(&self.query)
    }

    fn reduces(&self) -> bool {
        self.reduce.is_some() && self.range.is_none()
    }

    fn delay(&self) -> Duration {
        self.delay
    }
}
