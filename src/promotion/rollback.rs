//! Back to an earlier stage, with a hold on the one that is left. It waits for nothing: neither gates nor bake nor a rollout.yaml
//! that compiles.

use crate::compile::Compiled;
use crate::sink::git::Edit;
use crate::units::Duration;

use super::committed::Committed;
use super::delivery::{Delivery, Return};
use super::gate_results::verdict;
use super::ledger::one_line;
use super::outcome::{Move, Note, Outcome, Page, Prepared};
use super::pull_request::GateLine;
use super::request::MoveRequest;
use super::target::{Target, target};
use super::{Error, stages};

/// Prepares a rollback; `compiled` is what rollout.yaml compiles to, or one sentence why it does not, and `gates` are only told.
pub fn rollback(
    committed: &Committed,
    compiled: Result<&Compiled, &str>,
    request: &MoveRequest,
    gates: &[GateLine],
    delivery: Delivery<'_>,
) -> Result<Prepared, Error> {
    let lock = &committed.lock;
    let mut outcome = Outcome::at(committed);
    outcome.gates = gates.to_vec();
    outcome.verdict = verdict(gates);
    let named = request.to.as_deref();
    let named = named.map(|name| stages::in_lock(lock, name)).transpose()?;
    let Some(Target { to, disrupts }) = target(committed, named)? else {
        let why = if named.is_some() {
            "it is live already"
        } else {
            "all traffic is on stable; `--to` takes the models out, too"
        };
        outcome.notes.push(Note::NothingBack {
            stage: outcome.stage.clone(),
            why: (!delivery.is_pull_request()).then_some(why),
        });
        return Ok(Prepared::nothing(outcome));
    };
    outcome.next = Some(lock.stage(to).folder.clone());
    outcome.notes.extend(disrupts.map(Note::Disrupts));
    let reason = one_line(request.reason.as_deref().unwrap_or_default());
    let hold = committed.hold_for(&reason, &request.signing)?;
    let edits: Vec<Edit> = committed.edits(to, Some(Some(hold.text())));
    let mut step = Move {
        to,
        edits,
        // A way back carries none.
        evidence_max_age: Duration::ZERO,
        trailers: committed.trailers(to),
        marker: committed.marker(to),
        page: Page::default(),
    };
    step.trailers.reason = Some(reason.clone()).filter(|reason| !reason.is_empty());
    let way_back = Return {
        committed,
        compiled,
        request,
        reason: &reason,
    };
    delivery.complete_return(&way_back, &mut step, &mut outcome)?;
    let step = outcome.refusals.is_empty().then_some(step);
    Ok(Prepared { outcome, step })
}
