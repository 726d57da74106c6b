//! One value of a JSON text that anybody may have written.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::Values;

/// The most characters of a text that are kept: more than any that a gate waits for.
const MOST_CHARACTERS: usize = 300;

/// What a path leads to in a text, or why that is no JSON, in one sentence.
pub(super) fn read(text: &str, path: &JsonPath) -> Result<Values, String> {
    let body: Value =
        serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let found = path.query(&body);
    Ok(Values {
        count: found.len() as u64,
        first: found.first().map(kept),
    })
}

/// A value as it is kept.
fn kept(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        Value::String(text) => Value::String(text.chars().take(MOST_CHARACTERS).collect()),
        Value::Array(_) => Value::Array(Vec::new()),
        Value::Object(_) => Value::Object(serde_json::Map::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(text: &str, path: &str) -> Result<(u64, Option<Value>), String> {
        let path = JsonPath::parse(path).expect(path);
        read(text, &path).map(|values| (values.count, values.first))
    }

    #[test]
    fn a_path_leads_to_one_value_none_or_many() {
        let text =
            r#"{"a": 0.5, "m": [{"n": "x", "v": 1}, {"n": "y", "v": 2}], "s": "0.95", "z": null}"#;
        for (path, count, first) in [
            ("$.a", 1, json!(0.5)),
            ("$['s']", 1, json!("0.95")),
            ("$.z", 1, json!(null)),
            ("$.m", 1, json!([])),
            ("$.m[?@.n == 'y'].v", 1, json!(2)),
            ("$..v", 2, json!(1)),
        ] {
            assert_eq!(found(text, path), Ok((count, Some(first))), "{path}");
        }
        assert_eq!(found(text, "$.absent"), Ok((0, None)));
    }

    #[test]
    fn what_is_no_json_is_told() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "{",
            "{\"a\": NaN}",
            "{\"a\": 1e999}",
            "{\"a\": 1} x",
            &deep,
        ] {
            let why = found(text, "$.a").expect_err("no JSON");
            assert!(why.starts_with("it is no JSON: "), "{why}");
        }
        let long = format!("\"{}\"", "x".repeat(1_000));
        let (_, first) = found(&long, "$").expect("JSON");
        assert_eq!(first, Some("x".repeat(MOST_CHARACTERS).into()));
    }
}
