//! A move as a pull request.

use crate::forge::PullState;
use crate::plan::{Plan, StageId};
use crate::promotion::committed::Committed;
use crate::promotion::mark::{GOOD, Mark};
use crate::promotion::outcome::{Delivered, Move, Note, Outcome, Page};
use crate::promotion::pull_request::{Baked, Kind, Proposal, bare};
use crate::promotion::request::MoveRequest;
use crate::promotion::site::Site;
use crate::promotion::upsert::{self, Operation, PullRequest, Upserted};
use crate::promotion::{Error, Refusal, stages};
use crate::tree::{Hold, LockedStageId, diff};
use crate::units::Duration;

use super::{Promotion, Return};

/// Closes the pull requests that the live stage, or a hold, has left behind.
pub(super) fn close_obsolete(
    site: &Site,
    committed: &Committed,
    step: &Move,
    hold: Option<&Hold>,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let closed = upsert::close_obsolete(
        &committed.repo,
        site,
        &step.marker,
        hold.map(|hold| hold.stage.as_str()),
        &step.edits,
        committed.head.tip,
    )?;
    if !closed.is_empty() {
        outcome.delivered = Some(Delivered::PullRequest {
            branch: None,
            upserted: Box::new(Upserted::closed()),
        });
    }
    outcome
        .notes
        .extend(closed.into_iter().map(Note::PullRequest));
    Ok(())
}

/// What a pull request says of a promotion, and what else speaks against it.
pub(super) fn promotion(
    site: &Site,
    promotion: &Promotion<'_>,
    step: &mut Move,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Promotion {
        committed,
        compiled,
        request,
        eligibility,
    } = promotion;
    outcome.refusals.extend(site.open_rollback(committed)?);
    let words = outcome.reasons();
    let (from, to) = in_plan(committed, &compiled.plan, step.to)?;
    let proposal = Proposal {
        plan: &compiled.plan,
        digest: &committed.lock.spec_digest,
        folder: &step.marker.folder,
        from,
        to,
        kind: Kind::Promotion {
            forced: request.reason.as_deref().filter(|_| request.force),
            blocked: (!outcome.refusals.is_empty()).then_some(words.as_str()),
        },
        gates: &outcome.gates,
        baked: eligibility.baked.clone(),
        changes: &diff(&compiled.objects(from), &compiled.objects(to)),
    };
    step.page = Page::of(&proposal);
    if outcome.refusals.is_empty()
        && let Some(record) = &eligibility.record
    {
        let issuer = committed.issuer(request)?;
        let kept = committed.keep(record, &issuer, &mut step.edits, &mut step.trailers)?;
        outcome.statement = Some(kept);
    }
    Ok(())
}

/// What a pull request says of a rollback. A tree that is not what the file compiles to goes back all the same, and then speaks for
/// itself.
pub(super) fn rollback(
    way_back: &Return<'_>,
    step: &mut Move,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Return {
        committed, reason, ..
    } = way_back;
    let current = match way_back.compiled {
        Ok(compiled) if committed.staleness(compiled)?.is_none() => Some(compiled),
        Ok(_) | Err(_) => None,
    };
    step.page = if let Some(compiled) = current {
        let (from, to) = in_plan(committed, &compiled.plan, step.to)?;
        Page::of(&Proposal {
            plan: &compiled.plan,
            digest: &committed.lock.spec_digest,
            folder: &step.marker.folder,
            from,
            to,
            kind: Kind::Rollback { reason },
            gates: &outcome.gates,
            baked: Baked {
                live: String::new(),
                asked: Duration::ZERO,
                is_over: true,
            },
            changes: &diff(&compiled.objects(from), &compiled.objects(to)),
        })
    } else {
        outcome.notes.push(Note::ByTree);
        let files = committed.diff(step.to, &step.edits)?;
        let (lock, live) = (&committed.lock, committed.live);
        let (title, body) = bare(lock, live, step.to, reason, &files, &step.marker);
        Page { title, body }
    };
    Ok(())
}

/// Opens the pull request, or brings it up to date.
pub(super) fn deliver(
    site: &Site,
    committed: &Committed,
    request: &MoveRequest,
    step: &Move,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let lock = &committed.lock;
    let branch = site.branch(&lock.rollout, &lock.stage(step.to).name)?;
    let upserted = upsert::upsert(
        &committed.repo,
        site,
        &PullRequest {
            marker: &step.marker,
            branch: &branch,
            page: &step.page,
            edits: &step.edits,
            evidence_max_age: step.evidence_max_age,
            message: &committed.message(step.to, &step.trailers),
            signing: &request.signing,
            head: &committed.head,
            again: request.resume,
        },
    )?;
    let notes = upserted.notes.iter().cloned().map(Note::PullRequest);
    outcome.notes.extend(notes);
    let is_open = upserted
        .pull
        .as_ref()
        .is_some_and(|pull| pull.state == PullState::Open);
    if let Some(tip) = upserted.tip.as_ref().filter(|_| is_open) {
        let good = match (step.to < committed.live, &step.trailers.forced) {
            (true, _) => "a way back waits for neither bake time nor gates".to_owned(),
            (false, Some(why)) => format!("forced: {why}"),
            (false, None) => GOOD.to_owned(),
        };
        let word = site.mark(&lock.rollout, tip, &Mark::good(good))?;
        outcome.notes.extend(word.map(Note::PullRequest));
    }
    outcome.delivered = Some(Delivered::PullRequest {
        branch: Some(branch),
        upserted: Box::new(upserted),
    });
    Ok(())
}

/// Whoever looks at a pull request that is open already must see what has become of the evidence.
pub(super) fn retell(site: &Site, step: &Move, outcome: &mut Outcome) -> Result<(), Error> {
    if let Some((pull, changed)) = upsert::retell(site, &step.marker, &step.page)? {
        let mark = Mark::of(&outcome.refusals);
        let word = site.mark(&step.marker.rollout, &pull.head_sha, &mark)?;
        outcome.notes.extend(word.map(Note::PullRequest));
        outcome.delivered = Some(Delivered::PullRequest {
            branch: Some(pull.head.clone()),
            upserted: Box::new(Upserted {
                operation: if changed {
                    Operation::Updated
                } else {
                    Operation::Nothing
                },
                tip: Some(pull.head_sha.clone()),
                pull: Some(pull),
                notes: Vec::new(),
            }),
        });
    }
    Ok(())
}

/// The live stage and the one to go to, as the plan of a current tree has them.
fn in_plan(
    committed: &Committed,
    plan: &Plan,
    to: LockedStageId,
) -> Result<(StageId, StageId), Refusal> {
    Ok((
        stages::in_plan(plan, &committed.stage().name)?,
        stages::in_plan(plan, &committed.lock.stage(to).name)?,
    ))
}
