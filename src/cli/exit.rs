//! What the process says by its exit code: one table, the same for every command.

use std::process::ExitCode;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// The input is wrong, or differences were found.
    Wrong,
    /// The command line is wrong.
    Usage,
    /// A gate failed.
    GateFailed,
    /// Bake time is left, or a gate is inconclusive.
    NotYet,
    /// The tree is stale, a render was interrupted, somebody else changed what is ours.
    Conflict,
    /// I/O, git, network or telemetry failed.
    Outside,
}

/// The table of exit codes as `--help` shows it.
pub(super) const TABLE: &str = "\
Exit codes:
  0  done, or nothing to do
  1  the input is wrong, or differences were found (--check, --exit-code)
  2  the command line is wrong
  3  a gate failed
  4  not yet: bake time is left, or a gate is inconclusive
  5  conflict: stale tree, interrupted render, files that somebody else changed
  6  the outside world failed: I/O, git, network, telemetry";

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Wrong => 1,
            Self::Usage => 2,
            Self::GateFailed => 3,
            Self::NotYet => 4,
            Self::Conflict => 5,
            Self::Outside => 6,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_lists_every_code() {
        let all = [
            Exit::Done,
            Exit::Wrong,
            Exit::Usage,
            Exit::GateFailed,
            Exit::NotYet,
            Exit::Conflict,
            Exit::Outside,
        ];
        for (code, exit) in all.into_iter().enumerate() {
            assert_eq!(usize::from(exit.code()), code);
            assert!(TABLE.contains(&format!("\n  {code}  ")), "{code}");
        }
    }
}
