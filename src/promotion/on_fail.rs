//! What a failed gate leads to, where nobody watches: the report alone, or the proposal of the way back as well.

use crate::compile::Compiled;

use super::committed::Committed;
use super::delivery::{Delivery, deliver};
use super::outcome::Outcome;
use super::request::{Facts, MoveRequest, OnFail};
use super::{Error, Why, promote, rollback};

/// Promotes. Where a gate failed and `on_fail` asks for it, goes back instead, for the failed gate's reason; what spoke against the
/// promotion stays in the outcome.
pub fn promote_or_return(
    committed: &Committed,
    compiled: &Compiled,
    request: &MoveRequest,
    facts: &Facts,
    delivery: Delivery<'_>,
    on_fail: OnFail,
) -> Result<Outcome, Error> {
    let prepared = promote(committed, compiled, request, facts, delivery)?;
    let outcome = deliver(committed, prepared, request, delivery)?;
    let can_go_back = committed.lock.rollback_target(committed.live).is_some();
    let mut refusals = outcome.refusals.iter();
    let failed = match on_fail {
        OnFail::Rollback if can_go_back => refusals.find(|refusal| refusal.why == Why::GateFailed),
        OnFail::Rollback | OnFail::Report => None,
    };
    let Some(failed) = failed else {
        return Ok(outcome);
    };
    let request = MoveRequest {
        reason: Some(failed.message.clone()),
        signing: request.signing.clone(),
        ..MoveRequest::default()
    };
    let prepared = rollback(committed, Ok(compiled), &request, &outcome.gates, delivery)?;
    let mut way_back = deliver(committed, prepared, &request, delivery)?;
    way_back.refusals = outcome.refusals;
    Ok(way_back)
}
