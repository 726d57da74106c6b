//! In: what a phase found wrong, as a [`Code`], a [`Place`] and words. Out: a [`Report`], sorted by place, and its writers.
//! One file a format; the data knows nothing of how it is shown.
//! Never knows what a spec or an object means.

mod brief;
mod code;
mod diagnostic;
mod excerpt;
mod failure;
mod github;
mod human;
mod json;
mod located;
mod markdown;
mod origins;
mod report;
mod sarif;
mod unreadable;
mod visible;
pub mod words;

use std::io;

/// What a [`Place`] is named by, and what it is in; whoever complains has it from here and needs nothing else of `text`.
pub use crate::text::{FileError, Files, MAX_BYTES, Route, Segment, Source};
pub use code::{Code, Severity};
pub use diagnostic::{Diagnostic, Label, Part, Place};
pub use failure::write_failure;
pub use github::line as github_line;
pub use markdown::escape as escape_markdown;
pub use origins::Origins;
pub use report::Report;
pub use unreadable::unreadable;
pub use visible::{
    acts, cut, json as visible_json, line as visible_line, lines as visible_lines,
    page as visible_page,
};

/// How reports are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people: snippets with marks, and a last line that counts.
    #[default]
    Human,
    /// For programs: one JSON object a line.
    Json,
    /// For GitHub Actions: workflow commands that become annotations.
    Github,
    /// For code scanning: one SARIF 2.1.0 log.
    Sarif,
}

impl Format {
    /// Every format.
    pub const ALL: &[Self] = &[Self::Human, Self::Json, Self::Github, Self::Sarif];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
            Self::Github => "github",
            Self::Sarif => "sarif",
        }
    }
}

/// Writes every complaint of every report, in the reports' order; `colour` matters to [`Format::Human`] only.
///
/// The bytes depend on nothing but the arguments, and no character of a file reaches `out` that a terminal or a runner
/// would act on.
pub fn write(
    format: Format,
    reports: &[&Report],
    colour: bool,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let reports: Vec<&Report> = reports.iter().flat_map(|report| report.files()).collect();
    let reports = reports.as_slice();
    match format {
        Format::Human => human::write(reports, colour, out),
        Format::Json => json::write(reports, out),
        Format::Github => github::write(reports, out),
        Format::Sarif => sarif::write(reports, out),
    }
}

/// The first `most` errors of a report, a line each with its place, for where there is one box and no file beside it.
pub fn brief(report: &Report, most: usize) -> Vec<String> {
    brief::brief(report, most)
}

/// One line of text from anywhere, cut short, without a character that a terminal or a runner would act on.
pub fn shown(text: &str) -> String {
    brief::shown(text)
}

#[cfg(test)]
mod tests;
