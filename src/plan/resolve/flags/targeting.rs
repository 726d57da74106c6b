//! What flagd takes as `targeting`: JsonLogic and flagd's own operations, with a variant as the result.
//!
//! It is at most as wide as flagd's `targeting.json`, which `fixtures/flagd` has.

use serde_json::Value;

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Route};

/// The most bytes of a flag's targeting: each stage has a copy, and a ConfigMap holds 1 MiB.
const MOST_BYTES: usize = 16 * 1024;
/// The most operations, one inside the other.
const MOST_DEPTH: usize = 32;
/// The greatest sum of weights.
const MOST_WEIGHT: u64 = 2_147_483_647;
/// What `sem_ver` compares by.
const RANGES: [&str; 8] = ["=", "!=", ">", "<", ">=", "<=", "~", "^"];
/// What flagd knows of itself.
const OWN: [&str; 2] = ["$flagd.timestamp", "$flagd.flagKey"];

/// The operations, each with the least and the most arguments that it takes.
const OPERATIONS: [(&str, usize, usize); 37] = [
    ("!", 1, 1),
    ("!!", 1, 1),
    ("!=", 2, 2),
    ("!==", 2, 2),
    ("%", 2, 2),
    ("*", 2, usize::MAX),
    ("+", 1, usize::MAX),
    ("-", 1, usize::MAX),
    ("/", 2, 2),
    ("<", 2, 3),
    ("<=", 2, 3),
    ("==", 2, 2),
    ("===", 2, 2),
    (">", 2, 2),
    (">=", 2, 2),
    ("all", 2, 2),
    ("and", 1, usize::MAX),
    ("cat", 1, usize::MAX),
    ("ends_with", 2, 2),
    ("filter", 2, 2),
    ("fractional", 1, usize::MAX),
    ("if", 1, usize::MAX),
    ("in", 2, 2),
    ("map", 2, 2),
    ("max", 1, usize::MAX),
    ("merge", 1, usize::MAX),
    ("min", 1, usize::MAX),
    ("missing", 0, usize::MAX),
    ("missing_some", 2, 2),
    ("none", 2, 2),
    ("or", 1, usize::MAX),
    ("reduce", 3, 3),
    ("sem_ver", 3, 3),
    ("some", 2, 2),
    ("starts_with", 2, 2),
    ("substr", 2, 3),
    ("var", 1, 2),
];

/// Holds a targeting against what flagd takes; the first fault is told.
pub(super) fn check(targeting: &Value, at: &Route) -> Result<(), Diagnostic> {
    let bytes = targeting.to_string().len();
    if bytes > MOST_BYTES {
        let message = format!("the targeting is {bytes} bytes long, and {MOST_BYTES} are allowed");
        let place = Place::key(at.clone());
        return Err(Diagnostic::new(Code::GP236, place, message));
    }
    operation(targeting, at, 0)?;
    result(targeting, at)
}

fn fault(at: &Route, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::GP236, Place::value(at.clone()), message)
}

/// The one operation of an object, and its arguments.
fn parts<'a>(value: &'a Value, at: &Route) -> Result<(&'a str, &'a Value, Route), Diagnostic> {
    let object = value.as_object().filter(|object| object.len() == 1);
    let Some((name, arguments)) = object.and_then(|object| object.iter().next()) else {
        let message = "this is no rule of flagd's: an object with one operation is allowed";
        return Err(fault(at, message).help("write such as `{if: [condition, \"on\", \"off\"]}`"));
    };
    Ok((name, arguments, at.key(name)))
}

/// The arguments as a list: one that stands alone is a list of one.
fn list<'a>(arguments: &'a Value, at: &Route) -> Vec<(&'a Value, Route)> {
    match arguments {
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.map(|(index, item)| (item, at.index(index))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            vec![(arguments, at.clone())]
        }
    }
}

fn operation(value: &Value, at: &Route, depth: usize) -> Result<(), Diagnostic> {
    let (name, arguments, inside) = parts(value, at)?;
    let key = || Place::key(inside.clone());
    let Some((_, least, most)) = OPERATIONS.iter().find(|(known, _, _)| *known == name) else {
        let known = OPERATIONS.iter().map(|(known, _, _)| *known);
        let message = format!("flagd has no operation `{name}`");
        return Err(Diagnostic::new(Code::GP236, key(), message)
            .maybe_help(suggestion(name, known.collect::<Vec<_>>())));
    };
    if depth >= MOST_DEPTH {
        let message = format!("more than {MOST_DEPTH} operations, one inside the other");
        return Err(Diagnostic::new(Code::GP236, key(), message));
    }
    let may_stand_alone = matches!(name, "var" | "!" | "!!");
    let given = list(arguments, &inside);
    let count = given.len();
    if !(*least..=*most).contains(&count) || !(arguments.is_array() || may_stand_alone) {
        let counts = match *most {
            usize::MAX => format!("{least} or more"),
            most if most == *least => most.to_string(),
            most => format!("{least} to {most}"),
        };
        let message = format!("`{name}` takes a list, whose length is {counts}");
        return Err(Diagnostic::new(Code::GP236, key(), message));
    }
    match name {
        "var" => variable(&given),
        "missing" => given.iter().try_for_each(|(name, at)| text(name, at)),
        "missing_some" => missing_some(&given),
        "sem_ver" => versions(&given, depth),
        "starts_with" | "ends_with" => given.iter().try_for_each(|(one, at)| match one {
            Value::Object(_) => operation(one, at, depth + 1),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => text(one, at),
        }),
        "fractional" => fractional(&given, depth),
        _ => given
            .iter()
            .try_for_each(|(one, at)| argument(one, at, depth)),
    }
}

/// A value as it stands, or a rule that gives one.
fn argument(value: &Value, at: &Route, depth: usize) -> Result<(), Diagnostic> {
    match value {
        Value::Object(_) => operation(value, at, depth + 1),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.try_for_each(|(index, item)| argument(item, &at.index(index), depth + 1))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn text(value: &Value, at: &Route) -> Result<(), Diagnostic> {
    let is_text = value.is_string();
    is_text
        .then_some(())
        .ok_or_else(|| fault(at, "a string is allowed here"))
}

/// The name of an attribute, and what stands for it where it is not there.
fn variable(given: &[(&Value, Route)]) -> Result<(), Diagnostic> {
    let Some((name, at)) = given.first() else {
        return Ok(());
    };
    text(name, at)?;
    let name = name.as_str().unwrap_or_default();
    if name.starts_with("$flagd.") && !OWN.contains(&name) {
        let message = format!("flagd has `{}` and `{}`, and no `{name}`", OWN[0], OWN[1]);
        return Err(fault(at, message));
    }
    match given.get(1) {
        Some((Value::Array(_) | Value::Object(_), at)) => {
            Err(fault(at, "a plain value is allowed here"))
        }
        Some((Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _)) | None => {
            Ok(())
        }
    }
}

fn missing_some(given: &[(&Value, Route)]) -> Result<(), Diagnostic> {
    let [(least, at), (names, names_at)] = given else {
        return Ok(());
    };
    if !least.is_number() {
        return Err(fault(at, "a number is allowed here"));
    }
    let Some(names) = names.as_array() else {
        return Err(fault(names_at, "a list of names is allowed here"));
    };
    let mut names = names.iter().enumerate();
    names.try_for_each(|(index, name)| text(name, &names_at.index(index)))
}

fn versions(given: &[(&Value, Route)], depth: usize) -> Result<(), Diagnostic> {
    let [first, (range, at), second] = given else {
        return Ok(());
    };
    if !range.as_str().is_some_and(|range| RANGES.contains(&range)) {
        let message = format!("`{}` are allowed here", RANGES.join("`, `"));
        return Err(fault(at, message));
    }
    [first, second].into_iter().try_for_each(|(version, at)| {
        if version.get("var").is_some() {
            return operation(version, at, depth + 1);
        }
        let is_version = version.as_str().is_some_and(is_version);
        let message = "a version such as `1.2.3`, or a `var`, is allowed here";
        is_version.then_some(()).ok_or_else(|| fault(at, message))
    })
}

/// `1.2.3`, with nothing behind it: all that is compared of most versions.
fn is_version(text: &str) -> bool {
    let is_number = |part: &str| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        digits && !part.is_empty() && (part == "0" || !part.starts_with('0'))
    };
    text.split('.').count() == 3 && text.split('.').all(is_number)
}

/// Variants with their weights, after what tells users apart.
fn fractional(given: &[(&Value, Route)], depth: usize) -> Result<(), Diagnostic> {
    let by = given.first().filter(|(first, _)| !first.is_array());
    if let Some((by, at)) = by {
        operation(by, at, depth + 1)?;
    }
    let mut sum = 0_u64;
    for (share, at) in &given[usize::from(by.is_some())..] {
        let share = share.as_array().map_or(&[][..], Vec::as_slice);
        let (variant, weight) = match share {
            [variant] => (variant, 1),
            [variant, weight] => {
                let message = "a weight is a whole number of 0 or more";
                let weight = weight.as_u64();
                (variant, weight.ok_or_else(|| fault(&at.index(1), message))?)
            }
            _ => return Err(fault(at, "a variant and its weight are allowed here")),
        };
        argument(variant, &at.index(0), depth + 1)?;
        sum = sum.saturating_add(weight);
        if sum > MOST_WEIGHT {
            let message = format!("the weights sum to more than {MOST_WEIGHT}");
            return Err(fault(at, message));
        }
    }
    Ok(())
}

/// Whether what comes out is a variant, as far as it can be told: flagd takes `true` for a variant of that name.
fn result(value: &Value, at: &Route) -> Result<(), Diagnostic> {
    let wrong = |found: &str| {
        let message = format!("{found} is no variant; the flag's variants are `on` and `off`");
        Err(fault(at, message).help("write `{if: [condition, \"on\", \"off\"]}`"))
    };
    match value {
        Value::Null => Ok(()),
        Value::String(name) if name == "on" || name == "off" => Ok(()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            wrong(&format!("`{value}`"))
        }
        Value::Object(_) => {
            let (name, arguments, inside) = parts(value, at)?;
            let given = list(arguments, &inside);
            let last = given.len().saturating_sub(1);
            match name {
                "if" => {
                    let is_result =
                        |index: usize| index % 2 == 1 || index == last && last.is_multiple_of(2);
                    let results = given.iter().enumerate();
                    let mut results = results.filter(|(index, _)| is_result(*index));
                    results.try_for_each(|(_, (one, at))| result(one, at))
                }
                "and" | "or" => given.iter().try_for_each(|(one, at)| result(one, at)),
                "fractional" => {
                    let mut shares = given
                        .iter()
                        .filter_map(|(share, at)| Some((share.as_array()?.first()?, at.index(0))));
                    shares.try_for_each(|(variant, at)| result(variant, &at))
                }
                "var" | "cat" | "substr" | "reduce" => Ok(()),
                _ => wrong(&format!("what `{name}` gives")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn is_taken(targeting: &Value) -> bool {
        check(targeting, &Route::root()).is_ok()
    }

    fn values() -> impl Strategy<Value = Value> {
        const WORDS: [&str; 7] = [
            "on",
            "off",
            "email",
            "$flagd.flagKey",
            "$flagd.x",
            "1.2.3",
            ">=",
        ];
        let leaf = prop_oneof![
            4 => proptest::sample::select(&WORDS[..]).prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::from),
            1 => (-1_i64..3).prop_map(Value::from),
            1 => Just(json!(0.5)),
            1 => Just(Value::Null),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            let lists = proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from);
            let names = OPERATIONS.map(|(name, _, _)| name).to_vec();
            let names = proptest::sample::select(names);
            let arguments = prop_oneof![4 => lists.clone(), 1 => inner];
            let rules = (names, arguments).prop_map(|(name, arguments)| json!({name: arguments}));
            prop_oneof![1 => lists, 4 => rules]
        })
    }

    fn targetings() -> impl Strategy<Value = Value> {
        let condition = values().prop_map(|condition| json!({"if": [condition, "on", "off"]}));
        prop_oneof![1 => values(), 4 => condition]
    }

    #[test]
    fn what_is_taken_is_taken_by_flagds_schema() {
        let schema = include_str!("../../../../fixtures/flagd/targeting.json");
        let schema = serde_json::from_str(schema).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let config = ProptestConfig::with_cases(4_096);
        proptest!(config, |(targeting in targetings())| {
            prop_assert!(!is_taken(&targeting) || validator.is_valid(&targeting), "{targeting}");
        });
    }

    #[test]
    fn a_targeting_has_bounds() {
        let deep = (0..MOST_DEPTH).fold(json!("on"), |inner, _| json!({"if": [true, inner]}));
        assert!(is_taken(&deep));
        assert!(!is_taken(&json!({"if": [true, deep]})));
        let long = "x".repeat(MOST_BYTES);
        assert!(!is_taken(&json!({"if": [{"var": long}, "on"]})));
    }
}
