//! What the workflow runner reads: outputs, the summary, and commands in the log.
//!
//! The log is parsed: a line that begins with `::`, or has `##[` anywhere, is a command
//! (<https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>). Whatever a repository says is written
//! there escaped, as the message of an annotation, or not at all.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::Failure;
use crate::cli::environment::variable;
use crate::cli::output::Output;
use crate::diag::github_line;
use crate::units::sha256_hex;

/// GitHub shows nothing of a summary that is longer than 1 MiB.
const MOST_SUMMARY: usize = 1_000_000;

/// What the runner reads: outputs and the summary.
#[derive(Debug, Default)]
pub(super) struct Runner {
    output: Option<PathBuf>,
    summary: Option<PathBuf>,
    /// The step's outputs, name to value.
    outputs: BTreeMap<&'static str, String>,
    text: String,
}

impl Runner {
    pub(super) fn of_environment() -> Self {
        Self {
            output: variable("GITHUB_OUTPUT").map(PathBuf::from),
            summary: variable("GITHUB_STEP_SUMMARY").map(PathBuf::from),
            ..Self::default()
        }
    }

    /// Sets an output.
    pub(super) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.outputs.insert(name, value.into());
    }

    /// Adds a part to the summary.
    pub(super) fn say(&mut self, text: &str) {
        self.text.push_str(text.trim_end());
        self.text.push_str("\n\n");
    }

    /// Writes outputs and summary, each file once.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        if let Some(path) = &self.output {
            let all: String = self
                .outputs
                .iter()
                .map(|(name, value)| output(name, value))
                .collect();
            append(path, &all)?;
        }
        if let Some(path) = &self.summary {
            append(path, shorten(&self.text))?;
        }
        Ok(())
    }
}

/// The page of this run.
pub(super) fn run_url() -> Option<String> {
    Some(format!("{}/{}", variable("GITHUB_SERVER_URL")?, run()?))
}

/// This run, by its path on the server.
pub(super) fn run() -> Option<String> {
    let [repository, run] = ["GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(variable);
    Some(format!("{}/actions/runs/{}", repository?, run?))
}

/// A file for what is too large for an output.
pub(super) fn file(name: &str, text: &str) -> Result<Option<PathBuf>, Failure> {
    let Some(folder) = variable("RUNNER_TEMP") else {
        return Ok(None);
    };
    let path = Path::new(&folder).join(name);
    std::fs::write(&path, text).map_err(|error| Failure::io("write", &path, &error))?;
    Ok(Some(path))
}

/// One output as the runner reads it. Its end is not to be guessed, and does not stand in the value.
fn output(name: &str, value: &str) -> String {
    let mut end = format!(
        "glidepath_{}",
        sha256_hex(format!("{}{name}{value}", std::process::id()).as_bytes())
    );
    while value.contains(&end) {
        end = format!("glidepath_{}", sha256_hex(end.as_bytes()));
    }
    format!("{name}<<{end}\n{value}\n{end}\n")
}

/// Whole sections as long as they fit.
fn shorten(text: &str) -> &str {
    if text.len() <= MOST_SUMMARY {
        return text;
    }
    let mut end = MOST_SUMMARY;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let kept = &text[..end];
    kept.rfind("\n\n").map_or(kept, |at| &kept[..at])
}

fn append(path: &Path, text: &str) -> Result<(), Failure> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::io("write", path, &error))
}

/// Writes a notice to the log.
pub(super) fn notice(output: &mut Output<'_>, text: &str) -> Result<(), Failure> {
    output.exactly(github_line("notice", text))
}

/// Writes a warning to the log.
pub(super) fn warning(output: &mut Output<'_>, text: &str) -> Result<(), Failure> {
    output.exactly(github_line("warning", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_holds_any_value() {
        let written = output("x", "a\nb=c\nghadelimiter\n");
        let (head, rest) = written.split_once('\n').expect("lines");
        let end = head.strip_prefix("x<<").expect("a delimiter");
        assert_eq!(rest, format!("a\nb=c\nghadelimiter\n\n{end}\n"));
    }

    #[test]
    fn a_long_summary_ends_with_a_section() {
        let section = format!("{}\n\n", "é".repeat(300));
        let text = section.repeat(2_000);
        let kept = shorten(&text);
        assert!(kept.len() <= MOST_SUMMARY && text[kept.len()..].starts_with("\n\n"));
    }
}
