//! Stages as people name them, and the live one.

use std::path::Path;

use crate::diag::words::suggestion;
use crate::plan::{Plan, StageId};
use crate::sink::disk;
use crate::tree::{Lock, LockedStageId, NoLiveStage, Pointer};
use crate::units::names::POINTER_FILE;

use super::committed::Committed;
use super::{Error, Refusal, Why};

/// The stage of a plan by its name, or by its folder (`03-weight-10`).
pub fn in_plan(plan: &Plan, wanted: &str) -> Result<StageId, Refusal> {
    let known = plan.stages.iter().map(|stage| stage.name.as_str());
    plan.stage_called(wanted)
        .ok_or_else(|| unknown(plan.name.as_str(), wanted, known))
}

/// The stage of a lock by its name, or by its folder.
pub fn in_lock(lock: &Lock, wanted: &str) -> Result<LockedStageId, Refusal> {
    let known = lock.stages.iter().map(|stage| stage.name.as_str());
    lock.stage_named(wanted)
        .or_else(|| lock.stage_in(wanted))
        .ok_or_else(|| unknown(&lock.rollout, wanted, known))
}

fn unknown<'a>(
    rollout: &str,
    wanted: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) -> Refusal {
    let message = format!("the rollout `{rollout}` has no stage `{wanted}`");
    Refusal::new(Why::Usage, message).maybe_help(suggestion(wanted, known))
}

/// The stage of a plan that is live by what is committed.
pub fn live(committed: &Committed, plan: &Plan) -> Result<StageId, Refusal> {
    let name = &committed.stage().name;
    plan.stage_named(name).ok_or_else(|| {
        let message =
            format!("the stage `{name}` is live, and rollout.yaml has no stage of this name");
        Refusal::new(Why::Conflict, message).help("run `glidepath render`, which says what to do")
    })
}

/// The stage of a plan that the pointer in a tree's folder names, committed or not; the first one where there is no tree yet.
pub fn live_on_disk(folder: &Path, plan: &Plan) -> Result<StageId, Error> {
    let Some(text) = disk::read_file(folder, POINTER_FILE)? else {
        return Ok(StageId::FIRST);
    };
    Pointer::live_stage(&text, plan).map_err(|none| {
        Error::from(match none {
            NoLiveStage::Unreadable(why) => {
                let path = folder.join(POINTER_FILE);
                let message = format!("`{}` names no stage: {why}", path.display());
                Refusal::new(Why::Conflict, message)
            }
            NoLiveStage::Unknown(name) => {
                let known = plan.stages.iter().map(|stage| stage.name.as_str());
                Refusal {
                    why: Why::Conflict,
                    ..unknown(plan.name.as_str(), &name, known)
                }
            }
        })
    })
}
