//! The share of requests that were answered well.

use crate::units::Share;

use super::{GateFacts, Requests};

/// The share of requests that were answered well.
#[derive(Clone, Debug)]
pub struct Availability {
    /// The least share of good requests.
    pub objective: Share,
    /// Decide by a bound of this one-sided level.
    pub confidence: Option<f64>,
    /// What is counted.
    pub requests: Requests,
}

impl GateFacts for Availability {
    fn word(&self) -> &'static str {
        "availability"
    }

    fn fails_fast(&self) -> bool {
        true
    }

    fn compares(&self) -> bool {
        false
    }

    /// One failure more or less must not decide: `1 / budget`.
    fn least_samples(&self) -> u64 {
        self.objective.rest().samples(1)
    }

    fn samples_are_requests(&self) -> bool {
        true
    }

    fn budget(&self) -> f64 {
        self.objective.rest().as_f64()
    }

    fn requests(&self) -> Option<&Requests> {
        Some(&self.requests)
    }
}
