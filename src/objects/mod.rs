//! In: a [`Plan`] and a stage's index. Out: that stage's objects, typed while they are made, in the order of their files.
//! `workload/` is a running model's, `routers/` who routes, `argo/` what Argo CD reads, `api/` the kinds that k8s-openapi lacks.
//! Never sees the spec, formats YAML or chooses folders.

mod api;
mod argo;
mod base;
mod content;
mod flags;
mod meta;
mod patches;
mod routers;
mod size;
mod workload;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::diag::{Diagnostic, Route};
use crate::plan::{Model, ModelId, Plan, StageId, StageKind};

pub use content::{Contents, content, content_digest, content_line, content_text};
pub use routers::{change as route_change, unknown_field};
pub use size::{MOST_CLIENT_SIDE, MOST_STORED};

/// One Kubernetes object of a stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    /// The object's identity in a cluster.
    pub id: ObjectId,
    /// `deployment-resnet50`: its file's name without the ending.
    pub file: String,
    /// Whether every stage has it, or only some.
    pub scope: Scope,
    /// The wave of an Argo CD sync in which it is applied.
    pub wave: i32,
    /// The part of the spec that asks for it.
    pub origin: Route,
    /// The object itself.
    pub body: Value,
}

/// What tells objects apart in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    /// The object's kind.
    pub kind: Cow<'static, str>,
    /// The object's namespace, where it has one.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{}/{namespace}/{}", self.kind, self.name),
            None => write!(f, "{}/{}", self.kind, self.name),
        }
    }
}

/// Where an object belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The same in every stage.
    Base,
    /// One stage's own.
    Stage,
}

/// The waves of an Argo CD sync: within one sync, Argo CD waits for the health of a wave before it applies the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waves {
    pub(crate) namespace: i32,
    pub(crate) config: i32,
    pub(crate) workload: i32,
    pub(crate) subsets: i32,
    pub(crate) routes: i32,
    /// A new autoscaler is Degraded until it has metrics, and Degraded ends a sync before its next wave: so it comes last.
    pub(crate) scaling: i32,
}

impl Waves {
    /// Pods before subsets before routes. A stage that routes only to stable waits for no pod, because a rollback must not
    /// depend on a candidate's health; nor does `retire`, so that it equals the baseline of the rollout after it.
    fn of(plan: &Plan, stage: StageId) -> Self {
        let waits_for_none = plan.is_only_stable(stage)
                || plan.stage(stage).kind == StageKind::Retire
                // Of what somebody else runs there is nothing to wait for.
                || plan.models.iter().all(Model::runs_elsewhere);
        let (subsets, routes) = if waits_for_none { (0, 1) } else { (2, 3) };
        Self {
            namespace: -1,
            config: 0,
            workload: 1,
            subsets,
            routes,
            scaling: 4,
        }
    }
}

/// The objects that Argo CD itself reads, sorted by file name; no part of any stage. `tree` is the folder of the tree below
/// the rollout's; `server_side` says that an object of a stage is too large for any other way to apply it.
pub fn build_argo(plan: &Plan, tree: &str, server_side: bool) -> Vec<Arc<Object>> {
    shared(argo::build(plan, tree, server_side))
}

/// Builds the objects of a plan's stages, one stage after the other. What a stage has in common with the one that was built before
/// it is the same object; a workload is built once for all stages in which it has the same replicas.
///
/// A builder is for one plan.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    base: Vec<Arc<Object>>,
    workloads: BTreeMap<(ModelId, u32), Vec<Arc<Object>>>,
    /// What each stage has its own of.
    own: Vec<Arc<Object>>,
    patched: patches::Patched,
}

impl Builder {
    /// The objects of one stage, sorted by file name.
    pub fn stage(&mut self, plan: &Plan, stage: StageId) -> Vec<Arc<Object>> {
        let waves = Waves::of(plan, stage);
        if self.base.is_empty() {
            self.base = shared(base::build(plan, waves));
        }
        let mut objects = self.base.clone();
        for (model, replicas) in &plan.stage(stage).running {
            // Only the waves of subsets and routes differ from stage to stage.
            let workload = self.workloads.entry((*model, *replicas));
            let workload =
                workload.or_insert_with(|| shared(workload::build(plan, *model, *replicas, waves)));
            // The manifests of two models may bring the same Service, which is there once.
            let is_own = plan.model(*model).own().is_some();
            let workload = workload.iter().filter(|object| {
                let is_same = |one: &Arc<Object>| one.id == object.id && one.body == object.body;
                !is_own || !objects.iter().any(is_same)
            });
            let workload: Vec<_> = workload.cloned().collect();
            objects.extend(workload);
        }
        let routes = routers::build(plan, stage, waves).into_iter();
        let service = base::build_own(plan, plan.stage(stage).kind, waves);
        self.own = routes
            .chain(service)
            .chain(base::of_preview(plan, stage, waves))
            .chain(flags::build(plan, stage, waves))
            .map(|object| {
                let known = self.own.iter().find(|known| ***known == object);
                known.map_or_else(|| Arc::new(object), Arc::clone)
            })
            .collect();
        objects.extend(self.own.iter().cloned());
        objects.sort_by(|a, b| a.file.cmp(&b.file));
        self.patched.apply(plan, stage, &mut objects);
        objects
    }

    /// What is wrong with the patches of the stages that were built, each once.
    pub fn patch_faults(&mut self) -> Vec<Diagnostic> {
        let mut faults: Vec<Diagnostic> = Vec::new();
        for fault in std::mem::take(&mut self.patched.faults) {
            let is_same =
                |known: &Diagnostic| known.place == fault.place && known.message == fault.message;
            if !faults.iter().any(is_same) {
                faults.push(fault);
            }
        }
        faults
    }

    /// The objects that patches have made since this was asked last, with the patch that changed each last.
    pub fn patched(&mut self) -> Vec<(Route, Arc<Object>)> {
        std::mem::take(&mut self.patched.made)
    }

    /// Whether a patch has met an object in a stage that was built.
    pub fn has_met(&self, patch: usize) -> bool {
        self.patched.met.get(patch).copied().unwrap_or(false)
    }
}

fn shared(objects: Vec<Object>) -> Vec<Arc<Object>> {
    objects.into_iter().map(Arc::new).collect()
}

/// A typed object as JSON.
fn json(typed: &impl Serialize) -> Value {
    serde_json::to_value(typed).expect("an API type has only string keys and finite numbers")
}
