//! The share of requests that were answered well.

use serde::Deserialize;

use super::{BadResponse, ClientAborts, Counts, Reporter, RequestSli};

/// `availability`: the share of good requests must reach an objective.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Availability {
    /// The least share, as a percentage.
    pub objective: String,
    /// The one-sided level of the bound that decides, as a percentage; default: none, the measured share decides.
    pub confidence: Option<String>,
    /// Whose requests are counted; default: the router's.
    pub sli: Option<RequestSli>,
    /// The router's reporter whose count is asked.
    #[serde(default)]
    pub reporter: Reporter,
    /// How the requests are counted.
    #[serde(default)]
    pub counts: Counts,
    /// The responses that count as failures; default: Envoy's failures.
    pub bad: Option<Vec<BadResponse>>,
    /// What a request is whose caller hung up.
    #[serde(default)]
    pub client_aborts: ClientAborts,
}
