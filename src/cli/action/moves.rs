//! `promote`, `rollback` and `gate` in a workflow.

use std::path::{Path, PathBuf};

use crate::cli::clock::now;
use crate::cli::environment::variable;
use crate::cli::inputs::{Input, compile_one, folder_of, locate_one};
use crate::cli::moved::handed_in;
use crate::cli::output::Output;
use crate::cli::{Exit, Failure, argo, results, telemetry};
use crate::diag::escape_markdown as escape;
use crate::gate::{PREDICATE_TYPE, Statement, Verdict};
use crate::promotion::gate_results::{GateResults, verdict};
use crate::promotion::mark::Mark;
use crate::promotion::outcome::{Delivered, Outcome};
use crate::promotion::pull_request::GateLine;
use crate::promotion::request::{Facts, MoveRequest};
use crate::promotion::review::table;
use crate::promotion::stage_start::{Asks, Clocks, StageStart};
use crate::promotion::upsert::Operation;
use crate::promotion::{Committed, Delivery, Error, deliver, promote_or_return, stages};
use crate::sink::git::{Person, Signing};

use super::inputs::Inputs;
use super::runner::{self, Runner, notice, warning};

/// Who commits in a workflow
/// (<https://github.com/actions/checkout#push-a-commit-using-the-built-in-token>).
const BOT: (&str, &str) = (
    "github-actions[bot]",
    "41898282+github-actions[bot]@users.noreply.github.com",
);

/// What every operation on a rollout begins with.
struct Start {
    committed: Committed,
    /// What rollout.yaml compiles to; a rollback goes on where it does not.
    input: Result<Input, Failure>,
    /// The folder of rollout.yaml.
    folder: PathBuf,
}

impl Start {
    /// Reads what is committed, and compiles.
    fn new(inputs: &Inputs, output: &mut Output<'_>) -> Result<Self, Failure> {
        let spec = locate_one(&inputs.path)?;
        let committed = Committed::read(folder_of(&spec))?;
        let input = compile_one(&inputs.path, output);
        let folder = folder_of(&spec).to_owned();
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".").to_owned()
        } else {
            folder
        };
        Ok(Self {
            committed,
            input,
            folder,
        })
    }
}

/// What the environment says of the world around.
pub(super) fn facts(inputs: &Inputs, input: &Input) -> Facts {
    Facts {
        now: now(),
        argocd: argo::of_environment(),
        telemetry: telemetry::of_environment(input, &inputs.results),
    }
}

pub(super) fn promote(
    inputs: &Inputs,
    runner: &mut Runner,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let Start {
        committed,
        input,
        folder,
    } = Start::new(inputs, output)?;
    let input = input?;
    let compiled = &input.compiled;
    let plan = compiled.lock().to_json();
    if let Some(path) = runner::file("glidepath-plan.json", &format!("{plan:#}\n"))? {
        runner.set("plan-json-path", path.display().to_string());
    }
    let site = inputs.site(&folder)?;
    let delivery = Delivery::PullRequest(&site);
    let has_gates = !committed.stage().gates.is_empty();
    let request = MoveRequest {
        to: inputs.stage.clone(),
        reason: inputs.reason.clone(),
        force: inputs.reason.is_some(),
        resume: inputs.resume,
        // A workflow names a file in every stage, and writes one where there are gates.
        evidence: inputs
            .evidence
            .as_deref()
            .filter(|_| has_gates)
            .map(handed_in),
        carried: None,
        record: inputs.record,
        issuer: runner::run(),
        dry_run: false,
        signing: signing(),
    };
    let facts = facts(inputs, &input);
    results::check(&compiled.plan, &inputs.results)?;
    // A workflow that nobody watches would wait for ever, and stay green.
    if has_gates && request.evidence.is_none() && !request.force {
        let live = stages::live(&committed, &compiled.plan)?;
        facts.telemetry.sources(&compiled.plan, live)?;
    }
    let outcome = promote_or_return(
        &committed,
        compiled,
        &request,
        &facts,
        delivery,
        inputs.on_fail,
    )?;
    report(&committed, &outcome, runner, output)
}

pub(super) fn rollback(
    inputs: &Inputs,
    runner: &mut Runner,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let Start {
        committed,
        input,
        folder,
    } = Start::new(inputs, output)?;
    let site = inputs.site(&folder)?;
    let delivery = Delivery::PullRequest(&site);
    let request = MoveRequest {
        to: inputs.stage.clone(),
        reason: inputs.reason.clone(),
        resume: true,
        signing: signing(),
        ..MoveRequest::default()
    };
    // A way back waits for no telemetry; verdicts that are there already are told.
    let gates: Vec<GateLine> = match &inputs.evidence {
        None => Vec::new(),
        Some(path) => match told(&committed, path) {
            Ok(gates) => gates,
            Err(error) => {
                warning(output, &error.words())?;
                Vec::new()
            }
        },
    };
    let compiled = match &input {
        Ok(input) => Ok(&input.compiled),
        Err(_) => Err("rollout.yaml does not compile"),
    };
    let prepared = crate::promotion::rollback(&committed, compiled, &request, &gates, delivery)?;
    let outcome = deliver(&committed, prepared, &request, delivery)?;
    report(&committed, &outcome, runner, output)
}

/// The verdicts of a file, as far as it judges.
fn told(committed: &Committed, path: &Path) -> Result<Vec<GateLine>, Error> {
    let now = now();
    let start = StageStart::of_history(committed, now)?;
    let found = GateResults::handed_in(committed, &start, &handed_in(path), now)?;
    let lines = found.lines.into_iter();
    Ok(lines.filter(|gate| gate.why.is_empty()).collect())
}

pub(super) fn gate(
    inputs: &Inputs,
    runner: &mut Runner,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let Start {
        committed,
        input,
        folder,
    } = Start::new(inputs, output)?;
    let input = input?;
    let (plan, facts) = (&input.compiled.plan, facts(inputs, &input));
    results::check(plan, &inputs.results)?;
    let asks = Asks::of_gates(&facts.argocd, plan.policy.require_healthy);
    let site = inputs.has_token().then(|| inputs.site(&folder));
    let site = site.transpose()?;
    let clocks = Clocks {
        argocd: &facts.argocd,
        forge: site.as_ref(),
        now: facts.now,
    };
    let mut start = StageStart::of_live(&committed, &clocks, asks, None)?.judgeable()?;
    for warned in &start.beginning.warnings {
        warning(output, &format!("{}: {warned}", committed.lock.rollout))?;
    }
    let evidence = inputs.evidence.as_deref().map(handed_in);
    let results = GateResults::of_live(&committed, plan, &mut start, evidence.as_ref(), &facts)?;
    let gates = &results.lines;
    let verdict = verdict(gates);
    let stage = &committed.stage().folder;
    runner.set("stage", stage.clone());
    runner.set("gate-verdict", verdict.map_or("pass", Verdict::name));
    runner.say(&format!(
        "## {}: gates of `{stage}`",
        committed.lock.rollout
    ));
    runner.say(&format!("Live since {}.", escape(&start.sentence())));
    runner.say(&table(gates));
    if inputs.status {
        let site = inputs.site(&folder)?;
        let mark = Mark::of_live(&committed, &start, &results.judged, facts.now)?;
        // People merge the promotion; where none is open, the run's own commit is all there is.
        let head = site.promotion_head(&committed)?;
        if let Some(commit) = head.or_else(|| variable("GITHUB_SHA"))
            && let Some(word) = site.mark(&committed.lock.rollout, &commit, &mark)?
        {
            warning(output, &word)?;
        }
    }
    Ok(match verdict {
        None | Some(Verdict::Pass) => Exit::Done,
        Some(Verdict::Fail) => Exit::GateFailed,
        Some(Verdict::Inconclusive) => Exit::NotYet,
        Some(Verdict::Error) => Exit::Outside,
    })
}

/// Outputs, summary and log of a move.
fn report(
    committed: &Committed,
    outcome: &Outcome,
    runner: &mut Runner,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    runner.set("stage", outcome.stage.clone());
    runner.set("next-stage", outcome.next.clone().unwrap_or_default());
    runner.set("gate-verdict", outcome.verdict.map_or("", Verdict::name));
    let operation = outcome
        .pull_request()
        .map_or(Operation::Nothing, |upserted| upserted.operation);
    runner.set("pull-request-operation", operation.word());
    runner.set("changed", (operation != Operation::Nothing).to_string());
    runner.say(&format!("## {}", committed.lock.rollout));
    if let Some(Delivered::PullRequest { branch, upserted }) = &outcome.delivered
        && let Some(pull) = &upserted.pull
    {
        runner.set("pull-request-number", pull.number.to_string());
        runner.set("pull-request-url", pull.url.clone());
        runner.set("pull-request-branch", branch.clone().unwrap_or_default());
        let tip = upserted
            .tip
            .clone()
            .unwrap_or_else(|| pull.head_sha.clone());
        runner.set("pull-request-head-sha", tip);
        let said = format!("#{} {}", pull.number, operation.word());
        notice(output, &format!("{}: {said}", committed.lock.rollout))?;
        runner.say(&format!(
            "[{}]({}): {}",
            escape(&pull.title),
            pull.url,
            operation.word()
        ));
    }
    if let Some(statement) = &outcome.statement
        && operation != Operation::Nothing
    {
        attestable(statement, runner)?;
    }
    for note in &outcome.notes {
        warning(output, &format!("{}: {note}", committed.lock.rollout))?;
        runner.say(&escape(&note.to_string()));
    }
    if !outcome.refusals.is_empty() {
        runner.say(&format!(
            "Not yet `{}`: {}.",
            outcome.next.clone().unwrap_or_default(),
            escape(&outcome.reasons())
        ));
    }
    if !outcome.gates.is_empty() {
        runner.say(&table(&outcome.gates));
    }
    if outcome.refusals.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Failure::refused(&outcome.refusals))
}

/// Outputs that actions/attest takes: only of evidence that is new, because each run would sign it again.
fn attestable(statement: &Statement, runner: &mut Runner) -> Result<(), Failure> {
    let predicate = format!("{:#}\n", statement.predicate);
    if let Some(path) = runner::file("glidepath-evidence.json", &predicate)? {
        runner.set("evidence-predicate-path", path.display().to_string());
        runner.set("evidence-predicate-type", PREDICATE_TYPE);
        runner.set("evidence-subject", statement.subject.clone());
        runner.set("evidence-digest", statement.content.clone());
    }
    Ok(())
}

fn signing() -> Signing {
    let person = || Person {
        name: BOT.0.to_owned(),
        email: BOT.1.to_owned(),
    };
    Signing {
        author: Some(person()),
        committer: Some(person()),
        // Neither the environment nor anybody else dates what a bake counts from.
        date: Some(now()),
    }
}
