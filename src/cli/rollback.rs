//! `glidepath rollback`

use clap::Args;

use crate::promotion::request::MoveRequest;
use crate::promotion::rollback;

use super::clock::now;
use super::inputs::{OnePath, committed, folder_of};
use super::moved;
use super::output::Output;
use super::signing::SigningArgs;
use super::site::{PullRequestArgs, of_clone};
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
    let committed = committed(&spec, !args.dry_run, output)?;
    let site = if args.pull_request.pull_request {
        Some(of_clone(folder_of(&spec), &args.pull_request)?)
    } else {
        None
    };
    let delivery = moved::delivery(site.as_ref(), args.branch);
    let request = MoveRequest {
        to: args.to.clone(),
        reason: Some(args.reason.clone()),
        resume: true,
        dry_run: args.dry_run,
        signing: args.signing.signing(Some(now())),
        ..MoveRequest::default()
    };
    let compiled = args.path.compile_alone();
    let compiled = compiled.as_ref().map_err(String::as_str);
    let prepared = rollback(&committed, compiled, &request, &[], delivery)?;
    moved::finish(&committed, prepared, &request, delivery, output)
}
