//! Reading objects that anybody may have written: what is not of its type is not there.

use std::collections::BTreeMap;

use serde_json::Value;

/// Labels, by key.
pub(super) type Labels = BTreeMap<String, String>;

/// The items of a list; of anything else, none.
pub(super) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// A string; of anything else, the empty one.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A mapping of strings.
pub(super) fn labels(value: &Value) -> Labels {
    let entries = value.as_object().into_iter().flatten();
    entries
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// A whole number that fits.
pub(super) fn count(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|count| u32::try_from(count).ok())
}

/// Whether labels have everything that a selector of equalities asks for.
pub(super) fn selects(selector: &Labels, labels: &Labels) -> bool {
    selector
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}

/// Whether what a server holds is what a manifest asks for: a server fills in defaults, so it may hold more.
pub(super) fn covers(held: &Value, wanted: &Value) -> bool {
    match (held, wanted) {
        (Value::Object(held), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| covers(held.get(key).unwrap_or(&Value::Null), wanted)),
        (Value::Array(held), Value::Array(wanted)) => {
            held.len() == wanted.len() && held.iter().zip(wanted).all(|(h, w)| covers(h, w))
        }
        // Nothing, an empty list and an empty mapping ask for the same.
        (Value::Null, wanted) => is_nothing(wanted),
        (held, wanted) => held == wanted || (is_nothing(held) && is_nothing(wanted)),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
