//! A move as a pull request, from the command line or from a workflow: what is due, on what evidence, and what comes of it.

use crate::compile::Compiled;
use crate::forge::Pull;
use crate::gate::Verdict;
use crate::plan::{Plan, StageId};
use crate::promotion::decide::{Refusal, Why, standing_hold};
use crate::promotion::ledger::{gate_trailers, one_line};
use crate::promotion::pull_request::{Baked, GateLine, Kind, Marker, Proposal, bare};
use crate::promotion::rollback;
use crate::promotion::upsert::{self, Operation, Target, Upserted, Wanted};
use crate::sink::git::{Edit, Signing};
use crate::tree::{LockedStageId, diff};
use crate::units::Duration;

use super::committed::{Committed, in_tree};
use super::eligibility::{MoveRequest, weigh};
use super::gate_results::verdict;
use super::health::HealthArgs;
use super::inputs::Input;
use super::live::stage_index;
use super::output::Output;
use super::site::Site;
use super::{Exit, Failure};

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The live stage's folder.
    pub(super) stage: String,
    /// The folder of the stage that is proposed, or would be.
    pub(super) next: Option<String>,
    /// How the gates stand together, where there are any.
    pub(super) verdict: Option<Verdict>,
    /// The gates.
    pub(super) gates: Vec<GateLine>,
    /// The pull request.
    pub(super) pull: Option<Upserted>,
    /// Its branch.
    pub(super) branch: Option<String>,
    /// Its body, as it is or would be.
    pub(super) body: String,
    /// What speaks against it.
    pub(super) refusals: Vec<Refusal>,
    /// What people should know.
    pub(super) notes: Vec<String>,
}

/// Proposes the next stage, where it is due.
pub(super) fn promote(
    committed: &Committed,
    input: &Input,
    wish: &MoveRequest,
    health: &HealthArgs,
    site: &Site,
    signing: &Signing,
) -> Result<Outcome, Failure> {
    let (lock, compiled) = (&committed.lock, &input.compiled);
    let mut done = Outcome {
        stage: committed.stage().folder.clone(),
        ..Outcome::default()
    };
    if let Some(refusal) = committed.staleness(compiled)? {
        done.refusals.push(refusal);
        return Ok(done);
    }
    let hold = standing_hold(lock, committed.hold.as_ref()).filter(|_| !wish.resume);
    let to = match &wish.to {
        Some(name) => Some(committed.index(name)?),
        None => lock.stage_after(committed.live),
    };
    let target = site.target();
    let mut edits = committed.edits(
        to.unwrap_or(committed.live),
        standing_hold(lock, committed.hold.as_ref())
            .is_none_or(|_| wish.resume)
            .then_some(None),
    );
    let marker = marker(committed, to.unwrap_or(committed.live));
    let closed = upsert::close_obsolete(
        &committed.repo,
        &target,
        &marker,
        hold.map(|hold| hold.stage.as_str()),
        &edits,
        committed.head.tip,
    )?;
    let was_closed = !closed.is_empty();
    done.notes.extend(closed);
    let Some(to) = to else {
        return Ok(complete(done, was_closed));
    };
    done.next = Some(lock.stage(to).folder.clone());
    let weighed = weigh(committed, input, to, wish, health)?;
    done.verdict = verdict(&weighed.gates);
    done.gates = weighed.gates;
    let mut refusals = weighed.refusals;
    refusals.extend(open_rollback(committed, &target, &marker)?);
    let words = reasons(&refusals);
    let (from, target_stage) = in_plan(committed, &compiled.plan, to)?;
    let changes = diff(&compiled.objects(from), &compiled.objects(target_stage));
    let proposal = Proposal {
        plan: &compiled.plan,
        digest: &lock.spec_digest,
        folder: &marker.folder,
        from,
        to: target_stage,
        kind: Kind::Promotion {
            forced: wish.reason.as_deref().filter(|_| wish.force),
            blocked: (!refusals.is_empty()).then_some(words.as_str()),
        },
        gates: &done.gates,
        baked: weighed.baked,
        changes: &changes,
    };
    done.body = proposal.body();
    if !refusals.is_empty() {
        // Whoever looks at a pull request that is open already must see what has become of the evidence.
        let told = upsert::retell(&target, &marker, &proposal.title(), &done.body)?;
        done.branch = told.as_ref().map(|(pull, _)| pull.head.clone());
        done.pull = told
            .map(retold)
            .or_else(|| was_closed.then(|| closed_only(&done.notes)));
        done.refusals = refusals;
        return Ok(done);
    }
    let stage = lock.stage(to);
    let mut entry = committed.entry(to);
    entry.gates = gate_trailers(committed.stage(), &weighed.judged);
    entry.forced = wish.reason.as_deref().filter(|_| wish.force).map(one_line);
    if let Some(record) = &weighed.record {
        committed.keep(record, &mut edits, &mut entry)?;
    }
    let message = committed.message(to, &entry);
    let branch = site.branch(&lock.rollout, &stage.name)?;
    let upserted = upsert::upsert(
        &committed.repo,
        &target,
        &Wanted {
            marker: &marker,
            branch: &branch,
            title: &proposal.title(),
            body: &done.body,
            edits: &edits,
            message: &message,
            signing,
            head: &committed.head,
            again: wish.resume,
        },
    )?;
    done.branch = Some(branch);
    done.notes.extend(upserted.notes.iter().cloned());
    done.pull = Some(upserted);
    Ok(done)
}

/// Proposes to go back; waits for nothing.
pub(super) fn rollback(
    committed: &Committed,
    compiled: Option<&Compiled>,
    wish: &MoveRequest,
    gates: &[GateLine],
    site: &Site,
    signing: &Signing,
) -> Result<Outcome, Failure> {
    let lock = &committed.lock;
    let mut done = Outcome {
        stage: committed.stage().folder.clone(),
        gates: gates.to_vec(),
        verdict: verdict(gates),
        ..Outcome::default()
    };
    let wished = wish
        .to
        .as_deref()
        .map(|name| committed.index(name))
        .transpose()?;
    let found = rollback::target(lock, committed.live, wished)?;
    let Some(to) = found else {
        done.notes
            .push(format!("nothing to go back from in `{}`", done.stage));
        return Ok(done);
    };
    done.next = Some(lock.stage(to).folder.clone());
    let reason = one_line(wish.reason.as_deref().unwrap_or_default());
    let hold = committed.hold_for(&reason, signing)?;
    let edits: Vec<Edit> = committed.edits(to, Some(Some(hold.text())));
    let marker = marker(committed, to);
    // A tree that is not what the file compiles to goes back all the same, and then speaks for itself.
    let current = match compiled {
        Some(compiled) if committed.staleness(compiled)?.is_none() => Some(compiled),
        Some(_) | None => None,
    };
    let (title, body) = if let Some(compiled) = current {
        let (from, target_stage) = in_plan(committed, &compiled.plan, to)?;
        let changes = diff(&compiled.objects(from), &compiled.objects(target_stage));
        let proposal = Proposal {
            plan: &compiled.plan,
            digest: &lock.spec_digest,
            folder: &marker.folder,
            from,
            to: target_stage,
            kind: Kind::Rollback { reason: &reason },
            gates,
            baked: Baked {
                asked: Duration::ZERO,
                is_over: true,
            },
            changes: &changes,
        };
        (proposal.title(), proposal.body())
    } else {
        done.notes.push(
            "rollout.yaml does not compile to the committed tree; going by the tree".to_owned(),
        );
        bare(
            lock,
            committed.live,
            to,
            &reason,
            &committed.diff(to, &edits)?,
            &marker,
        )
    };
    let stage = lock.stage(to);
    let mut entry = committed.entry(to);
    entry.reason = Some(reason).filter(|reason| !reason.is_empty());
    let message = committed.message(to, &entry);
    let branch = site.branch(&lock.rollout, &stage.name)?;
    let upserted = upsert::upsert(
        &committed.repo,
        &site.target(),
        &Wanted {
            marker: &marker,
            branch: &branch,
            title: &title,
            body: &body,
            edits: &edits,
            message: &message,
            signing,
            head: &committed.head,
            again: wish.resume,
        },
    )?;
    done.body = body;
    done.branch = Some(branch);
    done.notes.extend(upserted.notes.iter().cloned());
    done.pull = Some(upserted);
    Ok(done)
}

fn retold((pull, changed): (Pull, bool)) -> Upserted {
    Upserted {
        operation: if changed {
            Operation::Updated
        } else {
            Operation::Nothing
        },
        tip: Some(pull.head_sha.clone()),
        pull: Some(pull),
        notes: Vec::new(),
    }
}

/// Says on the terminal what came of it.
pub(super) fn report(
    committed: &Committed,
    done: &Outcome,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let rollout = &committed.lock.rollout;
    for note in &done.notes {
        output.note(format_args!("{rollout}: {note}"));
    }
    if let Some((pull, upserted)) = done
        .pull
        .as_ref()
        .and_then(|one| Some((one.pull.as_ref()?, one)))
    {
        output.note(format_args!(
            "{rollout}: #{} {}",
            pull.number,
            word(upserted.operation)
        ));
        output.result(format_args!("{}\n", pull.url))?;
    }
    if !done.refusals.is_empty() {
        return Err(Failure::refused(&done.refusals));
    }
    output.finish(Exit::Done)
}

/// The word for an operation, as the Action's output has it.
pub(super) fn word(operation: Operation) -> &'static str {
    match operation {
        Operation::Created => "created",
        Operation::Updated => "updated",
        Operation::Closed => "closed",
        Operation::Nothing => "none",
    }
}

/// The reasons, each with its help, as one text.
pub(super) fn reasons(refusals: &[Refusal]) -> String {
    let messages: Vec<&str> = refusals.iter().map(|one| one.message.as_str()).collect();
    messages.join("; ")
}

fn complete(mut done: Outcome, was_closed: bool) -> Outcome {
    done.notes.push(format!(
        "complete in `{}`; nothing comes after it",
        done.stage
    ));
    done.pull = was_closed.then(|| closed_only(&done.notes));
    done
}

fn closed_only(notes: &[String]) -> Upserted {
    Upserted {
        operation: Operation::Closed,
        pull: None,
        tip: None,
        notes: notes.to_vec(),
    }
}

/// The live stage and the one to go to, as the plan of a current tree has them.
fn in_plan(
    committed: &Committed,
    plan: &Plan,
    to: LockedStageId,
) -> Result<(StageId, StageId), Failure> {
    let lock = &committed.lock;
    Ok((
        stage_index(plan, &committed.stage().name)?,
        stage_index(plan, &lock.stage(to).name)?,
    ))
}

fn marker(committed: &Committed, to: LockedStageId) -> Marker {
    let lock = &committed.lock;
    Marker {
        rollout: lock.rollout.clone(),
        folder: committed.repo.from_root(in_tree("").trim_end_matches('/')),
        from: committed.stage().name.clone(),
        to: lock.stage(to).name.clone(),
        digest: lock.spec_digest.clone(),
        superseded: false,
    }
}

/// A way back that is proposed is decided on before the way on.
fn open_rollback(
    committed: &Committed,
    target: &Target<'_>,
    marker: &Marker,
) -> Result<Option<Refusal>, Failure> {
    let lock = &committed.lock;
    let open = upsert::open(target, marker)?;
    let back = open.into_iter().find(|(_, found)| {
        found.from == marker.from
            && lock
                .stage_named(&found.to)
                .is_some_and(|to| to < committed.live)
    });
    Ok(back.map(|(pull, _)| {
        Refusal::new(Why::NotYet, format!("#{} proposes to go back", pull.number))
            .help("merge it, or close it")
    }))
}
