//! On to a later stage, once the live one has baked and its gates have passed.

use crate::compile::Compiled;

use super::committed::Committed;
use super::delivery::{Delivery, Promotion};
use super::eligibility::Eligibility;
use super::gate_results::verdict;
use super::ledger::{gate_trailers, one_line};
use super::mark::Mark;
use super::outcome::{Move, Note, Outcome, Page, Prepared};
use super::request::{Facts, MoveRequest};
use super::{Error, stages};

/// Prepares a promotion: what it changes, and everything that speaks against it. By a pull request, those that no longer fit the
/// live stage are closed.
pub fn promote(
    committed: &Committed,
    compiled: &Compiled,
    request: &MoveRequest,
    facts: &Facts,
    delivery: Delivery<'_>,
) -> Result<Prepared, Error> {
    let lock = &committed.lock;
    let mut outcome = Outcome::at(committed);
    if let Some(refusal) = committed.staleness(compiled)? {
        outcome.refusals.push(refusal);
        if let Some(site) = delivery.site() {
            site.mark_promotion(committed, &Mark::of(&outcome.refusals))?;
        }
        return Ok(Prepared::nothing(outcome));
    }
    let wanted = match &request.to {
        Some(name) => Some(stages::in_lock(lock, name)?),
        None => lock.stage_after(committed.live),
    };
    let to = wanted.unwrap_or(committed.live);
    let holding = committed.holding()?;
    let held = holding.standing(lock);
    let hold = held.filter(|_| !request.resume);
    let mut step = Move {
        to,
        edits: committed.edits(to, hold.is_none().then_some(None)),
        evidence_max_age: compiled.plan.policy.evidence_max_age,
        trailers: committed.trailers(to),
        marker: committed.marker(to),
        page: Page::default(),
    };
    let lifts = held.filter(|_| request.resume);
    step.trailers.lifted = lifts.map(|hold| hold.stage.clone());
    delivery.close_obsolete(committed, &step, hold, &mut outcome)?;
    if wanted.is_none() {
        outcome.notes.push(Note::Complete(outcome.stage.clone()));
        return Ok(Prepared::nothing(outcome));
    }
    outcome.next = Some(lock.stage(to).folder.clone());
    let mut eligibility = Eligibility::of(
        committed,
        &compiled.plan,
        to,
        &holding,
        request,
        facts,
        delivery.site(),
    )?;
    let forced = request.reason.as_deref().filter(|_| request.force);
    step.trailers.gates = gate_trailers(committed.stage(), &eligibility.judged);
    step.trailers.forced = forced.map(one_line);
    outcome.verdict = verdict(&eligibility.gates);
    outcome.gates = std::mem::take(&mut eligibility.gates);
    let warnings = std::mem::take(&mut eligibility.warnings).into_iter();
    outcome.notes.extend(warnings.map(Note::Clock));
    outcome.refusals = std::mem::take(&mut eligibility.refusals);
    let promotion = Promotion {
        committed,
        compiled,
        request,
        eligibility: &eligibility,
    };
    delivery.complete(&promotion, &mut step, &mut outcome)?;
    Ok(Prepared {
        outcome,
        step: Some(step),
    })
}
