//! How the live stage's gates stand: by the telemetry, or by the verdicts that somebody hands in.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::forge::encode;
use crate::gate::prometheus::Settings;
use crate::gate::{Evidence, Record, Verdict, When};
use crate::plan::Plan;
use crate::promotion::gates::{HandedIn, Judged, Question, brief};
use crate::promotion::pull_request::GateLine;
use crate::units::Duration;

use super::committed::{Committed, now};
use super::gate::{TelemetryArgs, namespace, record, settings};
use super::inputs::Input;
use super::stage_start::{StageStart, live_in};
use super::{Exit, Failure};

/// The time for all questions to the telemetry together.
const DEADLINE: Duration = Duration::from_seconds(120);

/// How the live stage's gates stand.
#[derive(Debug, Default)]
pub(super) struct GateResults {
    /// For the decision: one verdict a gate; a gate that nobody has judged has none.
    pub(super) judged: Vec<Judged>,
    /// For people: one line a gate and model.
    pub(super) lines: Vec<GateLine>,
    /// What the telemetry was asked, and answered.
    pub(super) record: Option<Record>,
}

impl GateResults {
    /// Where nobody has judged anything.
    pub(super) fn of_nobody(committed: &Committed) -> Self {
        Self::of(committed, Vec::new())
    }

    fn of(committed: &Committed, judged: Vec<Judged>) -> Self {
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
        Self {
            lines: committed.stage().gates.iter().map(line).collect(),
            judged,
            record: None,
        }
    }
}

/// By the file that is handed in, else by the telemetry.
pub(super) fn grounds(
    committed: &Committed,
    input: &Input,
    began: &StageStart,
    evidence: Option<&Path>,
) -> Result<GateResults, Failure> {
    match evidence {
        _ if committed.stage().gates.is_empty() => Ok(GateResults::default()),
        Some(path) => handed_in(committed, path),
        None => asked(committed, input, began),
    }
}

/// By the telemetry; that it is not known where that is, is wrong usage.
pub(super) fn asked(
    committed: &Committed,
    input: &Input,
    began: &StageStart,
) -> Result<GateResults, Failure> {
    let plan = &input.compiled.plan;
    let settings = telemetry(plan)?;
    let server = settings.url.clone();
    let (stage, namespace) = (live_in(committed, plan)?, namespace(plan, None)?);
    let record = record(input, stage, &namespace, began.at, now(), settings)?
        .with_origin(began.origin.clone());
    Ok(GateResults {
        judged: judged(&record),
        lines: lines(&record, &server),
        record: Some(record),
    })
}

/// How the telemetry is asked where the command line says nothing of it.
pub(super) fn telemetry(plan: &Plan) -> Result<Settings, Failure> {
    let nothing = TelemetryArgs {
        stage: None,
        namespace: None,
        prometheus_url: None,
        deadline: DEADLINE,
    };
    settings(plan, &nothing)
}

/// By the verdicts in a file.
pub(super) fn handed_in(committed: &Committed, path: &Path) -> Result<GateResults, Failure> {
    let question = Question {
        rollout: &committed.lock.rollout,
        stage: committed.stage(),
        spec_digest: &committed.lock.spec_digest,
    };
    let text = fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?;
    let judged = HandedIn::read(&text)
        .and_then(|evidence| evidence.judge(&question))
        .map_err(|why| {
            let message = format!("`{}` is no evidence: {why}", path.display());
            Failure::new(Exit::Wrong, message)
        })?;
    Ok(GateResults::of(committed, judged))
}

/// The worst verdict of the gates that decide; none where no gate does.
pub(super) fn verdict(gates: &[GateLine]) -> Option<Verdict> {
    let deciding = gates.iter().filter(|gate| !gate.advisory);
    deciding.map(|gate| gate.verdict).max()
}

/// One verdict a gate: that of the model that does worst.
fn judged(record: &Record) -> Vec<Judged> {
    let mut worst: BTreeMap<&str, &Evidence> = BTreeMap::new();
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
            one.verdict
        },
        summary: match (one.value.as_str(), one.limit.as_str()) {
            ("", _) => brief(&one.why),
            (value, limit) => brief(&format!("{value}, must be {limit} ({})", one.evidence)),
        },
    });
    judged.collect()
}

fn lines(record: &Record, server: &str) -> Vec<GateLine> {
    let line = |one: &Evidence| GateLine {
        name: one.gate.clone(),
        model: one.model.clone(),
        verdict: one.verdict,
        advisory: one.advisory,
        value: brief(&one.value),
        limit: brief(&one.limit),
        window: one
            .early
            .or(one.look.window)
            .map(|window| format!("{} to {}", window.start, window.end))
            .unwrap_or_default(),
        sample: brief(&one.evidence),
        why: brief(&one.why),
        link: graph(one, server),
    };
    record.gates.iter().map(line).collect()
}

/// The page of Prometheus that draws what was asked first. It changes with the look, and not with the minute.
fn graph(one: &Evidence, server: &str) -> Option<String> {
    let query = &one.asked.first()?.query;
    let end = match query.when {
        When::At(time) => time,
        When::Over { end, .. } => end,
    };
    let end = end.to_string();
    Some(format!(
        "{}/graph?g0.expr={}&g0.tab=0&g0.range_input=1h&g0.end_input={}",
        in_a_link(server.trim_end_matches('/')),
        encode(query.drawn()),
        encode(end.trim_end_matches('Z'))
    ))
}

/// An address that cannot end a Markdown link or mention anybody: what an address needs no more than a letter is encoded.
fn in_a_link(address: &str) -> String {
    address
        .chars()
        .map(|c| match c {
            ':' | '/' | '[' | ']' | '%' => c.to_string(),
            c => encode(c.encode_utf8(&mut [0; 4])),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_leave_its_link() {
        for (address, linked) in [
            (
                "https://prom.example:9090/a%20b/~x",
                "https://prom.example:9090/a%20b/~x",
            ),
            ("http://[::1]:9090", "http://[::1]:9090"),
            (
                "https://p.example/a)@team(!*'`<b>\n|",
                "https://p.example/a%29%40team%28%21%2A%27%60%3Cb%3E%0A%7C",
            ),
        ] {
            assert_eq!(in_a_link(address), linked);
        }
    }
}
