//! `plan.json`: the plan for machines, and the lock that says which files are ours. Written and read here alone.

mod stage;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::{Plan, Served as _, WayBack};
use crate::units::names;

use super::FileText;

pub use stage::{LockedMirror, LockedStage, LockedWayBack};

/// The version of the format.
const VERSION: u64 = 1;
/// Who writes the lock.
const GENERATOR: &str = concat!("glidepath ", env!("CARGO_PKG_VERSION"));

/// The plan as it is kept beside the files that were made from it: what later commands go by without the document.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    #[serde(default)]
    version: u64,
    /// Who wrote it, `glidepath 0.1.0`.
    pub generator: String,
    #[serde(default)]
    source: String,
    /// The rollout's name.
    #[serde(default)]
    pub rollout: String,
    /// The namespace of the objects, if the spec says it.
    #[serde(default)]
    pub namespace: Option<String>,
    /// The digest of the document that it was compiled from.
    pub spec_digest: String,
    /// The model that served before the first step.
    pub stable: String,
    /// The least time in any stage, in seconds.
    #[serde(default)]
    pub min_bake_seconds: u64,
    /// The stages, in order.
    pub stages: Vec<LockedStage>,
    /// Path to SHA-256, in hexadecimal; empty only in a plan that is printed without its tree.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, String>,
}

/// A stage's place in the order of a lock, which is not its place in another plan: only its name leads from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockedStageId(usize);

impl Lock {
    /// The lock of a plan, without any files; `contents` are the content digests of its stages, in order.
    pub fn of(plan: &Plan, digest: &str, contents: impl Iterator<Item = String>) -> Self {
        Self {
            version: VERSION,
            generator: GENERATOR.to_owned(),
            source: names::SPEC_FILE.to_owned(),
            rollout: plan.name.to_string(),
            namespace: plan.namespace.as_ref().map(ToString::to_string),
            spec_digest: digest.to_owned(),
            stable: plan.model(plan.stable).name.to_string(),
            min_bake_seconds: plan.policy.min_bake.seconds(),
            stages: plan
                .stage_ids()
                .zip(contents)
                .map(|(id, content)| LockedStage::of(plan, id, content))
                .collect(),
            files: BTreeMap::new(),
        }
    }

    /// The same, with these files by their paths.
    #[must_use]
    pub fn with_files(self, files: &BTreeMap<String, FileText>) -> Self {
        let hash = |(path, text): (&String, &FileText)| (path.clone(), text.sha256().to_owned());
        Self {
            files: files.iter().map(hash).collect(),
            ..self
        }
    }

    /// Reads a lock, or says why it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Reads the files of a lock alone, path to SHA-256, whatever else it holds; or says why it is none.
    pub fn read_files(bytes: &[u8]) -> Result<BTreeMap<String, String>, String> {
        #[derive(Deserialize)]
        struct Files {
            files: BTreeMap<String, String>,
        }
        let read: Files = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        Ok(read.files)
    }

    /// The lock's text.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("a lock is JSON");
        text.push('\n');
        text
    }

    /// The lock as a value, for what is printed with more beside it.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).expect("a lock is JSON")
    }

    /// The stage behind an id.
    pub fn stage(&self, id: LockedStageId) -> &LockedStage {
        &self.stages[id.0]
    }

    /// The stages' ids, in order.
    pub fn stage_ids(
        &self,
    ) -> impl DoubleEndedIterator<Item = LockedStageId> + ExactSizeIterator + use<> {
        (0..self.stages.len()).map(LockedStageId)
    }

    /// The stage of this name.
    pub fn stage_named(&self, name: &str) -> Option<LockedStageId> {
        self.stage_ids().find(|id| self.stage(*id).name == name)
    }

    /// The stage in this folder.
    pub fn stage_in(&self, folder: &str) -> Option<LockedStageId> {
        self.stage_ids().find(|id| self.stage(*id).folder == folder)
    }

    /// The stage after one; none after the last.
    pub fn stage_after(&self, id: LockedStageId) -> Option<LockedStageId> {
        Some(LockedStageId(id.0 + 1)).filter(|after| after.0 < self.stages.len())
    }

    /// The stages between two, both left out.
    pub fn between(&self, from: LockedStageId, to: LockedStageId) -> &[LockedStage] {
        &self.stages[from.0 + 1..to.0]
    }

    /// Whether every request of a stage goes to stable.
    pub fn is_only_stable(&self, id: LockedStageId) -> bool {
        self.stage(id).reached().all(|model| model == self.stable)
    }

    /// How the traffic of a stage comes back to stable, as the plan had it.
    pub fn way_back(&self, id: LockedStageId) -> WayBack {
        let stage = self.stage(id);
        let index = |name: &String| self.stage_named(name).filter(|to| *to < id).map(|to| to.0);
        if self.is_only_stable(id) {
            return WayBack::Stable;
        }
        let by = stage.way_back.as_ref();
        let by = by.and_then(|way| Some((index(&way.first)?, way.moves)));
        match (stage.rollback.as_ref().and_then(index), by) {
            (Some(target), _) => WayBack::To(target),
            (None, Some((first, moves))) => WayBack::By { first, moves },
            (None, None) => WayBack::Gone,
        }
    }

    /// The stage that a rollback goes to: see [`WayBack::To`].
    pub fn rollback_target(&self, id: LockedStageId) -> Option<LockedStageId> {
        self.way_back(id).target().map(LockedStageId)
    }

    /// Whether a stage has left stable behind: see [`WayBack::is_past_return`].
    pub fn is_past_return(&self, id: LockedStageId) -> bool {
        self.way_back(id).is_past_return()
    }

    /// The stage that a way back of several moves goes to first, and how many moves there are.
    pub fn long_way_back(&self, id: LockedStageId) -> Option<(LockedStageId, usize)> {
        match self.way_back(id) {
            WayBack::By { first, moves } => Some((LockedStageId(first), moves)),
            WayBack::Stable | WayBack::To(_) | WayBack::Gone => None,
        }
    }

    /// The first stage past the point of no return.
    pub fn point_of_no_return(&self) -> Option<LockedStageId> {
        self.stage_ids().find(|id| self.is_past_return(*id))
    }
}

impl LockedStageId {
    /// The stages before it, the first one first.
    pub fn earlier(self) -> impl DoubleEndedIterator<Item = Self> {
        (0..self.0).map(Self)
    }
}
