//! The levels of warnings.

use std::collections::BTreeMap;

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route, Severity};
use crate::spec::{Document, LintLevel};

/// The severities that `spec.lints` gives to warnings.
pub(super) fn of(document: &Document, report: &mut Report) -> BTreeMap<Code, Option<Severity>> {
    let mut levels = BTreeMap::new();
    for (name, level) in &document.spec.lints {
        let place = Place::key(Route::root().key("spec").key("lints").key(name));
        match name.parse::<Code>() {
            Ok(code) if code.name() == name && code.severity() == Severity::Warning => {
                let level = match level {
                    LintLevel::Allow => None,
                    LintLevel::Warn => Some(Severity::Warning),
                    LintLevel::Deny => Some(Severity::Error),
                };
                levels.insert(code, level);
            }
            Ok(code) if code.name() == name => report.push(
                Diagnostic::new(
                    Code::GP006,
                    place,
                    format!("`{name}` is an error, and only warnings can be given a level"),
                )
                .note(format!("{name}: {}", code.title())),
            ),
            _ => {
                let known = Code::ALL
                    .iter()
                    .filter(|code| code.severity() == Severity::Warning)
                    .map(|code| code.name());
                report.push(
                    Diagnostic::new(
                        Code::GP006,
                        place,
                        format!("`{name}` is no code of a warning"),
                    )
                    .maybe_help(suggestion(name, known)),
                );
            }
        }
    }
    levels
}
