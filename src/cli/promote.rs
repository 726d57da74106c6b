//! `glidepath promote`

use std::path::PathBuf;

use clap::Args;

use crate::promotion::branch;
use crate::promotion::decide::{Refusal, Why, standing_hold};
use crate::promotion::ledger::{gate_trailers, one_line};

use super::health::HealthArgs;
use super::inputs::OnePath;
use super::output::Output;
use super::proposal;
use super::signing::SigningArgs;
use super::site::{PullRequestArgs, Site};
use super::standing::{Standing, folder_of};
use super::weigh::{Weighed, Wish, weigh};
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
    let standing = Standing::read(&spec, !args.dry_run, output)?;
    let input = args.path.compile(output)?;
    if let Some(refusal) = standing.staleness(&input.compiled)? {
        return Err(Failure::refused(&[refusal]));
    }
    let wish = Wish {
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
        let done = proposal::promote(&standing, &input, &wish, &args.health, &site, &signing)?;
        return proposal::report(&standing, &done, output);
    }
    let lock = &standing.lock;
    let to = match &args.to {
        Some(name) => standing.index(name)?,
        None if standing.live + 1 < lock.stages.len() => standing.live + 1,
        None => {
            output.note(format_args!(
                "{}: complete in `{}`; nothing comes after it",
                lock.rollout,
                standing.stage().folder
            ));
            return output.finish(Exit::Done);
        }
    };
    let Weighed {
        judged,
        record,
        mut refusals,
        ..
    } = weigh(&standing, &input, to, &wish, &args.health)?;
    let lifts = args.resume || standing_hold(lock, standing.hold.as_ref()).is_none();
    let mut edits = standing.edits(to, lifts.then_some(None));
    let mut entry = standing.entry(to);
    if let Some(record) = &record {
        standing.keep(record, &mut edits, &mut entry)?;
    } else if args.record_evidence {
        output.note(format_args!(
            "{}: no gate watches `{}`, and so there is no evidence to record",
            lock.rollout,
            standing.stage().name
        ));
    }
    if !args.branch {
        refusals.extend(standing.dirt(&edits)?);
    }
    refusals.extend(open_elsewhere(&standing, to)?);
    if args.dry_run && to > standing.live {
        output.result(standing.diff(to, &edits)?)?;
    }
    if !refusals.is_empty() {
        return Err(Failure::refused(&refusals));
    }
    if args.dry_run {
        return output.finish(Exit::Done);
    }
    entry.gates = gate_trailers(standing.stage(), &judged);
    entry.forced = wish.reason;
    let message = standing.message(to, &entry);
    standing.commit(to, &edits, &message, &signing, args.branch, output)?;
    output.finish(Exit::Done)
}

fn open_elsewhere(standing: &Standing, to: usize) -> Result<Option<Refusal>, Failure> {
    let lock = &standing.lock;
    let open = branch::open_elsewhere(
        &standing.repo,
        &standing.head,
        &lock.rollout,
        &standing.stage().name,
        &lock.stages[to].name,
    )
    .map_err(|error| Failure::git(&error))?;
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
