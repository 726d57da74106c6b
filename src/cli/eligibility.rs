//! What time, gates and the cluster say to a promotion: weighed once for a commit, a branch and a pull request.

use std::path::PathBuf;

use crate::gate::Record;
use crate::promotion::decide::{self, Refusal, against_jump, against_leaving};
use crate::promotion::gates::Judged;
use crate::promotion::pull_request::{Baked, GateLine};
use crate::tree::LockedStageId;
use crate::units::Duration;

use super::Failure;
use super::committed::Committed;
use super::gate::is_telemetry_known;
use super::gate_results::{GateResults, asked, handed_in};
use super::health::HealthArgs;
use super::inputs::Input;
use super::stage_start::StageStart;

/// What somebody wants beside the default.
#[derive(Clone, Debug, Default)]
pub(super) struct MoveRequest {
    /// The stage to go to.
    pub(super) to: Option<String>,
    /// Why gates and bake do not count, or why to go back.
    pub(super) reason: Option<String>,
    /// Whether the reason overrides gates and bake.
    pub(super) force: bool,
    /// Lift a hold, and open again what somebody closed; whoever asks for a rollback by hand means it.
    pub(super) resume: bool,
    /// Verdicts that somebody else came to.
    pub(super) evidence: Option<PathBuf>,
    /// Commit what the gates were asked, and what was answered, beside the pointer.
    pub(super) record: bool,
}

/// What speaks for a promotion, and what against it.
pub(super) struct Eligibility {
    /// The verdicts, one a gate.
    pub(super) judged: Vec<Judged>,
    /// The same for people.
    pub(super) gates: Vec<GateLine>,
    /// What was asked and answered, where it is to be recorded.
    pub(super) record: Option<Record>,
    /// How long the live stage has baked.
    pub(super) baked: Baked,
    /// Every reason against it.
    pub(super) refusals: Vec<Refusal>,
}

/// Weighs going from the live stage to `to`. Called after HEAD is read: whoever moves it while a judge takes its time is noticed.
pub(super) fn weigh(
    committed: &Committed,
    input: &Input,
    to: LockedStageId,
    wish: &MoveRequest,
    health: &HealthArgs,
) -> Result<Eligibility, Failure> {
    let (lock, plan) = (&committed.lock, &input.compiled.plan);
    let asks = health.asks(plan.policy.require_healthy, wish.force);
    let began = StageStart::of_live(committed, &health.argo, asks, health.instead())?;
    let grounds = match &wish.evidence {
        Some(path) => handed_in(committed, path)?,
        None if committed.stage().gates.is_empty() => GateResults::default(),
        // What is forced does not wait for an answer that it would not heed, unless that shall be kept.
        None if wish.record || (!wish.force && is_telemetry_known(plan)) => {
            asked(committed, input, &began)?
        }
        None => GateResults::of_nobody(committed),
    };
    let state = decide::Position {
        lock,
        live: committed.live,
        elapsed: super::committed::now().since(began.at).seconds(),
        hold: committed.hold.as_ref(),
        judged: &grounds.judged,
    };
    let mut refusals: Vec<Refusal> = against_jump(lock, committed.live, to, wish.force)
        .into_iter()
        .collect();
    if refusals.is_empty() {
        refusals.extend(against_leaving(&state, to, wish.force, wish.resume));
    }
    refusals.extend(began.refusal);
    let baked = Baked {
        asked: state.bake(),
        is_over: state.left() == Duration::ZERO,
    };
    Ok(Eligibility {
        baked,
        refusals,
        record: grounds.record.filter(|_| wish.record),
        judged: grounds.judged,
        gates: grounds.lines,
    })
}
