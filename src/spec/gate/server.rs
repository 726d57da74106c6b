//! What a model server measures itself.

use serde::Deserialize;

/// A time that a model server measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ServerTime {
    /// From a request's arrival to the first token of its answer.
    TimeToFirstToken,
    /// Between two tokens of an answer.
    InterTokenLatency,
    /// What a request waits for before the model works on it.
    QueueTime,
    /// A whole request, as the server sees it.
    ModelLatency,
}

/// Whose requests are counted, in place of the router's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum RequestSli {
    /// The model server's.
    ModelServer,
}

/// Which times a percentile is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimesOf {
    /// The router's.
    Router,
    /// The model server's.
    Server(ServerTime),
}
