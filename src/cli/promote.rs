//! `glidepath promote`

use std::path::PathBuf;

use clap::Args;

use crate::promotion::branch;
use crate::promotion::decide::{Refusal, Why, standing_hold};
use crate::promotion::ledger::{gate_trailers, one_line};

use crate::tree::LockedStageId;

use super::committed::{Committed, folder_of};
use super::eligibility::{Eligibility, MoveRequest, weigh};
use super::health::HealthArgs;
use super::inputs::OnePath;
use super::output::Output;
use super::proposal;
use super::signing::SigningArgs;
use super::site::{PullRequestArgs, Site};
use super::{Exit, Failure};

/// Point at the next stage, once the live one has baked and its gates have passed
#[derive(Debug, Args)]
pub(super) struct PromoteArgs {
    #[command(flatten)]
    path: OnePath,
    /// The stage to go to; default: the next one. Skips only stages without bake and gates, and never what keeps requests safe
    #[arg(long, value_name = "STAGE")]
    to: Option<String>,
    /// Commit on the branch `glidepath/<rollout>/<stage>`, and leave the work tree alone
    #[arg(long)]
    branch: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    dry_run: bool,
    /// Go on whatever bake and gates say; the tree must be current all the same
    #[arg(long, requires = "reason")]
    force: bool,
    /// Why; goes into the commit
    #[arg(long, value_name = "TEXT", requires = "force")]
    reason: Option<String>,
    /// Enter the stage that the last rollback left
    #[arg(long)]
    resume: bool,
    /// Verdicts on the live stage's gates, as JSON
    #[arg(long, value_name = "FILE")]
    evidence: Option<PathBuf>,
    /// Ask the gates, and commit what they were asked and answered as `deploy/evidence/<stage>-<start>.json`, for `gate --replay`
    #[arg(long, conflicts_with = "evidence")]
    record_evidence: bool,
    #[command(flatten)]
    health: HealthArgs,
    #[command(flatten)]
    pull_request: PullRequestArgs,
    #[command(flatten)]
    signing: SigningArgs,
}

pub(super) fn run(args: &PromoteArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let reason = args.reason.as_deref().map(one_line);
    if reason.as_ref().is_some_and(String::is_empty) {
        return Err(Failure::new(Exit::Usage, "`--reason` is empty").help("say why in a few words"));
    }
    let spec = args.path.locate()?;
    let committed = Committed::read(&spec, !args.dry_run, output)?;
    let input = args.path.compile(output)?;
    if let Some(refusal) = committed.staleness(&input.compiled)? {
        return Err(refusal.into());
    }
    let wish = MoveRequest {
        to: args.to.clone(),
        reason,
        force: args.force,
        resume: args.resume,
        evidence: args.evidence.clone(),
        record: args.record_evidence,
    };
    let signing = args.signing.signing();
    if args.pull_request.pull_request {
        let site = Site::of_clone(folder_of(&spec), args.pull_request.base.as_deref())?;
        let done = proposal::promote(&committed, &input, &wish, &args.health, &site, &signing)?;
        return proposal::report(&committed, &done, output);
    }
    let lock = &committed.lock;
    let to = match (&args.to, lock.stage_after(committed.live)) {
        (Some(name), _) => committed.index(name)?,
        (None, Some(next)) => next,
        (None, None) => {
            output.note(format_args!(
                "{}: complete in `{}`; nothing comes after it",
                lock.rollout,
                committed.stage().folder
            ));
            return output.finish(Exit::Done);
        }
    };
    let Eligibility {
        judged,
        record,
        mut refusals,
        ..
    } = weigh(&committed, &input, to, &wish, &args.health)?;
    let lifts = args.resume || standing_hold(lock, committed.hold.as_ref()).is_none();
    let mut edits = committed.edits(to, lifts.then_some(None));
    let mut entry = committed.entry(to);
    if let Some(record) = &record {
        committed.keep(record, &mut edits, &mut entry)?;
    } else if args.record_evidence {
        output.note(format_args!(
            "{}: no gate watches `{}`, and so there is no evidence to record",
            lock.rollout,
            committed.stage().name
        ));
    }
    if !args.branch {
        refusals.extend(committed.dirt(&edits)?);
    }
    refusals.extend(open_elsewhere(&committed, to)?);
    if args.dry_run && to > committed.live {
        output.result(committed.diff(to, &edits)?)?;
    }
    if !refusals.is_empty() {
        return Err(Failure::refused(&refusals));
    }
    if args.dry_run {
        return output.finish(Exit::Done);
    }
    entry.gates = gate_trailers(committed.stage(), &judged);
    entry.forced = wish.reason;
    let message = committed.message(to, &entry);
    committed.commit(to, &edits, &message, &signing, args.branch, output)?;
    output.finish(Exit::Done)
}

fn open_elsewhere(committed: &Committed, to: LockedStageId) -> Result<Option<Refusal>, Failure> {
    let lock = &committed.lock;
    let open = branch::open_elsewhere(
        &committed.repo,
        &committed.head,
        &lock.rollout,
        &committed.stage().name,
        &lock.stage(to).name,
    )?;
    Ok(open.map(|name| {
        Refusal::new(
            Why::Conflict,
            format!("the branch `{name}` already proposes another stage"),
        )
        .help(format!(
            "merge it, or delete it with `git branch -D {name}`"
        ))
    }))
}
