//! By which labels the series that a model's pods export are selected, where it is not by the pods' names.

use std::collections::BTreeMap;

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::template::{Variable, fill, variables};
use crate::spec::Metrics;

/// The templates of the labels' values, by name; none where the spec has none.
pub(super) fn resolve(metrics: Option<&Metrics>, report: &mut Report) -> BTreeMap<String, String> {
    let Some(metrics) = metrics else {
        return BTreeMap::new();
    };
    let at = Route::root().key("spec").key("metrics").key("selector");
    let known = || Variable::ALL.iter().filter(|one| has_value(**one));
    for (name, template) in &metrics.selector {
        if name.starts_with("__") || name == "le" {
            let message =
                format!("the label `{name}` tells series of one pod apart, and no models");
            report.push(
                Diagnostic::new(Code::GP548, Place::key(at.key(name)), message)
                    .help("name a label that all series of a model's pods have"),
            );
        }
        let unknown = fill(template, &|_| String::new()).err().or_else(|| {
            let mut used = variables(template).into_iter();
            let unknown = used.find(|variable| !has_value(*variable));
            unknown.map(|variable| variable.name().to_owned())
        });
        if let Some(unknown) = unknown {
            let message = format!("there is no variable `{unknown}` in a selector");
            let found = Diagnostic::new(Code::GP503, Place::value(at.key(name)), message);
            report.push(found.maybe_help(suggestion(&unknown, known().map(|one| one.name()))));
        }
    }
    metrics.selector.clone()
}

/// Whether a variable has a value here: a label has no window.
fn has_value(variable: Variable) -> bool {
    variable != Variable::Window
}
