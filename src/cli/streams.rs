//! Where a run reads and writes; tests hand in buffers.

use std::io::{self, BufWriter, IsTerminal, Write};

use super::Colour;

/// stdout, stderr, and what is known of them.
pub struct Streams {
    /// Where the result goes.
    pub out: Box<dyn Write>,
    /// Where diagnostics and progress go.
    pub err: Box<dyn Write>,
    is_terminal: [bool; 2],
    colours: Option<bool>,
    /// Columns of the terminal, where there is one.
    pub width: Option<u16>,
}

impl Streams {
    /// The process's own streams.
    pub fn real() -> Self {
        let set = |name: &str| {
            std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
        };
        let colours = if set("CLICOLOR_FORCE") {
            Some(true)
        } else if set("NO_COLOR") {
            Some(false)
        } else {
            None
        };
        Self {
            out: Box::new(BufWriter::new(io::stdout())),
            err: Box::new(BufWriter::new(io::stderr())),
            is_terminal: [io::stdout().is_terminal(), io::stderr().is_terminal()],
            colours,
            width: std::env::var("COLUMNS")
                .ok()
                .and_then(|columns| columns.parse().ok())
                .or_else(|| {
                    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
                }),
        }
    }

    /// Streams that are no terminal.
    pub fn piped(out: Box<dyn Write>, err: Box<dyn Write>) -> Self {
        Self {
            out,
            err,
            is_terminal: [false; 2],
            colours: None,
            width: None,
        }
    }

    /// Whether stdout (or stderr) is a terminal.
    pub(super) fn is_terminal(&self, is_err: bool) -> bool {
        self.is_terminal[usize::from(is_err)]
    }

    /// Whether stdout (or stderr) is to be coloured.
    pub(super) fn is_coloured(&self, wish: Colour, is_err: bool) -> bool {
        match wish {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => self
                .colours
                .unwrap_or(self.is_terminal[usize::from(is_err)]),
        }
    }
}
