//! Expressions as Envoy reads them.

use regex::bytes::Regex;

use crate::units::{as_latin1, re2_over_bytes};

/// Whether a whole value matches an expression, byte by byte. This engine takes time linear in the value, as RE2 does.
pub(super) fn is_whole_match(pattern: &str, value: &str) -> Result<bool, String> {
    let bytes = re2_over_bytes(pattern).unwrap_or_default();
    let regex = Regex::new(&format!(r"\A(?:{bytes})\z"))
        .ok()
        .filter(|_| !bytes.is_empty())
        .ok_or_else(|| format!("the regex `{pattern}` is too large, or none"))?;
    Ok(regex.is_match(as_latin1(value).as_bytes()))
}
