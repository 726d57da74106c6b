//! What speaks against a pull request, by the functions that judge a promotion and a rollback.

use crate::compile::Compiled;
use crate::diag::words::and_list;
use crate::promotion::eligibility::Eligibility;
use crate::promotion::hold::{Holding, Standing, standing};
use crate::promotion::ledger;
use crate::promotion::proof::Proof;
use crate::promotion::pull_request::GateLine;
use crate::promotion::request::{EvidenceFile, Facts, MoveRequest};
use crate::promotion::site::Site;
use crate::promotion::target::target;
use crate::promotion::{Committed, Error, Refusal, Why, stages};
use crate::tree::LockedStageId;
use crate::units::names::{EVIDENCE_FOLDER, POINTER_FILE, TREE_FOLDER};

use super::Change;
use super::sides::{Sides, Step};

/// The most paths that a refusal names.
const LISTED: usize = 3;

/// Everything that a judgement goes by.
pub(super) struct Judge<'a> {
    pub(super) change: &'a Change,
    pub(super) sides: &'a Sides,
    pub(super) step: &'a Step,
    pub(super) compiled: &'a Compiled,
    pub(super) facts: &'a Facts,
    pub(super) site: Option<&'a Site>,
    /// Verdicts that somebody else came to.
    pub(super) evidence: Option<&'a EvidenceFile>,
}

/// What was found.
#[derive(Default)]
pub(super) struct Judgement {
    pub(super) refusals: Vec<Refusal>,
    pub(super) gates: Vec<GateLine>,
    /// What people should know.
    pub(super) notes: Vec<String>,
}

impl Judge<'_> {
    /// Judges; what is forced waits for nothing, and is proved all the same.
    pub(super) fn judge(&self, force: bool) -> Result<Judgement, Error> {
        let mut found = Judgement::default();
        let beside = match self.step {
            Step::Stays | Step::Rendered(_) => Vec::new(),
            Step::On(_) | Step::Back(_) | Step::Elsewhere => {
                self.sides.beside(self.change, self.step)
            }
        };
        match self.step {
            Step::Stays => {
                found.refusals.extend(self.unsafe_at_once(force));
                let is_more = self.sides.changes_more_than_the_pointer();
                found
                    .refusals
                    .extend((is_more && !force).then(more_than_a_pointer));
            }
            Step::Elsewhere => found.refusals.extend(self.unsafe_at_once(force)),
            Step::Rendered(note) => {
                found.refusals.extend(self.unsafe_at_once(force));
                found.notes.push(note.clone());
            }
            Step::Back(to) => {
                let old = &self.sides.old;
                match target(old, Some(*to)) {
                    Ok(there) => found.notes.extend(there.and_then(|there| there.disrupts)),
                    Err(error) => found.refusals.extend(error.into_refusals()),
                }
                if self.sides.new.hold.is_none() {
                    found.notes.push(format!(
                        "no `hold.yaml` is written: the merge counts as a hold on `{}` until what it serves changes, or `promote --resume`",
                        old.stage().name
                    ));
                }
            }
            Step::On(to) => self.promotion(*to, force, &mut found)?,
        }
        if !beside.is_empty() {
            if let Step::On(_) | Step::Back(_) = self.step {
                found.refusals.extend(self.unsafe_at_once(force));
            }
            if !force {
                found.refusals.push(no_promotion(&beside));
            }
        }
        if *self.step == Step::Elsewhere && !force {
            let (to, branch) = (&self.sides.new.stage().name, self.change.branch());
            let message = format!("the pointer goes to `{to}`, which is no stage on {branch}");
            found.refusals.push(
                Refusal::new(Why::Wrong, message)
                    .help("render and merge the stage first, and then move to it"),
            );
        }
        self.hold(force, &mut found);
        Ok(found)
    }

    /// A move on, as `promote` would be asked for it on the base.
    fn promotion(
        &self,
        to: LockedStageId,
        force: bool,
        found: &mut Judgement,
    ) -> Result<(), Error> {
        let (old, plan) = (&self.sides.old, &self.compiled.plan);
        let holding = old.holding()?;
        let held = holding.against(&old.lock, to);
        let lifts = held.filter(|hold| self.lifts(&hold.stage));
        found
            .notes
            .extend(lifts.map(|hold| lifts_words(&hold.stage)));
        // Nobody hands in verdicts on their own pull request by that pull request.
        let evidence = self
            .evidence
            .filter(|file| !old.stage().gates.is_empty() && !self.change.changes(&file.path));
        let request = MoveRequest {
            force,
            resume: force || lifts.is_some(),
            evidence: evidence.cloned(),
            carried: self.carried()?,
            ..MoveRequest::default()
        };
        let telemetry = &self.facts.telemetry;
        let is_asked = stages::live(old, plan).is_ok_and(|live| telemetry.asks(plan, live, true));
        if request.carried.is_some() && !is_asked {
            found.notes.push(
                "the gates are judged by the evidence that the pull request carries: nobody was asked again"
                    .to_owned(),
            );
        }
        if let Holding::Unseen(_) = holding {
            let why = holding.unseen().unwrap_or_default();
            found.refusals.push(
                Refusal::new(Why::Outside, why)
                    .help("fetch the whole history: `fetch-depth: 0` in actions/checkout"),
            );
        }
        match Eligibility::of(old, plan, to, &holding, &request, self.facts, self.site) {
            Ok(eligibility) => {
                found.refusals.extend(eligibility.refusals);
                found.notes.extend(eligibility.warnings);
                found.gates = eligibility.gates;
            }
            Err(error) => found.refusals.extend(error.into_refusals()),
        }
        if let Some(site) = self.site.filter(|_| !force) {
            found.refusals.extend(site.open_rollback(old)?);
        }
        Ok(())
    }

    /// What is unsafe about the base's live stage giving way to the merge's at once, whatever the order of their names.
    fn unsafe_at_once(&self, force: bool) -> Vec<Refusal> {
        let Sides { old, new } = self.sides;
        let plan = Some(&self.compiled.plan);
        let applied = |side: &Committed| side.applied(side.live);
        let proof = applied(old).and_then(|before| Ok(Proof::of(&before, &applied(new)?, plan)));
        let proof = match proof {
            Ok(proof) => proof,
            // A tree that nobody can read any more is not what keeps somebody from putting it right.
            Err(_) if force => return Vec::new(),
            Err(error) => return error.into_refusals(),
        };
        let Some(why) = proof.against().or(proof.disrupts().filter(|_| !force)) else {
            return Vec::new();
        };
        let message = format!(
            "what is live in `{}` gives way to `{}` unsafely: {why}",
            old.stage().name,
            new.stage().name
        );
        let help = "put a stage in between in which both are there";
        vec![Refusal::new(Why::Wrong, message).help(help)]
    }

    /// A hold that the merge leaves out, or makes to be about less.
    fn hold(&self, force: bool, found: &mut Judgement) {
        let Sides { old, new } = self.sides;
        let stands = |side: &Committed| match &side.hold {
            Some(hold) => standing(&new.lock, hold),
            None => Standing::Lifted,
        };
        let Standing::On(was) = stands(old) else {
            return;
        };
        let is_kept = match stands(new) {
            Standing::On(is) => is <= was,
            Standing::Lifted => false,
        };
        let stage = &new.lock.stage(was).name;
        // A move into the stage is judged by the hold already.
        let is_judged = matches!(self.step, Step::On(_)) && new.live >= was;
        if is_kept || is_judged {
            return;
        }
        if self.lifts(stage) {
            found.notes.push(lifts_words(stage));
        } else if !force {
            let message = format!("`{stage}` would not be on hold any more");
            found.refusals.push(Refusal::new(Why::Wrong, message).help(format!(
                "lift it with the promotion that shall enter it, `glidepath promote --resume`, or say `Hold-Lifted: {stage}` in a commit"
            )));
        }
    }

    /// Whether a commit says that it lifts the hold on a stage, as `promote --resume` does.
    fn lifts(&self, stage: &str) -> bool {
        let mut messages = self.change.messages();
        messages.any(|message| ledger::lifted(message).any(|lifted| lifted == stage))
    }

    /// The newest recorded evidence about the live stage that the pull request adds.
    fn carried(&self) -> Result<Option<String>, Error> {
        let Sides { old, new } = self.sides;
        let start = format!(
            "{}/{EVIDENCE_FOLDER}/{}-",
            old.repo.from_root(TREE_FOLDER),
            old.stage().name
        );
        let Some(rest) = self.change.below(&start).max() else {
            return Ok(None);
        };
        Ok(new
            .repo
            .file_from_root(new.head.tip, &format!("{start}{rest}"))?)
    }
}

fn more_than_a_pointer() -> Refusal {
    let message = format!(
        "`{POINTER_FILE}` changes beside its pointer, and what kustomize makes of that is not proved"
    );
    Refusal::new(Why::Wrong, message).help("say it in rollout.yaml, and render")
}

fn lifts_words(stage: &str) -> String {
    format!("this lifts the hold on `{stage}`, as its commit says")
}

fn no_promotion(beside: &[String]) -> Refusal {
    let shown = and_list(&beside[..beside.len().min(LISTED)]);
    let more = match beside.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("this is no promotion: beside the pointer it changes {shown}{more}");
    Refusal::new(Why::Wrong, message).help(
        "move the pointer in a pull request of its own, as `glidepath promote --pull-request` does",
    )
}
