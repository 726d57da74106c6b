//! Steps say what changes; stages say what is.

mod generated;
mod name;
mod split;
mod step;
mod step_change;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{ModelId, Stage};
use crate::spec::{Retire, Spec};
use crate::units::names::GENERATED_STAGES;

use super::models::Owned;
use super::names::Names;

use generated::{adopt, baseline, deploy, retire};
use step::StepReader;

/// The most stages of one rollout.
pub(super) const MAX_STAGES: usize = 2_000;
/// The most steps of one rollout.
pub(super) const MAX_STEPS: usize = MAX_STAGES - GENERATED_STAGES.len();

/// The field that names the gates of the stage `deploy`.
fn at_deploy_gates() -> Route {
    Route::root().key("spec").key("deployGates")
}

/// All stages, or `None` where any step is wrong; without a known stable model, all that can be said of the steps.
pub(super) fn resolve(
    spec: &Spec,
    names: &Names<'_>,
    stable: Option<ModelId>,
    owned: &Owned<'_>,
    report: &mut Report,
) -> Option<Vec<Stage>> {
    let at = Route::root().key("spec").key("steps");
    if spec.steps.len() > MAX_STEPS {
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
                owned,
                report,
            }
            .read()
        })
        .collect();
    let deploy_gates = names.gates(&spec.deploy_gates, &at_deploy_gates(), report);
    let changes = changes.into_iter().collect::<Option<Vec<_>>>()?;
    let stable = stable?;
    let models = spec.models.iter().enumerate();
    let mut replicas: Vec<u32> = models
        .map(|(index, model)| model.count().or(owned.replicas(index)).unwrap_or(1))
        .collect();
    let elsewhere: Vec<ModelId> = (0..spec.models.len())
        .filter(|index| spec.models[*index].runs_elsewhere())
        .map(ModelId)
        .collect();
    let mut stages = vec![baseline(stable, &elsewhere, &replicas, &at)];
    let deploy = deploy(&stages[0], &changes, &replicas, &deploy_gates);
    if deploy.is_none() && !spec.deploy_gates.is_empty() {
        let message = "there is no stage `deploy` whose gates these could be";
        report.push(
            Diagnostic::new(Code::GP540, Place::value(at_deploy_gates()), message)
                .note("it is generated where a step sends requests to a model that no step deploys")
                .help("remove `deployGates`, or name them as the `gates` of the step that deploys the model"),
        );
    }
    stages.extend(deploy);
    let keep = changes.last().map(|change| change.keep.clone());
    for change in changes {
        let before = stages.last().expect("there is a baseline");
        stages.push(change.apply(before, &mut replicas));
    }
    if spec.retire == Retire::Auto {
        let last = stages.last().expect("there is a baseline");
        stages.extend(retire(
            last,
            &keep.unwrap_or_default(),
            &elsewhere,
            spec.traffic.sticky.is_some(),
        ));
    }
    if spec.adopt {
        stages.insert(0, adopt(&stages[0]));
    }
    name::distinct(&stages, spec, report).then_some(stages)
}
