//! The stages' names: given, or made of what a step does; no two are equal.

use std::collections::BTreeMap;

use crate::diag::words::count;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::resolve::names::Names;
use crate::plan::{ModelId, Stage, StageKind};
use crate::spec::{Spec, Step};
use crate::units::DnsLabel;
use crate::units::names::GENERATED_STAGES;

use super::step::StepReader;

/// A stage's name is its identity: no two are equal, and a generated one's is taken.
pub(super) fn distinct(stages: &[Stage], spec: &Spec, report: &mut Report) -> bool {
    let mut known: BTreeMap<&DnsLabel, &Stage> = BTreeMap::new();
    let mut sound = true;
    let steps = stages.iter().filter(|stage| stage.kind == StageKind::Step);
    for (stage, step) in steps.zip(&spec.steps) {
        let place = |stage: &Stage, named: bool| {
            Place::value(if named {
                stage.place.key("name")
            } else {
                stage.place.clone()
            })
        };
        if GENERATED_STAGES.contains(&stage.name.as_str()) {
            sound = false;
            report.push(
                Diagnostic::new(
                    Code::GP110,
                    place(stage, step.name.is_some()),
                    format!(
                        "the stage name `{}` belongs to a stage that glidepath adds",
                        stage.name
                    ),
                )
                .help("give the step another `name`"),
            );
        } else if let Some(first) = known.insert(&stage.name, stage) {
            sound = false;
            let text = if step.name.is_some() {
                format!("the stage name `{}` is used twice", stage.name)
            } else {
                format!("this step's default name `{}` is used already", stage.name)
            };
            report.push(
                Diagnostic::new(Code::GP110, place(stage, step.name.is_some()), text)
                    .label(Place::value(first.place.clone()), "first used here")
                    .note("a stage is known by its name: the pointer and the history use it")
                    .help("give the step a `name`"),
            );
        }
    }
    sound
}

impl StepReader<'_, '_> {
    /// The step's own name, else one from what it does.
    pub(super) fn name(&mut self) -> Option<DnsLabel> {
        let given = self.step.name.is_some();
        let text = match &self.step.name {
            Some(name) => name.clone(),
            None => default_name(self.step, self.names, self.stable?),
        };
        if let Ok(name) = text.parse() {
            return Some(name);
        }
        let length = text.chars().count();
        let (place, message) = match (given, text.is_empty()) {
            (true, _) => (
                Place::value(self.at.key("name")),
                format!(
                    "the stage name `{text}` is no DNS label; lower-case letters, digits and `-` are allowed, a letter first, at most 63 characters"
                ),
            ),
            (false, true) => return self.changes_nothing(),
            (false, false) => (
                Place::value(self.at.clone()),
                format!(
                    "this step's default name `{text}` has {}, and 63 are allowed",
                    count(length, "character")
                ),
            ),
        };
        self.report.push(
            Diagnostic::new(Code::GP106, place, message).help("give the step a short `name`"),
        );
        None
    }

    fn changes_nothing(&mut self) -> Option<DnsLabel> {
        self.report.push(
            Diagnostic::new(Code::GP207, Place::value(self.at.clone()), "this step changes nothing")
                .help("set `weight`, `weights`, `cohorts`, `mirror`, `replicas`, `deploy` or `retire`, or remove the step"),
        );
        None
    }
}

/// `weight-10`, `b-10-c-5`, `cohort-testers`, `shadow-100`, `scale-b-5`, `deploy-b`, `retire-b`: by the first that the step sets.
fn default_name(step: &Step, names: &Names<'_>, stable: ModelId) -> String {
    let number = |value: f64| value.to_string().replace(['.', '-'], "-");
    if let Some(weight) = step.weight {
        return format!("weight-{}", number(weight));
    }
    if let Some(weights) = &step.weights {
        let stable = names.model_names()[stable.0];
        let others: Vec<_> = weights.iter().filter(|(name, _)| *name != stable).collect();
        return match others[..] {
            [(_, weight)] if names.model_names().len() == 2 => {
                format!("weight-{}", number(*weight))
            }
            [] => format!("{stable}-100"),
            _ => others
                .iter()
                .map(|(name, weight)| format!("{name}-{}", number(**weight)))
                .collect::<Vec<_>>()
                .join("-"),
        };
    }
    let joined = |words: Vec<String>| words.join("-");
    if !step.cohorts.is_empty() {
        return format!("cohort-{}", joined(step.cohorts.keys().cloned().collect()));
    }
    match &step.mirror {
        Some(Some(mirror)) => return format!("shadow-{}", number(mirror.percent.unwrap_or(100.0))),
        Some(None) => return "shadow-off".to_owned(),
        None => {}
    }
    if !step.replicas.is_empty() {
        return format!(
            "scale-{}",
            joined(
                step.replicas
                    .iter()
                    .map(|(name, count)| format!("{name}-{count}"))
                    .collect()
            )
        );
    }
    if !step.deploy.is_empty() {
        return format!("deploy-{}", joined(step.deploy.clone()));
    }
    if !step.retire.is_empty() {
        return format!("retire-{}", joined(step.retire.clone()));
    }
    String::new()
}
