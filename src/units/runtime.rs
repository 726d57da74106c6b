//! The serving runtimes, named once.

/// What serves a model inside its container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Runtime {
    /// TensorFlow Serving.
    TensorflowServing,
    /// The team's own container.
    Custom,
}

/// A container port that a runtime opens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimePort {
    /// Its name, which is also Istio's protocol.
    pub name: &'static str,
    /// Its number.
    pub number: u16,
}

impl Runtime {
    /// Every runtime.
    pub const ALL: &[Self] = &[Self::TensorflowServing, Self::Custom];

    /// The language's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::TensorflowServing => "tensorflow-serving",
            Self::Custom => "custom",
        }
    }

    /// The ports that it opens where the spec names none.
    pub fn ports(self) -> &'static [RuntimePort] {
        match self {
            Self::TensorflowServing => &[
                RuntimePort {
                    name: "grpc",
                    number: 8500,
                },
                RuntimePort {
                    name: "http",
                    number: 8501,
                },
            ],
            Self::Custom => &[],
        }
    }

    /// Whether it brings probes of its own.
    pub fn has_probes(self) -> bool {
        match self {
            Self::TensorflowServing => true,
            Self::Custom => false,
        }
    }

    /// Whether it cannot start without `model`.
    pub fn needs_model(self) -> bool {
        match self {
            Self::TensorflowServing => true,
            Self::Custom => false,
        }
    }
}
