//! One step: its models, cohorts, mirror, replicas and gates by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::{Code, Diagnostic, Place, Report, Route, Severity};
use crate::plan::resolve::entry;
use crate::plan::resolve::models::Owned;
use crate::plan::resolve::names::Names;
use crate::plan::{CohortId, Mirror, MirrorTarget, ModelId, Split};
use crate::spec::{CohortTarget, CohortsWord, CopiedCohorts, Replicas, Spec, Step};
use crate::units::{Duration, HUNDRED, Percent};

use super::step_change::StepChange;

/// Reads one step and resolves the names in it.
pub(super) struct StepReader<'a, 'n> {
    pub(super) spec: &'a Spec,
    pub(super) step: &'a Step,
    pub(super) at: Route,
    pub(super) names: &'a Names<'n>,
    pub(super) stable: Option<ModelId>,
    pub(super) owned: &'a Owned<'a>,
    pub(super) report: &'a mut Report,
}

impl StepReader<'_, '_> {
    /// What the step changes, or `None` where it is wrong.
    pub(super) fn read(mut self) -> Option<StepChange> {
        let errors = self.report.count(Severity::Error);
        let step = self.step;
        let deploy = self.models(&step.deploy, "deploy");
        let retire = self.models(&step.retire, "retire");
        self.hold_ours(&step.deploy, "deploy");
        self.hold_ours(&step.retire, "retire");
        let keep = self.models(&step.keep, "keep");
        let split = self.split();
        let cohorts = self.cohorts();
        let mirror = self.mirror();
        let at = self.at.key("replicas");
        let mut replicas = BTreeMap::new();
        for (name, count) in &step.replicas {
            let at = at.key(name);
            if let Some(model) = self.names.model_key(name, &at, self.report) {
                self.check_scaled(model, at);
                replicas.insert(model, *count);
            }
        }
        let at = self.at.key("gates");
        let named = step.gates.as_deref().unwrap_or_default();
        let gates = self.names.gates(named, &at, self.report);
        let name = self.name();
        if self.report.count(Severity::Error) > errors {
            return None;
        }
        Some(StepChange {
            name: name?,
            description: step.description.clone(),
            at: self.at,
            deploy,
            retire,
            keep,
            split,
            cohorts,
            mirror,
            replicas,
            bake: step
                .bake
                .as_ref()
                .and_then(|bake| bake.parse().ok())
                .unwrap_or(Duration::ZERO),
            gates,
            approval: step.approval.unwrap_or_default(),
        })
    }

    /// Two writers of one number would fight.
    fn check_scaled(&mut self, model: ModelId, at: Route) {
        let given = &self.spec.models[model.0];
        let name = self.names.model_names()[model.0];
        if given.runs_elsewhere() || self.owned.is_uncounted(model.0) {
            self.report.push(
                Diagnostic::new(
                    Code::GP125,
                    Place::key(at),
                    format!("how many replicas `{name}` has is not glidepath's to say"),
                )
                .help("remove it from the step's `replicas`"),
            );
            return;
        }
        let (field, who, help) = if given.autoscaling.is_some() {
            (
                "autoscaling",
                "which an autoscaler scales",
                "remove it from the step's `replicas`, and set `autoscaling.min`",
            )
        } else if given.scale.is_some() {
            (
                "scale",
                "which follow the traffic",
                "remove it from the step's `replicas`, or remove `scale`",
            )
        } else if self.owned.is_scaled(model.0) {
            (
                "workload",
                "which an autoscaler of its manifest scales",
                "remove it from the step's `replicas`, and set the autoscaler's least",
            )
        } else if matches!(given.replicas, Some(Replicas::External(_))) {
            (
                "replicas",
                "which somebody else scales",
                "remove it from the step's `replicas`, or give the model a number of `replicas`",
            )
        } else {
            return;
        };
        let models = Route::root().key("spec").key("models");
        self.report.push(
            Diagnostic::new(
                Code::GP404,
                Place::key(at),
                format!("the step sets the replicas of `{name}`, {who}"),
            )
            .label(Place::key(models.index(model.0).key(field)), "scaled here")
            .help(help),
        );
    }

    /// Nothing here starts or removes what somebody else runs.
    fn hold_ours(&mut self, given: &[String], field: &str) {
        for (index, name) in given.iter().enumerate() {
            let mut models = self.spec.models.iter();
            if models.any(|model| model.name == *name && model.runs_elsewhere()) {
                self.report.push(
                    Diagnostic::new(
                        Code::GP125,
                        Place::value(self.at.key(field).index(index)),
                        format!("`{name}` is run by somebody else, in every stage"),
                    )
                    .help(format!("remove it from `{field}`")),
                );
            }
        }
    }

    fn models(&mut self, given: &[String], field: &str) -> Vec<ModelId> {
        let at = self.at.key(field);
        given
            .iter()
            .enumerate()
            .filter_map(|(index, name)| self.names.model(name, &at.index(index), self.report))
            .collect()
    }

    fn cohorts(&mut self) -> BTreeMap<CohortId, Option<Split>> {
        let step = self.step;
        let at = self.at.key("cohorts");
        let mut cohorts = BTreeMap::new();
        for (name, target) in &step.cohorts {
            let at = at.key(name);
            let cohort = self.names.cohort(name, Place::key(at.clone()), self.report);
            let split = match target {
                None => Some(None),
                Some(CohortTarget::Model(model)) => self
                    .names
                    .model(model, &at, self.report)
                    .map(|model| Some(Split::all(model))),
                Some(CohortTarget::Split(weights)) => self.split_of(weights, &at).map(Some),
            };
            if let (Some(cohort), Some(split)) = (cohort, split) {
                cohorts.insert(cohort, split);
            }
        }
        cohorts
    }

    fn mirror(&mut self) -> Option<Option<Mirror>> {
        let Some(mirror) = self.step.mirror.as_ref()? else {
            return Some(None);
        };
        let at = self.at.key("mirror");
        let to = self.names.model(&mirror.to, &at.key("to"), self.report);
        let percent = mirror.percent.map_or(Some(HUNDRED), |percent| {
            self.percent(percent, at.key("percent"), "mirror percentage")
        });
        if percent.is_some_and(Percent::is_zero) {
            self.report.push(
                Diagnostic::new(
                    Code::GP206,
                    Place::value(at.key("percent")),
                    "a mirror of 0 % copies nothing",
                )
                .help("write `mirror: null` to end it"),
            );
        }
        let entries = mirror.r#match.iter().enumerate();
        let entries: Vec<_> = entries
            .map(|(index, given)| {
                let at = at.key("match").index(index);
                entry::resolve(given, &self.spec.traffic, &at, self.report)
            })
            .collect();
        let cohorts = self.copied(mirror.cohorts.as_ref(), &at.key("cohorts"));
        Some(Some(Mirror {
            target: MirrorTarget {
                to: to?,
                percent: percent?,
            },
            entries: entries.into_iter().collect::<Option<_>>()?,
            cohorts,
        }))
    }

    /// The cohorts whose requests are copied; what is wrong among them is left out, with a complaint.
    fn copied(&mut self, given: Option<&CopiedCohorts>, at: &Route) -> Option<BTreeSet<CohortId>> {
        Some(match given? {
            CopiedCohorts::Word(CohortsWord::None) => BTreeSet::new(),
            CopiedCohorts::Word(CohortsWord::All) => {
                (0..self.spec.cohorts.len()).map(CohortId).collect()
            }
            CopiedCohorts::Names(names) => names
                .iter()
                .enumerate()
                .filter_map(|(index, name)| {
                    let place = Place::value(at.index(index));
                    self.names.cohort(name, place, self.report)
                })
                .collect(),
        })
    }
}
