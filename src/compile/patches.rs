//! Patches, held against every stage: each meets something, can be applied, makes what its kind can be, and leaves every move safe.
//! So must the team's own objects, of which the plan knows too little.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diag::{Code, Diagnostic, Place};
use crate::objects::{Builder, Object, unknown_field};
use crate::plan::{Model, Router, StageId};
use crate::safety::{Applied, Conditions, Finding, Weight, prove};
use crate::spec;
use crate::text::Route;

use super::Compiled;

impl Compiled {
    /// Holds the patches of a plan that has any.
    pub(super) fn hold_patches(&mut self) {
        if self.plan.patches.is_empty() {
            return;
        }
        let mut builder = Builder::default();
        let stages: Vec<Vec<Arc<Object>>> = self
            .plan
            .stage_ids()
            .map(|stage| builder.stage(&self.plan, stage))
            .collect();
        self.tell_patches(&mut builder);
        for (index, patch) in self.plan.patches.iter().enumerate() {
            if !builder.has_met(index) {
                let message = format!(
                    "the patch matches nothing: no {} is written that its target means",
                    patch.kind
                );
                let place = Place::value(patch.at.key("target"));
                let found = Diagnostic::new(Code::GP122, place, message);
                self.report.push(found.help(known(&patch.kind, &stages)));
            }
        }
        if !self.report.has_errors() {
            self.hold_moves(&stages);
        }
    }

    /// Says what is wrong with patches in the stages that a builder has built.
    pub(super) fn tell_patches(&mut self, builder: &mut Builder) {
        for fault in builder.patch_faults() {
            self.report.push(fault);
        }
        let mut told: BTreeSet<(Route, String)> = BTreeSet::new();
        for (at, object) in builder.patched() {
            let kind = &object.id.kind;
            let wrong = spec::check_object(&object.body, &Route::root());
            let wrong = wrong.into_iter().map(|found| found.message);
            let strange = unknown_field(&object.body);
            let strange = strange.map(|field| format!("it has no field `{field}` there"));
            let refused = match &self.plan.traffic.router {
                Router::GatewayApi(router) => spec::route_faults(&object.body, router.installed),
                Router::Istio(_) => Vec::new(),
            };
            for why in wrong.chain(strange).chain(refused) {
                let message = format!("this makes a {kind} that is none: {why}");
                if told.insert((at.clone(), message.clone())) {
                    let found = Diagnostic::new(Code::GP122, Place::value(at.clone()), message);
                    self.report.push(found.note(format!("in {}", object.id)));
                }
            }
        }
    }

    /// What the team's own objects and somebody else's Services do to a move, the plan cannot know: the objects of neighbours say it.
    pub(super) fn hold_own_moves(&mut self) {
        let is_plain = |model: &Model| model.generated().is_some();
        if self.plan.models.iter().all(is_plain) {
            return;
        }
        let mut builder = Builder::default();
        let stages: Vec<Applied> = self
            .plan
            .stage_ids()
            .map(|stage| applied(&builder.stage(&self.plan, stage)))
            .collect();
        let mut told: BTreeSet<String> = BTreeSet::new();
        for (from, to) in self.plan.stage_ids().zip(self.plan.stage_ids().skip(1)) {
            for (from, to) in [(from, to), (to, from)] {
                for finding in findings(&stages[from.0], &stages[to.0]) {
                    if finding.weight > Weight::Unserved || !told.insert(finding.message.clone()) {
                        continue;
                    }
                    let [from, to] = [from, to].map(|one| self.plan.stage(one));
                    let message =
                        format!("from `{}` to `{}`: {}", from.name, to.name, finding.message);
                    let found =
                        Diagnostic::new(finding.code, Place::value(to.place.clone()), message);
                    self.report.push(found.help(finding.help));
                }
            }
        }
    }

    /// A patch of one stage makes it another one than its neighbours in ways that the plan does not know of.
    fn hold_moves(&mut self, stages: &[Vec<Arc<Object>>]) {
        let of_stages = self.plan.patches.iter().filter_map(|patch| {
            let stage = patch.stage?;
            Some((stage, patch.at.clone()))
        });
        // The first patch of a stage stands for the others.
        let mut of_stages: Vec<(StageId, Route)> = of_stages.collect();
        of_stages.sort_by_key(|(stage, _)| *stage);
        of_stages.dedup_by_key(|(stage, _)| *stage);
        let mut bare = self.plan.clone();
        bare.patches.clear();
        let mut builder = Builder::default();
        for (stage, at) in of_stages {
            let neighbours = [stage.before(), self.plan.stage_after(stage)];
            for other in neighbours.into_iter().flatten() {
                for [from, to] in [[stage, other], [other, stage]] {
                    let plain = [from, to].map(|one| applied(&builder.stage(&bare, one)));
                    let known = findings(&plain[0], &plain[1]);
                    let moved = [from, to].map(|one| applied(&stages[one.0]));
                    for finding in findings(&moved[0], &moved[1]) {
                        if known.iter().any(|one| one.message == finding.message) {
                            continue;
                        }
                        let [from, to] = [from, to].map(|one| &self.plan.stage(one).name);
                        let message = format!(
                            "with this patch, from `{from}` to `{to}`: {}",
                            finding.message
                        );
                        let place = Place::value(at.key("target").key("stage"));
                        let found = Diagnostic::new(finding.code, place, message);
                        self.report.push(found.help(finding.help));
                    }
                }
            }
        }
    }
}

fn applied(objects: &[Arc<Object>]) -> Applied {
    Applied::built(objects.iter().map(|object| &object.body))
}

/// What is unsafe about a move, but for what may be meant.
fn findings(before: &Applied, after: &Applied) -> Vec<Finding> {
    let mut found = prove(before, after, &Conditions::default());
    found.retain(|finding| finding.weight < Weight::Remark);
    found
}

/// The objects of a kind, or the kinds that there are.
fn known(kind: &str, stages: &[Vec<Arc<Object>>]) -> String {
    let objects = || stages.iter().flatten();
    let of_kind = objects().filter(|object| object.id.kind == kind);
    let names: BTreeSet<&str> = of_kind.map(|object| object.id.name.as_str()).collect();
    if names.is_empty() {
        let kinds: BTreeSet<&str> = objects().map(|object| &*object.id.kind).collect();
        return format!("there are {}", crate::diag::words::and_list(kinds));
    }
    format!("there are {}", crate::diag::words::and_list(names))
}
