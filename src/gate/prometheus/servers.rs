//! All servers that some gates ask, each with one client, and one deadline for all.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::gate::answer::{Answer, Fault, Source};
use crate::gate::query::Query;
use crate::http::Deadline;
use crate::plan::MetricSource;

use super::{Prometheus, Settings};

/// Clients by the names of their sources.
pub struct Servers(BTreeMap<String, Prometheus>);

impl Servers {
    /// One client for each of these, with a deadline for all questions together that begins now. Fails as [`Prometheus::new`].
    pub fn new(
        settings: impl IntoIterator<Item = Settings>,
        deadline: Duration,
    ) -> Result<Self, String> {
        let until = Deadline::after(deadline);
        if until.is_beyond_clocks() {
            return Err("the deadline is further away than a clock can tell".to_owned());
        }
        let clients = settings.into_iter().map(|settings| {
            let name = settings.name.clone();
            let client = Prometheus::until(
                Settings {
                    deadline,
                    ..settings
                },
                until,
            )?;
            Ok((name, client))
        });
        clients.collect::<Result<_, _>>().map(Self)
    }

    /// The address of a source, without credentials.
    pub fn address(&self, source: &str) -> Option<&str> {
        self.0
            .get(source)
            .map(|client| client.settings.url.as_str())
    }
}

impl Source for Servers {
    /// Asks the source that a question names; a fault of one that has a name says which.
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        let Some(client) = self.0.get(&query.source) else {
            let message = format!("it is not known where the source `{}` is", query.source);
            return Err(Fault::Telemetry(message));
        };
        client.ask(query).map_err(|fault| {
            if query.source == MetricSource::DEFAULT {
                return fault;
            }
            let told = |message: String| format!("`{}`: {message}", query.source);
            match fault {
                Fault::Telemetry(message) => Fault::Telemetry(told(message)),
                Fault::Question(message) => Fault::Question(told(message)),
            }
        })
    }

    fn clock_offset(&self, source: &str) -> Option<i64> {
        self.0.get(source)?.clock_offset(source)
    }
}
