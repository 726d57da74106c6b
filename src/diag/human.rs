//! For people at a terminal: the code, the place, the lines it is about, and what to do.

use std::io;

use annotate_snippets::renderer::{
    DEFAULT_EMPHASIS_STYLE, DEFAULT_ERROR_STYLE, DEFAULT_LINE_NUM_STYLE, DEFAULT_WARNING_STYLE,
    Style,
};
use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer};

use super::excerpt::{Mark, excerpt};
use super::located::{Located, Region, locate};
use super::{Report, Severity, visible, words};

/// The most characters of any one text; it may quote a value of any length.
const TEXT_LIMIT: usize = 500;

/// Writes every complaint with its snippet, and a last line that counts them; nothing where there are none.
pub(super) fn write(reports: &[&Report], colour: bool, out: &mut dyn io::Write) -> io::Result<()> {
    let ink = Ink::new(colour);
    let mut files = Vec::new();
    let (mut errors, mut warnings) = (0, 0);
    for report in reports {
        let located = locate(report);
        let mut text = String::new();
        for one in &located {
            match one.found.severity {
                Severity::Error => errors += 1,
                Severity::Warning => warnings += 1,
            }
            text.push_str(&ink.complaint(report, one));
            text.push('\n');
        }
        if !located.is_empty() {
            files.push(report.source.name());
        }
        out.write_all(text.as_bytes())?;
    }
    match summary(errors, warnings, &files) {
        Some((severity, text)) => {
            let name = paint(ink.level(severity), severity.name());
            let text = paint(ink.emphasis, &format!(": {text}"));
            writeln!(out, "{name}{text}")
        }
        None => Ok(()),
    }
}

/// `3 errors, 1 warning in rollout.yaml`.
fn summary(errors: usize, warnings: usize, files: &[&str]) -> Option<(Severity, String)> {
    let place = match files {
        [] => return None,
        [name] => shown(name),
        many => words::count(many.len(), "file"),
    };
    let counts = [(errors, "error"), (warnings, "warning")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, noun)| words::count(n, noun))
        .collect::<Vec<_>>()
        .join(", ");
    let severity = if errors > 0 {
        Severity::Error
    } else {
        Severity::Warning
    };
    Some((severity, format!("{counts} in {place}")))
}

/// How the parts are coloured. The colours are annotate-snippets' own; the header is painted here because the crate counts
/// columns in what it is given, and it is given excerpts.
struct Ink {
    renderer: Renderer,
    error: Style,
    warning: Style,
    emphasis: Style,
    margin: Style,
}

impl Ink {
    fn new(colour: bool) -> Self {
        // The excerpt has its own bound, which unlike the crate's does not give up on a line with two far marks.
        let renderer = if colour {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .term_width(usize::from(u16::MAX));
        let style = |style| if colour { style } else { Style::new() };
        Self {
            renderer,
            error: style(DEFAULT_ERROR_STYLE),
            warning: style(DEFAULT_WARNING_STYLE),
            emphasis: style(DEFAULT_EMPHASIS_STYLE),
            margin: style(DEFAULT_LINE_NUM_STYLE),
        }
    }

    fn level(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
        }
    }

    fn complaint(&self, report: &Report, one: &Located<'_>) -> String {
        let found = one.found;
        let body = body(report, one);
        let title = paint(
            self.level(found.severity),
            &format!("{}[{}]", found.severity.name(), found.code),
        );
        let message = paint(
            self.emphasis,
            &format!(
                ": {}",
                visible::cut(&visible::line(&found.message), TEXT_LIMIT)
            ),
        );
        let arrow = paint(
            self.margin,
            &format!("{:width$}-->", "", width = body.width),
        );
        let name = shown(report.source.name());
        let place = match one.at {
            Some(Region { start, .. }) => format!("{name}:{}:{}", start.line, start.column),
            None => name,
        };
        let mut text = format!("{title}{message}\n{arrow} {place}\n");
        if !body.elements.is_empty() {
            let level = match found.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
            };
            let group = Group::with_level(level).elements(body.elements);
            for line in self.renderer.render(&[group]).lines() {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text
    }
}

/// What stands below a complaint's header.
struct Body {
    elements: Vec<Element<'static>>,
    /// Digits of the largest line number.
    width: usize,
}

fn body(report: &Report, one: &Located<'_>) -> Body {
    let found = one.found;
    let mut marks: Vec<Mark<'_>> = one
        .at
        .iter()
        .map(|at| Mark {
            at: *at,
            text: found.mark.as_deref(),
            kind: AnnotationKind::Primary,
        })
        .collect();
    let mut elsewhere = Vec::new();
    for (label, at) in &one.labels {
        match at {
            Some(at) => marks.push(Mark {
                at: *at,
                text: Some(&label.text),
                kind: AnnotationKind::Context,
            }),
            None => elsewhere.push(label.text.clone()),
        }
    }
    let excerpt = excerpt(&report.source, &marks);
    elsewhere.extend(
        excerpt
            .left_out
            .iter()
            .filter_map(|mark| Some(format!("line {}: {}", mark.at.start.line, mark.text?))),
    );
    let mut elements: Vec<Element<'static>> =
        excerpt.snippet.into_iter().map(Element::from).collect();
    let footer = |text: &str| visible::cut(&visible::line(text), TEXT_LIMIT);
    for note in elsewhere.iter().chain(&found.notes) {
        elements.push(Level::NOTE.message(footer(note)).into());
    }
    if let Some(help) = &found.help {
        elements.push(Level::HELP.message(footer(help)).into());
    }
    Body {
        elements,
        width: excerpt.last_line.to_string().len(),
    }
}

/// A file's name; it may be any bytes that a repository can hold.
fn shown(name: &str) -> String {
    visible::cut(&visible::line(name), TEXT_LIMIT)
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
