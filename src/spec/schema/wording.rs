//! What was found and what is allowed, in words.

use serde_json::Value;

use crate::diag::words;
use crate::text::{Route, Segment};

/// The most characters of a value that a message repeats.
const MAX_SHOWN: usize = 60;

/// A value that is not allowed.
pub(super) struct Found<'a> {
    /// The value's name in messages.
    pub(super) name: String,
    /// The value as JSON.
    pub(super) value: &'a Value,
    /// The value as it was typed.
    pub(super) raw: &'a str,
}

/// The end of a route that a reader needs: its last key and the indexes after it.
pub(in crate::spec) fn short(route: &Route) -> String {
    let segments = route.segments();
    let from = segments
        .iter()
        .rposition(|segment| matches!(segment, Segment::Key(_)))
        .unwrap_or(0);
    segments[from..]
        .iter()
        .cloned()
        .collect::<Route>()
        .to_string()
}

/// `in spec.steps[0]`, or `at the top of the file`.
pub(super) fn inside(route: &Route) -> String {
    if route.segments().is_empty() {
        "at the top of the file".to_owned()
    } else {
        format!("in `{route}`")
    }
}

/// A value by kind and content; `raw` is its text where that may differ.
pub(in crate::spec) fn describe(value: &Value, raw: &str) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(value) => format!("the boolean `{value}`"),
        Value::Number(_) if !raw.is_empty() && raw.len() <= MAX_SHOWN => {
            format!("the number `{raw}`")
        }
        Value::Number(value) => format!("the number `{value}`"),
        Value::String(text) if text.is_empty() => "an empty string".to_owned(),
        Value::String(text) => format!("the string `{}`", excerpt(text)),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(entries) if entries.is_empty() => "an empty mapping".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// The beginning of a text on one line.
pub(in crate::spec) fn excerpt(text: &str) -> String {
    let line = text.split(['\n', '\r']).next().unwrap_or(text);
    let short: String = line.chars().take(MAX_SHOWN).collect();
    if short.len() < text.trim_end().len() {
        format!("{short}…")
    } else {
        short
    }
}

/// `` `weight` is the number `300`, and must be a percentage from 0 to 100``.
pub(super) fn wrong(found: &Found<'_>, allowed: &str) -> String {
    if found.value.is_null() {
        return format!("`{}` has no value, and must be {allowed}", found.name);
    }
    format!(
        "{} is {}, and must be {allowed}",
        subject(&found.name),
        describe(found.value, found.raw)
    )
}

fn subject(name: &str) -> String {
    if name.is_empty() {
        "the document".to_owned()
    } else {
        format!("`{name}`")
    }
}

/// A list or mapping that must hold something.
pub(super) fn empty(found: &Found<'_>, schema: &Value) -> String {
    let fields = fields(schema);
    let needed = if found.value.is_array() {
        "at least one item".to_owned()
    } else if fields.is_empty() || fields.len() > 12 {
        "at least one entry".to_owned()
    } else if schema["maxProperties"] == 1 {
        format!("one of {}", words::and_list(fields))
    } else {
        format!("at least one of {}", words::and_list(fields))
    };
    format!(
        "`{}` is {}, and needs {needed}",
        found.name,
        describe(found.value, found.raw)
    )
}

/// A list with more items than are allowed.
pub(super) fn too_long(found: &Found<'_>, limit: u64) -> String {
    let items = found.value.as_array().map_or(0, Vec::len);
    format!(
        "`{}` has {items} items, and {limit} are allowed",
        found.name
    )
}

/// A mapping with more entries than may stand together.
pub(super) fn too_many(found: &Found<'_>, schema: &Value) -> String {
    let keys = found
        .value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.as_str());
    format!(
        "`{}` has {}, and takes only one of {}",
        found.name,
        words::and_list(keys.take(8)),
        words::and_list(fields(schema))
    )
}

fn fields(schema: &Value) -> Vec<&str> {
    schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name.as_str())
        .collect()
}

/// What a subschema allows, as its author or its keywords say it.
pub(super) fn allowed(schema: &Value) -> String {
    if let Some(text) = schema["x-allowed"].as_str() {
        return text.to_owned();
    }
    if let Some(value) = schema["const"].as_str() {
        return format!("`{value}`");
    }
    if let Some(values) = schema["enum"].as_array() {
        return words::or_list(values.iter().filter_map(Value::as_str));
    }
    match schema["type"].as_str() {
        Some("string") if schema["minLength"].is_u64() => "a string that is not empty".to_owned(),
        Some("string") => "a string".to_owned(),
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("array") => "a list".to_owned(),
        Some("object") => "a mapping".to_owned(),
        Some("integer") => format!("a whole number{}", range(schema)),
        Some("number") => format!("a number{}", range(schema)),
        _ => "another value".to_owned(),
    }
}

fn range(schema: &Value) -> String {
    let above = &schema["exclusiveMinimum"];
    let below = &schema["exclusiveMaximum"];
    let (min, max) = (&schema["minimum"], &schema["maximum"]);
    // The limits of the machine's integers are no rule that anybody needs to know.
    let max_matters = max.as_u64().is_some_and(|max| max < 1 << 31) && max != 2_147_483_647;
    match (min.is_number(), max_matters) {
        (true, true) => return format!(" from {min} to {max}"),
        (true, false) => return format!(", {min} or more"),
        (false, true) => return format!(", at most {max}"),
        (false, false) => {}
    }
    match (above.is_number(), below.is_number()) {
        (true, true) => format!(" above {above} and below {below}"),
        (true, false) => format!(" above {above}"),
        (false, true) => format!(" below {below}"),
        (false, false) => String::new(),
    }
}

/// Whether `schema` allows the JSON type called `name`.
pub(super) fn takes(schema: &Value, name: &str) -> bool {
    let types = &schema["type"];
    types == name
        || types
            .as_array()
            .is_some_and(|types| types.iter().any(|one| one == name))
}

/// What to do about a value, where the mistake is a common one.
pub(super) fn help(found: &Found<'_>, schema: &Value) -> Option<String> {
    let number = takes(schema, "number") || takes(schema, "integer");
    let string = takes(schema, "string");
    match found.value {
        Value::Null => Some(format!("give `{}` a value, or remove the key", found.name)),
        Value::Number(_) | Value::Bool(_) if string && !number => unquoted(found, schema),
        Value::String(text) if number && (!string || text.parse::<f64>().is_ok()) => {
            let plain = text.trim().trim_end_matches('%').trim();
            plain
                .parse::<f64>()
                .is_ok_and(f64::is_finite)
                .then(|| format!("write it as a number: `{plain}`"))
        }
        Value::String(text) if takes(schema, "boolean") => match text.to_lowercase().as_str() {
            "yes" | "on" | "y" | "true" => Some("write `true`, without quotes".to_owned()),
            "no" | "off" | "n" | "false" => Some("write `false`, without quotes".to_owned()),
            _ => None,
        },
        Value::String(text) => {
            let one = schema["const"].as_str();
            let known = schema["enum"].as_array().into_iter().flatten();
            words::near_miss(text, known.filter_map(Value::as_str).chain(one))
                .map(|name| format!("did you mean `{name}`?"))
                .or_else(|| listed(schema))
        }
        Value::Object(_) => listed(schema),
        Value::Number(_) | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// Help for one value where a list of them is wanted.
fn listed(schema: &Value) -> Option<String> {
    takes(schema, "array").then(|| "write it as a list, with `- ` before each item".to_owned())
}

/// Help for a number or boolean where a string is wanted.
fn unquoted(found: &Found<'_>, schema: &Value) -> Option<String> {
    let raw = if found.raw.is_empty() || found.raw.len() > MAX_SHOWN {
        found.value.to_string()
    } else {
        found.raw.to_owned()
    };
    let pattern = schema["pattern"].as_str().unwrap_or_default();
    // Quotes alone would not make a number what these patterns want.
    if pattern.ends_with("%$") {
        found
            .value
            .is_number()
            .then(|| format!("write it with its sign: `{raw}%`"))
    } else if pattern.contains('m') && pattern.contains('s') {
        let units = if pattern.contains("ms") {
            ["ms", "s"]
        } else {
            ["s", "m"]
        };
        let [first, second] = units.map(|unit| format!("`{raw}{unit}`"));
        found
            .value
            .is_number()
            .then(|| format!("add the unit, such as {first} or {second}"))
    } else if takes(schema, "null") || takes_only_names(pattern) {
        None
    } else {
        Some(format!("quote it: `\"{raw}\"`"))
    }
}

/// Whether no number, quoted or not, is what `pattern` wants.
fn takes_only_names(pattern: &str) -> bool {
    pattern.starts_with("^[a-z]") || pattern.starts_with("^[a-zA-Z_")
}

/// The first sentence of a description, to go on after a colon.
pub(super) fn first_sentence(text: &str) -> String {
    let end = text.find(". ").unwrap_or(text.len());
    let sentence = text[..end].trim_end_matches('.');
    let mut chars = sentence.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

/// The field that a common name for something means, where the names share no word.
pub(super) fn meant(key: &str, known: &[&str]) -> Option<String> {
    const MEANT: [(&str, &str); 10] = [
        ("autoscaler", "autoscaling"),
        ("cpu", "resources"),
        ("gpu", "resources"),
        ("hpa", "autoscaling"),
        ("limits", "resources"),
        ("memory", "resources"),
        ("pdb", "disruptionBudget"),
        ("podDisruptionBudget", "disruptionBudget"),
        ("requests", "resources"),
        ("strategy", "rollingUpdate"),
    ];
    let (_, field) = MEANT.iter().find(|(name, _)| *name == key)?;
    known.contains(field).then(|| format!("use `{field}`"))
}

/// The one part of the language that has a field of this name, if there is exactly one.
pub(super) fn home_of(schema: &Value, key: &str) -> Option<&'static str> {
    /// Where people look for a field in vain, most of all by a wrong indentation.
    const HOMES: [(&str, &str); 5] = [
        ("/properties/spec", "`spec`"),
        ("/properties/metadata", "`metadata`"),
        ("/$defs/traffic", "`spec.traffic`"),
        ("/$defs/model", "`spec.models[]`"),
        ("/$defs/step", "`spec.steps[]`"),
    ];
    let mut homes = HOMES.iter().filter(|(pointer, _)| {
        schema
            .pointer(pointer)
            .is_some_and(|place| place["properties"].get(key).is_some())
    });
    match (homes.next(), homes.next()) {
        (Some((_, home)), None) => Some(home),
        _ => None,
    }
}
