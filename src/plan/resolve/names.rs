//! The names of a document: each once, and every mention found.

use std::collections::BTreeMap;

use crate::diag::Route;
use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{CohortId, GateId, ModelId};
use crate::spec::Spec;

/// Where each name of the document leads.
pub(super) struct Names<'a> {
    models: BTreeMap<&'a str, usize>,
    cohorts: BTreeMap<&'a str, usize>,
    gates: BTreeMap<&'a str, usize>,
    order: [Vec<&'a str>; 3],
}

impl<'a> Names<'a> {
    /// Collects the names of a spec; a name that is used twice is a complaint.
    pub(super) fn of(spec: &'a Spec, report: &mut Report) -> Self {
        let models: Vec<&str> = spec
            .models
            .iter()
            .map(|model| model.name.as_str())
            .collect();
        let cohorts: Vec<&str> = spec
            .cohorts
            .iter()
            .map(|cohort| cohort.name.as_str())
            .collect();
        let gates: Vec<&str> = spec.gates.iter().map(|gate| gate.name.as_str()).collect();
        Self {
            models: unique("models", "model", &models, report),
            cohorts: unique("cohorts", "cohort", &cohorts, report),
            gates: unique("gates", "gate", &gates, report),
            order: [models, cohorts, gates],
        }
    }

    /// The model of this name, or a complaint at `at`.
    pub(super) fn model(&self, name: &str, at: &Route, report: &mut Report) -> Option<ModelId> {
        self.model_at(name, Place::value(at.clone()), report)
    }

    /// The model that a mapping's key names, or a complaint at that key.
    pub(super) fn model_key(&self, name: &str, at: &Route, report: &mut Report) -> Option<ModelId> {
        self.model_at(name, Place::key(at.clone()), report)
    }

    fn model_at(&self, name: &str, place: Place, report: &mut Report) -> Option<ModelId> {
        let found = self.models.get(name).copied();
        if found.is_none() {
            report.push(unknown(Code::GP101, "model", name, place, &self.order[0]));
        }
        found.map(ModelId)
    }

    /// The cohort of this name, or a complaint at the place.
    pub(super) fn cohort(&self, name: &str, place: Place, report: &mut Report) -> Option<CohortId> {
        let found = self.cohorts.get(name).copied();
        if found.is_none() {
            report.push(unknown(Code::GP102, "cohort", name, place, &self.order[1]));
        }
        found.map(CohortId)
    }

    /// The gate of this name, or a complaint at `at`.
    pub(super) fn gate(&self, name: &str, at: &Route, report: &mut Report) -> Option<GateId> {
        let found = self.gates.get(name).copied();
        if found.is_none() {
            report.push(unknown(
                Code::GP103,
                "gate",
                name,
                Place::value(at.clone()),
                &self.order[2],
            ));
        }
        found.map(GateId)
    }

    /// The gates of these names, each or a complaint at its place below `at`.
    pub(super) fn gates(&self, names: &[String], at: &Route, report: &mut Report) -> Vec<GateId> {
        let named = names.iter().enumerate();
        named
            .filter_map(|(index, name)| self.gate(name, &at.index(index), report))
            .collect()
    }

    /// The models in the order of the spec.
    pub(super) fn model_names(&self) -> &[&'a str] {
        &self.order[0]
    }
}

/// The complaint about a name that nothing has.
pub(super) fn unknown(
    code: Code,
    noun: &str,
    name: &str,
    place: Place,
    known: &[&str],
) -> Diagnostic {
    let found = Diagnostic::new(code, place, format!("unknown {noun} `{name}`"));
    if known.is_empty() {
        return found.help(format!("declare it below `spec.{noun}s`"));
    }
    found.maybe_help(suggestion(name, known.iter().copied()))
}

/// The index of each name; the second use of one is a complaint that shows the first.
pub(super) fn unique<'a>(
    field: &str,
    noun: &str,
    names: &[&'a str],
    report: &mut Report,
) -> BTreeMap<&'a str, usize> {
    let at = |index: usize| {
        Place::value(
            Route::root()
                .key("spec")
                .key(field)
                .index(index)
                .key("name"),
        )
    };
    let mut known = BTreeMap::new();
    for (index, name) in names.iter().enumerate() {
        if let Some(first) = known.get(name) {
            report.push(
                Diagnostic::new(
                    Code::GP105,
                    at(index),
                    format!("the {noun} name `{name}` is used twice"),
                )
                .label(at(*first), "first used here")
                .help("give one of them another name"),
            );
        } else {
            known.insert(*name, index);
        }
    }
    known
}
