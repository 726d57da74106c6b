//! What another service says.

use serde_json_path::JsonPath;

use super::{Expected, GateFacts};

/// What another service says: a value in the JSON that it answers with.
#[derive(Clone, Debug)]
pub struct Web {
    /// The template of the address; what stands before its path has no variables.
    pub url: String,
    /// Where the value stands in the answer.
    pub at: JsonPath,
    /// What the value must be.
    pub expected: Expected,
}

impl GateFacts for Web {
    fn word(&self) -> &'static str {
        "web"
    }

    fn fails_fast(&self) -> bool {
        false
    }

    fn compares(&self) -> bool {
        false
    }

    fn least_samples(&self) -> u64 {
        1
    }

    fn samples_are_requests(&self) -> bool {
        false
    }

    fn asks_telemetry(&self) -> bool {
        false
    }

    fn address(&self) -> Option<&str> {
        Some(&self.url)
    }
}
