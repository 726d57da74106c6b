//! `glidepath gate`

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::thread;

use clap::{Args, ValueEnum};

use crate::gate::prometheus::{Prometheus, Settings};
use crate::gate::{
    EvaluationContext, Record, Replay, Source, Verdict, When, evaluate, needs, preview,
};
use crate::plan::{Plan, StageId};
use crate::units::{Duration, Timestamp};

use super::committed::{Committed, now};
use super::diff::live_stage;
use super::inputs::{Input, OnePath};
use super::live::stage_index;
use super::output::Output;
use super::stage_start::{StartArgs, live_in, stage_and_start};
use super::{Exit, Failure, gate_report};

/// The largest recording that is read, in bytes.
const MOST_BYTES: u64 = 256 << 20;
/// Seconds between two looks for an early failure, with `--watch`.
const WATCH_EVERY: u64 = 60;
/// Names the server where neither the command line nor the spec does.
const URL_VARIABLE: &str = "GLIDEPATH_PROMETHEUS_URL";
/// Where the spec names it.
const URL_FIELD: &str = "spec.metrics.prometheus.url";

/// Where the telemetry of a stage is, and of which namespace.
#[derive(Debug, Args)]
pub(super) struct TelemetryArgs {
    /// The stage; default: the live one, by the commit. Where no commit says it, what gives no verdict goes by `deploy/current`
    #[arg(long, value_name = "NAME")]
    pub(super) stage: Option<String>,
    /// The namespace of the objects, where metadata.namespace does not say
    #[arg(long, value_name = "NS")]
    pub(super) namespace: Option<String>,
    /// The Prometheus server; default: GLIDEPATH_PROMETHEUS_URL, else spec.metrics.prometheus.url
    #[arg(long, value_name = "URL")]
    pub(super) prometheus_url: Option<String>,
    /// The time for all questions together
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = parse_time)]
    pub(super) deadline: Duration,
}

/// Evaluate the live stage's gates against Prometheus
#[derive(Debug, Args)]
#[command(after_help = "\
Credentials come from the environment: GLIDEPATH_PROMETHEUS_TOKEN, or GLIDEPATH_PROMETHEUS_USERNAME and
GLIDEPATH_PROMETHEUS_PASSWORD, each secret also from a file by …_FILE; GLIDEPATH_PROMETHEUS_CA_FILE names the certificates to
trust, GLIDEPATH_PROMETHEUS_ORG_ID the tenant.

Exit codes: 0 passed, 3 failed, 4 not yet (baking, no data, too little evidence), 6 the telemetry failed.")]
pub(super) struct GateArgs {
    #[command(flatten)]
    path: OnePath,
    #[command(flatten)]
    telemetry: TelemetryArgs,
    #[command(flatten)]
    start: StartArgs,
    /// How the result is written
    #[arg(long, value_enum, default_value_t = GateFormat::Text)]
    format: GateFormat,
    /// Wait for the next look until the gates pass or fail, or there is no further one
    #[arg(long, conflicts_with_all = ["replay", "explain"])]
    watch: bool,
    /// Judge again what a run with `--format json` recorded; asks nobody
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "stage", "stage_started_at", "server", "namespace", "prometheus_url"])]
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
}

pub(super) fn run(args: &GateArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let input = args.path.compile(output)?;
    if let Some(file) = &args.replay {
        let record = replay(&input, file)?;
        return finish(args.format, &record, output);
    }
    let namespace = namespace(&input.compiled.plan, args.telemetry.namespace.as_deref())?;
    let (now, named) = (now(), args.telemetry.stage.as_deref());
    if let Some(name) = &args.explain {
        let began = args.start.stage_started_at.unwrap_or(now);
        let stage = stage(&input, named, output)?;
        return explain(&input, stage, &namespace, began, now, name, output);
    }
    let (stage, began) = stage_and_start(&input, named, &args.start, now, output)?;
    let settings = settings(&input.compiled.plan, &args.telemetry)?;
    let source = prometheus(settings)?;
    let references = references(&input);
    let mut said = String::new();
    loop {
        let asked = self::now();
        let record = judge(
            &input,
            stage,
            &namespace,
            began.at,
            asked,
            &references,
            &source,
        )
        .with_origin(began.origin.clone());
        let next = record.next_deciding().filter(|_| args.watch);
        let decided = matches!(record.verdict(), Verdict::Pass | Verdict::Fail);
        match next {
            Some(next) if !decided => {
                // A log gets a line when something has changed, not one a minute.
                let line = gate_report::line(&record);
                if line != said {
                    output.note(&line);
                    said = line;
                }
                wait(&input.compiled.plan, stage, next, output);
            }
            _ => return finish(args.format, &record, output),
        }
    }
}

/// Evaluates a stage now; what `promote` does too.
pub(super) fn record(
    input: &Input,
    stage: StageId,
    namespace: &str,
    began: Timestamp,
    now: Timestamp,
    settings: Settings,
) -> Result<Record, Failure> {
    let (source, references) = (prometheus(settings)?, references(input));
    Ok(judge(
        input,
        stage,
        namespace,
        began,
        now,
        &references,
        &source,
    ))
}

fn prometheus(settings: Settings) -> Result<Prometheus, Failure> {
    Prometheus::new(settings).map_err(|why| Failure::new(Exit::Usage, why))
}

fn judge(
    input: &Input,
    stage: StageId,
    namespace: &str,
    began: Timestamp,
    now: Timestamp,
    references: &BTreeMap<String, String>,
    source: &dyn Source,
) -> Record {
    let plan = &input.compiled.plan;
    let occasion = EvaluationContext {
        stage,
        namespace,
        began,
        now,
        references,
    };
    let gates = evaluate(plan, &occasion, source);
    Record::new(plan, stage, namespace, began, now, gates)
}

fn replay(input: &Input, file: &PathBuf) -> Result<Record, Failure> {
    let mut text = String::new();
    std::fs::File::open(file)
        .and_then(|opened| opened.take(MOST_BYTES).read_to_string(&mut text))
        .map_err(|error| Failure::io("read", file, &error))?;
    let source = Replay::read(&text).map_err(|why| {
        Failure::new(
            Exit::Wrong,
            format!("`{}` is no evidence: {why}", file.display()),
        )
        .help("record it with `glidepath gate --format json`")
    })?;
    let stage = stage_index(&input.compiled.plan, &source.stage)?;
    let (namespace, began, now) = (source.namespace.clone(), source.began, source.now);
    let references = references(input);
    Ok(
        judge(input, stage, &namespace, began, now, &references, &source)
            .with_origin(source.origin),
    )
}

fn finish(format: GateFormat, record: &Record, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let text = match format {
        GateFormat::Text => gate_report::text(record, output.is_coloured()),
        GateFormat::Markdown => gate_report::markdown(record),
        GateFormat::Json => gate_report::json(record),
        GateFormat::Junit => gate_report::junit(record),
    };
    output.result(text)?;
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

fn explain(
    input: &Input,
    stage: StageId,
    namespace: &str,
    began: Timestamp,
    now: Timestamp,
    name: &str,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let plan = &input.compiled.plan;
    let gate = plan.gates.iter().find(|gate| gate.name == name);
    let gate = gate.ok_or_else(|| {
        let known = plan.gates.iter().map(|gate| gate.name.as_str());
        let failure = Failure::new(Exit::Usage, format!("there is no gate `{name}`"));
        match crate::diag::words::suggestion(name, known) {
            Some(help) => failure.help(help),
            None => failure,
        }
    })?;
    let references = BTreeMap::new();
    let occasion = EvaluationContext {
        stage,
        namespace,
        began,
        now,
        references: &references,
    };
    for (model, window, queries, meaning) in preview(plan, &occasion, gate) {
        output.result(format_args!(
            "{name} ({}) of {model}, from {} to {}\n",
            gate.word(),
            window.start,
            window.end
        ))?;
        for query in queries {
            let when = match query.when {
                When::At(time) => format!("at {time}"),
                When::Over { start, end, step } => format!("from {start} to {end}, every {step} s"),
            };
            output.result(format_args!(
                "\n  {} {when}\n    {}\n",
                query.name, query.promql
            ))?;
        }
        output.result("\n")?;
        for line in meaning {
            output.result(format_args!("  {line}\n"))?;
        }
        let needs = needs(plan, stage).into_iter();
        for need in needs.filter(|need| need.gate == name && need.model == model) {
            if let Some(bake) = need.bake {
                output.result(format_args!(
                    "  {} requests are needed {}: a bake of {bake} at the traffic that is expected\n",
                    need.requests, need.why
                ))?;
            }
        }
    }
    output.finish(Exit::Done)
}

/// The stage of this name; the live one without a name: by the commit, as for a verdict, and by the pointer in the folder only
/// where no commit has one.
pub(super) fn stage(
    input: &Input,
    name: Option<&str>,
    output: &mut Output<'_>,
) -> Result<StageId, Failure> {
    let plan = &input.compiled.plan;
    match name {
        Some(name) => stage_index(plan, name),
        None if Committed::is_committed(&input.path)? => {
            live_in(&Committed::read(&input.path, false, output)?, plan)
        }
        None => live_stage(input),
    }
}

/// The namespace of the objects.
pub(super) fn namespace(plan: &Plan, given: Option<&str>) -> Result<String, Failure> {
    match (&plan.namespace, given) {
        (Some(own), Some(given)) if own.as_str() != given => Err(Failure::new(
            Exit::Usage,
            format!(
                "the objects live in `{own}`, as metadata.namespace says, and not in `{given}`"
            ),
        )),
        (Some(own), _) => Ok(own.to_string()),
        (None, Some(given)) => given
            .parse::<crate::units::DnsLabel>()
            .map(|given| given.to_string())
            .map_err(|()| {
                Failure::new(Exit::Usage, format!("`{given}` is no name of a namespace"))
            }),
        (None, None) => Err(Failure::new(
            Exit::Usage,
            "it is not known in which namespace the objects live",
        )
        .help("name it with `--namespace`, or set `metadata.namespace`")),
    }
}

fn url_of_environment() -> Option<String> {
    std::env::var(URL_VARIABLE)
        .ok()
        .filter(|url| !url.is_empty())
}

/// Whether the environment or the spec says where Prometheus is.
pub(super) fn is_telemetry_known(plan: &Plan) -> bool {
    plan.metrics.is_some() || url_of_environment().is_some()
}

/// How the telemetry is asked.
pub(super) fn settings(plan: &Plan, args: &TelemetryArgs) -> Result<Settings, Failure> {
    let usage = |message: String| Failure::new(Exit::Usage, message);
    let given = args.prometheus_url.clone();
    let spec = || plan.metrics.as_ref().map(|metrics| metrics.url.clone());
    let known = given
        .map(|url| ("--prometheus-url", url))
        .or_else(|| Some((URL_VARIABLE, url_of_environment()?)))
        .or_else(|| Some((URL_FIELD, spec()?)));
    let (by, url) = known.ok_or_else(|| {
        usage("it is not known where Prometheus is".to_owned()).help(format!(
            "name it with `--prometheus-url`, {URL_VARIABLE} or `{URL_FIELD}`"
        ))
    })?;
    // An address with credentials or a query holds a secret, and logs are read by many: none is ever quoted.
    if url.contains('@') {
        return Err(
            usage(format!("the address in `{by}` holds credentials")).help(
                "hand them over as GLIDEPATH_PROMETHEUS_USERNAME and GLIDEPATH_PROMETHEUS_PASSWORD",
            ),
        );
    }
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default());
    let is_plain = !url.contains(|c: char| matches!(c, '?' | '#' | ' ') || c.is_control());
    if host.is_none_or(str::is_empty) || !is_plain {
        return Err(usage(format!("`{by}` is no address of a server")).help(
            "write it as `https://prometheus.example`, without a query; a token goes into GLIDEPATH_PROMETHEUS_TOKEN",
        ));
    }
    let mut settings = Settings::new(url).with_environment().map_err(usage)?;
    if let Some(metrics) = &plan.metrics {
        settings.timeout = std::time::Duration::from_secs(metrics.timeout.seconds().max(1));
    }
    settings.deadline = std::time::Duration::from_secs(args.deadline.seconds());
    Ok(settings)
}

/// The files that drift gates hold the candidate against; what cannot be read is the gate's error.
fn references(input: &Input) -> BTreeMap<String, String> {
    let files = input.compiled.files.iter();
    files
        .map(|(path, file)| (path.clone(), file.text().to_owned()))
        .collect()
}

/// Waits for the next look; with gates that may fail early, no longer than a minute.
fn wait(plan: &Plan, stage: StageId, next: Timestamp, output: &mut Output<'_>) {
    let fails_early = plan
        .stage(stage)
        .gates
        .iter()
        .any(|gate| plan.gate(*gate).fail_fast);
    // The clock is asked, and not the naps counted: a machine that slept wakes up late.
    let mut until = next;
    if fails_early {
        until = until.min(now().plus(Duration::from_seconds(WATCH_EVERY)));
    }
    loop {
        output.countdown(format_args!("next look in {}", next.since(now())));
        thread::sleep(std::time::Duration::from_secs(1));
        if now() >= until {
            break;
        }
    }
    output.countdown("");
}

fn parse_time(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|time| *time > Duration::ZERO)
        .ok_or_else(|| "write it as `90s`, `2m` or `1h30m`".to_owned())
}
