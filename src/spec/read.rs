//! The way from text to types, one phase at a time.

use serde_json::{Number, Value};

use crate::diag::{Code, Diagnostic, Place, Report, unreadable};
use crate::text::{self, Node, Route, Segment, Source};

use super::{Document, gateway_api, istio, kube, owner, schema};

/// A document that the schema allows, with the node tree that finds its places.
#[derive(Clone, Debug)]
pub struct Read {
    /// The typed document.
    pub document: Document,
    /// The document as nodes with spans.
    pub node: Node,
}

/// Reads one `rollout.yaml`; every complaint about its shape is in the report.
///
/// A key with nothing behind it is an error (GP006) wherever a value is expected: whoever leaves `bake:` or `gates:`
/// empty has forgotten something. `null` means something in two places only, `steps[].cohorts.<name>` and
/// `steps[].mirror`, where it takes a rule away. In Kubernetes' own shapes it means absent, as in Kubernetes.
pub fn read(source: &Source) -> Result<Read, Report> {
    let mut report = Report::new(source.clone());
    let node = match text::parse(source) {
        Ok(node) => node,
        Err(fault) => {
            report.push(unreadable(fault));
            return Err(report);
        }
    };
    let mut json = node.to_json();
    settle_numbers(&mut json);
    for found in schema::check(source, &node, &json) {
        report.push(found);
    }
    for found in kube::check(&mut json) {
        report.push(found);
    }
    let of_router = istio::check(&json)
        .into_iter()
        .chain(gateway_api::check(&json));
    for found in of_router.chain(owner::check(&json)) {
        report.push(found);
    }
    if report.has_errors() {
        report.document = Some(node);
        return Err(report);
    }
    match serde_path_to_error::deserialize(json) {
        Ok(document) => Ok(Read { document, node }),
        Err(error) => {
            report.push(Diagnostic::new(
                Code::GP006,
                Place::value(route_of(error.path())),
                format!(
                    "internal error: the schema allows what the program cannot read ({}); please report this",
                    error.inner()
                ),
            ));
            report.document = Some(node);
            Err(report)
        }
    }
}

/// JSON Schema and YAML 1.2 take `3.0` for an integer; so do the types, once it is written as one.
pub fn settle_numbers(json: &mut Value) {
    match json {
        Value::Number(number) => {
            if let Some(value) = number.as_f64().filter(|_| number.is_f64()) {
                // An integral float is exactly that integer, and those below 2^63 have room in the type.
                if value.fract() == 0.0 && value.abs() < 9_223_372_036_854_775_808.0 {
                    #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^63")]
                    let whole = value as i64;
                    *number = Number::from(whole);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(settle_numbers),
        Value::Object(entries) => entries.values_mut().for_each(settle_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A path of the deserialiser as a route.
pub(super) fn route_of(path: &serde_path_to_error::Path) -> Route {
    use serde_path_to_error::Segment as S;
    path.iter()
        .filter_map(|segment| match segment {
            S::Seq { index } => Some(Segment::Index(*index)),
            S::Map { key } => Some(Segment::Key(key.clone())),
            S::Enum { variant } => Some(Segment::Key(variant.clone())),
            S::Unknown => None,
        })
        .collect()
}
