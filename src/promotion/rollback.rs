//! Where a rollback goes. It asks neither time nor gates, and reads the committed lock alone: it must work where
//! rollout.yaml no longer compiles.

use crate::tree::Lock;

use super::decide::{Refusal, Why};

/// The stage that a rollback from `live` goes to: the latest earlier one that routes only to stable and still runs every model
/// that has traffic now, so that only routes change.
pub fn default_target(lock: &Lock, live: usize) -> Option<usize> {
    if is_only_stable(lock, live) {
        return None;
    }
    (0..live).rev().find(|earlier| {
        is_only_stable(lock, *earlier)
            && lock.stages[live]
                .breaches_to(&lock.stages[*earlier])
                .is_empty()
    })
}

/// Whether every request of a stage goes to stable.
pub fn is_only_stable(lock: &Lock, stage: usize) -> bool {
    let routed = &lock.stages[stage].routed;
    routed.iter().all(|model| *model == lock.stable)
}

/// Whether a stage has left stable behind: it has traffic elsewhere, and no earlier stage is one safe step away.
pub fn is_past_return(lock: &Lock, stage: usize) -> bool {
    !is_only_stable(lock, stage) && default_target(lock, stage).is_none()
}

/// The first stage past the point of no return.
pub fn point_of_no_return(lock: &Lock) -> Option<usize> {
    (0..lock.stages.len()).find(|stage| is_past_return(lock, *stage))
}

/// The stage to go back to; `None` where there is nothing to go back from.
pub fn target(lock: &Lock, live: usize, wish: Option<usize>) -> Result<Option<usize>, Refusal> {
    let from = &lock.stages[live];
    let Some(to) = wish else {
        if is_only_stable(lock, live) {
            return Ok(None);
        }
        return default_target(lock, live)
            .map(Some)
            .ok_or_else(|| no_return(lock, live));
    };
    let target = &lock.stages[to];
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
    let breaches = from.breaches_to(target);
    if breaches.is_empty() {
        return Ok(Some(to));
    }
    let message = format!(
        "going back from `{}` to `{}` at once is unsafe: {}",
        from.name,
        target.name,
        breaches.join("; ")
    );
    let refusal = Refusal::new(Why::Wrong, message);
    Err(match default_target(lock, live) {
        Some(safe) => refusal.help(format!(
            "go back to `{}` first: `glidepath rollback`",
            lock.stages[safe].name
        )),
        None => match two_steps(lock, live) {
            Some(help) => refusal.help(help),
            None => refusal,
        },
    })
}

fn no_return(lock: &Lock, live: usize) -> Refusal {
    let message = format!(
        "`{}` is past the point of no return: no earlier stage takes the traffic back in one safe step",
        lock.stages[live].name
    );
    let refusal = Refusal::new(Why::Wrong, message);
    match two_steps(lock, live) {
        Some(help) => refusal.help(help),
        None => refusal.help(format!(
            "begin a new rollout whose candidate is `{}`",
            lock.stable
        )),
    }
}

/// The two steps that bring the old model back: its pods first, then its traffic.
fn two_steps(lock: &Lock, live: usize) -> Option<String> {
    let first = (0..live).rev().find(|stage| {
        lock.stages[live]
            .breaches_to(&lock.stages[*stage])
            .is_empty()
            && default_target(lock, *stage).is_some()
    })?;
    let then = default_target(lock, first)?;
    Some(format!(
        "`{stable}` comes back in two steps: `glidepath rollback --to {}` starts its pods; once they are ready, `glidepath rollback` (to `{}`) gives it the traffic",
        lock.stages[first].name,
        lock.stages[then].name,
        stable = lock.stable,
    ))
}
