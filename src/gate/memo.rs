//! Answers that several gates need, asked once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::answer::{Answer, Fault, Source};
use super::documents::{Document, Wanted};
use super::query::{Query, When};

type Known = Arc<OnceLock<Result<Answer, Fault>>>;

/// A source that is asked each question once.
pub(super) struct Memo<'a> {
    source: &'a dyn Source,
    known: Mutex<BTreeMap<(String, String, When), Known>>,
}

impl<'a> Memo<'a> {
    pub(super) fn new(source: &'a dyn Source) -> Self {
        Self {
            source,
            known: Mutex::new(BTreeMap::new()),
        }
    }
}

impl Source for Memo<'_> {
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        let key = (query.source.clone(), query.promql.clone(), query.when);
        // Only the list is locked, and not the asking: other questions go on meanwhile.
        let known = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_default()
            .clone();
        known.get_or_init(|| self.source.ask(query)).clone()
    }

    fn read(&self, wanted: &Wanted) -> Result<Document, Fault> {
        self.source.read(wanted)
    }

    fn clock_offset(&self, source: &str) -> Option<i64> {
        self.source.clock_offset(source)
    }
}
