//! What is measured where it is no count of requests.

use crate::units::Share;

use super::{Reduce, Reporter, ServerTime};

/// A histogram of times.
#[derive(Clone, Debug, PartialEq)]
pub enum Times {
    /// The router's of response times, as this proxy has it.
    Router(Reporter),
    /// A metric of this name: of the team's, or of the router's as this proxy has it.
    Metric(String, Reporter),
    /// A time that the model server measures.
    Server(ServerTime),
}

impl Times {
    /// What is timed, as one word: each observation is of one of them.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Server(ServerTime::InterTokenLatency) => "token",
            Self::Router(_)
            | Self::Metric(..)
            | Self::Server(
                ServerTime::TimeToFirstToken | ServerTime::QueueTime | ServerTime::ModelLatency,
            ) => "request",
        }
    }

    /// Whether each observation is of one request.
    pub fn are_of_requests(&self) -> bool {
        self.noun() == "request"
    }
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
