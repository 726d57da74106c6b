//! What somebody measured elsewhere, handed in as a file.

use serde_json_path::JsonPath;

use super::{Expected, GateFacts};

/// What somebody measured elsewhere, handed in as a file.
#[derive(Clone, Debug)]
pub struct ResultFile {
    /// Where the file is unless somebody hands in another: its path from the folder of `rollout.yaml`.
    pub path: String,
    /// What is read from the file, and what it must be.
    pub report: Report,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Report {
    /// A JUnit report, in which nothing may have failed and at least so many tests must have run.
    Tests(u64),
    /// JSON, with the place of the value in it and what it must be.
    Value(JsonPath, Expected),
}

impl GateFacts for ResultFile {
    fn word(&self) -> &'static str {
        "result"
    }

    fn fails_fast(&self) -> bool {
        false
    }

    fn compares(&self) -> bool {
        false
    }

    fn least_samples(&self) -> u64 {
        match &self.report {
            Report::Tests(least) => *least,
            Report::Value(..) => 1,
        }
    }

    fn samples_are_requests(&self) -> bool {
        false
    }

    fn asks_telemetry(&self) -> bool {
        false
    }

    fn result_file(&self) -> Option<&str> {
        Some(&self.path)
    }
}
