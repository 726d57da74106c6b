//! The stages of a plan, as commits of a series.

use std::fmt::Write as _;

use crate::compile::Compiled;
use crate::plan::StageId;
use crate::promotion::decide::bake;
use crate::promotion::ledger::traffic_words;
use crate::tree::{LockedStageId, stream};

/// One stage of the series.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The stage's name, which is the end of its tag.
    pub name: String,
    /// `image-classifier: 03-weight-10 (resnet101 10%)`.
    pub subject: String,
    /// The plan of the stage, for people.
    pub body: String,
    /// The stage's objects as one YAML stream.
    pub manifest: String,
}

/// The stages of a plan, as commits of a series.
pub(super) fn planned(compiled: &Compiled) -> Vec<Planned> {
    let lock = compiled.lock();
    let one = |(at, of_plan): (LockedStageId, StageId)| {
        let stage = lock.stage(at);
        let mut body = String::new();
        let mut line = |key: &str, value: &str| {
            writeln!(body, "{key}: {value}").expect("writing to a string cannot fail");
        };
        let running: Vec<&str> = stage.running.keys().map(String::as_str).collect();
        line("Runs", &running.join(", "));
        line("Bakes", &bake(&lock, stage).to_string());
        if !stage.gates.is_empty() {
            line("Gates", &stage.gates.join(", "));
        }
        if let Some(back) = lock.rollback_target(at) {
            line("Rollback", &lock.stage(back).folder);
        }
        Planned {
            name: stage.name.clone(),
            subject: format!(
                "{}: {} ({})",
                lock.rollout,
                stage.folder,
                traffic_words(&lock, stage)
            ),
            body,
            manifest: stream(&compiled.objects(of_plan)),
        }
    };
    // The lock is that of this very plan.
    lock.stage_ids()
        .zip(compiled.plan.stage_ids())
        .map(one)
        .collect()
}
