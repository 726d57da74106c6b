//! Where the telemetry is, by the command line, the environment and the spec.

use std::collections::BTreeMap;

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

/// Names the server where neither the command line nor the spec does.
const URL_VARIABLE: &str = "GLIDEPATH_PROMETHEUS_URL";
/// Names the hosts that `web` gates may ask.
const WEB_HOSTS_VARIABLE: &str = "GLIDEPATH_WEB_HOSTS";
/// Names a file with the certificates that they are trusted by.
const WEB_CA_VARIABLE: &str = "GLIDEPATH_WEB_CA_FILE";
/// The field in which the spec names the server.
const URL_FIELD: &str = "spec.metrics.prometheus.url";
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
    /// The Prometheus server; default: GLIDEPATH_PROMETHEUS_URL, else spec.metrics.prometheus.url
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
        is_known: plan.source(SourceId::DEFAULT).url.is_some() || variable(URL_VARIABLE).is_some(),
        settings: settings(plan, None, DEADLINE),
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
            is_known: true,
            settings: settings(plan, self.prometheus_url.as_deref(), self.deadline),
            results: results::texts(input, results),
            web: web(self.deadline),
            references: references(input),
        }
    }
}

/// How the telemetry is asked.
fn settings(plan: &Plan, given: Option<&str>, deadline: Duration) -> Result<Settings, Refusal> {
    let usage = |message: String| Refusal::new(Why::Usage, message);
    let source = plan.source(SourceId::DEFAULT);
    let spec = || source.url.clone();
    let known = given
        .map(|url| ("--prometheus-url", url.to_owned()))
        .or_else(|| Some((URL_VARIABLE, variable(URL_VARIABLE)?)))
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
    settings.timeout = std::time::Duration::from_secs(source.timeout.seconds().max(1));
    settings.deadline = std::time::Duration::from_secs(deadline.seconds());
    Ok(settings)
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
