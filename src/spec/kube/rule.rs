//! Rules about values as tables: what a field may be, what a mapping must have. A table is data, so nothing is built at start.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

use crate::diag::words;
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::Quantity;

use super::field::{Faults, Field};
use super::form::Form;

/// A check that a table cannot say.
pub(super) type Check = fn(&Field, &mut Faults);

/// What a value must be; one of another type is told elsewhere.
pub(super) enum Rule {
    /// A string of a form.
    Text(&'static Form),
    /// A string of a form, or an empty one, which is as good as none.
    Maybe(&'static Form),
    /// One of these strings.
    OneOf(&'static [&'static str]),
    /// One of these strings, or an empty one, which is as good as none.
    MaybeOneOf(&'static [&'static str]),
    /// A whole number between two, both included.
    Int(i64, i64),
    /// A port's name or number.
    Port,
    /// An amount.
    Amount(Least),
    /// A mapping.
    Map(&'static Shape),
    /// A list of such values.
    List(&'static Rule),
    /// Something that a table cannot say.
    Check(Check),
}

/// The least that an amount may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Least {
    /// 0 or more.
    Zero,
    /// More than 0.
    AboveZero,
}

/// What a mapping must be.
pub(super) struct Shape {
    /// The fields that must be there.
    pub(super) needs: &'static [&'static str],
    /// What its fields must be.
    pub(super) fields: &'static [(&'static str, Rule)],
    /// What no field alone can tell.
    pub(super) also: &'static [Check],
}

/// 0 or more.
pub(super) const NOT_NEGATIVE: Rule = Rule::Int(0, i32::MAX as i64);
/// 1 or more.
pub(super) const POSITIVE: Rule = Rule::Int(1, i32::MAX as i64);

impl Rule {
    /// Holds a value against the rule.
    pub(super) fn check(&self, field: &Field, faults: &mut Faults) {
        if faults.is_full() {
            return;
        }
        match self {
            Self::Text(form) => form.check(field, faults),
            Self::Maybe(form) => {
                if field.value != "" {
                    form.check(field, faults);
                }
            }
            Self::OneOf(words) => one_of(words, field, faults),
            Self::MaybeOneOf(words) => {
                if field.value != "" {
                    one_of(words, field, faults);
                }
            }
            Self::Int(least, most) => int(*least, *most, field, faults),
            Self::Port => port(field, faults),
            Self::Amount(least) => amount(*least, field, faults),
            Self::Map(shape) => shape.check(field, faults),
            Self::List(rule) => {
                for item in field.items() {
                    rule.check(&item, faults);
                }
            }
            Self::Check(check) => check(field, faults),
        }
    }
}

impl Shape {
    /// Holds a mapping against the shape.
    pub(super) fn check(&self, field: &Field, faults: &mut Faults) {
        if !field.value.is_object() {
            return;
        }
        for key in self.needs {
            if !field.has(key) {
                faults.lacks(field, key);
            }
        }
        for (key, rule) in self.fields {
            if let Some(inner) = field.get(key) {
                rule.check(&inner, faults);
            }
        }
        for check in self.also {
            check(field, faults);
        }
    }
}

fn one_of(words: &'static [&'static str], field: &Field, faults: &mut Faults) {
    if let Some(text) = field.value.as_str()
        && !words.contains(&text)
    {
        faults.must(field, &words::or_list(words.iter().copied()));
    }
}

fn int(least: i64, most: i64, field: &Field, faults: &mut Faults) {
    let Some(number) = field.value.as_i64() else {
        return;
    };
    if number < least || number > most {
        let allowed = if most >= i64::from(i32::MAX) {
            format!("{least} or more")
        } else {
            format!("between {least} and {most}")
        };
        faults.must(field, &allowed);
    }
}

fn port(field: &Field, faults: &mut Faults) {
    match field.value {
        Value::Number(_) => int(1, 65_535, field, faults),
        Value::String(_) => super::form::PORT_NAME.check(field, faults),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
    }
}

/// A quantity of a field that may be a number or a string, where it is one.
pub(super) fn quantity(value: &Value) -> Option<Result<Quantity, ()>> {
    match value {
        Value::Number(number) => Some(number.to_string().parse()),
        Value::String(text) => Some(text.parse()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn amount(least: Least, field: &Field, faults: &mut Faults) {
    match quantity(field.value) {
        Some(Err(())) => faults.must(field, "a quantity such as `3`, `500m` or `4Gi`"),
        Some(Ok(amount)) if amount.is_negative() && !amount.is_zero() => {
            faults.must(
                field,
                if least == Least::Zero {
                    "0 or more"
                } else {
                    "more than 0"
                },
            );
        }
        Some(Ok(amount)) if least == Least::AboveZero && amount.is_zero() => {
            faults.must(field, "more than 0");
        }
        Some(Ok(_)) | None => {}
    }
}

/// Exactly one of these fields is there.
pub(super) fn exactly_one(field: &Field, keys: &[&str], what: &str, faults: &mut Faults) {
    if keys.iter().any(|key| field.has(key)) {
        at_most_one(field, keys, what, faults);
    } else {
        faults.say_key(
            field,
            format!("{what} needs one of {}", words::or_list(keys)),
        );
    }
}

/// No two of these fields are there.
pub(super) fn at_most_one(field: &Field, keys: &[&str], what: &str, faults: &mut Faults) {
    let given: Vec<&&str> = keys.iter().filter(|key| field.has(key)).collect();
    if given.len() > 1 {
        let given = words::and_list(given);
        faults.say_key(
            field,
            format!("{what} has {given}, and may have only one of them"),
        );
    }
}

/// No two items of a list have the same key; the complaint stands at the field `at` of the second.
pub(super) fn distinct(
    list: &Field,
    at: &str,
    key: impl Fn(&Field) -> Option<String>,
    what: &str,
    faults: &mut Faults,
) {
    let mut first: BTreeMap<String, Route> = BTreeMap::new();
    for item in list.items() {
        let Some(key) = key(&item) else { continue };
        let place = item
            .get(at)
            .map_or_else(|| item.route(), |field| field.route());
        match first.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(place);
            }
            Entry::Occupied(entry) => {
                let message = format!("the {what} `{}` is used twice", excerpt(entry.key()));
                faults.twice(place, entry.get().clone(), message);
            }
        }
        if faults.is_full() {
            return;
        }
    }
}

/// No two items of a list have the same name.
pub(super) fn distinct_names(list: &Field, what: &str, faults: &mut Faults) {
    distinct(
        list,
        "name",
        |item| item.text("name").map(str::to_owned),
        what,
        faults,
    );
}
