//! How requests are counted, and which of them failed.

use super::{BadResponse, Reporter};

/// How requests are counted, and which of them failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Requests {
    /// Whose count of the requests is asked.
    pub reporter: Reporter,
    /// Whether requests are counted by raw samples; otherwise by `increase()`.
    pub exact: bool,
    /// What counts as a failure.
    pub bad: Vec<BadResponse>,
    /// Requests without an answer are left out of both counts.
    pub ignore_aborts: bool,
}
