//! Header operations, as Envoy must read them.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::spec::{HeaderOperations, Headers};
use crate::units::HeaderName;

/// Checks header operations, and doubles `%` in their values: Envoy reads them as format strings.
pub(super) fn escape(headers: &Headers, at: &Route, report: &mut Report) -> Headers {
    let mut direction = |operations: &Option<HeaderOperations>, field: &str| {
        operations.as_ref().map(|operations| {
            let at = at.key(field);
            let mut values = |map: &BTreeMap<String, String>, field: &str| {
                map.iter()
                    .map(|(name, value)| {
                        let at = at.key(field).key(name);
                        check_operation(name, Place::key(at.clone()), report);
                        if value.contains('\n') {
                            report.push(
                                Diagnostic::new(
                                    Code::GP212,
                                    Place::value(at),
                                    format!("the value of the header `{name}` has a line break"),
                                )
                                .note("Envoy refuses the whole configuration for it")
                                .help("write the value in one line"),
                            );
                        }
                        (name.clone(), value.replace('%', "%%"))
                    })
                    .collect()
            };
            let (set, add) = (
                values(&operations.set, "set"),
                values(&operations.add, "add"),
            );
            for (index, name) in operations.remove.iter().enumerate() {
                check_operation(name, Place::value(at.key("remove").index(index)), report);
            }
            HeaderOperations {
                set,
                add,
                remove: operations.remove.clone(),
            }
        })
    };
    Headers {
        request: direction(&headers.request, "request"),
        response: direction(&headers.response, "response"),
    }
}

fn check_operation(name: &str, place: Place, report: &mut Report) {
    let lower = name.to_ascii_lowercase();
    if lower == "host" || name.starts_with(':') {
        report.push(
            Diagnostic::new(
                Code::GP212,
                place,
                format!("the header `{name}` cannot be changed by a header operation"),
            )
            .help("use `rewrite.authority` for the host, and `rewrite.uri` for the path"),
        );
    } else if HeaderName::parse(&lower).is_err() {
        report.push(Diagnostic::new(
            Code::GP212,
            place,
            format!("`{name}` is no HTTP header name"),
        ));
    }
}
