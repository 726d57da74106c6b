//! Scalars as they are written in place of others.

use serde_json::Value;

use crate::compile::Source;
use crate::text::{Kind, parse};

/// A scalar in the quotes of the one that it replaces, or in double quotes where it would be read as something else without.
pub(super) fn scalar(token: &str, to: &Value) -> String {
    let Some(text) = to.as_str() else {
        return to.to_string();
    };
    // A JSON string is a double-quoted scalar of YAML.
    match token.as_bytes().first() {
        Some(b'\'') => format!("'{}'", text.replace('\'', "''")),
        Some(b'"') => to.to_string(),
        _ if is_plain(text) => text.to_owned(),
        _ => to.to_string(),
    }
}

/// Whether a text is read as itself without quotes, even as a key, and between brackets.
fn is_plain(text: &str) -> bool {
    let wrapped = Source::new("", format!("{{{text}: [{text}]}}"));
    let Ok(node) = parse(&wrapped) else {
        return false;
    };
    let Kind::Map(entries) = &node.kind else {
        return false;
    };
    let [entry] = &entries[..] else {
        return false;
    };
    let Kind::Seq(items) = &entry.value.kind else {
        return false;
    };
    let is_text = |kind: &Kind| matches!(kind, Kind::String(read) if read == text);
    entry.key == text && items.len() == 1 && is_text(&items[0].kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scalar_keeps_its_quotes_and_gets_those_that_it_needs() {
        for (token, to, want) in [
            ("v2", "v3", "v3"),
            ("'v2'", "v3", "'v3'"),
            ("'v2'", "it's", "'it''s'"),
            ("\"v2\"", "v\"3", "\"v\\\"3\""),
            (
                "i:1",
                "reg.example:5000/i:2@sha256:ab",
                "reg.example:5000/i:2@sha256:ab",
            ),
            ("gs://a", "gs://b/c?d=e", "gs://b/c?d=e"),
            ("v2", "3", "\"3\""),
            ("v2", "null", "\"null\""),
            ("v2", "a, b", "\"a, b\""),
            ("v2", "a: b", "\"a: b\""),
            ("v2", "a #b", "\"a #b\""),
            ("v2", "", "\"\""),
        ] {
            assert_eq!(scalar(token, &to.into()), want, "{token} {to}");
        }
        assert_eq!(scalar("2", &6.into()), "6");
    }
}
