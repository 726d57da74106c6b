//! Whether the pointer may move on, and where to. Nothing here touches git.

use crate::diag::words::and_list;
use crate::gate::Verdict;
use crate::tree::{Lock, LockedStage, LockedStageId};
use crate::units::Duration;

use super::gates::{Judged, list, unjudged};
use super::hold::Holding;
use super::proof::Proof;
use super::{Refusal, Why};

/// Where a rollout stands.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// The committed lock.
    pub lock: &'a Lock,
    /// The live stage.
    pub live: LockedStageId,
    /// Seconds since the stage became live.
    pub elapsed: u64,
    /// When that was, and who says so.
    pub began: &'a str,
    /// What holds promotions back.
    pub holding: &'a Holding,
    /// How the live stage's gates stand.
    pub judged: &'a [Judged],
}

impl<'a> Position<'a> {
    /// The live stage.
    pub fn stage(&self) -> &'a LockedStage {
        self.lock.stage(self.live)
    }

    /// The least time in the live stage.
    pub fn bake(&self) -> Duration {
        bake(self.lock, self.stage())
    }

    /// How much of the bake is left.
    pub fn left(&self) -> Duration {
        Duration::from_seconds(self.bake().seconds().saturating_sub(self.elapsed))
    }

    /// The stage after the live one.
    pub fn next(&self) -> Option<LockedStageId> {
        self.lock.stage_after(self.live)
    }
}

/// The least time in a stage: its own, and no less than the rollout's.
pub fn bake(lock: &Lock, stage: &LockedStage) -> Duration {
    Duration::from_seconds(stage.bake_seconds.max(lock.min_bake_seconds))
}

/// What speaks against going from the live stage to `to`, whatever time and gates say. Nothing overrides it.
pub fn against_jump(
    lock: &Lock,
    live: LockedStageId,
    to: LockedStageId,
    proof: &Proof,
    force: bool,
) -> Option<Refusal> {
    let (from, target) = (lock.stage(live), lock.stage(to));
    if to <= live {
        let message = format!(
            "`{}` does not come after the live stage `{}`",
            target.name, from.name
        );
        return Some(Refusal::new(Why::Wrong, message).help(format!(
            "go back with `glidepath rollback --to {}`",
            target.name
        )));
    }
    let first = lock.stage_after(live).unwrap_or(to);
    let at_once = |found: &str| {
        let message = format!(
            "going from `{}` to `{}` at once is unsafe: {found}",
            from.name, target.name
        );
        Refusal::new(Why::Wrong, message)
    };
    let next = lock.stage(first);
    if let Some(found) = proof.against() {
        return Some(if first == to {
            at_once(&found)
                .help("change rollout.yaml so that each stage is safe to go to, and render")
        } else {
            at_once(&found).help(format!("go to `{}` first", next.name))
        });
    }
    if let Some(found) = proof.disrupts().filter(|_| !force) {
        return Some(at_once(&found).help(format!(
            "go to `{}` first, or accept it with `--force --reason`",
            next.name
        )));
    }
    let skipped = lock
        .between(live, to)
        .iter()
        .filter(|stage| stage.bake_seconds > 0 || !stage.gates.is_empty());
    let skipped: Vec<&str> = skipped.map(|stage| stage.name.as_str()).collect();
    if skipped.is_empty() || force {
        return None;
    }
    let have = if skipped.len() == 1 { "has" } else { "have" };
    let message = format!(
        "{} would be skipped, and {have} bake time or gates",
        and_list(&skipped)
    );
    Some(Refusal::new(Why::Wrong, message).help(format!(
        "go to `{}` first, or skip with `--force --reason`",
        lock.stage(first).name
    )))
}

/// Everything that time, gates and a hold say against leaving the live stage for `to`.
pub fn against_leaving(
    position: &Position<'_>,
    to: LockedStageId,
    force: bool,
    resume: bool,
) -> Vec<Refusal> {
    let (lock, stage) = (position.lock, position.stage());
    let mut refusals = Vec::new();
    let holding = position.holding;
    if let Some(hold) = holding.against(lock, to).filter(|_| !resume) {
        let message = format!("`{}` is on hold: {}", hold.stage, holding.words());
        refusals.push(
            Refusal::new(Why::NotYet, message)
                .help("change what that stage serves, or lift the hold with `--resume`"),
        );
    }
    if force {
        return refusals;
    }
    if position.left() > Duration::ZERO {
        let message = format!(
            "`{}` bakes for {}, and {} is left: live since {}",
            stage.name,
            position.bake(),
            position.left(),
            position.began
        );
        refusals.push(
            Refusal::new(Why::NotYet, message).help("wait, or go on with `--force --reason`"),
        );
    }
    for (verdict, why, says, help) in [
        (
            Verdict::Fail,
            Why::GateFailed,
            "failed",
            "go back with `glidepath rollback`, or go on with `--force --reason`",
        ),
        (
            Verdict::Error,
            Why::Outside,
            "could not be judged",
            "see to the telemetry, and judge again",
        ),
        (
            Verdict::Inconclusive,
            Why::NotYet,
            "needs more evidence",
            "wait, and judge again",
        ),
    ] {
        if let Some(gates) = list(position.judged, verdict) {
            refusals.push(Refusal::new(why, format!("{gates} {says}")).help(help));
        }
    }
    let missing = unjudged(stage, position.judged);
    if !missing.is_empty() {
        let (noun, verb) = if missing.len() == 1 {
            ("gate", "has")
        } else {
            ("gates", "have")
        };
        let message = format!(
            "the {noun} {} of `{}` {verb} not been judged",
            and_list(&missing),
            stage.name
        );
        refusals.push(Refusal::new(Why::NotYet, message).help(
            "say where Prometheus is (`spec.metrics` or GLIDEPATH_PROMETHEUS_URL), hand in verdicts with `--evidence FILE`, or go on with `--force --reason`",
        ));
    }
    refusals
}
