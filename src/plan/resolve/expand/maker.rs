//! The steps that are made, each with where it comes from, within limits.

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, MAX_BYTES, Origins, Place, Report, Route};
use crate::plan::resolve::names::unknown;
use crate::plan::resolve::stages::{MAX_STAGES, MAX_STEPS};
use crate::spec::{Approval, Document, Mirror, Spec, Step};

use super::gates::Gates;

/// Collects steps.
pub(super) struct Maker<'a> {
    /// The rollout's name.
    pub(super) name: &'a str,
    pub(super) spec: &'a Spec,
    pub(super) report: &'a mut Report,
    pub(super) steps: Vec<Step>,
    pub(super) origins: Origins,
    pub(super) max_increase: Option<f64>,
    pub(super) preview: Option<String>,
    pub(super) host: Option<String>,
    pub(super) cookie: Option<String>,
    /// The candidate of strategies that name none.
    pub(super) candidate: Option<String>,
    /// Whether the next step ends the shadow traffic of the one before it.
    pub(super) ends_copies: bool,
    bytes: usize,
}

/// Where a step comes from.
pub(super) struct Origin {
    at: Place,
    /// The parts of the step that come from elsewhere, by their places below it.
    parts: Vec<(Route, Place)>,
}

impl Origin {
    pub(super) fn new(at: Place) -> Self {
        Self {
            at,
            parts: Vec::new(),
        }
    }

    /// Says where a field of the step comes from.
    pub(super) fn field(self, field: &str, from: Place) -> Self {
        self.part(Route::root().key(field), from)
    }

    /// Says where a part of the step comes from.
    pub(super) fn part(mut self, part: Route, from: Place) -> Self {
        self.parts.push((part, from));
        self
    }
}

/// What the steps of one strategy have in common.
pub(super) struct Common<'a> {
    pub(super) at: &'a Route,
    pub(super) gates: Option<&'a Vec<String>>,
    pub(super) approval: Option<Approval>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(document: &'a Document, report: &'a mut Report) -> Self {
        Self {
            name: &document.metadata.name,
            spec: &document.spec,
            report,
            steps: Vec::new(),
            origins: Origins::default(),
            max_increase: None,
            preview: None,
            host: None,
            cookie: None,
            candidate: None,
            ends_copies: false,
            bytes: 0,
        }
    }

    /// Adds a step.
    pub(super) fn push(&mut self, mut step: Step, from: Origin) -> Option<()> {
        let too_much = (self.steps.len() == MAX_STEPS)
            .then(|| format!("this makes more than the allowed {MAX_STAGES} stages"));
        let defaults = &self.spec.step_defaults;
        let made = super::steps().index(self.steps.len());
        let common = Route::root().key("spec").key("stepDefaults");
        let mut filled = Vec::new();
        if step.bake.is_none() {
            step.bake.clone_from(&defaults.bake);
            filled.push("bake");
        }
        if step.gates.is_none() {
            step.gates.clone_from(&defaults.gates);
            filled.push("gates");
        }
        if step.approval.is_none() {
            step.approval = defaults.approval;
            filled.push("approval");
        }
        if std::mem::take(&mut self.ends_copies) && step.mirror.is_none() {
            step.mirror = Some(None);
        }
        self.bytes += bytes(&step);
        let too_much = too_much.or_else(|| {
            (self.bytes > MAX_BYTES)
                .then(|| format!("this expands to more than {MAX_BYTES} bytes (1 MiB) of steps, and no file is larger"))
        });
        if let Some(message) = too_much {
            let found = Diagnostic::new(Code::GP002, from.at, message);
            self.report.push(found.help("have fewer and larger steps"));
            return None;
        }
        self.origins.insert(made.clone(), from.at);
        for field in filled {
            let from = Place::value(common.key(field));
            self.origins.insert(made.key(field), from);
        }
        for (part, from) in from.parts {
            let part = part.segments().iter().cloned();
            self.origins
                .insert(part.fold(made.clone(), |at, key| at.join(key)), from);
        }
        self.steps.push(step);
        Some(())
    }

    /// Adds a step of a strategy, with its gates; where stable gets nothing comparable, they are those that stand `alone`.
    pub(super) fn push_of(
        &mut self,
        common: &Common<'_>,
        mut step: Step,
        alone: bool,
        from: Origin,
    ) -> Option<()> {
        let gates = Gates::of(self.spec, common, alone);
        step.approval = step.approval.or(common.approval);
        let made = super::steps().index(self.steps.len()).key("gates");
        if step.gates.is_none()
            && let Some(gates) = gates
        {
            for (index, at) in gates.from {
                let made = index.map_or_else(|| made.clone(), |index| made.index(index));
                self.origins.insert(made, Place::value(at));
            }
            step.gates = Some(gates.names);
        }
        self.push(step, from)
    }

    /// The model that requests move to: the one that is given, or else the only one that is not stable.
    pub(super) fn candidate(
        &mut self,
        given: Option<&String>,
        at: &Route,
        field: &str,
    ) -> Option<String> {
        let models = || self.spec.models.iter().map(|model| model.name.as_str());
        let stable = self.spec.stable.as_str();
        if let Some(name) = given {
            let place = Place::value(at.key(field));
            if !models().any(|known| known == name) {
                let known: Vec<&str> = models().collect();
                let found = unknown(Code::GP101, "model", name, place, &known);
                self.report.push(found);
                return None;
            }
            if name == stable {
                let message = format!("`{name}` is stable, and requests move to another model");
                let others: Vec<&str> = models().filter(|name| *name != stable).collect();
                let help = others
                    .first()
                    .map(|_| format!("name {}", crate::diag::words::or_list(&others)));
                self.report
                    .push(Diagnostic::new(Code::GP135, place, message).maybe_help(help));
                return None;
            }
            return Some(name.clone());
        }
        if self.candidate.is_some() {
            return self.candidate.clone();
        }
        let others: Vec<&str> = models().filter(|name| *name != stable).collect();
        if let [other] = others[..] {
            return Some(other.to_owned());
        }
        let (message, help) = match others.first() {
            None => (
                "requests have nowhere to move to: there is no model beside `stable`".to_owned(),
                "add the new model below `spec.models`".to_owned(),
            ),
            Some(other) => (
                format!(
                    "this does not say which model requests move to: {} are not stable",
                    and_list(&others)
                ),
                format!("add `{field}: {other}`"),
            ),
        };
        let found = Diagnostic::new(Code::GP135, Place::key(at.clone()), message);
        self.report.push(found.help(help));
        None
    }

    /// A step in which a model has this share of the requests, in percent, and stable the rest.
    pub(super) fn share(&self, model: &str, share: f64) -> Step {
        let mut step = Step::default();
        if self.spec.models.len() == 2 {
            step.weight = Some(share);
        } else {
            step.weights = Some([(model.to_owned(), share)].into());
        }
        step
    }
}

/// The bytes of the names and words of a step.
fn bytes(step: &Step) -> usize {
    let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let lists = [&step.deploy, &step.retire, &step.keep].into_iter();
    let lists = lists.chain(step.gates.as_ref());
    let names = lists.flatten();
    let names = names.chain(step.weights.iter().flat_map(|weights| weights.keys()));
    let names = names.chain(step.cohorts.keys());
    let names = names.chain(step.replicas.keys());
    let copied = |mirror: &Mirror| mirror.to.len();
    names
        .map(|name| name.len() + size_of::<String>())
        .sum::<usize>()
        + length(&step.name)
        + length(&step.description)
        + length(&step.bake)
        + step.mirror.iter().flatten().map(copied).sum::<usize>()
}
