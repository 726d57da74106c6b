//! Which Gateway API has which feature: the CRDs of every release and channel compared.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};

/// The Gateway API of a cluster, as its CRDs are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayApi {
    /// Which of its two sets of CRDs is installed.
    #[serde(default)]
    pub channel: Channel,
    /// The oldest release that must take the objects.
    #[serde(default)]
    pub version: GatewayApiVersion,
}

/// A set of CRDs: what is stable, or everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// What will stay.
    #[default]
    Standard,
    /// All of that, and what may go again.
    Experimental,
}

/// A minor release of Gateway API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum GatewayApiVersion {
    /// The oldest that is supported: the first whose standard CRDs have timeouts.
    #[serde(rename = "1.2")]
    V1_2,
    /// 1.3.
    #[serde(rename = "1.3")]
    V1_3,
    /// 1.4.
    #[default]
    #[serde(rename = "1.4")]
    V1_4,
    /// 1.5.
    #[serde(rename = "1.5")]
    V1_5,
    /// The newest that the table was compared with.
    #[serde(rename = "1.6")]
    V1_6,
}

use GatewayApiVersion::{V1_2, V1_3, V1_4, V1_5};

impl fmt::Display for GatewayApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "1.{}", 2 + *self as u8)
    }
}

/// What not every Gateway API has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `percent` and `fraction` of a mirror.
    MirrorShare,
    /// `rules[].name`.
    RuleName,
    /// The CORS filter.
    Cors,
    /// `rules[].retry`.
    Retry,
    /// `rules[].sessionPersistence`.
    SessionPersistence,
    /// `useDefaultGateways`.
    DefaultGateways,
    /// `ReferenceGrant` as v1.
    ReferenceGrantV1,
}

impl Feature {
    /// The first release whose experimental CRDs have it, and the first whose standard ones have.
    fn first(self) -> (GatewayApiVersion, Option<GatewayApiVersion>) {
        match self {
            Self::MirrorShare => (V1_2, Some(V1_3)),
            Self::RuleName => (V1_2, Some(V1_4)),
            Self::Cors => (V1_3, Some(V1_5)),
            Self::Retry | Self::SessionPersistence => (V1_2, None),
            Self::DefaultGateways => (V1_4, None),
            Self::ReferenceGrantV1 => (V1_5, Some(V1_5)),
        }
    }
}

impl GatewayApi {
    /// What a document asks for; what is no release is the schema's to complain about.
    pub(super) fn asked_for(json: &Value) -> Self {
        json.pointer("/spec/outputs/gatewayApi")
            .and_then(|named| Self::deserialize(named).ok())
            .unwrap_or_default()
    }

    /// Whether its CRDs have a feature.
    pub fn has(self, feature: Feature) -> bool {
        let (experimental, standard) = feature.first();
        match self.channel {
            Channel::Standard => standard.is_some_and(|first| first <= self.version),
            Channel::Experimental => experimental <= self.version,
        }
    }

    /// A complaint that this lacks what `subject` needs; none where it has it.
    pub fn lacks(self, feature: Feature, subject: &str, place: Place) -> Option<Diagnostic> {
        if self.has(feature) {
            return None;
        }
        let (experimental, standard) = feature.first();
        let (first, help) = match (self.channel, standard) {
            (Channel::Standard, Some(first)) => (
                format!("Gateway API {first}"),
                format!(
                    "set `outputs: {{gatewayApi: {{version: \"{first}\"}}}}` if your cluster has it"
                ),
            ),
            (Channel::Standard, None) => {
                let version = experimental.max(self.version);
                (
                    "Gateway API's experimental channel".to_owned(),
                    format!(
                        "set `outputs: {{gatewayApi: {{channel: experimental, version: \"{version}\"}}}}` if your cluster has its CRDs, or remove it"
                    ),
                )
            }
            (Channel::Experimental, _) => (
                format!("Gateway API {experimental}"),
                format!(
                    "set `version: \"{experimental}\"` at `outputs.gatewayApi` if your cluster has it"
                ),
            ),
        };
        let found = Diagnostic::new(
            Code::GP223,
            place,
            format!("{subject} needs {first}, and the rollout is for {self}"),
        );
        Some(
            found
                .note("the API server would drop the field without a word")
                .help(help),
        )
    }
}

impl fmt::Display for GatewayApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = match self.channel {
            Channel::Standard => "standard",
            Channel::Experimental => "experimental",
        };
        write!(f, "the {channel} channel of {}", self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(channel: Channel, version: GatewayApiVersion) -> GatewayApi {
        GatewayApi { channel, version }
    }

    #[test]
    fn each_channel_has_its_own_features() {
        use Channel::{Experimental, Standard};
        for (feature, channel, version, has) in [
            (Feature::MirrorShare, Standard, V1_2, false),
            (Feature::MirrorShare, Standard, V1_3, true),
            (Feature::Cors, Standard, V1_4, false),
            (Feature::Cors, Experimental, V1_4, true),
            (Feature::Retry, Standard, GatewayApiVersion::V1_6, false),
            (Feature::Retry, Experimental, V1_2, true),
            (Feature::RuleName, Standard, V1_3, false),
        ] {
            let place = Place::value(crate::text::Route::root());
            assert_eq!(of(channel, version).has(feature), has, "{feature:?}");
            let told = of(channel, version).lacks(feature, "`x`", place);
            assert_eq!(told.is_none(), has, "{feature:?}");
        }
    }

    #[test]
    fn versions_are_said_as_they_are_read() {
        for version in ["1.2", "1.4", "1.6"] {
            let read: GatewayApiVersion =
                serde_json::from_value(Value::from(version)).expect(version);
            assert_eq!(read.to_string(), version);
        }
    }
}
