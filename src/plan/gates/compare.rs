//! The candidate's value against stable's.

use super::{GateFacts, Limits, Measurement, Requests, Times, latency, proportions};

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

/// What is compared.
#[derive(Clone, Debug)]
pub enum Sli {
    /// The share of good answers, from 0 to 1.
    Availability(Requests),
    /// The share of failures, from 0 to 1.
    ErrorRate(Requests),
    /// A percentile of times, or a query of the team's.
    Measurement(Measurement),
}

impl Sli {
    fn measurement(&self) -> Option<&Measurement> {
        match self {
            Self::Availability(_) | Self::ErrorRate(_) => None,
            Self::Measurement(measurement) => Some(measurement),
        }
    }
}

impl GateFacts for Compare {
    fn word(&self) -> &'static str {
        "compare"
    }

    fn fails_fast(&self) -> bool {
        false
    }

    fn compares(&self) -> bool {
        true
    }

    fn least_samples(&self) -> u64 {
        match &self.sli {
            Sli::Availability(_) | Sli::ErrorRate(_) => proportions::LEAST_SAMPLES,
            Sli::Measurement(Measurement::Latency(percentile, _)) => {
                latency::least_samples(*percentile)
            }
            Sli::Measurement(Measurement::Query(..)) => 1,
        }
    }

    fn samples_are_requests(&self) -> bool {
        true
    }

    fn requests(&self) -> Option<&Requests> {
        match &self.sli {
            Sli::Availability(requests) | Sli::ErrorRate(requests) => Some(requests),
            Sli::Measurement(_) => None,
        }
    }

    fn times(&self) -> Option<&Times> {
        self.sli.measurement()?.times()
    }

    fn template(&self) -> Option<&str> {
        self.sli.measurement()?.template()
    }

    fn reduces(&self) -> bool {
        self.sli.measurement().is_some_and(Measurement::reduces)
    }
}
