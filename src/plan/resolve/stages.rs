//! Steps say what changes; stages say what is.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Route;
use crate::diag::words::{and_list, count};
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{CohortId, GateId, Mirror, ModelId, Split, Stage, StageKind};
use crate::spec::{Approval, CohortTarget, Retire, Spec, Step};
use crate::units::{DnsLabel, Duration, HUNDRED, Percent, names as emitted};

use super::names::Names;

/// The most stages of one rollout.
const MAX_STAGES: usize = 2_000;

/// All stages, or `None` where any step is wrong; without a known stable model, all that can be said of the steps.
pub(super) fn resolve(
    spec: &Spec,
    names: &Names<'_>,
    stable: Option<ModelId>,
    report: &mut Report,
) -> Option<Vec<Stage>> {
    let at = Route::root().key("spec").key("steps");
    if spec.steps.len() > MAX_STAGES - emitted::GENERATED_STAGES.len() {
        report.push(Diagnostic::new(
            Code::GP002,
            Place::value(at),
            format!(
                "{} steps make more than the allowed {MAX_STAGES} stages",
                spec.steps.len()
            ),
        ));
        return None;
    }
    let changes: Vec<_> = spec
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| {
            StepReader {
                spec,
                step,
                at: at.index(index),
                names,
                stable,
                report,
            }
            .read()
        })
        .collect();
    let changes = changes.into_iter().collect::<Option<Vec<_>>>()?;
    let stable = stable?;
    let mut replicas: Vec<u32> = spec
        .models
        .iter()
        .map(|model| model.replicas.unwrap_or(1))
        .collect();
    let mut stages = vec![baseline(stable, &replicas, &at)];
    stages.extend(deploy(&stages[0], &changes, &replicas));
    for change in changes {
        let before = stages.last().expect("there is a baseline");
        stages.push(change.apply(before, &mut replicas));
    }
    if spec.retire == Retire::Auto {
        let last = stages.last().expect("there is a baseline");
        stages.extend(retire(last));
    }
    distinct(&stages, spec, report).then_some(stages)
}

/// What one step changes, its names resolved.
struct Change {
    name: DnsLabel,
    description: Option<String>,
    at: Route,
    deploy: Vec<ModelId>,
    retire: Vec<ModelId>,
    split: Option<Split>,
    cohorts: BTreeMap<CohortId, Option<Split>>,
    mirror: Option<Option<Mirror>>,
    replicas: BTreeMap<ModelId, u32>,
    bake: Duration,
    gates: Vec<GateId>,
    approval: Approval,
}

impl Change {
    /// The state after this step; `replicas` is what every model has when it runs, and stays changed for later steps.
    fn apply(self, before: &Stage, replicas: &mut [u32]) -> Stage {
        for (model, count) in &self.replicas {
            replicas[model.0] = *count;
        }
        let mut running = before.running.clone();
        running.extend(self.deploy.iter().map(|model| (*model, 0)));
        for (model, count) in &mut running {
            *count = replicas[model.0];
        }
        running.retain(|model, _| !self.retire.contains(model));
        let mut cohorts = before.cohorts.clone();
        for (cohort, split) in self.cohorts {
            match split {
                Some(split) => cohorts.insert(cohort, split),
                None => cohorts.remove(&cohort),
            };
        }
        Stage {
            name: self.name,
            kind: StageKind::Step,
            description: self.description,
            place: self.at,
            running,
            split: self.split.unwrap_or_else(|| before.split.clone()),
            cohorts,
            mirror: self.mirror.unwrap_or(before.mirror),
            bake: self.bake,
            gates: self.gates,
            approval: self.approval,
        }
    }

    /// The models that this step sends requests to.
    fn routed(&self) -> impl Iterator<Item = ModelId> + '_ {
        let cohorts = self.cohorts.values().flatten().flat_map(Split::models);
        let mirror = self.mirror.flatten().map(|mirror| mirror.to);
        self.split
            .iter()
            .flat_map(Split::models)
            .chain(cohorts)
            .chain(mirror)
    }
}

fn generated(name: &str, kind: StageKind, at: &Route) -> Stage {
    Stage {
        name: name
            .parse()
            .expect("the generated stages' names are DNS labels"),
        kind,
        description: None,
        place: at.clone(),
        running: BTreeMap::new(),
        split: Split::all(ModelId(0)),
        cohorts: BTreeMap::new(),
        mirror: None,
        bake: Duration::ZERO,
        gates: Vec::new(),
        approval: Approval::Required,
    }
}

fn baseline(stable: ModelId, replicas: &[u32], at: &Route) -> Stage {
    Stage {
        running: BTreeMap::from([(stable, replicas[stable.0])]),
        split: Split::all(stable),
        ..generated(emitted::BASELINE, StageKind::Baseline, at)
    }
}

/// Every model that a step sends requests to is running, but for those that a step deploys itself.
fn deploy(baseline: &Stage, changes: &[Change], replicas: &[u32]) -> Option<Stage> {
    let by_hand: BTreeSet<ModelId> = changes
        .iter()
        .flat_map(|change| change.deploy.iter().copied())
        .collect();
    let used: BTreeSet<ModelId> = changes.iter().flat_map(Change::routed).collect();
    let mut stage = Stage {
        split: baseline.split.clone(),
        running: baseline.running.clone(),
        ..generated(emitted::DEPLOY, StageKind::Deploy, &baseline.place)
    };
    for model in used.difference(&by_hand) {
        stage.running.entry(*model).or_insert(replicas[model.0]);
    }
    (!stage.is_same_state(baseline)).then_some(stage)
}

/// The mirror, cohort rules that repeat the default route, and models without traffic are gone.
fn retire(last: &Stage) -> Option<Stage> {
    let mut stage = Stage {
        running: last.running.clone(),
        split: last.split.clone(),
        cohorts: last.cohorts.clone(),
        ..generated(emitted::RETIRE, StageKind::Retire, &last.place)
    };
    stage.cohorts.retain(|_, split| *split != stage.split);
    let used = stage.with_traffic();
    stage.running.retain(|model, _| used.contains(model));
    (!stage.is_same_state(last)).then_some(stage)
}

/// A stage's name is its identity: no two are equal, and a generated one's is taken.
fn distinct(stages: &[Stage], spec: &Spec, report: &mut Report) -> bool {
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
        if emitted::GENERATED_STAGES.contains(&stage.name.as_str()) {
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

struct StepReader<'a, 'n> {
    spec: &'a Spec,
    step: &'a Step,
    at: Route,
    names: &'a Names<'n>,
    stable: Option<ModelId>,
    report: &'a mut Report,
}

impl StepReader<'_, '_> {
    fn read(mut self) -> Option<Change> {
        let errors = self.report.count(crate::diag::Severity::Error);
        let step = self.step;
        let deploy = self.models(&step.deploy, "deploy");
        let retire = self.models(&step.retire, "retire");
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
        let gates = step
            .gates
            .iter()
            .flatten()
            .enumerate()
            .filter_map(|(index, gate)| self.names.gate(gate, &at.index(index), self.report))
            .collect();
        let name = self.name();
        if self.report.count(crate::diag::Severity::Error) > errors {
            return None;
        }
        Some(Change {
            name: name?,
            description: step.description.clone(),
            at: self.at,
            deploy,
            retire,
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
        if self.spec.models[model.0].autoscaling.is_none() {
            return;
        }
        let name = self.names.model_names()[model.0];
        let models = Route::root().key("spec").key("models");
        self.report.push(
            Diagnostic::new(
                Code::GP404,
                Place::key(at),
                format!("the step sets the replicas of `{name}`, which an autoscaler scales"),
            )
            .label(
                Place::key(models.index(model.0).key("autoscaling")),
                "scaled here",
            )
            .help("remove it from the step's `replicas`, and set `autoscaling.min`"),
        );
    }

    fn models(&mut self, given: &[String], field: &str) -> Vec<ModelId> {
        let at = self.at.key(field);
        given
            .iter()
            .enumerate()
            .filter_map(|(index, name)| self.names.model(name, &at.index(index), self.report))
            .collect()
    }

    fn percent(&mut self, value: f64, at: Route, what: &str) -> Option<Percent> {
        Percent::parse(value)
            .map_err(|allowed| {
                let text = format!("the {what} {value} is no percentage; {allowed}");
                self.report
                    .push(Diagnostic::new(Code::GP201, Place::value(at), text));
            })
            .ok()
    }

    fn split(&mut self) -> Option<Split> {
        let step = self.step;
        if let (Some(_), Some(_)) = (step.weight, &step.weights) {
            self.report.push(
                Diagnostic::new(
                    Code::GP201,
                    Place::key(self.at.key("weight")),
                    "`weight` beside `weights`: one of them is allowed",
                )
                .label(Place::key(self.at.key("weights")), "the other one"),
            );
            return None;
        }
        if let Some(weights) = &step.weights {
            return self.split_of(weights, &self.at.key("weights"));
        }
        let weight = self.percent(step.weight?, self.at.key("weight"), "weight")?;
        let stable = self.stable?;
        let others: Vec<usize> = (0..self.names.model_names().len())
            .filter(|index| *index != stable.0)
            .collect();
        let [candidate] = others[..] else {
            let names: Vec<&str> = others
                .iter()
                .map(|index| self.names.model_names()[*index])
                .collect();
            let text = if names.is_empty() {
                "`weight` needs a model beside `stable`, and there is none".to_owned()
            } else {
                format!(
                    "`weight` does not say which model it means: {} are not stable",
                    and_list(&names)
                )
            };
            let help = names
                .first()
                .map(|name| format!("write `weights: {{{name}: {weight}}}`"));
            self.report.push(
                Diagnostic::new(Code::GP201, Place::key(self.at.key("weight")), text)
                    .maybe_help(help),
            );
            return None;
        };
        Split::with_rest(&BTreeMap::from([(ModelId(candidate), weight)]), stable)
    }

    /// A whole split: what it leaves goes to stable, unless it names stable itself.
    fn split_of(&mut self, weights: &BTreeMap<String, f64>, at: &Route) -> Option<Split> {
        let shares: Vec<_> = weights
            .iter()
            .map(|(name, value)| {
                let model = self.names.model_key(name, &at.key(name), self.report);
                let share = self.percent(*value, at.key(name), "weight");
                Some((model?, share?))
            })
            .collect();
        let shares: BTreeMap<ModelId, Percent> = shares.into_iter().collect::<Option<_>>()?;
        let sum: u32 = shares.values().map(|share| share.hundredths()).sum();
        let shown = f64::from(sum) / 100.0;
        if sum > HUNDRED.hundredths() {
            self.report.push(Diagnostic::new(
                Code::GP201,
                Place::key(at.clone()),
                format!("the weights sum to {shown}, and 100 is allowed"),
            ));
            return None;
        }
        let stable = self.stable?;
        if shares.contains_key(&stable) && sum != HUNDRED.hundredths() {
            let stable = self.names.model_names()[stable.0];
            self.report.push(
                Diagnostic::new(
                    Code::GP201,
                    Place::key(at.clone()),
                    format!("the weights name the stable model `{stable}` and sum to {shown}, where they must sum to 100"),
                )
                .help(format!("leave `{stable}` out, and it gets what the others leave")),
            );
            return None;
        }
        Split::with_rest(&shares, stable)
    }

    fn cohorts(&mut self) -> BTreeMap<CohortId, Option<Split>> {
        let step = self.step;
        let at = self.at.key("cohorts");
        let mut cohorts = BTreeMap::new();
        for (name, target) in &step.cohorts {
            let at = at.key(name);
            let cohort = self.names.cohort_key(name, &at, self.report);
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
        Some(Some(Mirror {
            to: to?,
            percent: percent?,
        }))
    }

    /// The step's own name, else one from what it does.
    fn name(&mut self) -> Option<DnsLabel> {
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
