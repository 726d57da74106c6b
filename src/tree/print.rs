//! Deterministic YAML that every reader takes for the same.
//!
//! The only place that writes YAML. kubectl, kustomize, Argo CD and PyYAML read YAML 1.1, where `on` is a boolean and `12:30` a
//! number; serde-saphyr quotes what any of them would take for something else.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_saphyr::DoubleQuoted;

use crate::objects::Object;

/// Keys that come first wherever they stand, in this order; all others follow by name.
const FIRST: [&str; 13] = [
    "apiVersion",
    "kind",
    "metadata",
    "name",
    "namespace",
    "image",
    "command",
    "args",
    "env",
    "envFrom",
    "ports",
    "match",
    "route",
];
/// Keys whose mappings hold names that people chose; those are sorted by name alone.
const CHOSEN: [&str; 8] = [
    "labels",
    "annotations",
    "data",
    "matchLabels",
    "nodeSelector",
    "headers",
    "set",
    "add",
];

/// One object as YAML: keys in the usual order, LF, no trailing blanks.
pub fn yaml(body: &Value) -> String {
    let options = serde_saphyr::ser_options! {
        // Folding would spread one changed word over many lines of a diff.
        min_fold_chars: usize::MAX,
        folded_wrap_chars: usize::MAX,
    };
    let body = Printed {
        value: body,
        is_chosen: false,
    };
    serde_saphyr::to_string_with_options(&body, options).expect("JSON is YAML")
}

/// Several objects as one YAML stream.
pub fn stream<'a>(objects: impl IntoIterator<Item = &'a Arc<Object>>) -> String {
    objects
        .into_iter()
        .map(|object| yaml(&object.body))
        .collect::<Vec<_>>()
        .join("---\n")
}

/// A value as it is printed: its keys in order.
struct Printed<'a> {
    value: &'a Value,
    /// Whether people chose the keys.
    is_chosen: bool,
}

impl Serialize for Printed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.value {
            Value::Array(items) => serializer.collect_seq(items.iter().map(|value| Printed {
                value,
                is_chosen: false,
            })),
            Value::Object(map) => {
                let rank = |key: &str| {
                    let first = FIRST.iter().position(|first| *first == key);
                    first.filter(|_| !self.is_chosen).unwrap_or(FIRST.len())
                };
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_by_cached_key(|(key, _)| (rank(key), *key));
                serializer.collect_map(entries.into_iter().map(|(key, value)| {
                    let is_chosen = CHOSEN.contains(&key.as_str());
                    (key, Printed { value, is_chosen })
                }))
            }
            // As a block, its first line would begin with the tab, and kustomize's reader takes no tab where it looks for the
            // block's indentation.
            Value::String(text)
                if text.contains('\n') && text.trim_start_matches('\n').starts_with('\t') =>
            {
                DoubleQuoted(text).serialize(serializer)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                self.value.serialize(serializer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_stand_in_the_usual_order() {
        let body = json!({"spec": {"b": 1, "a": [{"image": "x", "name": "c"}]}, "kind": "K", "metadata": {"labels": {"name": "l", "app": "a"}, "name": "m"}, "apiVersion": "v1"});
        let want = "apiVersion: v1\nkind: K\nmetadata:\n  name: m\n  labels:\n    app: a\n    name: l\nspec:\n  a:\n  - name: c\n    image: x\n  b: 1\n";
        assert_eq!(yaml(&body), want);
    }

    #[test]
    fn a_block_never_begins_with_a_tab() {
        for text in ["\ta\nb", "\n\ta"] {
            let printed = yaml(&json!({ "key": text }));
            let want = format!("key: {}\n", json!(text));
            assert_eq!(printed, want);
        }
        assert_eq!(yaml(&json!({ "key": "a\n\tb\n" })), "key: |\n  a\n  \tb\n");
    }

    #[test]
    fn an_independent_reader_gets_the_same_strings() {
        let hostile = [
            "on",
            "off",
            "yes",
            "no",
            "y",
            "n",
            "null",
            "~",
            "1e3",
            "0x1F",
            "012",
            "0o7",
            "1:30",
            "1_000",
            ".inf",
            "2024-01-01",
            "=",
            "<<",
            "",
            " leading",
            "trailing ",
            "a: b",
            "- x",
            "#c",
            "a #c",
            "two\nlines",
            "two\nlines\n",
            "\n",
            "\n\n lead",
            "tab\there",
            "'",
            "\"",
            "\\",
            "%x",
            "@x",
            "`x",
            "!x",
            "&x",
            "*x",
            "{x}",
            "[x]",
            "|",
            ">",
            "?",
            ": ",
            "a:",
            "-",
            "---",
            "...",
            "ü",
            "𝒳",
            "True",
            "NULL",
            "+1",
            "1.",
        ];
        for text in hostile {
            let printed = yaml(&json!({ "data": { "key": text } }));
            let read: serde_yaml::Value = serde_yaml::from_str(&printed).expect(text);
            assert_eq!(read["data"]["key"].as_str(), Some(text), "{printed}");
        }
        let long = "sum(rate(x[5m])) ".repeat(20);
        let printed = yaml(&json!({ "expr": long.trim_end() }));
        assert_eq!(printed.lines().count(), 1, "{printed}");
    }
}
