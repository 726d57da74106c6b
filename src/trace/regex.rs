//! Expressions as Envoy reads them.

use crate::units::re2_takes;

/// Whether a whole value matches an expression.
pub(super) fn is_whole_match(pattern: &str, value: &str) -> Result<bool, String> {
    re2_takes(pattern, value).ok_or_else(|| format!("the regex `{pattern}` is too large, or none"))
}
