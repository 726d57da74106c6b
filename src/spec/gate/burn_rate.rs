//! How fast the error budget burns.

use serde::Deserialize;

use super::{BadResponse, ClientAborts, Counts, Reporter, RequestSli};

/// `burnRate`: the candidate's own requests must not burn the error budget too fast.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BurnRate {
    /// The share of good requests that the budget is for, as a percentage.
    pub objective: String,
    /// The time that the budget is for, as Prometheus writes durations.
    pub period: String,
    /// The pairs of windows; default: Google's four.
    pub windows: Option<Vec<BurnWindow>>,
    /// The most of the service's whole budget that the candidate may use up, as a percentage.
    pub budget_share: Option<String>,
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

/// A long and a short window that must both burn too fast.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "Fields"))]
#[serde(try_from = "Fields")]
pub struct BurnWindow {
    /// The long window, as Prometheus writes durations.
    pub long: String,
    /// The short window, as Prometheus writes durations.
    pub short: String,
    /// What may not be exceeded in both.
    pub limit: BurnLimit,
}

/// What a pair of windows may burn.
#[derive(Clone, Debug)]
pub enum BurnLimit {
    /// The rate above which the pair fails.
    Factor(f64),
    /// The share of the period's budget that the long window may use up, as a percentage.
    BudgetFraction(String),
}

/// The fields of a pair as they stand in the document.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Fields {
    long: String,
    short: String,
    factor: Option<f64>,
    budget_fraction: Option<String>,
}

impl TryFrom<Fields> for BurnWindow {
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, &'static str> {
        Ok(Self {
            long: fields.long,
            short: fields.short,
            limit: match (fields.factor, fields.budget_fraction) {
                (Some(factor), None) => BurnLimit::Factor(factor),
                (None, Some(fraction)) => BurnLimit::BudgetFraction(fraction),
                (Some(_), Some(_)) | (None, None) => {
                    return Err("a pair of windows has one of `factor` and `budgetFraction`");
                }
            },
        })
    }
}
