//! Inference pools, as backends of models.

use serde::Deserialize;

/// A pool of pods, of which its endpoint picker chooses one for each request.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct InferencePool {
    /// The pool's name.
    pub name: String,
    /// A port that is written beside the name.
    pub port: Option<u16>,
    /// How it is written; default: somebody else writes it.
    pub create: Option<CreatedPool>,
}

/// A pool that is written.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatedPool {
    /// The ports of the pods; default: the container's port `http`, else its first.
    pub target_ports: Option<Vec<u16>>,
    /// Who chooses the pod.
    pub endpoint_picker: EndpointPicker,
}

/// The Service that chooses pods.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointPicker {
    /// The Service's name.
    pub name: String,
    /// The Service's port.
    pub port: u16,
    /// What becomes of requests while it does not answer.
    #[serde(default)]
    pub failure_mode: FailureMode,
}

/// What becomes of requests while an endpoint picker does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum FailureMode {
    /// They are dropped.
    #[default]
    FailClose,
    /// The gateway chooses a pod itself.
    FailOpen,
}

impl FailureMode {
    /// The word of the inference extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::FailClose => "FailClose",
            Self::FailOpen => "FailOpen",
        }
    }
}
