//! The four verdicts, and how many become one.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// What a gate says of the live stage. The numbers are the order of aggregation: the largest of several is their sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// At least as good as it must be, on enough evidence.
    Pass = 0,
    /// Worse than it may be.
    Fail = 3,
    /// Not known yet: baking, no data, too little evidence.
    Inconclusive = 1,
    /// The telemetry could not be asked, or its answer could not be read.
    Error = 2,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: &[Self] = &[Self::Pass, Self::Inconclusive, Self::Error, Self::Fail];

    /// The verdict's word in evidence and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
            Self::Fail => "fail",
        }
    }

    /// The verdict of a stage: fail before error before inconclusive before pass; a stage without gates passes.
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().max().unwrap_or(Self::Pass)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Verdict {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        Self::ALL
            .iter()
            .copied()
            .find(|verdict| verdict.name() == name)
            .ok_or(())
    }
}
