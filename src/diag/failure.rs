//! Why a run ended where no place in a file is to blame.

use std::io;

use annotate_snippets::renderer::{DEFAULT_EMPHASIS_STYLE, DEFAULT_ERROR_STYLE, Style};
use serde_json::json;

use super::{Format, visible};

/// Writes one sentence and what to do about it.
///
/// A SARIF log is about results in files; a run that never got there says why in words.
pub fn write_failure(
    format: Format,
    message: &str,
    help: Option<&str>,
    colour: bool,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    match format {
        Format::Human | Format::Sarif => {
            let style = |style| if colour { style } else { Style::new() };
            let (error, bold) = (style(DEFAULT_ERROR_STYLE), style(DEFAULT_EMPHASIS_STYLE));
            let message = visible::lines(message);
            writeln!(out, "{error}error{error:#}{bold}: {message}{bold:#}")?;
            match help {
                Some(help) => writeln!(out, "  = {bold}help{bold:#}: {}", visible::lines(help)),
                None => Ok(()),
            }
        }
        Format::Json => {
            let body = json!({"version": 1, "severity": "error", "message": message, "help": help});
            writeln!(out, "{}", visible::json(&body.to_string()))
        }
        Format::Github => {
            let help = help.map_or_else(String::new, |help| format!("%0Ahelp: {}", escape(help)));
            writeln!(out, "::error title=glidepath::{}{help}", escape(message))
        }
    }
}

fn escape(text: &str) -> String {
    visible::lines(text)
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}
