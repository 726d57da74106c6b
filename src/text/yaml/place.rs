//! The spans of nodes, from the places that the library knows.

use std::collections::BTreeSet;

use serde_saphyr::{Location, Spanned};

use crate::text::{LineColumn, Source, Span};

use super::raw::Raw;
use super::{Entry, Fault, Kind, Node, fault};

pub(super) fn place(source: &Source, spanned: Spanned<Raw>) -> Result<Node, Fault> {
    let start = spot(source, &spanned.referenced, 1);
    let kind = match spanned.value {
        Raw::Scalar(kind) => return Ok(Node { span: start, kind }),
        Raw::Seq(items) => Kind::Seq(
            items
                .into_iter()
                .map(|item| place(source, item))
                .collect::<Result<_, _>>()?,
        ),
        Raw::Map(entries) => Kind::Map(place_entries(source, entries)?),
    };
    let span = whole(source, start, &kind);
    Ok(Node { span, kind })
}

fn place_entries(
    source: &Source,
    entries: Vec<(Spanned<String>, Spanned<Raw>)>,
) -> Result<Vec<Entry>, Fault> {
    // The library compares keys by their YAML identity; `1` and `"1"` become one string only here.
    let mut known = BTreeSet::new();
    entries
        .into_iter()
        .map(|(key, value)| {
            let key_span = spot(source, &key.referenced, key.value.len());
            if !known.insert(key.value.clone()) {
                return Err(fault::duplicate_key(&key.value, key_span));
            }
            Ok(Entry {
                key_span,
                key: key.value,
                value: place(source, value)?,
            })
        })
        .collect()
}

/// The span of a sequence or mapping, of which the library knows only where it starts: up to its closing bracket, or to the
/// end of its last part. An alias stays as short as it is.
fn whole(source: &Source, start: Span, kind: &Kind) -> Span {
    let text = source.text();
    let last = match kind {
        Kind::Seq(items) => items.iter().map(|item| item.span.end).max(),
        Kind::Map(entries) => entries
            .iter()
            .map(|entry| entry.value.span.end.max(entry.key_span.end))
            .max(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => None,
    };
    let end = last.unwrap_or(start.end).max(start.end);
    match text.as_bytes().get(start.start) {
        Some(b'{' | b'[') => Span::new(start.start, closing_bracket(text, end)),
        Some(b'*') => start,
        _ => Span::new(start.start, end),
    }
}

/// One past the bracket that closes what ends at `from`: blanks, line ends, comments and a comma may stand in between.
fn closing_bracket(text: &str, from: usize) -> usize {
    let mut at = from;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'}' | b']' => return at + 1,
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => at += 1,
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            _ => break,
        }
    }
    from
}

/// The library's place in bytes; `len` bytes from its start where it knows only that.
fn spot(source: &Source, at: &Location, len: usize) -> Span {
    let bytes = at.span();
    let (start, end) = if let (Some(start), Some(len)) = (bytes.byte_offset(), bytes.byte_len()) {
        (
            usize::try_from(start).unwrap_or(0),
            usize::try_from(start + len).unwrap_or(0),
        )
    } else {
        let start = start_of(source, *at).start;
        (start, start + len)
    };
    let (start, end) = (source.floor(start), source.floor(end));
    let trimmed = source.text()[start..end.max(start)].trim_end();
    Span::new(start, start + trimmed.len())
}

pub(super) fn start_of(source: &Source, at: Location) -> Span {
    let start = source.offset(LineColumn {
        line: usize::try_from(at.line()).unwrap_or(usize::MAX),
        column: usize::try_from(at.column()).unwrap_or(usize::MAX),
    });
    let next = source.text()[start..]
        .chars()
        .next()
        .map_or(0, char::len_utf8);
    Span::new(start, start + next)
}
