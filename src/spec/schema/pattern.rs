//! The keyword `pattern`, with an engine whose expressions cost next to nothing to compile.
//!
//! `build.rs` renames it to `x-pattern` for the validator. Our patterns are anchored, short and of ASCII classes, on which
//! `regex-lite` agrees with ECMA 262; a test holds the two against each other.

use jsonschema::{Keyword, ValidationError, paths::Location};
use regex_lite::Regex;
use serde_json::{Map, Value};

/// What the validator calls at the keyword's first use; the build has read `pattern` as a string.
///
/// # Errors
///
/// A pattern that is no regular expression. A test compiles every pattern of the schema.
pub(in crate::spec) fn keyword<'a>(
    _schema: &'a Map<String, Value>,
    pattern: &'a Value,
    _path: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let pattern = pattern.as_str().unwrap_or_default();
    let regex = Regex::new(pattern).map_err(|error| ValidationError::custom(error.to_string()))?;
    Ok(Box::new(Pattern(regex)))
}

/// A string that the expression matches; other types are none of its business.
struct Pattern(Regex);

impl<'i> Keyword<'i> for Pattern {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if <Self as Keyword<'i>>::is_valid(self, instance) {
            return Ok(());
        }
        Err(ValidationError::custom(format!(
            "does not match {}",
            self.0
        )))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_str().is_none_or(|text| self.0.is_match(text))
    }
}
