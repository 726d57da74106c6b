//! Where a rollback goes. It asks neither time nor gates, and reads what is committed alone: it must work where rollout.yaml no longer
//! compiles.

use crate::tree::{Lock, LockedStageId};

use super::committed::Committed;
use super::{Error, Refusal, Why};

/// A stage to go back to.
pub(super) struct Target {
    /// The stage.
    pub(super) to: LockedStageId,
    /// What asks much of the pods that run, and keeps nobody from going back.
    pub(super) disrupts: Option<String>,
}

/// The stage to go back to; `None` where there is nothing to go back from.
pub(super) fn target(
    committed: &Committed,
    named: Option<LockedStageId>,
) -> Result<Option<Target>, Error> {
    let (lock, live) = (&committed.lock, committed.live);
    let to = match named {
        Some(to) if to == live => return Ok(None),
        Some(to) => to,
        None if lock.is_only_stable(live) => return Ok(None),
        None => lock
            .rollback_target(live)
            .ok_or_else(|| no_return(lock, live))?,
    };
    let (from, target) = (lock.stage(live), lock.stage(to));
    let wrong = |message: String| Refusal::new(Why::Wrong, message);
    if to > live {
        let message = format!(
            "`{}` comes after the live stage `{}`",
            target.name, from.name
        );
        let help = format!("go on with `glidepath promote --to {}`", target.name);
        return Err(wrong(message).help(help).into());
    }
    if !target.kind.is_routed() {
        let message = format!(
            "`{}` has no routes, so nothing goes back to it",
            target.name
        );
        let help = "go back to the stage after it, which routes only to stable";
        return Err(wrong(message).help(help).into());
    }
    let proof = committed.proof(live, to, None)?;
    let Some(found) = proof.against() else {
        let disrupts = proof.disrupts();
        return Ok(Some(Target { to, disrupts }));
    };
    let refusal = wrong(format!(
        "going back from `{}` to `{}` at once is unsafe: {found}",
        from.name, target.name
    ));
    let safe = lock.rollback_target(live).filter(|safe| *safe != to);
    let help = match safe {
        Some(safe) => Some(format!(
            "go back to `{}` first: `glidepath rollback`",
            lock.stage(safe).name
        )),
        None => long_way(lock, live),
    };
    Err(match help {
        Some(help) => refusal.help(help),
        None => refusal,
    }
    .into())
}

fn no_return(lock: &Lock, live: LockedStageId) -> Refusal {
    let message = format!(
        "`{}` is past the point of no return: no earlier stage takes the traffic back in one safe step",
        lock.stage(live).name
    );
    let refusal = Refusal::new(Why::Wrong, message);
    match long_way(lock, live) {
        Some(help) => refusal.help(help),
        None => refusal.help(format!(
            "begin a new rollout whose candidate is `{}`",
            lock.stable
        )),
    }
}

/// The moves that bring the old model back: its pods first, then its traffic.
fn long_way(lock: &Lock, live: LockedStageId) -> Option<String> {
    let (first, moves) = lock.long_way_back(live)?;
    let then = match lock.rollback_target(first) {
        Some(then) => format!("`glidepath rollback` (to `{}`)", lock.stage(then).name),
        None => "`glidepath rollback` says the next one".to_owned(),
    };
    Some(format!(
        "`{stable}` comes back in {moves} moves: `glidepath rollback --to {}` starts its pods; once they are ready, {then} gives it the traffic",
        lock.stage(first).name,
        stable = lock.stable,
    ))
}
