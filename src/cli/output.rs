//! What a command writes to, and how it says what went wrong.

use std::fmt::Display;
use std::io::{self, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::diag::{self, Format, Report, Severity};

use super::{Exit, Failure, Global, Streams};

/// Fewer files than this are done before a bar is drawn.
const MANY: usize = 20;

/// The streams, with the global options applied.
pub(super) struct Output<'a> {
    streams: &'a mut Streams,
    format: Format,
    colours: [bool; 2],
    quiet: bool,
    verbose: u8,
    most: Option<usize>,
}

impl<'a> Output<'a> {
    pub(super) fn new(global: &Global, streams: &'a mut Streams) -> Self {
        let colours = [false, true].map(|is_err| streams.is_coloured(global.color, is_err));
        Self {
            streams,
            format: global.message_format.into(),
            colours,
            quiet: global.quiet,
            verbose: global.verbose,
            most: None,
        }
    }

    /// Writes diagnostics in another format from here on.
    pub(super) fn set_format(&mut self, format: Format) {
        self.format = format;
    }

    /// Writes at most so many annotations of each kind from here on: the runner drops more than ten.
    pub(super) fn cap_annotations(&mut self, most: usize) {
        self.most = Some(most);
    }

    /// Writes a part of the result, for people. Text from a repository or a server may be in it: nothing acts.
    pub(super) fn result(&mut self, text: impl Display) -> Result<(), Failure> {
        self.exactly(diag::visible_page(&text.to_string()))
    }

    /// Writes JSON as the result. Programs read what was there, and nothing acts on a terminal.
    pub(super) fn json(&mut self, body: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(body).expect("what is printed has keys of text");
        self.exactly(diag::visible_json(&text))?;
        self.exactly("\n")
    }

    /// Writes a part of the result to the byte: manifests, what is ours alone, and text that was made visible before it was coloured.
    pub(super) fn exactly(&mut self, text: impl Display) -> Result<(), Failure> {
        write!(self.streams.out, "{text}").map_err(|error| Failure::stream(&error))
    }

    /// Writes to stdout what a library writes by itself.
    pub(super) fn result_with(
        &mut self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        write(&mut self.streams.out).map_err(|error| Failure::stream(&error))
    }

    /// Writes the whole result at once, to a reader that must get all of it: a closed pipe is an error here.
    pub(super) fn result_or_fail(&mut self, text: &str) -> Result<Exit, Failure> {
        let out = &mut self.streams.out;
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(|error| Failure::unread(&error))?;
        Ok(Exit::Done)
    }

    /// Says why there is no result, in plain lines: no colour, no format, whatever the options say.
    pub(super) fn refuse(&mut self, text: impl Display) -> Failure {
        // Nobody is left to tell when stderr itself fails.
        let _ = writeln!(self.streams.err, "{text}").and_then(|()| self.streams.err.flush());
        Failure::said(Exit::Wrong)
    }

    /// Sends what was written on its way; a full disk behind a redirection shows here.
    pub(super) fn finish(&mut self, exit: Exit) -> Result<Exit, Failure> {
        self.streams
            .out
            .flush()
            .map_err(|error| Failure::stream(&error))?;
        // Nobody is left to tell when stderr itself fails.
        let _ = self.streams.err.flush();
        Ok(exit)
    }

    /// Says what was done; for people, so only in the human format. Names from git or a server may be in it: nothing acts.
    pub(super) fn note(&mut self, text: impl Display) {
        if !self.quiet && self.format == Format::Human {
            let text = diag::visible_lines(&text.to_string());
            let _ = writeln!(self.streams.err, "{text}");
        }
    }

    /// Replaces the last line of the terminal; nothing where there is none.
    pub(super) fn countdown(&mut self, text: impl Display) {
        if !self.quiet && self.streams.is_terminal(true) {
            let _ = write!(self.streams.err, "\r\u{1b}[2K{text}");
            let _ = self.streams.err.flush();
        }
    }

    /// Says more, from so many `-v` on.
    pub(super) fn detail(&mut self, level: u8, text: impl Display) {
        if self.verbose >= level {
            self.note(text);
        }
    }

    /// A bar for long work: on a terminal, and where there is more to do than anybody can watch.
    pub(super) fn progress(&self, steps: usize, verb: &'static str) -> ProgressBar {
        if self.quiet || steps < MANY || !self.streams.is_terminal(true) {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len}")
            .expect("the template is a constant");
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        ProgressBar::new(steps).with_style(style).with_message(verb)
    }

    /// Whether the result is to be coloured.
    pub(super) fn is_coloured(&self) -> bool {
        self.colours[0]
    }

    /// Columns of the terminal, where there is one.
    pub(super) fn width(&self) -> Option<u16> {
        self.streams.width
    }

    /// Writes what was found in the files; `--quiet` keeps warnings back.
    pub(super) fn reports(&mut self, reports: &[&Report]) {
        let loud: Vec<&Report> = reports
            .iter()
            .copied()
            .filter(|report| !self.quiet || report.count(Severity::Error) > 0)
            .collect();
        let Some(most) = self.most else {
            let _ = diag::write(self.format, &loud, self.colours[1], &mut self.streams.err);
            return;
        };
        let mut text = Vec::new();
        let _ = diag::write(self.format, &loud, false, &mut text);
        let _ = self.streams.err.write_all(capped(&text, most).as_bytes());
    }

    /// Says why the run ended, and how.
    pub(super) fn fail(&mut self, failure: &Failure) -> Exit {
        let _ = self.streams.out.flush();
        if !failure.message.is_empty() {
            let _ = diag::write_failure(
                self.format,
                &failure.message,
                failure.help.as_deref(),
                self.colours[1],
                &mut self.streams.err,
            );
        }
        let _ = self.streams.err.flush();
        failure.exit
    }
}

/// The first so many annotations of each kind, and how many more there are.
fn capped(text: &[u8], most: usize) -> String {
    let text = String::from_utf8_lossy(text);
    let mut kept = String::new();
    for kind in ["error", "warning"] {
        let start = format!("::{kind} ");
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with(&start))
            .collect();
        for line in lines.iter().take(most) {
            kept.push_str(line);
            kept.push('\n');
        }
        if lines.len() > most {
            kept.push_str(&diag::github_line(
                kind,
                &format!("{} more like these", lines.len() - most),
            ));
        }
    }
    kept
}
