//! One line a complaint, for where a reader has one box and no file beside it.

use super::located::locate;
use super::{Report, Severity, visible};

/// The most characters of one line.
const WIDTH: usize = 400;

/// `rollout.yaml:12:7: GP101: there is no model ...`, the first `most` errors; then how many more there are.
pub(super) fn brief(report: &Report, most: usize) -> Vec<String> {
    let located = report.files().flat_map(|file| {
        let name = file.source.name();
        locate(file).into_iter().map(move |one| (name, one))
    });
    let errors: Vec<_> = located
        .filter(|(_, located)| located.found.severity == Severity::Error)
        .collect();
    let mut lines: Vec<String> = Vec::new();
    for (name, error) in errors.iter().take(most) {
        // A place that is the file as a whole is its first line.
        let (line, column) = error
            .at
            .map_or((1, 1), |region| (region.start.line, region.start.column));
        let found = error.found;
        lines.push(shown(&format!(
            "{name}:{line}:{column}: {}: {}",
            found.code, found.message
        )));
        if let (Some(help), 1) = (&found.help, errors.len()) {
            lines.push(shown(&format!("help: {help}")));
        }
    }
    if errors.len() > most {
        lines.push(format!("and {} more", errors.len() - most));
    }
    lines
}

/// One line that nothing acts on, without the credentials of addresses, cut where nobody would read on.
pub(super) fn shown(text: &str) -> String {
    visible::line(&visible::cut(&without_credentials(text), WIDTH))
}

/// `https://…@host` for `https://user:password@host`: a line may be read by more people than the file.
fn without_credentials(text: &str) -> String {
    const SCHEME: &str = "://";
    let mut parts = text.split(SCHEME);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let authority = part
            .find(|c: char| c.is_whitespace() || matches!(c, '/' | '`' | '"'))
            .unwrap_or(part.len());
        shown.push_str(SCHEME);
        match part[..authority].rfind('@') {
            Some(at) => {
                shown.push('…');
                shown.push_str(&part[at..]);
            }
            None => shown.push_str(part),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::{Code, Diagnostic, Place};
    use crate::text::{Source, Span};

    #[test]
    fn credentials_are_not_shown() {
        for (text, want) in [
            (
                "`https://me:pw@git.example/x`, so",
                "`https://…@git.example/x`, so",
            ),
            ("`https://git.example/x@y`", "`https://git.example/x@y`"),
            ("a://b@c d://e:f@g", "a://…@c d://…@g"),
            ("https://me:pw@", "https://…@"),
            ("no address @ all", "no address @ all"),
        ] {
            assert_eq!(shown(text), want);
        }
    }

    #[test]
    fn the_first_line_has_the_place_and_the_last_one_counts() {
        let mut report = Report::new(Source::new("rollout.yaml", "a\nbc\n"));
        for start in 0..4 {
            report.push(
                Diagnostic::new(
                    Code::GP101,
                    Place::Bytes(Span::new(start, start + 1)),
                    "no \u{1b}[31m",
                )
                .help("h"),
            );
        }
        report.push(Diagnostic::new(Code::GP111, Place::File, "a warning"));
        let lines = brief(&report, 3);
        assert_eq!(lines[0], "rollout.yaml:1:1: GP101: no ␛[31m");
        assert_eq!(lines[2], "rollout.yaml:2:1: GP101: no ␛[31m");
        assert_eq!(lines[3], "and 1 more");
        assert_eq!(lines.len(), 4);
    }
}
