//! GP308 and GP311: what still has traffic when the last step is done.

use std::collections::BTreeSet;

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{ModelId, Plan, Stage, StageKind};
use crate::spec::{Document, Retire, Step};

pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    let spec = &document.spec;
    let mut stages = plan.stages.iter().rev();
    let stage = stages.find(|stage| stage.kind == StageKind::Step);
    let (Some(stage), Some((last, earlier))) = (stage, spec.steps.split_last()) else {
        return;
    };
    for (index, step) in earlier.iter().enumerate() {
        if !step.keep.is_empty() {
            let at = steps().index(index).key("keep");
            let found = "`keep` stands in a step that is not the last; what has traffic after it is the next step's to say";
            report.push(
                Diagnostic::new(Code::GP311, Place::key(at), found)
                    .help("move it to the last step, or remove it"),
            );
        }
    }
    let end = End {
        plan,
        stage,
        last,
        earlier,
        retires: spec.retire == Retire::Auto,
    };
    let kept = plan.model_ids().filter(|model| end.is_kept(*model));
    let found = kept.filter_map(|model| end.keeps_nothing(model));
    found.for_each(|found| report.push(found));
    let others = plan.model_ids().filter(|model| !end.is_kept(*model));
    let found = others.filter_map(|model| end.left(model));
    found.for_each(|found| report.push(found));
}

fn steps() -> Route {
    Route::root().key("spec").key("steps")
}

/// The last step and what it leaves.
struct End<'a> {
    plan: &'a Plan,
    stage: &'a Stage,
    last: &'a Step,
    earlier: &'a [Step],
    /// Whether a generated stage removes what has no traffic.
    retires: bool,
}

impl End<'_> {
    fn name(&self, model: ModelId) -> &str {
        self.plan.model(model).name.as_str()
    }

    fn is_kept(&self, model: ModelId) -> bool {
        let name = self.name(model);
        self.last.keep.iter().any(|kept| kept == name)
    }

    fn is_copied_to(&self, model: ModelId) -> bool {
        self.stage
            .mirror_target()
            .is_some_and(|copies| copies.to == model)
    }

    /// GP311: a kept model that the weights keep, or nothing does.
    fn keeps_nothing(&self, model: ModelId) -> Option<Diagnostic> {
        let name = self.name(model);
        let by_weight = !self.stage.split.of(model).is_zero();
        let beside = self.stage.serves_cohorts_with(model) || self.is_copied_to(model);
        let (message, help) = match (by_weight, beside) {
            (true, _) => (
                format!(
                    "`{name}` has its traffic by weight after the last step, and needs no `keep`"
                ),
                "remove it from `keep`",
            ),
            (false, true) => return None,
            (false, false) => (
                format!("`{name}` has no traffic after the last step, so there is nothing to keep"),
                "remove it from `keep`; `spec.retire: never` lets models without traffic run on",
            ),
        };
        let at = self.last.keep.iter().position(|kept| kept == name)?;
        let at = steps().index(self.earlier.len()).key("keep").index(at);
        Some(Diagnostic::new(Code::GP311, Place::value(at), message).help(help))
    }

    /// GP308: a model that no weight names, and that an earlier step's cohort or mirror still sends requests to.
    fn left(&self, model: ModelId) -> Option<Diagnostic> {
        let stage = self.stage;
        if !stage.split.of(model).is_zero() || !stage.running.contains_key(&model) {
            return None;
        }
        let pinned = stage.cohorts.iter();
        let pinned = pinned.filter(|(_, split)| !split.of(model).is_zero());
        let pinned: BTreeSet<&str> = pinned
            .map(|(cohort, _)| self.plan.cohort(*cohort).name.as_str())
            .filter(|cohort| !self.last.cohorts.contains_key(*cohort))
            .collect();
        let starts_mirror = self.last.mirror.is_some();
        let copied = self.is_copied_to(model) && (self.retires || !starts_mirror);
        if pinned.is_empty() && !copied {
            return None;
        }
        let name = self.name(model);
        let names: Vec<&str> = pinned.iter().copied().collect();
        let mut found = Vec::new();
        let mut ends = Vec::new();
        if !names.is_empty() {
            let nulls: Vec<String> = names.iter().map(|name| format!("{name}: null")).collect();
            ends.push(format!("`cohorts: {{{}}}`", nulls.join(", ")));
            found.push(match names[..] {
                [_] => format!("the cohort {} still goes to `{name}`", and_list(&names)),
                _ => format!("the cohorts {} still go to `{name}`", and_list(&names)),
            });
        }
        if copied {
            ends.push("`mirror: null`".to_owned());
            found.push(format!("copies of requests still go to `{name}`"));
        }
        let place = if copied && starts_mirror {
            "a step after it"
        } else {
            "the last step"
        };
        let mut found = Diagnostic::new(
            Code::GP308,
            Place::value(stage.place.clone()),
            format!("after the last step, {}", found.join(" and ")),
        )
        .help(format!(
            "write {} in {place} to end that, or `keep: [{name}]` in the last step if it is meant to stay",
            ends.join(" and ")
        ));
        for cohort in names {
            let set = |step: &Step| step.cohorts.contains_key(cohort);
            if let Some(at) = self.earlier.iter().rposition(set) {
                let at = steps().index(at).key("cohorts").key(cohort);
                found = found.label(Place::key(at), "pinned here");
            }
        }
        Some(found)
    }
}
