//! The candidate's value against stable's.

use serde::Deserialize;
use serde_json::Number;

use super::{
    Amount, BadResponse, ClientAborts, Counts, Measurement, Reduce, Reporter, RequestSli,
    ServerTime, TimesOf,
};

/// `compare`: the candidate's value is held against stable's.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Fields"))]
#[serde(try_from = "Fields")]
pub struct Compare {
    /// What is measured on both sides.
    pub sli: Sli,
    /// Limits of candidate divided by stable.
    pub ratio: Option<Ratio>,
    /// Limits of candidate minus stable.
    pub difference: Option<Difference>,
    /// A candidate at or below this amount passes.
    pub ignore_below: Option<Amount>,
    /// Whose count of the requests is asked.
    pub reporter: Reporter,
    /// How the requests are counted.
    pub counts: Counts,
    /// The responses that count as failures; default: Envoy's failures.
    pub bad: Option<Vec<BadResponse>>,
    /// How a request counts whose caller hung up.
    pub client_aborts: ClientAborts,
}

/// What is measured on both sides.
#[derive(Clone, Debug)]
pub enum Sli {
    /// The share of good answers, and whose requests are counted; default: the router's.
    Availability(Option<RequestSli>),
    /// The share of failures.
    ErrorRate,
    /// A percentile of times, or a query.
    Measurement(Measurement),
}

/// Limits of candidate divided by stable.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ratio {
    /// The least that passes.
    pub min: Option<f64>,
    /// The most that passes.
    pub max: Option<f64>,
}

/// Limits of candidate minus stable.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Difference {
    /// The least that passes.
    pub min: Option<Amount>,
    /// The most that passes.
    pub max: Option<Amount>,
}

/// The fields as they stand in the document.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    sli: Option<SliName>,
    query: Option<String>,
    reduce: Option<Reduce>,
    percentile: Option<Number>,
    ratio: Option<Ratio>,
    difference: Option<Difference>,
    ignore_below: Option<Amount>,
    #[serde(default)]
    reporter: Reporter,
    #[serde(default)]
    counts: Counts,
    bad: Option<Vec<BadResponse>>,
    #[serde(default)]
    client_aborts: ClientAborts,
}

#[derive(Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
enum SliName {
    Availability,
    ErrorRate,
    Latency,
    #[serde(untagged)]
    Requests(RequestSli),
    #[serde(untagged)]
    Server(ServerTime),
}

impl TryFrom<Fields> for Compare {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, &'static str> {
        let measurement = |times| {
            Measurement::of(times, fields.percentile, fields.query, fields.reduce)
                .map(Sli::Measurement)
        };
        Ok(Self {
            sli: match fields.sli {
                Some(SliName::Availability) => Sli::Availability(None),
                Some(SliName::Requests(sli)) => Sli::Availability(Some(sli)),
                Some(SliName::ErrorRate) => Sli::ErrorRate,
                Some(SliName::Latency) => measurement(Some(TimesOf::Router))?,
                Some(SliName::Server(time)) => measurement(Some(TimesOf::Server(time)))?,
                None => measurement(None)?,
            },
            ratio: fields.ratio,
            difference: fields.difference,
            ignore_below: fields.ignore_below,
            reporter: fields.reporter,
            counts: fields.counts,
            bad: fields.bad,
            client_aborts: fields.client_aborts,
        })
    }
}
