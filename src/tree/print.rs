//! Deterministic YAML that every reader takes for the same.
//!
//! The only place that writes YAML. kubectl, kustomize, Argo CD and PyYAML read YAML 1.1, where `on` is a boolean and `12:30` a
//! number; serde-saphyr quotes what any of them would take for something else.

use serde_json::{Map, Value};

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
    serde_saphyr::to_string_with_options(&ordered(body, false), options).expect("JSON is YAML")
}

/// Several objects as one YAML stream.
pub fn stream<'a>(objects: impl IntoIterator<Item = &'a Object>) -> String {
    objects
        .into_iter()
        .map(|object| yaml(&object.body))
        .collect::<Vec<_>>()
        .join("---\n")
}

fn ordered(value: &Value, is_chosen: bool) -> Value {
    match value {
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| ordered(item, false)).collect())
        }
        Value::Object(map) => {
            let rank = |key: &str| {
                if is_chosen {
                    None
                } else {
                    FIRST.iter().position(|first| *first == key)
                }
            };
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_by_key(|key| (rank(key).unwrap_or(FIRST.len()), *key));
            let entries = keys.into_iter().map(|key| {
                (
                    key.clone(),
                    ordered(&map[key], CHOSEN.contains(&key.as_str())),
                )
            });
            Value::Object(entries.collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
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
