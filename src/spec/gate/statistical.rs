//! The candidate against stable, by a statistical test.

use serde::Deserialize;
use serde_json::Number;

use super::{
    Amount, BadResponse, ClientAborts, Counts, Measurement, Reduce, Reporter, RequestSli,
    ServerTime, TimesOf,
};

/// `statistical`: the candidate must not be worse than stable by more than a margin.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "test", rename_all = "camelCase")]
pub enum Statistical {
    /// The shares of failures.
    Proportions(Proportions),
    /// Series of measurements, by ranks.
    MannWhitney(MannWhitney),
}

/// `test: proportions`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proportions {
    /// How much worse is accepted.
    pub margin: Amount,
    /// The one-sided level of the bounds, as a percentage.
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

/// `test: mannWhitney`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Fields"))]
#[serde(try_from = "Fields")]
pub struct MannWhitney {
    /// What is measured on both sides.
    pub measurement: Measurement,
    /// How much worse is accepted.
    pub margin: Option<Amount>,
    /// The one-sided level of the bounds, as a percentage.
    pub confidence: Option<String>,
    /// The time between points, as Prometheus writes durations.
    pub step: Option<String>,
    /// Which change is bad.
    pub direction: Direction,
    /// Whether points of the same step are compared with each other.
    pub paired: Option<bool>,
    /// The fewest points a side that are evidence.
    pub min_points: Option<u64>,
    /// The proxy whose measurement is asked, where it is the mesh's.
    pub reporter: Reporter,
}

/// Which change is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// More is worse.
    Increase,
    /// Less is worse.
    Decrease,
    /// Any change is worse.
    Either,
}

/// The fields of `mannWhitney` as they stand in the document.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    sli: Option<SliName>,
    query: Option<String>,
    reduce: Option<Reduce>,
    percentile: Option<Number>,
    margin: Option<Amount>,
    confidence: Option<String>,
    step: Option<String>,
    direction: Direction,
    paired: Option<bool>,
    min_points: Option<u64>,
    #[serde(default)]
    reporter: Reporter,
}

#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
enum SliName {
    Latency,
    #[serde(untagged)]
    Server(ServerTime),
}

impl TryFrom<Fields> for MannWhitney {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, &'static str> {
        let times = fields.sli.map(|sli| match sli {
            SliName::Latency => TimesOf::Router,
            SliName::Server(time) => TimesOf::Server(time),
        });
        Ok(Self {
            measurement: Measurement::of(times, fields.percentile, fields.query, fields.reduce)?,
            margin: fields.margin,
            confidence: fields.confidence,
            step: fields.step,
            direction: fields.direction,
            paired: fields.paired,
            min_points: fields.min_points,
            reporter: fields.reporter,
        })
    }
}
