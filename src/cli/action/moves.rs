//! `promote`, `rollback` and `gate` in a workflow.

use std::path::Path;

use crate::cli::committed::{Committed, folder_of};
use crate::cli::eligibility::MoveRequest;
use crate::cli::gate_results::{grounds, handed_in, telemetry, verdict};
use crate::cli::health::{ArgoArgs, HealthArgs};
use crate::cli::inputs::{Input, OnePath};
use crate::cli::output::Output;
use crate::cli::proposal::{self, Outcome, reasons, word};
use crate::cli::site::variable;
use crate::cli::stage_start::{Asks, StageStart};
use crate::cli::{Exit, Failure};
use crate::diag::escape_markdown as escape;
use crate::forge::StatusState;
use crate::gate::Verdict;
use crate::promotion::decide::Why;
use crate::promotion::pull_request::GateLine;
use crate::promotion::upsert::Operation;
use crate::sink::git::{Person, Signing};
use crate::tree::Lock;

use super::inputs::{Inputs, OnFail};
use super::runner::{self, Runner, notice, warning};

/// Who commits in a workflow
/// (<https://github.com/actions/checkout#push-a-commit-using-the-built-in-token>).
const BOT: (&str, &str) = (
    "github-actions[bot]",
    "41898282+github-actions[bot]@users.noreply.github.com",
);

/// What a move begins with.
struct Start {
    committed: Committed,
    input: Option<Input>,
    folder: std::path::PathBuf,
}

impl Start {
    /// Reads what is committed and compiles; a rollback goes on where that fails.
    fn new(inputs: &Inputs, must_compile: bool, output: &mut Output<'_>) -> Result<Self, Failure> {
        let path = OnePath::new(&inputs.path);
        let spec = path.locate()?;
        let committed = Committed::read(&spec, false, output)?;
        let input = match path.compile(output) {
            Ok(input) => Some(input),
            Err(failure) if must_compile => return Err(failure),
            Err(_) => None,
        };
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

pub(super) fn promote(
    inputs: &Inputs,
    runner: &mut Runner,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let Start {
        committed,
        input,
        folder,
    } = Start::new(inputs, true, output)?;
    let input = input.expect("it must compile");
    let compiled = &input.compiled;
    let plan = Lock::of(&compiled.plan, compiled.digest()).to_json();
    if let Some(path) = runner::file("glidepath-plan.json", &format!("{plan:#}\n"))? {
        runner.set("plan-json-path", path.display().to_string());
    }
    let site = inputs.site(&folder)?;
    let has_gates = !committed.stage().gates.is_empty();
    let wish = MoveRequest {
        to: inputs.stage.clone(),
        reason: inputs.reason.clone(),
        force: inputs.reason.is_some(),
        resume: inputs.resume,
        // A workflow names a file in every stage, and writes one where there are gates.
        evidence: inputs.evidence.clone().filter(|_| has_gates),
        record: inputs.record,
    };
    // A workflow that nobody watches would wait for ever, and stay green.
    if has_gates && wish.evidence.is_none() && !wish.force {
        telemetry(&compiled.plan)?;
    }
    let done = proposal::promote(
        &committed,
        &input,
        &wish,
        &HealthArgs::default(),
        &site,
        &signing(),
    )?;
    let failed = done.refusals.iter().find(|one| one.why == Why::GateFailed);
    let may_go_back = committed.lock.rollback_target(committed.live);
    if let (Some(failed), OnFail::Rollback, Some(_)) = (failed, inputs.on_fail, may_go_back) {
        let wish = MoveRequest {
            reason: Some(failed.message.clone()),
            ..MoveRequest::default()
        };
        let mut back = proposal::rollback(
            &committed,
            Some(compiled),
            &wish,
            &done.gates,
            &site,
            &signing(),
        )?;
        back.refusals = done.refusals;
        return report(&committed, &back, runner, output);
    }
    report(&committed, &done, runner, output)
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
    } = Start::new(inputs, false, output)?;
    let site = inputs.site(&folder)?;
    let wish = MoveRequest {
        to: inputs.stage.clone(),
        reason: inputs.reason.clone(),
        resume: true,
        ..MoveRequest::default()
    };
    let compiled = input.as_ref().map(|input| &input.compiled);
    // A way back waits for no telemetry; verdicts that are there already are told.
    let judged: Vec<GateLine> = match &inputs.evidence {
        None => Vec::new(),
        Some(path) => {
            let found = handed_in(&committed, path)?;
            found
                .lines
                .into_iter()
                .filter(|gate| gate.why.is_empty())
                .collect()
        }
    };
    let done = proposal::rollback(&committed, compiled, &wish, &judged, &site, &signing())?;
    report(&committed, &done, runner, output)
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
    } = Start::new(inputs, true, output)?;
    let input = input.expect("it must compile");
    let asks = if input.compiled.plan.policy.require_healthy {
        Asks::When
    } else {
        Asks::Nothing
    };
    let began = StageStart::of_live(&committed, &ArgoArgs::default(), asks, None)?;
    if let Some(refusal) = began.refusal {
        return Err(refusal.into());
    }
    let gates = grounds(&committed, &input, &began, inputs.evidence.as_deref())?.lines;
    let verdict = verdict(&gates);
    let stage = &committed.stage().folder;
    runner.set("stage", stage.clone());
    runner.set("gate-verdict", verdict.map_or("pass", Verdict::name));
    runner.say(&format!(
        "## {}: gates of `{stage}`",
        committed.lock.rollout
    ));
    runner.say(&table(&gates));
    if inputs.status
        && let Some(commit) = variable("GITHUB_SHA")
    {
        let site = inputs.site(&folder)?;
        let state = match verdict {
            None | Some(Verdict::Pass) => StatusState::Success,
            Some(Verdict::Fail) => StatusState::Failure,
            Some(Verdict::Inconclusive) => StatusState::Pending,
            Some(Verdict::Error) => StatusState::Error,
        };
        let passed = gates
            .iter()
            .filter(|gate| gate.verdict == Verdict::Pass)
            .count();
        let words = format!("{passed} of {} gates of {stage} pass", gates.len());
        let context = format!("glidepath/{}", committed.lock.rollout);
        site.github
            .set_status(&commit, &context, state, &words, run_url().as_deref())?;
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
    done: &Outcome,
    runner: &mut Runner,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    runner.set("stage", done.stage.clone());
    runner.set("next-stage", done.next.clone().unwrap_or_default());
    runner.set("gate-verdict", done.verdict.map_or("", Verdict::name));
    let operation = done
        .pull
        .as_ref()
        .map_or(Operation::Nothing, |pull| pull.operation);
    runner.set("pull-request-operation", word(operation));
    runner.set("changed", (operation != Operation::Nothing).to_string());
    runner.say(&format!("## {}", committed.lock.rollout));
    if let Some(upserted) = &done.pull
        && let Some(pull) = &upserted.pull
    {
        runner.set("pull-request-number", pull.number.to_string());
        runner.set("pull-request-url", pull.url.clone());
        runner.set(
            "pull-request-branch",
            done.branch.clone().unwrap_or_default(),
        );
        let tip = upserted
            .tip
            .clone()
            .unwrap_or_else(|| pull.head_sha.clone());
        runner.set("pull-request-head-sha", tip);
        let said = format!("#{} {}", pull.number, word(operation));
        notice(output, &format!("{}: {said}", committed.lock.rollout))?;
        runner.say(&format!(
            "[{}]({}): {}",
            escape(&pull.title),
            pull.url,
            word(operation)
        ));
    }
    for note in &done.notes {
        warning(output, &format!("{}: {note}", committed.lock.rollout))?;
        runner.say(&escape(note));
    }
    if !done.refusals.is_empty() {
        runner.say(&format!(
            "Not yet `{}`: {}.",
            done.next.clone().unwrap_or_default(),
            escape(&reasons(&done.refusals))
        ));
    }
    if !done.gates.is_empty() {
        runner.say(&table(&done.gates));
    }
    if done.refusals.is_empty() {
        return Ok(Exit::Done);
    }
    Err(Failure::refused(&done.refusals))
}

fn table(gates: &[GateLine]) -> String {
    if gates.is_empty() {
        return "No gates.".to_owned();
    }
    let rows = gates.iter().map(|gate| {
        format!(
            "| {} | {} | {} | {} |\n",
            escape(&gate.name),
            gate.verdict.name(),
            escape(&gate.value),
            escape(&gate.why)
        )
    });
    format!(
        "| Gate | Verdict | Measured | |\n| :-- | :-- | --: | :-- |\n{}",
        rows.collect::<String>()
    )
}

/// The page of this run.
fn run_url() -> Option<String> {
    let [server, repository, run] =
        ["GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"].map(variable);
    Some(format!("{}/{}/actions/runs/{}", server?, repository?, run?))
}

fn signing() -> Signing {
    let person = || Person {
        name: BOT.0.to_owned(),
        email: BOT.1.to_owned(),
    };
    Signing {
        author: Some(person()),
        committer: Some(person()),
        date: None,
    }
}
