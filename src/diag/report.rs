//! All complaints about one file.

use std::collections::BTreeMap;

use crate::text::{Node, Source};

use super::{Code, Diagnostic, Severity};

/// What was found in one file, with the file itself so that any writer can show it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The file.
    pub source: Source,
    /// The file as a document, where it could be read as one.
    pub document: Option<Node>,
    diagnostics: Vec<Diagnostic>,
    /// The severities that the document gives to warnings; without one, they are not told.
    levels: BTreeMap<Code, Option<Severity>>,
}

impl Report {
    /// An empty report about `source`.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            document: None,
            diagnostics: Vec::new(),
            levels: BTreeMap::new(),
        }
    }

    /// Adds a complaint.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if settled(&self.levels, &mut diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Whether any complaint is an error.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many complaints have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.diagnostics
            .iter()
            .filter(|found| found.severity == severity)
            .count()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    /// The complaints, by place, then errors before warnings, then code and message; each once.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.diagnostics.iter().collect();
        all.sort_by_cached_key(|found| {
            let span = self.span_of(found);
            (span, found.severity, found.code, found.message.as_str())
        });
        all.dedup();
        all
    }

    /// Sets the severity of warnings by code: `None` drops them. Errors stay what they are.
    pub fn apply_levels(&mut self, levels: BTreeMap<Code, Option<Severity>>) {
        self.levels = levels;
        let levels = &self.levels;
        self.diagnostics.retain_mut(|found| settled(levels, found));
    }

    fn span_of(&self, found: &Diagnostic) -> crate::text::Span {
        found.place.span(&self.source, self.document.as_ref())
    }
}

/// Gives a warning its level; whether it is told at all.
fn settled(levels: &BTreeMap<Code, Option<Severity>>, found: &mut Diagnostic) -> bool {
    let level = levels
        .get(&found.code)
        .filter(|_| found.severity == Severity::Warning);
    if let Some(Some(level)) = level {
        found.severity = *level;
    }
    level != Some(&None)
}
