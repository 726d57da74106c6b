//! The one number that a gate holds against a limit, for machines.

use crate::plan::gates::Limits;

/// Counts and bounds of a judgement, by name.
pub(super) struct Numbers<'a>(pub(super) &'a [(&'static str, f64)]);

impl Numbers<'_> {
    /// The number of this name, where it is finite.
    pub(super) fn get(&self, name: &str) -> Option<f64> {
        let mut named = self.0.iter().filter(|(known, _)| *known == name);
        named
            .next()
            .map(|(_, value)| *value)
            .filter(|value| value.is_finite())
    }
}

/// A number and what it is held against, in one unit: shares from 0 to 1, times in seconds, and anything else in its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// What was measured.
    pub value: f64,
    /// What passes.
    pub limits: Limits,
}

impl Gauge {
    /// A value that is at least so large where it passes.
    pub(super) fn at_least(value: f64, min: f64) -> Self {
        let limits = Limits {
            min: Some(min),
            max: None,
        };
        Self { value, limits }
    }

    /// A value that is at most so large where it passes.
    pub(super) fn at_most(value: f64, max: f64) -> Self {
        let limits = Limits {
            min: None,
            max: Some(max),
        };
        Self { value, limits }
    }
}
