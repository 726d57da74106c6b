//! What is measured where it is no count of requests.

use crate::units::Share;

use super::{Reduce, Reporter};

/// A histogram of times.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    /// A metric of the team's; otherwise the mesh's.
    pub metric: Option<String>,
    /// The proxy whose measurement is asked, where it is the mesh's.
    pub reporter: Reporter,
}

/// A percentile of times, or a query's value.
#[derive(Clone, Debug)]
pub enum Measurement {
    /// A percentile of times, in seconds.
    Latency(Share, Times),
    /// The template of a query of the team's, and how several series become one value.
    Query(String, Option<Reduce>),
}

impl Measurement {
    /// The times of a percentile.
    pub(super) fn times(&self) -> Option<&Times> {
        match self {
            Self::Latency(_, times) => Some(times),
            Self::Query(..) => None,
        }
    }

    /// The template of a query.
    pub(super) fn template(&self) -> Option<&str> {
        match self {
            Self::Latency(..) => None,
            Self::Query(template, _) => Some(template),
        }
    }

    /// Whether several series of a query become one value.
    pub(super) fn reduces(&self) -> bool {
        match self {
            Self::Latency(..) | Self::Query(_, None) => false,
            Self::Query(_, Some(_)) => true,
        }
    }
}
