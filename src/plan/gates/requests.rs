//! How requests are counted, and which of them failed.

use super::{BadResponse, Reporter};

/// How requests are counted, and which of them failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Requests {
    /// Whose count of the requests is asked.
    pub by: CountedBy,
    /// Whether requests are counted by raw samples; otherwise by `increase()`.
    pub exact: bool,
    /// What counts as a failure, where the router counts.
    pub bad: Vec<BadResponse>,
    /// Requests whose caller went away are left out of both counts.
    pub ignore_aborts: bool,
}

/// Who counts requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountedBy {
    /// A proxy of the router's.
    Router(Reporter),
    /// The model server, which says itself how they ended.
    Server,
}

impl Requests {
    /// The proxy whose count is asked, where one counts.
    pub fn reporter(&self) -> Option<Reporter> {
        match self.by {
            CountedBy::Router(reporter) => Some(reporter),
            CountedBy::Server => None,
        }
    }
}
