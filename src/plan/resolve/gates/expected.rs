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

/// The JSONPath in a field; `None` where it does not parse or would take too long, which is complained about.
pub(super) fn json_path(key: &str, text: &str, reader: &mut Reader<'_>) -> Option<JsonPath> {
    match JsonPath::parse(text) {
        Ok(_) if !is_quick(text) => {
            reader.complain(
                Code::GP538,
                key,
                "this JSONPath may go through a document once for each of its values".to_owned(),
                "write at most one `..`, before any filter, and only `@` within filters",
            );
            None
        }
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

/// Whether a path takes about as long as its document is large: it descends once at most, and no filter begins at the top again.
fn is_quick(text: &str) -> bool {
    let (mut bare, mut quote, mut is_escaped) = (String::new(), None, false);
    for c in text.chars() {
        match quote {
            Some(_) if is_escaped => is_escaped = false,
            Some(_) if c == '\\' => is_escaped = true,
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None => bare.push(c),
        }
    }
    let filters = bare.split_once('?').map_or("", |(_, filters)| filters);
    bare.matches("..").count() <= 1 && !filters.contains("..") && !filters.contains('$')
}

#[cfg(test)]
mod tests {
    use super::is_quick;

    #[test]
    fn a_path_goes_through_its_document_once() {
        for text in [
            "$.a",
            "$..a",
            "$..runs[?@.name == 'a..$?'].accuracy",
            "$['a..b..c']",
            r"$['a\'..b..c']",
            "$[?@.a[?@.b > 1]]",
        ] {
            assert!(is_quick(text), "{text}");
        }
        for text in [
            "$..*..*",
            "$[?count($.*) > 1]",
            "$[?@..a]",
            "$..[?$..a]",
            r"$['a\'']..*['b']..*",
        ] {
            assert!(!is_quick(text), "{text}");
        }
    }
}
