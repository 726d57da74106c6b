//! The share of requests answered in time.

use crate::units::{PromDuration, Share};

use super::{GateFacts, Times};

/// The share of requests answered in time.
#[derive(Clone, Debug)]
pub struct Latency {
    /// The percentile, as a share.
    pub percentile: Share,
    /// The longest time that the percentile may take.
    pub max: PromDuration,
    /// Where the times come from.
    pub times: Times,
}

/// The fewest samples of a percentile: ten requests are above it, `10 / (1 - p)`.
pub(super) fn least_samples(percentile: Share) -> u64 {
    percentile.rest().samples(10)
}

impl GateFacts for Latency {
    fn word(&self) -> &'static str {
        "latency"
    }

    fn fails_fast(&self) -> bool {
        true
    }

    fn compares(&self) -> bool {
        false
    }

    fn least_samples(&self) -> u64 {
        least_samples(self.percentile)
    }

    fn samples_are_requests(&self) -> bool {
        self.times.are_of_requests()
    }

    fn times(&self) -> Option<&Times> {
        Some(&self.times)
    }

    fn time_limit(&self) -> Option<PromDuration> {
        Some(self.max)
    }
}
