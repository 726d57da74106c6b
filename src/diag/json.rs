//! For programs: one JSON object a line.
//!
//! The shape is stable and `version` counts its breaks; new fields may appear within a version.
//!
//! | field | what it holds |
//! | --- | --- |
//! | `version` | [`VERSION`] |
//! | `code` | `"GP201"`; `glidepath explain` documents it |
//! | `severity` | `"error"` or `"warning"` |
//! | `file` | the file as it was named on the command line |
//! | `start`, `end` | `{"line", "column"}`, both from 1, columns in characters, `end` one past the last; `null` for the file as a whole |
//! | `route` | the node of the document, as `"spec.steps[1].weight"`; `null` where there is none |
//! | `message` | one sentence |
//! | `mark` | what is wrong with the marked text, or `null` |
//! | `labels` | further places: `start`, `end`, `route` as above, and `text` |
//! | `notes` | facts that explain the rule |
//! | `help` | what to do, or `null` |

use std::io;

use serde::Serialize;

use super::located::{Located, Region, locate};
use super::{Place, Report, visible};

/// The version of the shape.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Line<'a> {
    version: u32,
    code: &'static str,
    severity: &'static str,
    file: &'a str,
    #[serde(flatten)]
    place: Where,
    message: &'a str,
    mark: Option<&'a str>,
    labels: Vec<LabelLine<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
}

#[derive(Serialize)]
struct LabelLine<'a> {
    #[serde(flatten)]
    place: Where,
    text: &'a str,
}

#[derive(Serialize)]
struct Where {
    start: Option<Position>,
    end: Option<Position>,
    route: Option<String>,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

impl Where {
    fn new(place: &Place, at: Option<Region>) -> Self {
        let position = |at: crate::text::LineColumn| Position {
            line: at.line,
            column: at.column,
        };
        Self {
            start: at.map(|at| position(at.start)),
            end: at.map(|at| position(at.end)),
            route: place.route().map(ToString::to_string),
        }
    }
}

/// Writes one object a line; nothing where there is no complaint.
pub(super) fn write(reports: &[&Report], out: &mut dyn io::Write) -> io::Result<()> {
    for report in reports {
        let mut text = String::new();
        for one in locate(report) {
            let line = serde_json::to_string(&line(report, &one))?;
            text.push_str(&visible::json(&line));
            text.push('\n');
        }
        out.write_all(text.as_bytes())?;
    }
    Ok(())
}

fn line<'a>(report: &'a Report, one: &Located<'a>) -> Line<'a> {
    let found = one.found;
    Line {
        version: VERSION,
        code: found.code.name(),
        severity: found.severity.name(),
        file: report.source.name(),
        place: Where::new(&found.place, one.at),
        message: &found.message,
        mark: found.mark.as_deref(),
        labels: one
            .labels
            .iter()
            .map(|(label, at)| LabelLine {
                place: Where::new(&label.place, *at),
                text: &label.text,
            })
            .collect(),
        notes: &found.notes,
        help: found.help.as_deref(),
    }
}
