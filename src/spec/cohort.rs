//! Which requests a cohort claims.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Percentage;

/// A named set of requests.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cohort {
    /// The cohort's name, which steps use.
    pub name: String,
    /// The part of all requests that the cohort is expected to claim, in percent.
    pub share: Option<Percentage>,
    /// The entries, of which any may match.
    pub r#match: Vec<MatchEntry>,
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MatchEntry {
    /// Conditions by header name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, Matcher>,
    /// Conditions by header name, of which none may hold; a header that is not there meets none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub without_headers: BTreeMap<String, Matcher>,
    /// Conditions by query parameter.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query_params: BTreeMap<String, Matcher>,
    /// Conditions by cookie name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cookies: BTreeMap<String, Matcher>,
    /// The condition on the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uri: Option<Matcher>,
    /// The condition on the HTTP method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Matcher>,
    /// The condition on the host, without its port and in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Matcher>,
    /// Conditions by claim of the caller's token; gateways only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub jwt_claims: BTreeMap<String, Matcher>,
    /// The model that the caller asks for, by the gateway's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_model: Option<String>,
    /// A feature flag that is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<Flag>,
    /// Labels of the calling pod; mesh only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub source_labels: BTreeMap<String, String>,
    /// Namespace of the calling pod; mesh only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_namespace: Option<String>,
}

/// A feature flag, which callers say the value of in a header.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Flag {
    /// The flag's key.
    pub key: String,
    /// The header that says what the flag is for a request.
    pub header: String,
    /// The header's value where the flag is on; default: `true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// Who has the flag on, as JsonLogic of flagd's.
    pub targeting: Option<Value>,
    /// The attribute by which as many users have the flag on as the stage's weights say.
    pub fractional: Option<String>,
}

impl Flag {
    /// The header's value where the flag is on.
    pub fn on(&self) -> &str {
        self.on.as_deref().unwrap_or("true")
    }
}

/// A condition on one string; a bare string means `exact`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Matcher {
    /// The value itself.
    Bare(String),
    /// A condition by name.
    Full(FullMatcher),
}

/// A condition by name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum FullMatcher {
    /// The value is this.
    Exact(String),
    /// The value begins with this.
    Prefix(String),
    /// The whole value matches this RE2 expression.
    Regex(String),
    /// There is a value.
    Present(bool),
}
