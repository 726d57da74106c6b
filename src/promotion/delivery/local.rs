//! A move as a commit of this repository: on the branch that is checked out, or on one of its own.

use crate::promotion::branch;
use crate::promotion::committed::Committed;
use crate::promotion::outcome::{Delivered, Move, Note, Outcome};
use crate::promotion::request::MoveRequest;
use crate::promotion::{Error, Refusal, Why};

use super::{Promotion, Return};

/// What only a commit and a branch need of a promotion; `here` is the branch that is checked out.
pub(super) fn promotion(
    promotion: &Promotion<'_>,
    here: bool,
    step: &mut Move,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Promotion {
        committed, request, ..
    } = promotion;
    if let Some(record) = &promotion.eligibility.record {
        let issuer = committed.issuer(request)?;
        let kept = committed.keep(record, &issuer, &mut step.edits, &mut step.trailers)?;
        outcome.statement = Some(kept);
    } else if request.record {
        let stage = committed.stage().name.clone();
        outcome.notes.push(Note::NoEvidence(stage));
    }
    if here {
        outcome.refusals.extend(committed.dirt(&step.edits)?);
    }
    outcome.refusals.extend(open_elsewhere(committed, step)?);
    if request.dry_run && step.to > committed.live {
        outcome.diff = Some(committed.diff(step.to, &step.edits)?);
    }
    Ok(())
}

/// What only a commit and a branch need of a rollback.
pub(super) fn rollback(
    way_back: &Return<'_>,
    here: bool,
    step: &mut Move,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let committed = way_back.committed;
    if here && let Some(refusal) = committed.dirt(&step.edits)? {
        outcome.refusals.push(refusal);
        return Ok(());
    }
    // A tree that is not what rollout.yaml compiles to is worth a word, but stops nobody.
    let stale = match way_back.compiled {
        Ok(compiled) => match committed.staleness(compiled) {
            Ok(refusal) => refusal.map(|refusal| refusal.message),
            Err(error) => Some(error.words()),
        },
        Err(why) => Some(why.to_owned()),
    };
    outcome.notes.extend(stale.map(Note::Stale));
    if way_back.request.dry_run {
        outcome.diff = Some(committed.diff(step.to, &step.edits)?);
    }
    Ok(())
}

/// Why a branch that is there already speaks against another one.
fn open_elsewhere(committed: &Committed, step: &Move) -> Result<Option<Refusal>, Error> {
    let lock = &committed.lock;
    let open = branch::open_elsewhere(
        &committed.repo,
        &committed.head,
        &lock.rollout,
        &committed.stage().name,
        &lock.stage(step.to).name,
    )?;
    Ok(open.map(|name| {
        let message = format!("the branch `{name}` already proposes another stage");
        Refusal::new(Why::Conflict, message).help(format!(
            "merge it, or delete it with `git branch -D {name}`"
        ))
    }))
}

/// Commits on the branch that is checked out.
pub(super) fn commit(
    committed: &Committed,
    request: &MoveRequest,
    step: &Move,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Committed { repo, head, .. } = committed;
    let message = committed.message(step.to, &step.trailers);
    let id = repo.follow(head.tip, &step.edits, &message, &request.signing)?;
    repo.advance(head, id, &step.edits, "glidepath: move the pointer")?;
    outcome.delivered = Some(Delivered::Commit {
        id,
        is_detached: head.branch.is_none(),
    });
    Ok(())
}

/// Commits on a branch of its own.
pub(super) fn branch(
    committed: &Committed,
    request: &MoveRequest,
    step: &Move,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let lock = &committed.lock;
    let name = branch::name(branch::PREFIX, &lock.rollout, &lock.stage(step.to).name);
    let message = committed.message(step.to, &step.trailers);
    let proposed = branch::propose(
        &committed.repo,
        &committed.head,
        &name,
        &step.edits,
        &message,
        &request.signing,
    )?;
    outcome.delivered = Some(Delivered::Branch { name, proposed });
    Ok(())
}
