//! What a program did, as one value.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl Run {
    /// What a program did that has ended.
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Runs a program to its end.
    pub(crate) fn to_the_end(command: &mut Command) -> Self {
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self::of(&output)
    }

    /// The same with a folder's path shown as `[HERE]`.
    pub(crate) fn without(self, folder: &Path) -> Self {
        let here = folder.to_str().expect("UTF-8");
        Self {
            stdout: self.stdout.replace(here, "[HERE]"),
            stderr: self.stderr.replace(here, "[HERE]"),
            code: self.code,
        }
    }

    /// The whole run as one text: what went where, and how it ended.
    pub(crate) fn shown(&self) -> String {
        let mut shown = String::new();
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                writeln!(shown, "--- {name}\n{}", text.trim_end_matches('\n'))
                    .expect("writing to a string cannot fail");
            }
        }
        shown + &format!("[exit {}]\n", self.code)
    }

    /// The run ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n{}", self.shown());
        self
    }

    /// Nothing was printed as a result.
    #[track_caller]
    pub(crate) fn without_result(self) -> Self {
        assert_eq!(self.stdout, "", "\n{}", self.shown());
        self
    }

    /// stderr has all of these.
    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(
                self.stderr.contains(part),
                "no `{part}` in\n{}",
                self.shown()
            );
        }
        self
    }
}
