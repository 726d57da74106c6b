//! The list of models in the text: which entries go, and where the copy of the winner's stands.

use std::cmp::Ordering;

use crate::text::{Kind, Node, Span};

use super::{Edit, applied};

/// The edits of the list: every entry but the winner's goes, and the copy of that one, with its own edits, comes after it.
pub(super) fn edits(text: &str, models: &Node, winner: usize, copy: &[Edit]) -> Option<Vec<Edit>> {
    let Kind::Seq(items) = &models.kind else {
        return None;
    };
    if text[models.span.start..].starts_with('[') {
        return in_brackets(text, items, winner, copy);
    }
    let entries: Option<Vec<Entry>> = items.iter().map(|item| Entry::of(text, item)).collect();
    let entries = entries?;
    let mut edits = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| entries[before].end);
        let start = before.map_or(entry.start, |end| with_comments(text, entry, end));
        if index == winner {
            let mut new = applied(text, Span::new(entry.start, entry.end), copy)?;
            let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
            if !text[..entry.end].ends_with('\n') {
                new.insert_str(0, eol);
            }
            // Where a blank line stands between the models, one stands before the new one.
            if before.is_some() && text[..start].ends_with(&format!("{eol}{eol}")) {
                new.insert_str(0, eol);
            }
            edits.push((Span::new(entry.end, entry.end), new));
        } else {
            let is_last = index + 1 == entries.len();
            let end = if is_last {
                entry.end
            } else {
                without_blanks(text, entry.end)
            };
            edits.push((Span::new(start, end), String::new()));
        }
    }
    Some(edits)
}

/// One entry of a list in block style: whole lines, from the one with its dash on.
struct Entry {
    start: usize,
    end: usize,
    indent: usize,
}

impl Entry {
    /// Where an entry stands; none where its dash does not begin a line.
    fn of(text: &str, item: &Node) -> Option<Self> {
        let before = text[..item.span.start].trim_end();
        let dash = before.strip_suffix('-')?.len();
        let start = text[..dash].rfind('\n').map_or(0, |at| at + 1);
        let indent = dash - start;
        if !text[start..dash].trim_start_matches(' ').is_empty() {
            return None;
        }
        let mut lines = text[start..].split_inclusive('\n');
        let mut at = start + lines.next()?.len();
        let mut end = at;
        for line in lines {
            at += line.len();
            if !line.trim().is_empty() {
                if indent_of(line) <= indent {
                    break;
                }
                end = at;
            }
        }
        Some(Self { start, end, indent })
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The start of an entry with the comments right above it, which are about it; not above `floor`, where the one before it ends.
fn with_comments(text: &str, entry: &Entry, floor: usize) -> usize {
    let mut start = entry.start;
    for line in text[floor..entry.start].split_inclusive('\n').rev() {
        if !line.trim_start().starts_with('#') || indent_of(line) > entry.indent {
            break;
        }
        start -= line.len();
    }
    start
}

/// The first line from here on that is not blank.
fn without_blanks(text: &str, from: usize) -> usize {
    let lines = text[from..].split_inclusive('\n');
    let blank = lines.take_while(|line| line.trim().is_empty());
    from + blank.map(str::len).sum::<usize>()
}

/// The same for a list in brackets.
fn in_brackets(text: &str, items: &[Node], winner: usize, copy: &[Edit]) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    let gap = |before: usize| -> Option<&str> {
        text.get(items.get(before)?.span.end..items.get(before + 1)?.span.start)
    };
    for (index, item) in items.iter().enumerate() {
        let before = index.checked_sub(1);
        match index.cmp(&winner) {
            Ordering::Less => {
                let end = items.get(index + 1)?.span.start;
                edits.push((Span::new(item.span.start, end), String::new()));
            }
            Ordering::Equal => {
                let gap = before.and_then(gap).or_else(|| gap(index));
                let gap = gap.filter(|gap| !gap.contains('#')).unwrap_or(", ");
                let new = applied(text, item.span, copy)?;
                let end = item.span.end;
                edits.push((Span::new(end, end), format!("{gap}{new}")));
            }
            Ordering::Greater => {
                let start = items.get(before?)?.span.end;
                edits.push((Span::new(start, item.span.end), String::new()));
            }
        }
    }
    Some(edits)
}
