//! Where the gates ask.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The sources of telemetry.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metrics {
    /// The source of gates that name none.
    pub prometheus: Option<Prometheus>,
    /// Further sources by their names, which gates use.
    #[serde(default)]
    pub sources: BTreeMap<String, MetricSource>,
    /// The labels by which the series that a model's pods export are selected, as templates; default: the namespace and the names
    /// of its Deployment's pods.
    #[serde(default)]
    pub selector: BTreeMap<String, String>,
}

/// A source of telemetry.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MetricSource {
    /// A Prometheus server, or what speaks its API.
    pub prometheus: Prometheus,
}

/// A Prometheus server, or what speaks its API.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Prometheus {
    /// The server's base address.
    pub url: String,
    /// The most time for one query.
    pub timeout: Option<String>,
    /// Labels that every selector of glidepath's gets.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Headers of every question.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How the asker proves who it is.
    pub auth: Option<Auth>,
}

/// How the asker proves who it is, where no variable of the environment says it. Never a secret.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Auth {
    /// By a signature with an AWS key.
    Sigv4(Sigv4),
    /// By the token that a command prints: the program and its arguments.
    TokenCommand(Vec<String>),
    /// By the token of `gcloud`.
    Google(NoFields),
    /// By the token of `az`.
    Azure(NoFields),
}

/// What an AWS signature is for.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sigv4 {
    /// The region.
    pub region: String,
    /// The service's signing name.
    pub service: Option<String>,
}

/// A mapping without fields.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NoFields {}
