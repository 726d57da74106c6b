//! The shares of failures of both sides, by bounds of their difference.

use super::{GateFacts, Margin, Requests};

/// The fewest requests a side where shares are compared.
pub(super) const LEAST_SAMPLES: u64 = 200;

/// The shares of failures of both sides.
#[derive(Clone, Debug)]
pub struct Proportions {
    /// How much worse is accepted.
    pub margin: Margin,
    /// The one-sided level.
    pub confidence: f64,
    /// What is counted.
    pub requests: Requests,
}

impl GateFacts for Proportions {
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
        LEAST_SAMPLES
    }

    fn samples_are_requests(&self) -> bool {
        true
    }

    fn requests(&self) -> Option<&Requests> {
        Some(&self.requests)
    }
}
