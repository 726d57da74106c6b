//! Where a stage's gates ask: Prometheus, the files that are handed in, and addresses.

use std::collections::BTreeMap;

use super::answer::{Answer, Fault, Source};
use super::documents::{self, Document, Place, ResultText, Wanted, Web, WebSettings};
use super::prometheus::Prometheus;
use super::query::Query;

/// All that the gates of a stage may ask.
pub struct Sources {
    prometheus: Option<Prometheus>,
    results: BTreeMap<String, ResultText>,
    web: Web,
}

impl Sources {
    /// What is there: a server where a gate of the stage asks it, the files for `result` gates by the gates' names, and who may be
    /// asked for `web` gates. Fails in one sentence where the settings are of no use.
    pub fn new(
        prometheus: Option<Prometheus>,
        results: BTreeMap<String, ResultText>,
        web: WebSettings,
    ) -> Result<Self, String> {
        Ok(Self {
            prometheus,
            results,
            web: Web::new(web)?,
        })
    }
}

impl Source for Sources {
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        match &self.prometheus {
            Some(server) => server.ask(query),
            None => Err(Fault::Telemetry(
                "it is not known where Prometheus is".to_owned(),
            )),
        }
    }

    fn read(&self, wanted: &Wanted) -> Result<Document, Fault> {
        match &wanted.place {
            Place::File { gate, path } => documents::file(&self.results, gate, path, &wanted.part),
            Place::Page(address) => self.web.ask(address, &wanted.part),
        }
    }
}
