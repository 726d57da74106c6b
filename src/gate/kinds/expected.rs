//! One value of a JSON document against what it must be.

use serde_json::Value;

use crate::gate::answer::{Fault, said};
use crate::gate::documents::Values;
use crate::gate::verdict::Verdict;
use crate::plan::gates::Expected;

use super::{Gauge, Judgement, Numbers, threshold};

/// Judges what a path leads to.
pub(super) fn judge(expected: &Expected, found: &Values) -> Result<Judgement, Fault> {
    let wrong = |why: String| Err(Fault::Question(why));
    let value = match (&found.first, found.count) {
        (Some(value), 1) => value,
        (None, _) | (_, 0) => return Ok(Judgement::no_data("the path leads to nothing")),
        (Some(_), many) => {
            return wrong(format!("the path leads to {many} values and not one"));
        }
    };
    if value.is_null() {
        return Ok(Judgement::no_data("the path leads to `null`"));
    }
    match expected {
        Expected::Within(limits) => match value.as_f64().filter(|number| number.is_finite()) {
            Some(number) => {
                let (verdict, why) = threshold::verdict(*limits, number);
                Ok(Judgement::new(verdict, why)
                    .value(shown(value))
                    .numbers([("value", number)]))
            }
            None => wrong(format!(
                "the value is {}, and a number is needed",
                typed(value)
            )),
        },
        Expected::Equal(wanted) => match is_equal(value, wanted) {
            Some(true) => Ok(
                Judgement::new(Verdict::Pass, "the value is the wanted one").value(shown(value))
            ),
            Some(false) => {
                let why = format!("it is {}, and must be {}", shown(value), shown(wanted));
                Ok(Judgement::new(Verdict::Fail, why).value(shown(value)))
            }
            None => wrong(format!(
                "the value is {}, and must be {}",
                typed(value),
                typed(wanted)
            )),
        },
    }
}

/// The value, where it is a number within limits.
pub(super) fn gauge(expected: &Expected, numbers: &Numbers) -> Option<Gauge> {
    let value = numbers.get("value")?;
    match expected {
        Expected::Within(limits) => Some(Gauge {
            value,
            limits: *limits,
        }),
        Expected::Equal(_) => None,
    }
}

/// What the value is held against, in words.
pub(super) fn limit(expected: &Expected) -> String {
    match expected {
        Expected::Within(limits) => threshold::shown(*limits),
        Expected::Equal(wanted) => format!("= {}", shown(wanted)),
    }
}

/// Whether two values are the same; `None` where they are of two types, which no value of the other can be the same in.
fn is_equal(a: &Value, b: &Value) -> Option<bool> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a == b),
        (Value::Bool(a), Value::Bool(b)) => Some(a == b),
        // 1 and 1.0 are the same number in JSON.
        (Value::Number(a), Value::Number(b)) => Some(a == b || a.as_f64() == b.as_f64()),
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => None,
    }
}

/// A value on one line.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => said(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// A value with its type.
fn typed(value: &Value) -> String {
    match value {
        Value::Null => "`null`".to_owned(),
        Value::Bool(value) => format!("the boolean `{value}`"),
        Value::Number(value) => format!("the number `{value}`"),
        Value::String(text) => format!("the text `{}`", said(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}
