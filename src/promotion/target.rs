//! Where a rollback goes. It asks neither time nor gates, and reads the committed lock alone: it must work where
//! rollout.yaml no longer compiles.

use crate::tree::{Lock, LockedStageId};

use super::{Refusal, Why};

/// The stage to go back to; `None` where there is nothing to go back from.
pub(super) fn target(
    lock: &Lock,
    live: LockedStageId,
    named: Option<LockedStageId>,
) -> Result<Option<LockedStageId>, Refusal> {
    let from = lock.stage(live);
    let Some(to) = named else {
        if lock.is_only_stable(live) {
            return Ok(None);
        }
        return lock
            .rollback_target(live)
            .map(Some)
            .ok_or_else(|| no_return(lock, live));
    };
    let target = lock.stage(to);
    if to == live {
        return Ok(None);
    }
    if to > live {
        let message = format!(
            "`{}` comes after the live stage `{}`",
            target.name, from.name
        );
        return Err(Refusal::new(Why::Wrong, message).help(format!(
            "go on with `glidepath promote --to {}`",
            target.name
        )));
    }
    if !target.kind.is_routed() {
        let message = format!(
            "`{}` has no routes, so nothing goes back to it",
            target.name
        );
        return Err(Refusal::new(Why::Wrong, message)
            .help("go back to the stage after it, which routes only to stable"));
    }
    let Some(breaches) = lock.breaches(live, to) else {
        return Ok(Some(to));
    };
    let message = format!(
        "going back from `{}` to `{}` at once is unsafe: {}",
        from.name, target.name, breaches
    );
    let refusal = Refusal::new(Why::Wrong, message);
    Err(match lock.rollback_target(live) {
        Some(safe) => refusal.help(format!(
            "go back to `{}` first: `glidepath rollback`",
            lock.stage(safe).name
        )),
        None => match long_way(lock, live) {
            Some(help) => refusal.help(help),
            None => refusal,
        },
    })
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
