//! What one value of a JSON document must be.

use serde_json::Value;

use super::Limits;

/// What a value must be to pass.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// A number within these limits.
    Within(Limits),
    /// This text, number or boolean.
    Equal(Value),
}
