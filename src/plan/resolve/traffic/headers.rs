//! Header operations, as Envoy must read them.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::spec::{HeaderOperations, Headers, Rewrite};
use crate::units::is_header_token;

/// Checks header operations, and doubles `%` in their values: Envoy reads them as format strings.
///
/// The host of a request may be set this way too, but once: Istio makes a rewrite of it (`validateAuthorityRewrite`).
pub(in crate::plan::resolve) fn escape(
    headers: &Headers,
    rewrite: Option<&Rewrite>,
    at: &Route,
    report: &mut Report,
) -> Headers {
    let mut has_authority = rewrite.is_some_and(|rewrite| {
        rewrite
            .authority
            .as_ref()
            .is_some_and(|host| !host.is_empty())
    });
    let mut resolve = |operations: &Option<HeaderOperations>, direction: &str| {
        operations.as_ref().map(|operations| {
            let at = at.key(direction);
            let mut values = |map: &BTreeMap<String, String>, field: &str| {
                map.iter()
                    .map(|(name, value)| {
                        let at = at.key(field).key(name);
                        let is_authority = direction == "request" && is_authority(name);
                        if is_authority && has_authority {
                            report.push(
                                Diagnostic::new(
                                    Code::GP212,
                                    Place::key(at.clone()),
                                    "the host of the request is set twice",
                                )
                                .help("keep one of `rewrite.authority` and the header operations on the host"),
                            );
                        } else if !is_authority {
                            check_operation(name, Place::key(at.clone()), report);
                        }
                        has_authority |= is_authority && !value.is_empty();
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
                        let value = if is_authority {
                            value.clone()
                        } else {
                            value.replace('%', "%%")
                        };
                        (name.clone(), value)
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
        request: resolve(&headers.request, "request"),
        response: resolve(&headers.response, "response"),
    }
}

fn is_authority(name: &str) -> bool {
    name.eq_ignore_ascii_case("host") || name.eq_ignore_ascii_case(":authority")
}

fn check_operation(name: &str, place: Place, report: &mut Report) {
    if name.eq_ignore_ascii_case("host") || name.starts_with(':') {
        report.push(
            Diagnostic::new(
                Code::GP212,
                place,
                format!("the header `{name}` cannot be changed by a header operation"),
            )
            .help("use `rewrite.authority` for the host, and `rewrite.uri` for the path"),
        );
    } else if !is_header_token(name) {
        report.push(Diagnostic::new(
            Code::GP212,
            place,
            format!("`{name}` is no HTTP header name"),
        ));
    }
}
