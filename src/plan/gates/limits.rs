//! How far a value may be from what it is held against.

/// Limits, both inclusive; at least one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The least value that passes.
    pub min: Option<f64>,
    /// The largest value that passes.
    pub max: Option<f64>,
}

/// How much worse is still accepted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Margin {
    /// An amount in the value's unit; for shares, 0 to 1.
    Absolute(f64),
    /// A share of stable's value.
    Relative(f64),
}
