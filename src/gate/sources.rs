//! Where a stage's gates ask: Prometheus, the files that are handed in, and addresses.

use std::collections::BTreeMap;

use super::answer::{Answer, Fault, Source};
use super::documents::{self, Document, Place, ResultText, Wanted, Web, WebSettings};
use super::prometheus::Servers;
use super::query::Query;

/// All that the gates of a stage may ask.
pub struct Sources {
    servers: Servers,
    results: BTreeMap<String, ResultText>,
    web: Web,
}

impl Sources {
    /// What is there: the servers that the gates of the stage ask, the files for `result` gates by the gates' names, and who may be
    /// asked for `web` gates. Fails in one sentence where the settings are of no use.
    pub fn new(
        servers: Servers,
        results: BTreeMap<String, ResultText>,
        web: WebSettings,
    ) -> Result<Self, String> {
        Ok(Self {
            servers,
            results,
            web: Web::new(web)?,
        })
    }
}

impl Sources {
    /// The address of a server, by the name of its source.
    pub fn address(&self, source: &str) -> Option<&str> {
        self.servers.address(source)
    }
}

impl Source for Sources {
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        self.servers.ask(query)
    }

    fn clock_offset(&self, source: &str) -> Option<i64> {
        self.servers.clock_offset(source)
    }

    fn read(&self, wanted: &Wanted) -> Result<Document, Fault> {
        match &wanted.place {
            Place::File { gate, path } => documents::file(&self.results, gate, path, &wanted.part),
            Place::Page(address) => self.web.ask(address, &wanted.part),
        }
    }
}
