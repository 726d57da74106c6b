//! All complaints about one file, and about the files that it names.

use std::collections::{BTreeMap, BTreeSet};

use crate::text::{Node, Route, Source};

use super::{Code, Diagnostic, Origins, Place, Severity};

/// What was found in one file, with the file itself so that any writer can show it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The file.
    pub source: Source,
    /// The file as a document, where it could be read as one.
    pub document: Option<Node>,
    diagnostics: Vec<Diagnostic>,
    /// What was found in the files that it names, in the order in which they are complained of.
    named: Vec<Report>,
    /// The severities that the document gives to warnings; without one, they are not told.
    levels: BTreeMap<Code, Option<Severity>>,
    /// Where the nodes stand that complaints are about, where the document was made of another one.
    origins: Origins,
    /// What was told of nodes that were made: many may be made of one.
    told: BTreeSet<(Code, Option<Route>, String)>,
}

impl Report {
    /// An empty report about `source`.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            document: None,
            diagnostics: Vec::new(),
            named: Vec::new(),
            levels: BTreeMap::new(),
            origins: Origins::default(),
            told: BTreeSet::new(),
        }
    }

    /// From here on, complaints are about a document that was made of this one.
    pub fn set_origins(&mut self, origins: Origins) {
        self.origins = origins;
    }

    /// Adds a complaint; about what was made, it is about what that was made of, and told once.
    pub fn push(&mut self, mut diagnostic: Diagnostic) {
        if !self.origins.is_empty() {
            let document = self.document.as_ref();
            let from = |place: &Place| self.origins.of(place, document);
            diagnostic.place = from(&diagnostic.place);
            for label in &mut diagnostic.labels {
                label.place = from(&label.place);
            }
            let at = diagnostic.place.route().cloned();
            let told = (diagnostic.code, at, diagnostic.message.clone());
            if !self.told.insert(told) {
                return;
            }
        }
        if settled(&self.levels, &mut diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Adds a complaint about a file that this one names; its places are that file's.
    pub fn push_in(&mut self, file: &Source, document: &Node, diagnostic: Diagnostic) {
        let mut named = self.named.iter();
        let known = named.position(|report| report.source.name() == file.name());
        let at = known.unwrap_or_else(|| {
            self.named.push(Self {
                document: Some(document.clone()),
                levels: self.levels.clone(),
                ..Self::new(file.clone())
            });
            self.named.len() - 1
        });
        self.named[at].push(diagnostic);
    }

    /// This report, and behind it one for each file that is named and complained of.
    pub(super) fn files(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.named)
    }

    /// Whether any complaint is an error.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many complaints have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        let all = self.files().flat_map(|file| &file.diagnostics);
        all.filter(|found| found.severity == severity).count()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.files().all(|file| file.diagnostics.is_empty())
    }

    /// The complaints about it and about the files that it names, sorted within each file.
    pub fn complaints(&self) -> Vec<&Diagnostic> {
        self.files().flat_map(Self::sorted).collect()
    }

    /// The complaints about the file itself, by place, then errors before warnings, then code and message; each once.
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
        for file in &mut self.named {
            file.apply_levels(levels.clone());
        }
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
