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
}

impl Report {
    /// An empty report about `source`.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            document: None,
            diagnostics: Vec::new(),
        }
    }

    /// Adds a complaint.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
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

    /// The complaints, by place, then errors before warnings, then code.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut all: Vec<_> = self.diagnostics.iter().collect();
        all.sort_by_cached_key(|found| (self.span_of(found), found.severity, found.code));
        all.dedup();
        all
    }

    /// Sets the severity of warnings by code: `None` drops them. Errors stay what they are.
    pub fn apply_levels(&mut self, levels: &BTreeMap<Code, Option<Severity>>) {
        self.diagnostics
            .retain_mut(|found| match levels.get(&found.code) {
                Some(None) if found.severity == Severity::Warning => false,
                Some(Some(level)) if found.severity == Severity::Warning => {
                    found.severity = *level;
                    true
                }
                _ => true,
            });
    }

    fn span_of(&self, found: &Diagnostic) -> crate::text::Span {
        found.place.span(&self.source, self.document.as_ref())
    }
}
