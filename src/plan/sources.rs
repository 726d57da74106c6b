//! Where gates ask: every default filled in.

use std::collections::BTreeMap;

use crate::units::Duration;

/// A source's place: the default one, and then the order of their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceId(pub usize);

impl SourceId {
    /// The source of gates that name none.
    pub const DEFAULT: Self = Self(0);
}

/// A source of telemetry: a Prometheus server, or what speaks its API.
#[derive(Clone, Debug)]
pub struct MetricSource {
    /// The name that gates use; [`MetricSource::DEFAULT`] for the default one.
    pub name: String,
    /// The server's base address, without credentials, if the spec says it.
    pub url: Option<String>,
    /// The most time for one query.
    pub timeout: Duration,
    /// The labels that every selector gets.
    pub labels: BTreeMap<String, String>,
    /// The headers of every question.
    pub headers: BTreeMap<String, String>,
    /// How the asker proves who it is, where the environment does not say it.
    pub auth: Option<Auth>,
}

impl MetricSource {
    /// The name of the source of gates that name none.
    pub const DEFAULT: &str = "default";

    /// Whether it is the one of gates that name none.
    pub fn is_default(&self) -> bool {
        self.name == Self::DEFAULT
    }
}

/// How the asker proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// By a signature with an AWS key.
    Sigv4 {
        /// The region that is asked.
        region: String,
        /// The service's signing name.
        service: String,
    },
    /// By the token that a command prints: the program and its arguments, none with a blank.
    TokenCommand(Vec<String>),
}
