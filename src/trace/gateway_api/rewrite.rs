//! What a rule makes of a request's target.

use serde_json::Value;

use crate::trace::text::{items, text};

/// The rewrite of a rule; null where it has none.
pub(super) fn of(rule: &Value) -> &Value {
    let mut filters = items(&rule["filters"]).iter();
    let rewrite = filters.find(|filter| text(&filter["type"]) == "URLRewrite");
    rewrite.map_or(&Value::Null, |filter| &filter["urlRewrite"])
}

/// The path after a rewrite. Of a prefix, its own elements are replaced, and what comes after them stays.
pub(super) fn path(rewrite: &Value, matched: &Value, path: &str) -> String {
    let change = &rewrite["path"];
    match change["type"].as_str() {
        Some("ReplaceFullPath") => text(&change["replaceFullPath"]).to_owned(),
        Some("ReplacePrefixMatch") => {
            let prefix = text(&matched["path"]["value"]).trim_end_matches('/');
            let to = text(&change["replacePrefixMatch"]).trim_end_matches('/');
            match (to, path.strip_prefix(prefix).unwrap_or_default()) {
                ("", "") => "/".to_owned(),
                (to, rest) => format!("{to}{rest}"),
            }
        }
        Some(_) | None => path.to_owned(),
    }
}
