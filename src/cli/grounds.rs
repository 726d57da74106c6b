//! How the live stage's gates stand: by the telemetry, or by the verdicts that somebody hands in.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::forge::encode;
use crate::gate::{self, Record, When};
use crate::promotion::gates::{Evidence, Judge, Judged, Question, Verdict};
use crate::promotion::pull_request::GateLine;
use crate::units::{Bake, Moment};

use super::gate::{TelemetryArgs, namespace, record, settings};
use super::inputs::Input;
use super::standing::{Standing, now};
use super::{Exit, Failure};

/// The time for all questions to the telemetry together.
const DEADLINE: Bake = Bake::from_seconds(120);

/// How the live stage's gates stand, for the decision and for people.
pub(super) fn grounds(
    standing: &Standing,
    input: &Input,
    began: Moment,
    evidence: Option<&Path>,
) -> Result<(Vec<Judged>, Vec<GateLine>), Failure> {
    if standing.stage().gates.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    if let Some(path) = evidence {
        return handed_in(standing, path);
    }
    let plan = &input.compiled.plan;
    let wish = TelemetryArgs {
        stage: None,
        namespace: None,
        prometheus_url: None,
        deadline: DEADLINE,
    };
    let settings = settings(plan, &wish)?;
    let server = settings.url.clone();
    let namespace = namespace(plan, None)?;
    let record = record(input, standing.live, &namespace, began, now(), settings)?;
    Ok((judged(&record), lines(&record, &server)))
}

/// Verdicts from a file.
pub(super) fn handed_in(
    standing: &Standing,
    path: &Path,
) -> Result<(Vec<Judged>, Vec<GateLine>), Failure> {
    let question = Question {
        rollout: &standing.lock.rollout,
        stage: standing.stage(),
        spec_digest: &standing.lock.spec_digest,
    };
    let text = fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?;
    let judged = Evidence::read(&text)
        .and_then(|evidence| evidence.judge(&question))
        .map_err(|why| {
            let message = format!("`{}` is no evidence: {why}", path.display());
            Failure::new(Exit::Wrong, message)
        })?;
    let line = |name: &String| {
        let found = judged.iter().find(|gate| gate.name == *name);
        GateLine {
            name: name.clone(),
            model: String::new(),
            verdict: found.map_or(Verdict::Inconclusive, |gate| gate.verdict),
            advisory: false,
            value: found.map(|gate| gate.summary.clone()).unwrap_or_default(),
            limit: String::new(),
            window: String::new(),
            sample: String::new(),
            why: match found {
                Some(_) => String::new(),
                None => "nobody has judged it yet".to_owned(),
            },
            link: None,
        }
    };
    let lines = standing.stage().gates.iter().map(line).collect();
    Ok((judged, lines))
}

/// The worst of the verdicts.
pub(super) fn verdict(gates: &[GateLine]) -> Option<Verdict> {
    let deciding = || {
        gates
            .iter()
            .filter(|gate| !gate.advisory)
            .map(|gate| gate.verdict)
    };
    [
        Verdict::Fail,
        Verdict::Error,
        Verdict::Inconclusive,
        Verdict::Pass,
    ]
    .into_iter()
    .find(|verdict| deciding().any(|found| found == *verdict))
}

/// One verdict a gate: that of the model that does worst.
fn judged(record: &Record) -> Vec<Judged> {
    let mut worst: BTreeMap<&str, &gate::Evidence> = BTreeMap::new();
    for one in &record.gates {
        let known = worst.entry(&one.gate).or_insert(one);
        if one.verdict > known.verdict {
            *known = one;
        }
    }
    let judged = worst.into_values().map(|one| Judged {
        name: one.gate.clone(),
        // What is only reported stops nobody.
        verdict: if one.advisory {
            Verdict::Pass
        } else {
            translate(one.verdict)
        },
        summary: match (one.value.as_str(), one.limit.as_str()) {
            ("", _) => one.why.clone(),
            (value, limit) => format!("{value}, must be {limit} ({})", one.evidence),
        },
    });
    judged.collect()
}

fn lines(record: &Record, server: &str) -> Vec<GateLine> {
    let line = |one: &gate::Evidence| GateLine {
        name: one.gate.clone(),
        model: one.model.clone(),
        verdict: translate(one.verdict),
        advisory: one.advisory,
        value: one.value.clone(),
        limit: one.limit.clone(),
        window: one
            .early
            .or(one.look.window)
            .map(|window| format!("{} to {}", window.start, window.end))
            .unwrap_or_default(),
        sample: one.evidence.clone(),
        why: one.why.clone(),
        link: graph(one, server),
    };
    record.gates.iter().map(line).collect()
}

/// The page of Prometheus that draws what was asked first. It changes with the look, and not with the minute.
fn graph(one: &gate::Evidence, server: &str) -> Option<String> {
    let query = &one.asked.first()?.query;
    let end = match query.when {
        When::At(time) => time,
        When::Over { end, .. } => end,
    };
    // A range of raw samples cannot be drawn; the counter itself can.
    let drawn = query.promql.split('[').next().unwrap_or_default();
    let expression = if query.promql.ends_with(']') {
        drawn
    } else {
        &query.promql
    };
    let end = end.to_string();
    Some(format!(
        "{}/graph?g0.expr={}&g0.tab=0&g0.range_input=1h&g0.end_input={}",
        server.trim_end_matches('/'),
        encode(expression),
        encode(end.trim_end_matches('Z'))
    ))
}

fn translate(verdict: gate::Verdict) -> Verdict {
    match verdict {
        gate::Verdict::Pass => Verdict::Pass,
        gate::Verdict::Fail => Verdict::Fail,
        gate::Verdict::Inconclusive => Verdict::Inconclusive,
        gate::Verdict::Error => Verdict::Error,
    }
}
