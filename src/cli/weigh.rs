//! What time, gates and the cluster say to a promotion: weighed once for a commit, a branch and a pull request.

use std::path::PathBuf;

use crate::gate::Record;
use crate::promotion::decide::{self, Refusal, against_jump, against_leaving};
use crate::promotion::gates::Judged;
use crate::promotion::pull_request::{Baked, GateLine};
use crate::units::Bake;

use super::Failure;
use super::began::Began;
use super::gate::is_telemetry_known;
use super::grounds::{Grounds, asked, handed_in};
use super::health::HealthArgs;
use super::inputs::Input;
use super::standing::Standing;

/// What somebody wants beside the default.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
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
pub(super) struct Weighed {
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
    standing: &Standing,
    input: &Input,
    to: usize,
    wish: &Wish,
    health: &HealthArgs,
) -> Result<Weighed, Failure> {
    let (lock, plan) = (&standing.lock, &input.compiled.plan);
    let asks = health.asks(plan.policy.require_healthy, wish.force);
    let began = Began::of_live(standing, &health.argo, asks, health.instead())?;
    let grounds = match &wish.evidence {
        Some(path) => handed_in(standing, path)?,
        None if standing.stage().gates.is_empty() => Grounds::default(),
        // What is forced does not wait for an answer that it would not heed, unless that shall be kept.
        None if wish.record || (!wish.force && is_telemetry_known(plan)) => {
            asked(standing, input, &began)?
        }
        None => Grounds::of_nobody(standing),
    };
    let state = decide::Standing {
        lock,
        live: standing.live,
        elapsed: super::standing::now().since(began.at).seconds(),
        hold: standing.hold.as_ref(),
        judged: &grounds.judged,
    };
    let mut refusals: Vec<Refusal> = against_jump(lock, standing.live, to, wish.force)
        .into_iter()
        .collect();
    if refusals.is_empty() {
        refusals.extend(against_leaving(&state, to, wish.force, wish.resume));
    }
    refusals.extend(began.refusal);
    let baked = Baked {
        asked: state.bake(),
        is_over: state.left() == Bake::ZERO,
    };
    Ok(Weighed {
        baked,
        refusals,
        record: grounds.record.filter(|_| wish.record),
        judged: grounds.judged,
        gates: grounds.lines,
    })
}
