//! What time, gates and the cluster say to a promotion: one decision for a commit, a branch and a pull request.

use crate::gate::Record;
use crate::plan::Plan;
use crate::tree::LockedStageId;
use crate::units::Duration;

use super::committed::Committed;
use super::decide::{Position, against_jump, against_leaving};
use super::gate_results::GateResults;
use super::gates::Judged;
use super::hold::Holding;
use super::pull_request::{Baked, GateLine};
use super::request::{Facts, MoveRequest};
use super::site::Site;
use super::stage_start::{Asks, Clocks, StageStart};
use super::{Error, Refusal, stages};

/// What speaks for a promotion, and what against it.
pub(super) struct Eligibility {
    /// The verdicts, one a gate.
    pub(super) judged: Vec<Judged>,
    /// The verdicts for people, one line a gate and model.
    pub(super) gates: Vec<GateLine>,
    /// What the telemetry was asked and answered, where it is to be recorded.
    pub(super) record: Option<Record>,
    /// How long the live stage has baked.
    pub(super) baked: Baked,
    /// What is odd about the dates of the live stage.
    pub(super) warnings: Vec<String>,
    /// Every reason against the promotion.
    pub(super) refusals: Vec<Refusal>,
}

impl Eligibility {
    /// Gathers what speaks for and against going from the live stage to `to`. Called after HEAD is read: whoever
    /// moves it while a judge takes its time is noticed.
    pub(super) fn of(
        committed: &Committed,
        plan: &Plan,
        to: LockedStageId,
        holding: &Holding,
        request: &MoveRequest,
        facts: &Facts,
        forge: Option<&Site>,
    ) -> Result<Self, Error> {
        let (lock, force) = (&committed.lock, request.force);
        let asks = Asks::of_promotion(&facts.argocd, plan.policy.require_healthy, force);
        let instead =
            (!facts.argocd.require_healthy).then_some("`--force --reason` goes on without Argo CD");
        let clocks = Clocks {
            argocd: &facts.argocd,
            // What is forced waits for no time, and so for nobody who would tell it.
            forge: forge.filter(|_| !force),
            now: facts.now,
        };
        let mut start = StageStart::of_live(committed, &clocks, asks, instead)?;
        let asks = || -> Result<bool, Error> {
            let (stage, is_carried) = (stages::live(committed, plan)?, request.carried.is_some());
            Ok(facts.telemetry.asks(plan, stage, is_carried))
        };
        let results = match &request.evidence {
            Some(evidence) => GateResults::handed_in(committed, &start, evidence, facts.now)?,
            None if committed.stage().gates.is_empty() => GateResults::default(),
            // What is forced does not wait for an answer that it would not heed, unless that shall be kept.
            None if request.record || (!force && asks()?) => {
                GateResults::asked(committed, plan, &mut start, facts)?
            }
            None => match &request.carried {
                Some(text) if !force => GateResults::carried(committed, plan, &start, text, facts)?,
                Some(_) | None => GateResults::of_nobody(committed),
            },
        };
        let position = Position {
            lock,
            live: committed.live,
            elapsed: facts.now.since(start.beginning.at).seconds(),
            began: &start.sentence(),
            holding,
            judged: &results.judged,
        };
        let proof = committed.proof(committed.live, to, Some(plan))?;
        let mut refusals: Vec<Refusal> = against_jump(lock, committed.live, to, &proof, force)
            .into_iter()
            .collect();
        if refusals.is_empty() {
            refusals.extend(against_leaving(&position, to, force, request.resume));
        }
        let baked = Baked {
            live: format!("Live since {}.", start.sentence()),
            asked: position.bake(),
            is_over: position.left() == Duration::ZERO,
        };
        let mut warnings = start.beginning.warnings;
        warnings.extend(holding.unseen());
        refusals.extend(start.beginning.future.filter(|_| !force));
        refusals.extend(start.refusal);
        Ok(Self {
            baked,
            warnings,
            refusals,
            record: results.record.filter(|_| request.record),
            judged: results.judged,
            gates: results.lines,
        })
    }
}
