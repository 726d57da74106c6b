//! A value of a JSON document: where it stands, and what it must be.

use serde_json::Value;
use serde_json_path::JsonPath;

use crate::diag::Code;
use crate::plan::gates::{Expected, Limits};

use super::reader::Reader;

/// What a value must be; the schema has seen to it that one of the three is there.
pub(super) fn resolve(
    min: Option<f64>,
    max: Option<f64>,
    equals: Option<&Value>,
    reader: &mut Reader<'_>,
) -> Expected {
    if let Some(value) = equals {
        return Expected::Equal(value.clone());
    }
    let limits = Limits { min, max };
    reader.check_order(limits);
    Expected::Within(limits)
}

/// The JSONPath in a field; `None` where it does not parse, which is complained about.
pub(super) fn json_path(key: &str, text: &str, reader: &mut Reader<'_>) -> Option<JsonPath> {
    match JsonPath::parse(text) {
        Ok(path) => Some(path),
        Err(error) => {
            reader.complain(
                Code::GP538,
                key,
                format!(
                    "this is no JSONPath: {} after {} of its characters",
                    error.message(),
                    error.position()
                ),
                "write it by RFC 9535, such as `$.accuracy` or `$.runs[0]['f1 score']`",
            );
            None
        }
    }
}
