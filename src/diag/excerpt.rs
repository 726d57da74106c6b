//! The few lines of a file that a complaint is about.
//!
//! Rendering is only ever handed what it shows: a file may be large, a line may be very long, and there may be thousands of
//! complaints.

use annotate_snippets::{Annotation, AnnotationKind, Snippet};

use crate::text::Source;

use super::located::Region;
use super::visible;

/// The most characters of one line.
const LINE_LIMIT: usize = 140;
/// How many of them stand before the mark, where the line is longer.
const BEFORE_MARK: usize = 40;
/// The most lines between two marks of one snippet.
const FAR: usize = 300;
/// The most characters of a mark's text.
const MARK_LIMIT: usize = 200;

/// A marked stretch of text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark<'a> {
    /// Where it is; only its first line is marked.
    pub(super) at: Region,
    /// What is written under it.
    pub(super) text: Option<&'a str>,
    /// How it is marked.
    pub(super) kind: AnnotationKind,
}

/// What [`excerpt`] made of some marks.
#[derive(Debug)]
pub(super) struct Excerpt<'a> {
    /// The lines, with their marks; `None` where nothing is marked.
    pub(super) snippet: Option<Snippet<'static, Annotation<'static>>>,
    /// The number of the last line, or 1.
    pub(super) last_line: usize,
    /// Marks too far from the first to be shown with it.
    pub(super) left_out: Vec<Mark<'a>>,
}

/// The marked lines. The first mark is always among them.
pub(super) fn excerpt<'a>(source: &Source, marks: &[Mark<'a>]) -> Excerpt<'a> {
    let (near, left_out) = near(marks);
    let Some(first) = near.first().map(|mark| mark.at.start.line) else {
        return Excerpt {
            snippet: None,
            last_line: 1,
            left_out,
        };
    };
    let mut text = String::new();
    let mut annotations = Vec::new();
    let mut last = first;
    for marked in near.chunk_by(|a, b| a.at.start.line == b.at.start.line) {
        let at = marked[0].at.start.line;
        let line = Line::around(source.text(), marked[0].at.span.start);
        // A single line between two marked ones is shown, so it needs its text; of more than one, none is.
        if at == last + 2 {
            text.push('\n');
            let between = Line::around(source.text(), line.start - 1);
            text.push_str(&between.window(between.start).shown);
        } else {
            text.extend(std::iter::repeat_n('\n', (at - last).saturating_sub(1)));
        }
        if at > last {
            text.push('\n');
        }
        last = at;
        let lead = marked
            .iter()
            .find(|mark| mark.kind == AnnotationKind::Primary)
            .unwrap_or(&marked[0]);
        let window = line.window(lead.at.span.start);
        for mark in marked {
            let start = text.len() + window.map(&line, mark.at.span.start);
            let end = text.len() + window.map(&line, mark.at.span.end);
            let label = mark
                .text
                .map(|label| visible::cut(&visible::line(label), MARK_LIMIT));
            annotations.push(mark.kind.span(start..end).label(label));
        }
        text.push_str(&window.shown);
    }
    Excerpt {
        snippet: Some(
            Snippet::source(text)
                .line_start(first)
                .annotations(annotations),
        ),
        last_line: last,
        left_out,
    }
}

/// The marks that are reached from the first one without a jump over more than [`FAR`] lines, by line; and the others.
fn near<'a>(marks: &[Mark<'a>]) -> (Vec<Mark<'a>>, Vec<Mark<'a>>) {
    let Some(first) = marks.first() else {
        return (Vec::new(), Vec::new());
    };
    let mut sorted = marks.to_vec();
    sorted.sort_by_key(|mark| mark.at.start.line);
    let mut groups = sorted.chunk_by(|a, b| b.at.start.line - a.at.start.line <= FAR);
    let near = groups
        .find(|group| {
            let lines = group[0].at.start.line..=group[group.len() - 1].at.start.line;
            lines.contains(&first.at.start.line)
        })
        .unwrap_or(&[])
        .to_vec();
    let range = near[0].at.start.line..=near[near.len() - 1].at.start.line;
    sorted.retain(|mark| !range.contains(&mark.at.start.line));
    (near, sorted)
}

/// One line of the file, without its end.
struct Line<'a> {
    text: &'a str,
    start: usize,
}

impl<'a> Line<'a> {
    fn around(text: &'a str, offset: usize) -> Self {
        let start = text[..offset].rfind('\n').map_or(0, |end| end + 1);
        let end = text[offset..]
            .find('\n')
            .map_or(text.len(), |at| offset + at);
        let line = &text[start..end];
        Self {
            text: line.strip_suffix('\r').unwrap_or(line),
            start,
        }
    }

    /// At most [`LINE_LIMIT`] characters of the line, with `offset` among them.
    fn window(&self, offset: usize) -> Window {
        let mark = self.within(offset);
        let back = |from: usize, chars: usize| {
            self.text[..from]
                .char_indices()
                .rev()
                .take(chars)
                .last()
                .map_or(from, |(at, _)| at)
        };
        let mut left = back(mark, BEFORE_MARK);
        let mut ahead = self.text[left..].char_indices().skip(LINE_LIMIT);
        let right = if let Some((at, _)) = ahead.next() {
            left + at
        } else {
            let room = LINE_LIMIT - self.text[left..].chars().count();
            left = back(left, room);
            self.text.len()
        };
        let mut shown = String::new();
        if left > 0 {
            shown.push('…');
        }
        shown.push_str(&visible::source(&self.text[left..right]));
        if right < self.text.len() {
            shown.push('…');
        }
        if shown.is_empty() {
            // An empty last line is no line to the renderer, and the end of a file is a place where things are missing.
            shown.push(' ');
        }
        Window { left, right, shown }
    }

    /// An offset into the file as one into this line, clamped to it.
    fn within(&self, offset: usize) -> usize {
        offset.saturating_sub(self.start).min(self.text.len())
    }
}

/// The part of a line that is shown.
struct Window {
    left: usize,
    right: usize,
    shown: String,
}

impl Window {
    /// An offset into the file as one into what is shown; what is cut off is at the ellipsis.
    fn map(&self, line: &Line<'_>, offset: usize) -> usize {
        let at = line.within(offset);
        if at < self.left {
            return 0;
        }
        if at > self.right {
            return self.shown.len() - '…'.len_utf8();
        }
        let ellipsis = if self.left > 0 { '…'.len_utf8() } else { 0 };
        ellipsis + visible::source(&line.text[self.left..at]).len()
    }
}
