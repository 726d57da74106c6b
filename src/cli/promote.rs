//! `glidepath promote`

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::promotion::branch;
use crate::promotion::decide::{self, Refusal, Why, against_jump, against_leaving, standing_hold};
use crate::promotion::gates::{Evidence, Judge, Judged, Nobody, Question};
use crate::promotion::ledger::{gate_trailers, one_line, traffic_words};
use crate::units::Moment;

use super::gate;
use super::grounds::grounds;
use super::health::HealthArgs;
use super::inputs::{Input, OnePath};
use super::output::Output;
use super::proposal::{self, Wish};
use super::site::{PullRequestArgs, Site};
use super::standing::{SigningArgs, Standing, folder_of, now};
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
    if args.pull_request.pull_request {
        return as_pull_request(args, reason, &spec, &standing, &input, output);
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
    let since = standing.since()?;
    let mut began = since.last().map_or_else(now, |commit| commit.committed);
    let mut unhealthy = None;
    if args
        .health
        .is_asked(input.compiled.plan.policy.require_healthy && !args.force)
    {
        let commits: Vec<String> = since.iter().map(|commit| commit.id.to_string()).collect();
        match args.health.ask(&lock.rollout, &commits)? {
            Ok(deployed) => began = deployed.unwrap_or(began),
            Err(refusal) => unhealthy = Some(refusal),
        }
    }
    let judged = judge(args, &standing, &input, began)?;
    let state = decide::Standing {
        lock,
        live: standing.live,
        elapsed: now().since(began).seconds(),
        hold: standing.hold.as_ref(),
        judged: &judged,
    };
    let mut refusals: Vec<Refusal> = against_jump(lock, standing.live, to, args.force)
        .into_iter()
        .collect();
    if refusals.is_empty() {
        refusals.extend(against_leaving(&state, to, args.force, args.resume));
    }
    refusals.extend(unhealthy);
    let lifts = args.resume || standing_hold(lock, standing.hold.as_ref()).is_none();
    let edits = standing.edits(to, lifts.then_some(None));
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
    let (stage, target) = (standing.stage(), &lock.stages[to]);
    let mut entry = standing.entry(to);
    entry.gates = gate_trailers(stage, &judged);
    entry.forced = reason;
    let message = entry.message(
        &format!(
            "{}: {} ({})",
            lock.rollout,
            target.folder,
            traffic_words(lock, target)
        ),
        &format!("Moves on from `{}`.", stage.folder),
    );
    standing.commit(
        to,
        &edits,
        &message,
        &args.signing.signing(),
        args.branch,
        output,
    )?;
    output.finish(Exit::Done)
}

/// The same as a pull request, which asks the gates itself.
fn as_pull_request(
    args: &PromoteArgs,
    reason: Option<String>,
    spec: &Path,
    standing: &Standing,
    input: &Input,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let site = Site::of_clone(folder_of(spec), args.pull_request.base.as_deref())?;
    let wish = Wish {
        to: args.to.clone(),
        reason,
        force: args.force,
        resume: args.resume,
        evidence: args.evidence.clone(),
    };
    let signing = args.signing.signing();
    let done = proposal::promote(standing, input, &wish, &args.health, &site, &signing)?;
    proposal::report(standing, &done, output)
}

/// Verdicts on the live stage's gates: from the file that is handed in, else from the telemetry, where it is known. Read
/// after HEAD: whoever moves it while a judge takes its time is noticed.
fn judge(
    args: &PromoteArgs,
    standing: &Standing,
    input: &Input,
    began: Moment,
) -> Result<Vec<Judged>, Failure> {
    let question = Question {
        rollout: &standing.lock.rollout,
        stage: standing.stage(),
        spec_digest: &standing.lock.spec_digest,
    };
    let Some(path) = &args.evidence else {
        // What is forced does not wait for an answer that it would not heed.
        if !args.force && gate::is_telemetry_known(&input.compiled.plan) {
            let (judged, _) = grounds(standing, input, began, None)?;
            return Ok(judged);
        }
        return Nobody
            .judge(&question)
            .map_err(|why| Failure::new(Exit::Outside, why));
    };
    let wrong = |why: String| {
        Failure::new(
            Exit::Wrong,
            format!("`{}` is no evidence: {why}", path.display()),
        )
    };
    let text = fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?;
    Evidence::read(&text)
        .and_then(|evidence| evidence.judge(&question))
        .map_err(wrong)
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
