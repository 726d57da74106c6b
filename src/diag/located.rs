//! Where everything in a report stands, found in one pass over its text.

use std::collections::BTreeMap;

use crate::text::{LineColumn, Source, Span};

use super::{Diagnostic, Label, Place, Report};

/// A stretch of text, in bytes and as people count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Region {
    /// The bytes, on character boundaries and within the text.
    pub(super) span: Span,
    /// The first character.
    pub(super) start: LineColumn,
    /// One past the last character.
    pub(super) end: LineColumn,
}

/// A complaint with its places found; `None` is the file as a whole.
#[derive(Debug)]
pub(super) struct Located<'a> {
    /// The complaint.
    pub(super) found: &'a Diagnostic,
    /// Where it points.
    pub(super) at: Option<Region>,
    /// Where its labels point.
    pub(super) labels: Vec<(&'a Label, Option<Region>)>,
}

/// The complaints of a report in their order.
///
/// Thousands of complaints about one long line must not count that line's characters thousands of times, so all offsets
/// are gathered first.
pub(super) fn locate(report: &Report) -> Vec<Located<'_>> {
    let source = &report.source;
    let spans: Vec<_> = report
        .sorted()
        .into_iter()
        .map(|found| {
            let labels: Vec<_> = found
                .labels
                .iter()
                .map(|label| (label, span(&label.place, report)))
                .collect();
            (found, span(&found.place, report), labels)
        })
        .collect();
    let mut positions = BTreeMap::new();
    for (_, at, labels) in &spans {
        for span in at
            .iter()
            .chain(labels.iter().filter_map(|(_, at)| at.as_ref()))
        {
            positions.insert(span.start, LineColumn { line: 0, column: 0 });
            positions.insert(span.end, LineColumn { line: 0, column: 0 });
        }
    }
    count(source, &mut positions);
    let region = |span: Span| Region {
        span,
        start: positions[&span.start],
        end: positions[&span.end],
    };
    spans
        .into_iter()
        .map(|(found, at, labels)| Located {
            found,
            at: at.map(region),
            labels: labels
                .into_iter()
                .map(|(label, at)| (label, at.map(region)))
                .collect(),
        })
        .collect()
}

/// The bytes of a place, or `None` where it is the file as a whole.
fn span(place: &Place, report: &Report) -> Option<Span> {
    let document = report.document.as_ref();
    match (place, document) {
        (Place::File, _) | (Place::Node(..), None) => None,
        (Place::Bytes(_), _) | (Place::Node(..), Some(_)) => {
            let text = report.source.text();
            let within = |offset: usize| {
                (0..=offset.min(text.len()))
                    .rev()
                    .find(|at| text.is_char_boundary(*at))
                    .unwrap_or(0)
            };
            let span = place.span(&report.source, document);
            Some(Span::new(within(span.start), within(span.end)))
        }
    }
}

/// Fills in line and column of every offset, front to back.
fn count(source: &Source, positions: &mut BTreeMap<usize, LineColumn>) {
    let mut passed = 0;
    let mut at = LineColumn { line: 1, column: 1 };
    for (offset, position) in positions {
        let between = &source.text()[passed..*offset];
        match between.rsplit_once('\n') {
            Some((before, after)) => {
                at.line += before.matches('\n').count() + 1;
                at.column = after.chars().count() + 1;
            }
            None => at.column += between.chars().count(),
        }
        passed = *offset;
        *position = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;

    #[test]
    fn positions_are_the_ones_that_the_source_counts() {
        let text = "añ: 1\r\n\n\tb: 🚀x\nc";
        let mut report = Report::new(Source::new("x", text));
        for (start, _) in text.char_indices() {
            report.push(Diagnostic::new(
                Code::GP201,
                Place::Bytes(Span::new(start, text.len() + 7)),
                "m",
            ));
        }
        let located = locate(&report);
        assert_eq!(located.len(), text.chars().count());
        for found in located {
            let at = found.at.expect("bytes have a place");
            assert_eq!(at.start, report.source.line_column(at.span.start));
            assert_eq!(at.end, report.source.line_column(text.len()));
        }
    }

    #[test]
    fn the_file_as_a_whole_has_no_place() {
        let mut report = Report::new(Source::new("x", "a: 1"));
        report.push(Diagnostic::new(Code::GP201, Place::File, "m"));
        report.push(Diagnostic::new(
            Code::GP202,
            Place::value(crate::text::Route::root().key("a")),
            "without a document, no node has a place",
        ));
        assert!(locate(&report).iter().all(|found| found.at.is_none()));
    }
}
