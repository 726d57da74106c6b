//! `glidepath rollback`

use clap::Args;

use crate::promotion::ledger::one_line;
use crate::promotion::rollback;

use super::committed::{Committed, folder_of};
use super::eligibility::MoveRequest;
use super::inputs::OnePath;
use super::output::Output;
use super::proposal;
use super::signing::SigningArgs;
use super::site::{PullRequestArgs, Site};
use super::{Exit, Failure};

/// Point at an earlier stage, and hold the one that is left
///
/// Goes by the committed tree alone and waits for nothing: neither gates nor bake nor a rollout.yaml that compiles. Only a step
/// that would answer requests with 503 is refused.
#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
    #[command(flatten)]
    path: OnePath,
    /// The stage to go back to; default: the latest earlier one that routes only to stable and runs all that has traffic now
    #[arg(long, value_name = "STAGE")]
    to: Option<String>,
    /// Why; goes into the commit and the hold
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// Commit on the branch `glidepath/<rollout>/<stage>`, and leave the work tree alone
    #[arg(long)]
    branch: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pull_request: PullRequestArgs,
    #[command(flatten)]
    signing: SigningArgs,
}

pub(super) fn run(args: &RollbackArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let spec = args.path.locate()?;
    let committed = Committed::read(&spec, !args.dry_run, output)?;
    if args.pull_request.pull_request {
        let site = Site::of_clone(folder_of(&spec), args.pull_request.base.as_deref())?;
        let wish = MoveRequest {
            to: args.to.clone(),
            reason: Some(args.reason.clone()),
            resume: true,
            ..MoveRequest::default()
        };
        let compiled = args.path.compile_alone().ok();
        let signing = args.signing.signing();
        let done = proposal::rollback(&committed, compiled.as_ref(), &wish, &[], &site, &signing)?;
        return proposal::report(&committed, &done, output);
    }
    let lock = &committed.lock;
    let wish = args
        .to
        .as_deref()
        .map(|name| committed.index(name))
        .transpose()?;
    let Some(to) = rollback::target(lock, committed.live, wish)? else {
        let why = if wish.is_some() {
            "it is live already"
        } else {
            "all traffic is on stable; `--to` takes the models out, too"
        };
        output.note(format_args!(
            "{}: nothing to go back from in `{}`: {why}",
            lock.rollout,
            committed.stage().folder
        ));
        return output.finish(Exit::Done);
    };
    let signing = args.signing.signing();
    let reason = one_line(&args.reason);
    let hold = committed.hold_for(&reason, &signing)?;
    let edits = committed.edits(to, Some(Some(hold.text())));
    if !args.branch
        && let Some(refusal) = committed.dirt(&edits)?
    {
        return Err(refusal.into());
    }
    warn_if_stale(&committed, args, output);
    if args.dry_run {
        output.result(committed.diff(to, &edits)?)?;
        return output.finish(Exit::Done);
    }
    let mut entry = committed.entry(to);
    entry.reason = Some(reason).filter(|reason| !reason.is_empty());
    let message = committed.message(to, &entry);
    committed.commit(to, &edits, &message, &signing, args.branch, output)?;
    output.finish(Exit::Done)
}

/// A tree that is not what rollout.yaml compiles to is worth a word, but stops nobody.
fn warn_if_stale(committed: &Committed, args: &RollbackArgs, output: &mut Output<'_>) {
    let why = match args.path.compile_alone() {
        Ok(compiled) => match committed.staleness(&compiled) {
            Ok(None) => return,
            Ok(Some(refusal)) => refusal.message,
            Err(failure) => failure.message,
        },
        Err(why) => why,
    };
    output.note(format_args!("warning: {why}; going by the committed tree"));
}
