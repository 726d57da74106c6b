//! Labels: Kubernetes' rules, and the ones that only glidepath sets.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::units::names::{RESERVED_ANNOTATIONS, RESERVED_LABELS};
use crate::units::{DnsLabel, is_label_key, is_label_value};

/// A DNS label, or a complaint at `at`.
pub(super) fn label(text: &str, at: Route, report: &mut Report) -> Option<DnsLabel> {
    let parsed = text.parse().ok();
    if parsed.is_none() {
        report.push(Diagnostic::new(
            Code::GP106,
            Place::value(at),
            format!("`{text}` is no DNS label; lower-case letters, digits and `-` are allowed, a letter first, at most 63 characters"),
        ));
    }
    parsed
}

/// A namespace's name, or a complaint at `at`.
pub(super) fn namespace(text: &str, at: Route, report: &mut Report) -> Option<DnsLabel> {
    let parsed = DnsLabel::of_namespace(text);
    if parsed.is_none() {
        report.push(Diagnostic::new(
            Code::GP106,
            Place::value(at),
            format!("`{text}` is no namespace; lower-case letters, digits and `-` are allowed, no `-` at an end, at most 63 characters"),
        ));
    }
    parsed
}

/// Holds labels against Kubernetes' rules, and against the ones that only glidepath sets.
pub(super) fn check_labels(labels: &BTreeMap<String, String>, at: &Route, report: &mut Report) {
    for (key, value) in labels {
        let at = at.key(key);
        if RESERVED_LABELS.contains(&key.as_str()) {
            report.push(
                Diagnostic::new(Code::GP109, Place::key(at.clone()), format!("the label `{key}` is set by glidepath itself"))
                    .help("remove it here; to keep labels of objects that already run, use `service.selector` and `models[].selector`"),
            );
        }
        check_label(key, value, &at, report);
    }
}

/// Holds annotations against the ones that only glidepath sets.
pub(super) fn check_annotations(
    annotations: &BTreeMap<String, String>,
    at: &Route,
    report: &mut Report,
) {
    let ours = annotations
        .keys()
        .filter(|key| RESERVED_ANNOTATIONS.contains(&key.as_str()));
    for key in ours {
        report.push(
            Diagnostic::new(
                Code::GP120,
                Place::key(at.key(key)),
                format!("the annotation `{key}` decides how glidepath's objects are applied, and glidepath alone sets it"),
            )
            .help("remove it here"),
        );
    }
}

pub(super) fn check_label(key: &str, value: &str, at: &Route, report: &mut Report) {
    if !is_label_key(key) {
        report.push(Diagnostic::new(
            Code::GP010,
            Place::key(at.clone()),
            format!("`{key}` is no label key that Kubernetes takes"),
        ));
    }
    if !is_label_value(value) {
        report.push(
            Diagnostic::new(Code::GP010, Place::value(at.clone()), format!("`{value}` is no label value that Kubernetes takes"))
                .note("a label value has at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends"),
        );
    }
}
