//! Answers that several gates need, asked once.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::answer::{Answer, Fault, Source};
use super::documents::{Document, Wanted};
use super::query::{Query, When};

type Known = Arc<OnceLock<Result<Answer, Fault>>>;

/// The most bytes of memory that all answers of one evaluation, and what is kept of them, may take together.
const MOST_HELD: usize = 96 << 20;

/// A source that is asked each question once.
pub(super) struct Memo<'a> {
    source: &'a dyn Source,
    held: AtomicUsize,
    known: Mutex<BTreeMap<(String, String, When), Known>>,
}

impl<'a> Memo<'a> {
    pub(super) fn new(source: &'a dyn Source) -> Self {
        Self {
            source,
            held: AtomicUsize::new(0),
            known: Mutex::new(BTreeMap::new()),
        }
    }

    fn known(&self, query: &Query) -> Known {
        let key = (query.source.clone(), query.promql.clone(), query.when);
        // Only the list is locked, and not the asking: other questions go on meanwhile.
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(key).or_default().clone()
    }

    /// Asks a question whose answer is kept.
    fn fetch(&self, query: &Query) -> Result<Answer, Fault> {
        self.keep(0)?;
        let answer = self.source.ask(query)?;
        self.keep(answer.weight())?;
        Ok(answer)
    }
}

impl Source for Memo<'_> {
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        self.known(query).get_or_init(|| self.fetch(query)).clone()
    }

    fn show(&self, query: &Query, to: &mut dyn FnMut(&Answer)) -> Result<(), Fault> {
        match self.known(query).get_or_init(|| self.fetch(query)) {
            Ok(answer) => {
                to(answer);
                Ok(())
            }
            Err(fault) => Err(fault.clone()),
        }
    }

    fn keep(&self, weight: usize) -> Result<(), Fault> {
        let held = self.held.fetch_add(weight, Ordering::Relaxed) + weight;
        if held <= MOST_HELD {
            return Ok(());
        }
        Err(Fault::Telemetry(format!(
            "the answers take more than {} MiB together; with many series, `counts: estimated` asks for less",
            MOST_HELD >> 20
        )))
    }

    fn read(&self, wanted: &Wanted) -> Result<Document, Fault> {
        self.source.read(wanted)
    }

    fn clock_offset(&self, source: &str) -> Option<i64> {
        self.source.clock_offset(source)
    }
}
