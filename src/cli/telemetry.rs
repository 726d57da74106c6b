//! Where the telemetry is, by the command line, the environment and the spec.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use crate::gate::WebSettings;
use crate::gate::prometheus::Settings;
use crate::plan::{Plan, SourceId, StageId};
use crate::promotion::request::Telemetry;
use crate::promotion::{Committed, Refusal, Why, stages};
use crate::units::Duration;

use super::Failure;
use super::environment::variable;
use super::inputs::{Input, folder_of};
use super::results::{self, HandedFile};

/// Names the hosts that `web` gates may ask.
const WEB_HOSTS_VARIABLE: &str = "GLIDEPATH_WEB_HOSTS";
/// Names a file with the certificates that they are trusted by.
const WEB_CA_VARIABLE: &str = "GLIDEPATH_WEB_CA_FILE";
/// The time for all questions together, where the command line says nothing of it.
const DEADLINE: Duration = Duration::from_seconds(120);

/// Where the telemetry of a stage is, and of which namespace.
#[derive(Debug, Args)]
pub(super) struct TelemetryArgs {
    /// The stage; default: the live one, by the commit. Where no commit says it, what gives no verdict goes by `deploy/current`
    #[arg(long, value_name = "NAME")]
    pub(super) stage: Option<String>,
    /// The namespace of the objects, where metadata.namespace does not say
    #[arg(long, value_name = "NS")]
    pub(super) namespace: Option<String>,
    /// The Prometheus server of gates that name no source; default: GLIDEPATH_PROMETHEUS_URL, else spec.metrics.prometheus.url
    #[arg(long, value_name = "URL")]
    pub(super) prometheus_url: Option<String>,
    /// The time for all questions together
    #[arg(long, value_name = "TIME", default_value = "2m", value_parser = parse_time)]
    pub(super) deadline: Duration,
}

/// The stage of this name; the live one without a name: by the commit, as for a verdict, and by the pointer in the folder only
/// where no commit has one.
pub(super) fn stage(input: &Input, name: Option<&str>) -> Result<StageId, Failure> {
    let (plan, folder) = (&input.compiled.plan, folder_of(&input.path));
    Ok(match name {
        Some(name) => stages::in_plan(plan, name)?,
        None if Committed::is_committed(folder)? => stages::live(&Committed::read(folder)?, plan)?,
        None => stages::live_on_disk(&input.tree_folder(), plan)?,
    })
}

/// How the telemetry is asked by the environment and the spec.
pub(super) fn of_environment(input: &Input, results: &[HandedFile]) -> Telemetry {
    let plan = &input.compiled.plan;
    Telemetry {
        known: known(plan),
        sources: sources(plan, None),
        deadline: DEADLINE,
        results: results::texts(input, results),
        web: web(DEADLINE),
        references: references(input),
    }
}

impl TelemetryArgs {
    /// How the telemetry is asked by the command line, and then by the environment and the spec.
    pub(super) fn telemetry(&self, input: &Input, results: &[HandedFile]) -> Telemetry {
        let plan = &input.compiled.plan;
        Telemetry {
            known: known(plan),
            sources: sources(plan, self.prometheus_url.as_deref()),
            deadline: self.deadline,
            results: results::texts(input, results),
            web: web(self.deadline),
            references: references(input),
        }
    }
}

/// The sources of which the environment or the spec says where they are.
fn known(plan: &Plan) -> BTreeSet<SourceId> {
    let all = plan.sources.iter().enumerate();
    all.filter(|(_, source)| Settings::are_known(source))
        .map(|(at, _)| SourceId(at))
        .collect()
}

/// How each source is asked; `given` is the address of the default one by the command line.
fn sources(plan: &Plan, given: Option<&str>) -> Vec<Result<Settings, Refusal>> {
    let sources = plan.sources.iter().map(|source| {
        Settings::of(source, given).map_err(|misuse| {
            let refusal = Refusal::new(Why::Usage, misuse.message);
            match misuse.help {
                Some(help) => refusal.help(help),
                None => refusal,
            }
        })
    });
    sources.collect()
}

/// Who may be asked for `web` gates.
fn web(deadline: Duration) -> Result<WebSettings, Refusal> {
    let ca = match variable(WEB_CA_VARIABLE) {
        None => None,
        Some(path) => Some(std::fs::read(path).map_err(|_| {
            let message = format!("the file that {WEB_CA_VARIABLE} names cannot be read");
            Refusal::new(Why::Usage, message)
        })?),
    };
    Ok(WebSettings {
        hosts: variable(WEB_HOSTS_VARIABLE).unwrap_or_default(),
        ca,
        deadline: std::time::Duration::from_secs(deadline.seconds()),
    })
}

/// The files that drift gates hold the candidate against; what cannot be read is the gate's error.
pub(super) fn references(input: &Input) -> BTreeMap<String, String> {
    let files = input.compiled.files.iter();
    files
        .map(|(path, file)| (path.clone(), file.text().to_owned()))
        .collect()
}

fn parse_time(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|time| *time > Duration::ZERO)
        .ok_or_else(|| "write it as `90s`, `2m` or `1h30m`".to_owned())
}
