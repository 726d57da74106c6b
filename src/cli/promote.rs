//! `glidepath promote`

use std::path::PathBuf;

use clap::Args;

use crate::promotion::ledger::one_line;
use crate::promotion::promote;
use crate::promotion::request::{Facts, MoveRequest};

use super::argo::HealthArgs;
use super::clock::now;
use super::inputs::{OnePath, committed, folder_of};
use super::moved::{self, handed_in};
use super::output::Output;
use super::results::{self, ResultArgs};
use super::signing::SigningArgs;
use super::site::{PullRequestArgs, of_clone};
use super::telemetry;
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
    results: ResultArgs,
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
    let committed = committed(&spec, !args.dry_run, output)?;
    let input = args.path.compile(output)?;
    results::check(&input.compiled.plan, &args.results.results)?;
    let now = now();
    let request = MoveRequest {
        to: args.to.clone(),
        reason,
        force: args.force,
        resume: args.resume,
        evidence: args.evidence.as_deref().map(handed_in),
        carried: None,
        record: args.record_evidence,
        issuer: None,
        dry_run: args.dry_run,
        signing: args.signing.signing(Some(now)),
    };
    let site = if args.pull_request.pull_request {
        // A stale tree is said before a token is asked for.
        if let Some(refusal) = committed.staleness(&input.compiled)? {
            return Err(refusal.into());
        }
        Some(of_clone(folder_of(&spec), &args.pull_request)?)
    } else {
        None
    };
    let delivery = moved::delivery(site.as_ref(), args.branch);
    let facts = Facts {
        now,
        argocd: args.health.argocd(),
        telemetry: telemetry::of_environment(&input, &args.results.results),
    };
    let prepared = promote(&committed, &input.compiled, &request, &facts, delivery)?;
    moved::finish(&committed, prepared, &request, delivery, output)
}
