//! Patches of the team's own: applied to the objects of a stage before anybody sees them, and held back from what routes live by.

mod kept;

pub(super) use kept::{Lost, items};

use std::sync::Arc;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Route, Segment};
use crate::plan::{Change, Model, ModelId, Patch, Plan, StageId};
use crate::units::{MergeType, Step, merge};

use super::{Object, Scope};

/// What the patches of a plan have done so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Patched {
    /// The patched objects of the stage before: what stays the same is one object.
    before: Vec<Arc<Object>>,
    /// Which patches have met an object.
    pub(super) met: Vec<bool>,
    /// What is wrong with them.
    pub(super) faults: Vec<Diagnostic>,
    /// What they have made, with the patch that made it last.
    pub(super) made: Vec<(Route, Arc<Object>)>,
}

impl Patched {
    /// Applies the patches to the objects of a stage.
    pub(super) fn apply(&mut self, plan: &Plan, stage: StageId, objects: &mut [Arc<Object>]) {
        if plan.patches.is_empty() {
            return;
        }
        self.met.resize(plan.patches.len(), false);
        let mut made = Vec::new();
        for object in objects.iter_mut() {
            if let Some((at, patched)) = self.patched(plan, stage, object) {
                let known = self.before.iter().find(|known| ***known == patched);
                *object = known.map_or_else(|| Arc::new(patched), Arc::clone);
                made.push(Arc::clone(object));
                if let Some(at) = at {
                    self.made.push((at, Arc::clone(object)));
                }
            }
        }
        self.before = made;
    }

    /// The object as the patches make it, and the last of them that was applied; none where no patch is about it.
    fn patched(
        &mut self,
        plan: &Plan,
        stage: StageId,
        object: &Object,
    ) -> Option<(Option<Route>, Object)> {
        let about = |patch: &&Patch| means(patch, object);
        let patches = plan.patches.iter().enumerate();
        let mine: Vec<_> = patches.filter(|(_, patch)| about(patch)).collect();
        if mine.is_empty() {
            return None;
        }
        let mut patched = object.clone();
        // What one stage has otherwise is no part of every stage.
        if mine.iter().any(|(_, patch)| patch.stage.is_some()) {
            patched.scope = Scope::Stage;
        }
        let mut last = None;
        for (index, patch) in mine {
            if patch.stage.is_some_and(|only| only != stage) {
                continue;
            }
            self.met[index] = true;
            let mut body = patched.body.clone();
            let model = model_of(object).map(|id| plan.model(id));
            let found = change(&mut body, patch)
                .and_then(|()| kept(plan, model, &patched.body, &body, patch));
            match found {
                Ok(()) => {
                    patched.body = body;
                    last = Some(patch.at.clone());
                }
                Err(fault) => self.faults.push(fault.note(format!("in {}", object.id))),
            }
        }
        Some((last, patched))
    }
}

/// Whether a patch is about an object, in some stage.
fn means(patch: &Patch, object: &Object) -> bool {
    let is_named = |name: &String| *name == object.id.name;
    patch.kind == object.id.kind
        && patch.name.as_ref().is_none_or(is_named)
        && patch
            .model
            .is_none_or(|model| model_of(object) == Some(model))
}

/// The model that an object is of.
fn model_of(object: &Object) -> Option<ModelId> {
    let models = Route::root().key("spec").key("models");
    let rest = object.origin.segments().strip_prefix(models.segments())?;
    match rest.first() {
        Some(Segment::Index(index)) => Some(ModelId(*index)),
        Some(Segment::Key(_)) | None => None,
    }
}

/// Changes an object, or says why it cannot be changed so.
fn change(body: &mut Value, patch: &Patch) -> Result<(), Diagnostic> {
    let refused = |at: Route, why: String| Diagnostic::new(Code::GP122, Place::value(at), why);
    match &patch.change {
        Change::Merge(given) if is_custom(body) => {
            json_patch::merge(body, given);
            Ok(())
        }
        Change::Merge(given) => {
            let of = MergeType::of_kind(&patch.kind);
            merge(body, given, of).map_err(|fault| {
                let start = patch.at.key("merge");
                let at = fault.path.iter().fold(start, |at, step| match step {
                    Step::Key(key) => at.key(key),
                    Step::Index(index) => at.index(*index),
                });
                refused(at, format!("this cannot be merged: {}", fault.why))
            })
        }
        Change::Json(operations) => {
            for (index, operation) in operations.iter().enumerate() {
                let at = patch.at.key("json").index(index);
                let operation: json_patch::PatchOperation =
                    serde_json::from_value(operation.clone()).map_err(|why| {
                        refused(at.clone(), format!("this is no operation: {why}"))
                    })?;
                json_patch::patch(body, std::slice::from_ref(&operation)).map_err(|fault| {
                    refused(at, format!("this operation fails: {}", fault.kind))
                })?;
            }
            Ok(())
        }
    }
}

/// Whether an object is of a kind that Kubernetes itself does not have: it knows no strategic merge.
fn is_custom(body: &Value) -> bool {
    let version = body["apiVersion"].as_str().unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    group.contains('.') && !group.ends_with(".k8s.io")
}

/// What routes live by stays as it was.
fn kept(
    plan: &Plan,
    model: Option<&Model>,
    before: &Value,
    after: &Value,
    patch: &Patch,
) -> Result<(), Diagnostic> {
    let Some(lost) = kept::lost(plan, model, before, after) else {
        return Ok(());
    };
    let at = match &patch.change {
        Change::Merge(_) => patch.at.key("merge"),
        Change::Json(_) => patch.at.key("json"),
    };
    Err(Diagnostic::new(Code::GP123, Place::key(at), lost.what).help(lost.instead))
}
