//! JSON that is compared by its bytes.

use std::collections::BTreeMap;

use serde_json::Value;

/// The same value with the keys of every object in order.
pub fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(map) => {
            let ordered: BTreeMap<&String, &Value> = map.iter().collect();
            let entries = ordered.into_iter();
            Value::Object(
                entries
                    .map(|(key, value)| (key.clone(), sorted(value)))
                    .collect(),
            )
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// Writes a value on one line with the keys of every object in order: what [`sorted`] prints, without making another value. `keeps`
/// says which entries stay, by the keys that lead to them.
pub fn write_sorted(value: &Value, keeps: &dyn Fn(&[&str]) -> bool, out: &mut Vec<u8>) {
    write_below(value, &mut Vec::new(), keeps, out);
}

fn write_below<'a>(
    value: &'a Value,
    path: &mut Vec<&'a str>,
    keeps: &dyn Fn(&[&str]) -> bool,
    out: &mut Vec<u8>,
) {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                write_below(item, path, keeps, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            out.push(b'{');
            let mut entries: Vec<(&String, &Value)> = map.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            let mut is_first = true;
            for (key, value) in entries {
                path.push(key);
                if keeps(path) {
                    if !is_first {
                        out.push(b',');
                    }
                    is_first = false;
                    scalar(key, out);
                    out.push(b':');
                    write_below(value, path, keeps, out);
                }
                path.pop();
            }
            out.push(b'}');
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => scalar(value, out),
    }
}

fn scalar(value: &impl serde::Serialize, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("writing to memory cannot fail");
}
