//! `plan.json`: the plan for machines, and the lock that says which files are ours.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};

use crate::plan::{Plan, Split, Stage, StageId, StageKind};
use crate::units::{DnsLabel, names};

use super::FileText;

/// Who writes the lock.
const GENERATOR: &str = concat!("glidepath ", env!("CARGO_PKG_VERSION"));

/// The lock as it is read back from a tree: what later commands need of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lock {
    /// Who wrote it, `glidepath 0.1.0`.
    pub generator: String,
    /// The rollout's name.
    #[serde(default)]
    pub rollout: String,
    /// The digest of the document that it was compiled from.
    pub spec_digest: String,
    /// The model that served before the first step.
    pub stable: String,
    /// The least time in any stage, in seconds.
    #[serde(default)]
    pub min_bake_seconds: u64,
    /// The stages, in order.
    pub stages: Vec<LockedStage>,
    /// Path to SHA-256, in hexadecimal.
    pub files: BTreeMap<String, String>,
}

/// A stage as the lock keeps it: enough to hold a move from it against GP301–303 without the old document.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LockedStage {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// The models that run.
    pub running: BTreeMap<String, Value>,
    /// The models that any request reaches.
    pub routed: Vec<String>,
    /// The shares of the weighted requests, in percent.
    #[serde(default)]
    pub weights: BTreeMap<String, f64>,
    /// The least time in the stage, in seconds.
    #[serde(default)]
    pub bake_seconds: u64,
    /// The gates that must pass before it is left.
    #[serde(default)]
    pub gates: Vec<String>,
}

impl Lock {
    /// Reads a lock, or says why it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// This lock's text but for who wrote it, where `wanted` says the same: a new release that compiles a rollout to the same
    /// files leaves them all alone.
    pub fn keep_generator(&self, wanted: &str) -> String {
        let ours = format!("\"generator\": {}", json!(GENERATOR));
        let theirs = format!("\"generator\": {}", json!(self.generator));
        wanted.replacen(&ours, &theirs, 1)
    }

    /// The index of the stage of this name.
    pub fn stage_index(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }

    /// The stage of this name.
    pub fn stage(&self, name: &str) -> Option<&LockedStage> {
        self.stages.iter().find(|stage| stage.name == name)
    }
}

impl LockedStage {
    /// What makes it unsafe to go from this stage to another one of the same lock, in words.
    pub fn breaches_to(&self, after: &Self) -> Vec<String> {
        let routed_after = after.routed.iter().filter_map(|model| {
            if !self.running.contains_key(model) {
                Some(format!(
                    "GP301: `{model}` would get traffic before its pods run"
                ))
            } else if !after.running.contains_key(model) {
                Some(format!(
                    "GP303: `{model}` would lose its subset while a route names it"
                ))
            } else {
                None
            }
        });
        let routed_before = self
            .routed
            .iter()
            .filter(|model| !after.running.contains_key(*model) && !after.routed.contains(model))
            .map(|model| format!("GP302: `{model}` would be removed while it still has traffic"));
        routed_after.chain(routed_before).collect()
    }

    /// The models that make it unsafe to go from this stage, as it was written, to a stage of a plan.
    pub fn breaches(&self, plan: &Plan, stage: &Stage) -> Vec<String> {
        let name = |model| plan.model(model).name.as_str();
        let running: Vec<&str> = stage.running.keys().map(|model| name(*model)).collect();
        let not_before = stage
            .with_traffic()
            .into_iter()
            .map(name)
            .filter(|model| !self.running.contains_key(*model))
            .map(|model| format!("GP301: `{model}` would get traffic before its pods run"));
        let under_traffic = self
            .routed
            .iter()
            .filter(|model| !running.contains(&model.as_str()))
            .map(|model| format!("GP302: `{model}` would be removed while it still has traffic"));
        not_before.chain(under_traffic).collect()
    }
}

/// The lock's text: the plan, and the hash of every file.
pub(super) fn lock(plan: &Plan, digest: &str, files: &BTreeMap<String, FileText>) -> String {
    let mut body = describe(plan, digest);
    let hashes: BTreeMap<&str, &str> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.sha256()))
        .collect();
    body["files"] = json!(hashes);
    let mut text = serde_json::to_string_pretty(&body).expect("the plan's description is JSON");
    text.push('\n');
    text
}

/// The plan for machines, as `plan --format json` prints it.
pub fn describe(plan: &Plan, digest: &str) -> Value {
    json!({
        "version": 1,
        "generator": GENERATOR,
        "source": names::SPEC_FILE,
        "rollout": plan.name.as_str(),
        "namespace": plan.namespace.as_ref().map(DnsLabel::as_str),
        "specDigest": digest,
        "stable": plan.model(plan.stable).name.as_str(),
        "minBakeSeconds": plan.policy.min_bake.seconds(),
        "stages": plan.stage_ids().map(|index| describe_stage(plan, index)).collect::<Vec<_>>(),
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StageRecord<'a> {
    name: &'a str,
    folder: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    running: BTreeMap<&'a str, Option<u32>>,
    routed: Vec<&'a str>,
    weights: BTreeMap<&'a str, Number>,
    cohorts: BTreeMap<&'a str, BTreeMap<&'a str, Number>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror: Option<Value>,
    bake_seconds: u64,
    gates: Vec<&'a str>,
    approval: &'static str,
    rollback: Option<&'a str>,
    past_return: bool,
}

fn describe_stage(plan: &Plan, index: StageId) -> Value {
    let stage = plan.stage(index);
    let name = |model| plan.model(model).name.as_str();
    let split = |split: &Split| {
        split
            .shares()
            .map(|(model, share)| (name(model), share.to_number()))
            .collect::<BTreeMap<_, _>>()
    };
    let record = StageRecord {
        name: stage.name.as_str(),
        folder: plan.numbered(index),
        kind: match stage.kind {
            StageKind::Baseline => names::BASELINE,
            StageKind::Deploy => names::DEPLOY,
            StageKind::Step => "step",
            StageKind::Retire => names::RETIRE,
        },
        description: stage.description.as_deref(),
        running: stage
            .running
            .iter()
            .map(|(model, replicas)| {
                (
                    name(*model),
                    plan.model(*model)
                        .autoscaling
                        .is_none()
                        .then_some(*replicas),
                )
            })
            .collect(),
        routed: stage.with_traffic().into_iter().map(name).collect(),
        weights: split(&stage.split),
        cohorts: stage
            .cohorts
            .iter()
            .map(|(cohort, target)| (plan.cohort(*cohort).name.as_str(), split(target)))
            .collect(),
        mirror: stage
            .mirror
            .map(|mirror| json!({"to": name(mirror.to), "percent": mirror.percent.to_number()})),
        bake_seconds: stage.bake.seconds(),
        gates: stage
            .gates
            .iter()
            .map(|gate| plan.gate(*gate).name.as_str())
            .collect(),
        approval: match stage.approval {
            crate::plan::Approval::Required => "required",
            crate::plan::Approval::Automatic => "automatic",
        },
        rollback: plan
            .rollback_target(index)
            .map(|target| plan.stage(target).name.as_str()),
        past_return: plan.is_past_return(index),
    };
    serde_json::to_value(record).expect("a stage's record is JSON")
}
