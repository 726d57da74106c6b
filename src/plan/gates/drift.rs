//! How far a distribution has moved.

use super::{GateFacts, Measure};

/// How far a distribution has moved.
#[derive(Clone, Debug)]
pub struct Drift {
    /// The histogram without `_bucket`, or with categories the counter.
    pub metric: String,
    /// The label whose values are the categories.
    pub categories: Option<String>,
    /// A file with recorded counts in place of stable.
    pub reference: Option<String>,
    /// The measure of distance.
    pub measure: Measure,
    /// The largest distance that passes, in the measure's unit.
    pub max: f64,
}

impl Drift {
    /// The series that are asked for, without labels.
    pub fn series(&self) -> String {
        match self.categories {
            Some(_) => self.metric.clone(),
            None => format!("{}_bucket", self.metric),
        }
    }
}

impl GateFacts for Drift {
    fn word(&self) -> &'static str {
        "drift"
    }

    fn fails_fast(&self) -> bool {
        false
    }

    fn compares(&self) -> bool {
        self.reference.is_none()
    }

    fn least_samples(&self) -> u64 {
        500
    }

    fn samples_are_requests(&self) -> bool {
        false
    }

    fn exported(&self) -> Option<String> {
        Some(self.series())
    }

    fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }
}
