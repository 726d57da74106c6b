//! For GitHub Actions: workflow commands, which the runner shows as annotations of the changed lines.
//!
//! `::error file=…,line=…,endLine=…,col=…,endColumn=…,title=GP201::message`, escaped as the runner unescapes
//! (<https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts>). Every line that is written starts with
//! `::error` or `::warning`: what a file says can never become a command of its own.

use std::fmt::Write as _;
use std::io;

use super::located::{Located, locate};
use super::{Report, visible};

/// Writes one command a line; nothing where there is no complaint.
pub(super) fn write(reports: &[&Report], out: &mut dyn io::Write) -> io::Result<()> {
    for report in reports {
        let mut text = String::new();
        for one in locate(report) {
            command(&mut text, report, &one).expect("a string takes every character");
        }
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// One command without a place: `::notice title=glidepath::text`.
pub fn line(kind: &str, text: &str) -> String {
    format!("::{kind} title=glidepath::{}\n", data(text))
}

fn command(out: &mut String, report: &Report, one: &Located<'_>) -> std::fmt::Result {
    let found = one.found;
    let name = report.source.name();
    let name = name.strip_prefix("./").unwrap_or(name);
    write!(out, "::{} file={}", found.severity.name(), property(name))?;
    if let Some(at) = one.at {
        write!(out, ",line={},endLine={}", at.start.line, at.end.line)?;
        // The checks API takes columns only within one line, and counts the last one in.
        if at.start.line == at.end.line {
            let last = (at.end.column - 1).max(at.start.column);
            write!(out, ",col={},endColumn={last}", at.start.column)?;
        }
    }
    writeln!(out, ",title={}::{}", found.code, data(&message(one)))
}

/// The annotation has neither snippet nor footer, so all words are in its message.
fn message(one: &Located<'_>) -> String {
    let found = one.found;
    let mut text = found.marked_message();
    for (label, at) in &one.labels {
        text.push_str("\nnote: ");
        if let Some(at) = at {
            write!(text, "line {}: ", at.start.line).expect("a string takes every character");
        }
        text.push_str(&label.text);
    }
    found.push_remarks(&mut text);
    text
}

/// Escapes the part after the second `::`.
fn data(text: &str) -> String {
    visible::lines(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(&visible::line(text))
        .replace(':', "%3A")
        .replace(',', "%2C")
}
