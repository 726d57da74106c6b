//! `glidepath gate`

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::thread;

use clap::{Args, ValueEnum};

use crate::diag::visible_json;
use crate::gate::{EvaluationContext, Record, Verdict};
use crate::plan::{Plan, StageId};
use crate::promotion::gate_results::{namespace, record};
use crate::promotion::replayed::replay;
use crate::promotion::stage_start::{Clocks, Judgement, stage_and_start};
use crate::promotion::{Committed, evidence};
use crate::sink::files::replace;
use crate::units::{Duration, Timestamp};

use super::argo::ArgoArgs;
use super::inputs::{Input, OnePath, folder_of};
use super::output::Output;
use super::results::{self, ResultArgs};
use super::telemetry::{self, TelemetryArgs};
use super::{Exit, Failure, clock, gate_explain, gate_metrics, gate_report};

/// The largest recording that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// Seconds between two questions whether to fail early, with `--watch`.
const WATCH_EVERY: u64 = 15;

/// Evaluate the live stage's gates
#[derive(Debug, Args)]
#[command(after_help = "\
Credentials come from the environment: GLIDEPATH_PROMETHEUS_TOKEN, or GLIDEPATH_PROMETHEUS_USERNAME and
GLIDEPATH_PROMETHEUS_PASSWORD, each secret also from a file by …_FILE; GLIDEPATH_PROMETHEUS_CLIENT_CERT_FILE and
GLIDEPATH_PROMETHEUS_CLIENT_KEY_FILE name a certificate and its key, GLIDEPATH_PROMETHEUS_CA_FILE the certificates to trust,
GLIDEPATH_PROMETHEUS_ORG_ID the tenant. A source of metrics.sources has its own, such as GLIDEPATH_PROMETHEUS_AMP_TOKEN and
GLIDEPATH_PROMETHEUS_AMP_URL for `amp`. `auth: {sigv4: …}` signs with AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and
AWS_SESSION_TOKEN; a token command runs where GLIDEPATH_TOKEN_COMMANDS, one command a line, has exactly its line.

Credentials go only to https or this machine, and only to a host that the environment or `--prometheus-url` names: that of an
address above, or one in GLIDEPATH_PROMETHEUS_HOSTS, such as `prometheus.example, mimir.example:8443`.

`web` gates ask only the hosts that GLIDEPATH_WEB_HOSTS names, each as host or host:port, separated by commas, and send no
credentials; GLIDEPATH_WEB_CA_FILE names the certificates to trust.

Exit codes: 0 passed, 3 failed, 4 not yet (baking, no data, too little evidence), 6 the telemetry failed.")]
pub(super) struct GateArgs {
    #[command(flatten)]
    path: OnePath,
    #[command(flatten)]
    telemetry: TelemetryArgs,
    #[command(flatten)]
    results: ResultArgs,
    #[command(flatten)]
    start: StartArgs,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = GateFormat::Text)]
    format: GateFormat,
    /// Write the result into this file, all at once, and not to stdout
    #[arg(long, value_name = "FILE", conflicts_with = "explain")]
    output: Option<PathBuf>,
    /// Wait until the gates fail, or their windows are over and judged
    #[arg(long, conflicts_with_all = ["replay", "explain"])]
    watch: bool,
    /// Judge again what a run with `--format json` recorded; asks nobody
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "stage", "stage_started_at", "server", "namespace", "prometheus_url", "results"])]
    replay: Option<PathBuf>,
    /// Print what a gate asks, and what each answer would mean
    #[arg(long, value_name = "GATE")]
    explain: Option<String>,
}

/// How the result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GateFormat {
    /// A table
    Text,
    /// A Markdown table
    Markdown,
    /// One JSON object, with every question and answer
    Json,
    /// JUnit XML
    Junit,
    /// Gauges for the textfile collector of Prometheus's node exporter, also valid as OpenMetrics
    Openmetrics,
}

/// Who says when the stage began.
#[derive(Debug, Args)]
struct StartArgs {
    /// When the stage began, as 2026-08-22T09:00:00Z or seconds since 1970; default: the latest of what the commits of the
    /// live stage and those before them say, the branch's log in this clone, and Argo CD's deployment, where `--argocd-server` or
    /// policy.requireHealthy says to ask it
    #[arg(long, value_name = "TIME", value_parser = parse_timestamp)]
    stage_started_at: Option<Timestamp>,
    #[command(flatten)]
    argo: ArgoArgs,
}

pub(super) fn run(args: &GateArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let input = args.path.compile(output)?;
    let plan = &input.compiled.plan;
    results::check(plan, &args.results.results)?;
    if let Some(file) = &args.replay {
        let record = judged_again(&input, file, output)?;
        return finish(args, &record, output);
    }
    let namespace = namespace(plan, args.telemetry.namespace.as_deref())?;
    let named = args.telemetry.stage.as_deref();
    let (now, started) = (clock::now(), args.start.stage_started_at);
    if let Some(name) = &args.explain {
        let context = EvaluationContext {
            stage: telemetry::stage(&input, named)?,
            namespace: &namespace,
            began: started.unwrap_or(now),
            now,
            references: &BTreeMap::new(),
        };
        return gate_explain::explain(plan, &context, name, output);
    }
    let wanted = Judgement {
        stage: named,
        started,
    };
    let clocks = Clocks {
        argocd: &args.start.argo.argocd(),
        forge: None,
        now,
    };
    let (stage, mut start) = stage_and_start(plan, &wanted, &clocks, || {
        Committed::read(folder_of(&input.path))
    })?;
    for warning in &start.beginning.warnings {
        output.note(format_args!("warning: {warning}"));
    }
    let content = match &start.content {
        Some(content) => content.clone(),
        None => input.compiled.content_digest(stage),
    };
    let mut said = String::new();
    loop {
        let now = clock::now();
        // A file may have come since the last look; and each has the deadline to itself, and a token of its own.
        let telemetry = args.telemetry.telemetry(&input, &args.results.results);
        let source = telemetry.sources(plan, stage)?;
        start.or_first_sample(plan, stage, &namespace, now, &source);
        let context = EvaluationContext {
            stage,
            namespace: &namespace,
            began: start.beginning.at,
            now,
            references: &telemetry.references,
        };
        let record = record(plan, &context, &source)
            .with_origin(start.beginning.origin.clone())
            .with_content(Some(content.clone()));
        let decides = record.deciding().filter(|_| args.watch);
        let decided = matches!(record.verdict(), Verdict::Pass | Verdict::Fail);
        match decides {
            Some(decides) if !decided => {
                // A log gets a line when something has changed, not one a minute.
                let line = gate_report::line(&record);
                if line != said {
                    output.note(&line);
                    said = line;
                }
                wait(plan, stage, decides, output);
            }
            _ => return finish(args, &record, output),
        }
    }
}

fn judged_again(input: &Input, file: &PathBuf, output: &mut Output<'_>) -> Result<Record, Failure> {
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(MOST_BYTES).read_to_string(&mut text))
        .map_err(|error| Failure::io("read", file, &error))?;
    let plan = &input.compiled.plan;
    let replayed = replay(plan, &text, &telemetry::references(input)).map_err(|why| {
        let message = format!("`{}` is no evidence: {why}", file.display());
        Failure::new(Exit::Wrong, message).help(
            "record it with `glidepath gate --format json`, or with `promote --record-evidence`",
        )
    })?;
    if let Some(differs) = &replayed.differs {
        output.note(format_args!("warning: {differs}"));
    }
    Ok(replayed.record)
}

fn finish(args: &GateArgs, record: &Record, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let file = args.output.as_deref();
    let text = match args.format {
        GateFormat::Text => gate_report::text(record, file.is_none() && output.is_coloured()),
        GateFormat::Markdown => gate_report::markdown(record),
        GateFormat::Json => evidence::text(record),
        GateFormat::Junit => gate_report::junit(record),
        GateFormat::Openmetrics => gate_metrics::text(record),
    };
    match file {
        Some(file) => {
            replace(file, text.as_bytes()).map_err(|error| Failure::io("write", file, &error))?;
        }
        None => match args.format {
            // Its colours are ours, and its cells were made visible.
            GateFormat::Text => output.exactly(text)?,
            GateFormat::Json => output.exactly(visible_json(&text))?,
            GateFormat::Markdown | GateFormat::Junit | GateFormat::Openmetrics => {
                output.result(text)?;
            }
        },
    }
    output.finish(exit(record.verdict()))
}

/// What a verdict means to the caller of the process.
pub(super) fn exit(verdict: Verdict) -> Exit {
    match verdict {
        Verdict::Pass => Exit::Done,
        Verdict::Fail => Exit::GateFailed,
        Verdict::Inconclusive => Exit::NotYet,
        Verdict::Error => Exit::Outside,
    }
}

/// Waits until the gates are decided; with gates that may fail early, no longer than until they are asked again.
fn wait(plan: &Plan, stage: StageId, decides: Timestamp, output: &mut Output<'_>) {
    let fails_early = plan
        .stage(stage)
        .gates
        .iter()
        .any(|gate| plan.gate(*gate).fail_fast);
    // The clock is asked, and not the naps counted: a machine that slept wakes up late.
    let mut until = decides;
    if fails_early {
        until = until.min(clock::now().plus(Duration::from_seconds(WATCH_EVERY)));
    }
    loop {
        output.countdown(format_args!("decided in {}", decides.since(clock::now())));
        thread::sleep(std::time::Duration::from_secs(1));
        if clock::now() >= until {
            break;
        }
    }
    output.countdown("");
}

fn parse_timestamp(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|()| "write it as 2026-08-22T09:00:00Z, or as seconds since 1970".to_owned())
}
