//! Which release of Istio has which field: the CRDs of every release, compared with the schema.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};

use super::Shape;

/// A minor release of Istio.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum IstioVersion {
    /// The oldest that is supported.
    #[default]
    #[serde(rename = "1.22")]
    V1_22,
    /// 1.23.
    #[serde(rename = "1.23")]
    V1_23,
    /// 1.24.
    #[serde(rename = "1.24")]
    V1_24,
    /// 1.25.
    #[serde(rename = "1.25")]
    V1_25,
    /// 1.26.
    #[serde(rename = "1.26")]
    V1_26,
    /// 1.27.
    #[serde(rename = "1.27")]
    V1_27,
    /// 1.28.
    #[serde(rename = "1.28")]
    V1_28,
    /// 1.29.
    #[serde(rename = "1.29")]
    V1_29,
    /// The newest that the schema was compared with.
    #[serde(rename = "1.30")]
    V1_30,
}

impl IstioVersion {
    /// The newest that the schema was compared with.
    pub const NEWEST: Self = Self::V1_30;
}

use IstioVersion::{V1_23, V1_24, V1_26, V1_27, V1_28, V1_30};

impl fmt::Display for IstioVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", 22 + *self as u8)
    }
}

/// A field as a JSON pointer into its shape, and the first release that has it; none: no release up to the newest.
type First = (&'static str, Option<IstioVersion>);

/// Fields of a base route.
pub(super) const ROUTE: &[First] = &[
    ("/corsPolicy/unmatchedPreflights", Some(V1_23)),
    ("/retries/backoff", Some(V1_26)),
    ("/retries/retryIgnorePreviousHosts", Some(V1_26)),
];
/// Fields of a traffic policy, and of its settings for one port.
pub(super) const POLICY: &[First] = &[
    ("/loadBalancer/warmup", Some(V1_24)),
    ("/retryBudget", Some(V1_27)),
    (
        "/loadBalancer/consistentHash/httpCookie/attributes",
        Some(V1_28),
    ),
    ("/connectionPool/http/http2KeepAlive", None),
    ("/loadBalancer/backendUtilization", None),
    ("/loadBalancer/zoneAwareLbSetting", None),
    ("/outlierDetection/outlierDetectionHttpErrorCodes", None),
    ("/retryBudget/budgetInterval", None),
];

/// The release that `outputs.istioVersion` names; what is no release is the schema's to complain about.
pub(super) fn asked_for(json: &Value) -> IstioVersion {
    json.pointer("/spec/outputs/istioVersion")
        .and_then(|named| IstioVersion::deserialize(named).ok())
        .unwrap_or_default()
}

/// Complains about every field of `table` that the named release lacks: its API server would drop it without a word.
pub(super) fn check(shape: Shape<'_>, table: &[First], faults: &mut Vec<Diagnostic>) {
    for (pointer, first) in table {
        if shape.value.pointer(pointer).is_none()
            || *first <= Some(shape.version) && first.is_some()
        {
            continue;
        }
        let way = pointer.split('/').skip(1);
        let route = way.fold(shape.route.clone(), |route, key| route.key(key));
        let name = pointer.rsplit('/').next().unwrap_or(pointer);
        faults.push(match first {
            Some(first) => newer(
                Place::key(route),
                &format!("`{name}`"),
                *first,
                shape.version,
            ),
            None => Diagnostic::new(
                Code::GP214,
                Place::key(route),
                format!("no release of Istio up to {V1_30} has `{name}`"),
            )
            .note("the API server would drop the field without a word")
            .help(format!("remove `{name}`")),
        });
    }
}

/// What `subject` is came with `first`, and the document asks for an older release.
pub(super) fn newer(
    place: Place,
    subject: &str,
    first: IstioVersion,
    asked: IstioVersion,
) -> Diagnostic {
    Diagnostic::new(
        Code::GP214,
        place,
        format!("{subject} needs Istio {first}, and the rollout is for Istio {asked} or later"),
    )
    .help(format!(
        "set `outputs: {{istioVersion: \"{first}\"}}` if your Istio is {first} or later"
    ))
}
