//! One complaint, as plain data.

use crate::text::{Node, Route, Source, Span};

use super::{Code, Severity};

/// Which half of a mapping's entry a [`Place`] points at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The key: for what is unknown or missing.
    Key,
    /// The value: for what is wrong.
    Value,
}

/// Where in the file a diagnostic points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A node of the document; its span is found when the diagnostic is shown.
    Node(Route, Part),
    /// Bytes of the text, where there is no document to name a node of.
    Bytes(Span),
    /// The file as a whole.
    File,
}

impl Place {
    /// The value at `route`.
    pub fn value(route: Route) -> Self {
        Self::Node(route, Part::Value)
    }

    /// The key that leads to `route`.
    pub fn key(route: Route) -> Self {
        Self::Node(route, Part::Key)
    }

    /// The node that this place names, if it names one.
    pub fn route(&self) -> Option<&Route> {
        match self {
            Self::Node(route, _) => Some(route),
            Self::Bytes(_) | Self::File => None,
        }
    }

    /// The bytes that this place covers; `document` is the text as it was read, if it could be.
    ///
    /// A node that the document does not have (a default, say) is shown at its nearest parent's key.
    pub fn span(&self, source: &Source, document: Option<&Node>) -> Span {
        match (self, document) {
            (Self::Bytes(span), _) => *span,
            (Self::File, _) | (Self::Node(..), None) => Span::default(),
            (Self::Node(route, part), Some(document)) => match (document.get(route), part) {
                (Some(node), Part::Value) => shown(source, node),
                (Some(node), Part::Key) => document
                    .key_span(route)
                    .unwrap_or_else(|| shown(source, node)),
                (None, _) => {
                    let mut parent = route.parent();
                    while document.get(&parent).is_none() {
                        parent = parent.parent();
                    }
                    document
                        .key_span(&parent)
                        .unwrap_or_else(|| shown(source, document.nearest(&parent)))
                }
            },
        }
    }
}

/// The text of a node. A block of many lines is pointed at by its first: a snippet of fifty lines explains nothing.
fn shown(source: &Source, node: &Node) -> Span {
    let Span { start, end } = node.span;
    let text = &source.text()[start..end];
    let line = text.split('\n').next().unwrap_or(text).trim_end();
    Span::new(start, start + line.len())
}

/// A second place that explains the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where it is.
    pub place: Place,
    /// What is there, in a few words.
    pub text: String,
}

/// One complaint about a file. Every text is one line; a line end in it came from the file and is shown as `␊`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable code that `glidepath explain` documents.
    pub code: Code,
    /// Error or warning; a code's own unless `spec.lints` changed it.
    pub severity: Severity,
    /// Where it points.
    pub place: Place,
    /// One lower-case sentence: what was found, then what is allowed.
    pub message: String,
    /// Words under the marked text, if the message alone does not say enough.
    pub mark: Option<String>,
    /// Other places that matter.
    pub labels: Vec<Label>,
    /// Facts that explain the rule.
    pub notes: Vec<String>,
    /// What to do, as an imperative.
    pub help: Option<String>,
}

impl Diagnostic {
    /// A complaint with its code's own severity.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            place,
            message: message.into(),
            mark: None,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
        }
    }

    /// The message and the words under the marked text, for formats that mark nothing.
    pub(super) fn marked_message(&self) -> String {
        match &self.mark {
            Some(mark) => format!("{}: {mark}", self.message),
            None => self.message.clone(),
        }
    }

    /// Adds notes and help to a message, a line each, for formats that have no place for them.
    pub(super) fn push_remarks(&self, text: &mut String) {
        for note in &self.notes {
            text.push_str("\nnote: ");
            text.push_str(note);
        }
        if let Some(help) = &self.help {
            text.push_str("\nhelp: ");
            text.push_str(help);
        }
    }

    /// Adds words under the marked text.
    #[must_use]
    pub fn mark(mut self, text: impl Into<String>) -> Self {
        self.mark = Some(text.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn label(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label {
            place,
            text: text.into(),
        });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Says what to do, where there is something to say.
    #[must_use]
    pub fn maybe_help(mut self, text: Option<String>) -> Self {
        self.help = text.or(self.help);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::parse;

    fn text_at(text: &str, place: &Place) -> String {
        let source = Source::new("x", text);
        let document = parse(&source).expect("the test's text is YAML");
        let span = place.span(&source, Some(&document));
        source.text()[span.start..span.end].to_owned()
    }

    #[test]
    fn a_place_covers_what_a_reader_would_point_at() {
        let text = "\
a: &x {b: [1, {c: 'd e'}], f: {}}   # }
g:
  - h: {i: 1}   # j
    k: 2
  - *x
l: {m: 1,
  n: 2}
o:
";
        let root = Route::root();
        let g = root.key("g");
        for (place, want) in [
            (Place::value(root.key("a").key("b")), "[1, {c: 'd e'}]"),
            (Place::value(root.key("a").key("f")), "{}"),
            (Place::key(root.key("a").key("b")), "b"),
            (Place::value(g.index(0)), "h: {i: 1}   # j"),
            (Place::value(g.index(0).key("h")), "{i: 1}"),
            (Place::value(root.key("l")), "{m: 1,"),
            (Place::value(root.key("o").key("missing")), "o"),
            (
                Place::value(root.key("missing")),
                "a: &x {b: [1, {c: 'd e'}], f: {}}   # }",
            ),
            (Place::File, ""),
        ] {
            assert_eq!(text_at(text, &place), want, "{place:?}");
        }
    }
}
