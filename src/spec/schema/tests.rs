//! The schema against the types, and against its own rules.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::paths::Location;
use proptest::prelude::any;
use proptest::sample::Index;
use proptest::strategy::{Strategy, ValueTree};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use super::AS_DATA;
use crate::diag::Code;
use crate::spec::Document;

/// Where the schema is narrower than the type on purpose, and why.
const NARROWER: [&str; 1] = [
    // The type is shared with single gates, where `pass` has to say `because`.
    ".spec.gateDefaults.noData",
];

/// What a schema says of one place, unions joined.
#[derive(Default)]
struct Shape<'a> {
    /// Each property's schemas: variants may share a name, such as that of their tag.
    properties: BTreeMap<&'a str, Vec<&'a Value>>,
    required: BTreeSet<&'a str>,
    values: BTreeSet<&'a str>,
    items: Option<&'a Value>,
    entries: Option<&'a Value>,
    is_union: bool,
}

fn collect<'a>(root: &'a Value, schema: &'a Value, into: &mut Shape<'a>) {
    if let Some(pointer) = schema["$ref"].as_str() {
        let target = root
            .pointer(&pointer[1..])
            .expect("references lead somewhere");
        collect(root, target, into);
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    // What is only there to be refused with a reason is no field.
    for (name, property) in properties.filter(|(_, property)| property.get("not").is_none()) {
        into.properties.entry(name).or_default().push(property);
    }
    let required = schema["required"].as_array().into_iter().flatten();
    into.required.extend(required.filter_map(Value::as_str));
    let values = schema["enum"].as_array().into_iter().flatten();
    into.values.extend(values.filter_map(Value::as_str));
    into.values.extend(schema["const"].as_str());
    // Words beside a list are a pattern, for an `enum` would be asked of the list, too.
    let pattern = schema["pattern"].as_str();
    let words = pattern.and_then(|pattern| pattern.strip_prefix("^(")?.strip_suffix(")$"));
    if schema["type"].is_array() {
        into.values
            .extend(words.into_iter().flat_map(|words| words.split('|')));
    }
    if schema["items"].is_object() {
        into.items = Some(&schema["items"]);
    }
    if schema["additionalProperties"].is_object() {
        into.entries = Some(&schema["additionalProperties"]);
    }
    for union in ["oneOf", "anyOf"] {
        for branch in schema[union].as_array().into_iter().flatten() {
            // The schema's own `anyOf`s only require; the types' are variants.
            into.is_union |= branch.get("properties").is_some() || branch.get("$ref").is_some();
            if branch.as_object().is_some_and(|keys| keys.len() > 1) || branch.get("$ref").is_some()
            {
                collect(root, branch, into);
            }
        }
    }
}

fn shape<'a>(root: &'a Value, schemas: &[&'a Value]) -> Shape<'a> {
    let mut shape = Shape::default();
    for schema in schemas {
        collect(root, schema, &mut shape);
    }
    shape
}

/// Walks both schemas in step and notes every difference; returns how many places it has seen.
fn compare(
    place: &str,
    types: (&Value, &[&Value]),
    ours: (&Value, &[&Value]),
    found: &mut Vec<String>,
) -> usize {
    // A value in Kubernetes' or Istio's shape is any value to the types.
    let is_any = |schema: &Value| {
        schema.as_object().is_none_or(|keys| {
            keys.keys()
                .all(|key| matches!(key.as_str(), "description" | "default"))
        })
    };
    if types.1.iter().any(|schema| is_any(schema)) {
        return 0;
    }
    let mut seen = 1;
    let (from_types, from_us) = (shape(types.0, types.1), shape(ours.0, ours.1));
    let names = |shape: &Shape<'_>| {
        shape
            .properties
            .keys()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>()
    };
    if names(&from_types) != names(&from_us) {
        found.push(format!(
            "{place}: fields {:?} and {:?}",
            names(&from_types),
            names(&from_us)
        ));
    }
    if !from_types.is_union && from_types.required != from_us.required {
        found.push(format!(
            "{place}: required {:?} and {:?}",
            from_types.required, from_us.required
        ));
    }
    if !from_types.values.is_empty()
        && from_types.values != from_us.values
        && !NARROWER.contains(&place)
    {
        found.push(format!(
            "{place}: values {:?} and {:?}",
            from_types.values, from_us.values
        ));
    }
    for (name, theirs) in &from_types.properties {
        if let Some(mine) = from_us.properties.get(name) {
            seen += compare(
                &format!("{place}.{name}"),
                (types.0, theirs),
                (ours.0, mine),
                found,
            );
        }
    }
    for (suffix, theirs, mine) in [
        ("[]", from_types.items, from_us.items),
        (".*", from_types.entries, from_us.entries),
    ] {
        match (theirs, mine) {
            (Some(theirs), Some(mine)) => {
                seen += compare(
                    &format!("{place}{suffix}"),
                    (types.0, &[theirs]),
                    (ours.0, &[mine]),
                    found,
                );
            }
            (Some(_), None) => found.push(format!("{place}{suffix}: only the types have it")),
            (None, _) => {}
        }
    }
    seen
}

#[test]
fn the_schema_and_the_types_know_the_same_fields_and_values() {
    let types = serde_json::to_value(schemars::schema_for!(Document)).expect("plain data");
    let mut found = Vec::new();
    let seen = compare("", (&types, &[&types]), (&AS_DATA, &[&AS_DATA]), &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert!(seen > 230, "only {seen} places were compared");
}

/// Every subschema with its pointer.
fn each<'a>(pointer: &str, schema: &'a Value, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(pointer, schema);
    match schema {
        Value::Object(entries) => {
            for (key, value) in entries {
                each(&format!("{pointer}/{key}"), value, visit);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                each(&format!("{pointer}/{index}"), value, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Whether `pointer` leads to a place where fields are declared, and not merely ruled out again.
fn declares(pointer: &str) -> bool {
    pointer.ends_with("/properties")
        && ![
            "/then",
            "/else",
            "/if",
            "/dependentSchemas",
            "/allOf",
            "/anyOf",
        ]
        .iter()
        .any(|part| pointer.contains(part))
}

#[test]
fn the_schema_is_a_schema() {
    assert!(jsonschema::meta::is_valid(&AS_DATA));
}

#[test]
fn every_field_is_described() {
    let mut bare = Vec::new();
    each("", &AS_DATA, &mut |pointer, schema| {
        if declares(pointer) {
            for (name, property) in schema.as_object().expect("properties are a mapping") {
                let text = property["description"].as_str().unwrap_or_default();
                if !text.ends_with('.') {
                    bare.push(format!("{pointer}/{name}: {text:?}"));
                }
            }
        }
    });
    assert!(bare.is_empty(), "{}", bare.join("\n"));
}

#[test]
fn every_mapping_says_whether_it_is_closed() {
    let mut open = Vec::new();
    each("", &AS_DATA, &mut |pointer, schema| {
        let declared = schema.get("properties").is_some() && schema.get("type").is_some();
        // Kubernetes' own shapes are closed by its types.
        let theirs = ["/resources", "/podTemplate"];
        let is_theirs = theirs.iter().any(|end| pointer.ends_with(end));
        if declared && schema["additionalProperties"] != false && !is_theirs {
            open.push(pointer.to_owned());
        }
    });
    assert!(open.is_empty(), "{}", open.join("\n"));
}

/// An integer without limits would be accepted here and refused by the types.
#[test]
fn every_integer_has_limits() {
    let mut open = Vec::new();
    each("", &AS_DATA, &mut |pointer, schema| {
        if super::wording::takes(schema, "integer")
            && !(schema["minimum"].is_number() && schema["maximum"].is_number())
        {
            open.push(pointer.to_owned());
        }
    });
    assert!(open.is_empty(), "{}", open.join("\n"));
}

#[test]
fn every_code_in_the_schema_exists() {
    let mut codes = 0;
    each("", &AS_DATA, &mut |pointer, schema| {
        if pointer.ends_with("/x-code") {
            codes += 1;
            let name = schema.as_str().expect("a code is a string");
            assert!(name.parse::<Code>().is_ok(), "{pointer}: {name}");
        }
    });
    assert!(codes >= 5);
}

#[test]
fn every_pattern_says_in_words_what_it_allows() {
    each("", &AS_DATA, &mut |pointer, schema| {
        if schema.get("pattern").is_some_and(Value::is_string) {
            assert!(schema["x-allowed"].is_string(), "{pointer}");
        }
    });
}

/// What an editor accepts, which compiles `pattern` with an engine for ECMA 262, is what the program accepts.
#[test]
fn patterns_mean_the_same_to_editors_and_to_the_program() {
    let mut patterns = BTreeSet::new();
    each("", &AS_DATA, &mut |_, schema| {
        patterns.extend(schema["pattern"].as_str());
    });
    assert!(patterns.len() > 20, "only {} patterns", patterns.len());
    let mut runner = TestRunner::deterministic();
    for pattern in patterns {
        let (around, keyword) = (Map::new(), Value::from(pattern));
        let ours = super::pattern::keyword(&around, &keyword, Location::new())
            .unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let editors = jsonschema::validator_for(&json!({"pattern": pattern})).expect("a pattern");
        // What it matches, and the same with one character put in: a control, a blank, a letter of another script, a sign.
        let texts = string_regex(pattern.trim_start_matches('^').trim_end_matches('$'));
        let one_more = string_regex("[ -~\\t\\n\\r\u{85}\u{a0}\u{2028}äΩ٣]?").expect("a regex");
        let texts = (texts.expect("a regex"), one_more, any::<Index>());
        for _ in 0..200 {
            let (mut text, one_more, at) = texts.new_tree(&mut runner).expect("a text").current();
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = places.get(at.index(places.len() + 1)).copied();
            text.insert_str(at.unwrap_or(text.len()), &one_more);
            let instance = Value::from(text);
            assert_eq!(
                ours.is_valid(&instance),
                editors.is_valid(&instance),
                "{pattern} and {instance}"
            );
        }
    }
}

/// Unions are written so that they fail in one place with one message.
#[test]
fn there_is_no_one_of() {
    each("", &AS_DATA, &mut |pointer, _| {
        assert!(!pointer.ends_with("/oneOf"), "{pointer}");
    });
}
