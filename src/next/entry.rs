//! Entries of mappings in a text: where one stands, what goes with it, and how a new one is put in.

use crate::text::{Entry, Kind, Node, Span};

use super::Edit;

/// The text of an entry alone; none where it is not all on one line, such as a value that stands at an anchor.
pub(super) fn own(text: &str, entry: &Entry) -> Option<Span> {
    let span = Span::new(entry.key_span.start, entry.value.span.end);
    let written = text.get(span.start..span.end)?;
    (entry.key_span.end <= entry.value.span.start && !written.contains('\n')).then_some(span)
}

/// What stands before an entry on its line.
fn indent<'a>(text: &'a str, entry: &Entry) -> &'a str {
    let start = text[..entry.key_span.start]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    &text[start..entry.key_span.start]
}

/// The line end that a text ends with.
pub(super) fn line_end(text: &str) -> &str {
    &text[text.trim_end_matches(['\r', '\n']).len()..]
}

/// Whether an entry has a line to itself, but for a comment.
pub(super) fn is_block(text: &str, entry: &Entry) -> bool {
    let rest = text[entry.value.span.end..].lines().next();
    let rest = rest.unwrap_or_default().trim_start();
    let is_alone = rest.is_empty() || rest.starts_with('#');
    is_alone && indent(text, entry).trim_start_matches(' ').is_empty()
}

/// What goes with an entry: its line with the comment there, or, between braces, a comma.
pub(super) fn place(text: &str, entries: &[Entry], index: usize) -> Option<Span> {
    let entry = entries.get(index)?;
    let own = own(text, entry)?;
    if is_block(text, entry) {
        let start = own.start - indent(text, entry).len();
        let line = text[own.end..].split_inclusive('\n').next();
        return Some(Span::new(start, own.end + line.map_or(0, str::len)));
    }
    let plain = |from: usize, to: usize| {
        let gap = text.get(from..to)?;
        (gap.trim() == ",").then_some(())
    };
    if let Some(next) = entries.get(index + 1) {
        plain(own.end, next.key_span.start)?;
        return Some(Span::new(own.start, next.key_span.start));
    }
    let before = entries.get(index.checked_sub(1)?)?.value.span.end;
    plain(before, own.start)?;
    Some(Span::new(before, own.end))
}

/// The edit that makes a new entry the first one of a mapping.
pub(super) fn first(text: &str, mapping: &Node, new: &str) -> Option<Edit> {
    let Kind::Map(entries) = &mapping.kind else {
        return None;
    };
    let at = mapping.span.start;
    if text.get(at..)?.starts_with('{') {
        let gap = if entries.is_empty() { "" } else { ", " };
        return Some((Span::new(at + 1, at + 1), format!("{new}{gap}")));
    }
    let entry = entries.first()?;
    let (at, indent) = (entry.key_span.start, indent(text, entry));
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_alone = indent.trim_start_matches(' ').is_empty();
    is_alone.then(|| (Span::new(at, at), format!("{new}{eol}{indent}")))
}
