//! How fast the error budget burns.

use crate::units::{Duration, PromDuration, Share};

use super::{GateFacts, Requests};

/// How fast the error budget burns.
#[derive(Clone, Debug)]
pub struct BurnRate {
    /// The share of good requests that the budget is for.
    pub objective: Share,
    /// The time that the budget is for.
    pub period: PromDuration,
    /// The pairs, never none; whichever fits into the window so far is asked.
    pub pairs: Vec<BurnPair>,
    /// The most of the service's whole budget that the candidate may use up.
    pub budget_share: Option<Share>,
    /// What is counted.
    pub requests: Requests,
}

/// A long and a short window that must both burn too fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurnPair {
    /// The long window, which says that the burning matters.
    pub long: PromDuration,
    /// The short window, which says that it still burns.
    pub short: PromDuration,
    /// The burn rate above which the pair fails.
    pub factor: f64,
}

impl GateFacts for BurnRate {
    fn word(&self) -> &'static str {
        "burnRate"
    }

    fn fails_fast(&self) -> bool {
        true
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

    fn budget(&self) -> f64 {
        self.objective.rest().as_f64()
    }

    fn requests(&self) -> Option<&Requests> {
        Some(&self.requests)
    }

    /// The shortest long window; the budget's share can be told in any time.
    fn least_watch(&self) -> Option<PromDuration> {
        match self.budget_share {
            Some(_) => None,
            None => self.pairs.iter().map(|pair| pair.long).min(),
        }
    }

    fn shortest_window(&self, whole: Duration) -> PromDuration {
        let short = self.pairs.iter().map(|pair| pair.short).min();
        short.unwrap_or(whole.into())
    }
}
