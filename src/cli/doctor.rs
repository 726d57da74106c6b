//! `glidepath doctor`

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::gate::doctor::{Finding, Level, examine};
use crate::promotion::gate_results::namespace;

use super::clock::now;
use super::inputs::OnePath;
use super::output::Output;
use super::telemetry::{TelemetryArgs, stage};
use super::{Exit, Failure};

/// Say what the telemetry lacks for the live stage's gates
///
/// Exits with 4 where a gate could not tell, with 6 where Prometheus does not answer.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    #[command(flatten)]
    path: OnePath,
    #[command(flatten)]
    telemetry: TelemetryArgs,
    /// How the findings are written
    #[arg(long, value_enum, default_value_t = DoctorFormat::Text)]
    format: DoctorFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DoctorFormat {
    /// A line for each, with what to do below
    Text,
    /// One JSON object
    Json,
}

pub(super) fn run(args: &DoctorArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let input = args.path.compile(output)?;
    let plan = &input.compiled.plan;
    let stage = stage(&input, args.telemetry.stage.as_deref())?;
    let namespace = namespace(plan, args.telemetry.namespace.as_deref())?;
    let source = args.telemetry.telemetry(&input, &[]).servers(plan, stage)?;
    let findings = examine(plan, stage, &namespace, now(), &source)
        .map_err(|fault| Failure::new(Exit::Outside, fault.message()))?;
    match args.format {
        DoctorFormat::Text => {
            for found in &findings {
                output.result(text(found))?;
            }
        }
        DoctorFormat::Json => {
            let items = findings.iter().map(|found| {
                json!({"level": found.level.name(), "about": found.about, "found": found.found, "help": found.help})
            });
            let stage = plan.stage(stage).name.as_str();
            let body = json!({"version": 1, "stage": stage, "findings": items.collect::<Vec<_>>()});
            output.json(&body)?;
        }
    }
    let missing = findings.iter().any(|found| found.level == Level::Missing);
    output.finish(if missing { Exit::NotYet } else { Exit::Done })
}

fn text(found: &Finding) -> String {
    let line = format!(
        "{:<8}  {}: {}\n",
        found.level.name(),
        found.about,
        found.found
    );
    if found.help.is_empty() {
        return line;
    }
    format!("{line}          help: {}\n", found.help)
}
