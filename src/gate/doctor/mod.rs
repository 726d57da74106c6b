//! In: a stage's gates, and a source of telemetry. Out: what it has and what it lacks, before a gate says only that it cannot
//! tell; `requests` looks at the router's counts, `gates` at what each gate asks besides.
//! Never judges a model.

mod gates;
mod requests;

use std::collections::BTreeMap;

use crate::plan::gates::{Reporter, Requests, Times};
use crate::plan::{Gate, ModelId, Plan, SourceId, StageId};
use crate::units::{Duration, Timestamp};

use super::answer::{Data, Fault, Series, Source};
use super::query::{Query, Shape, Target, When};

/// How far back series are looked for.
const BACK: Duration = Duration::from_seconds(600);
/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It is as it should be.
    Good,
    /// Gates work, less well than they could.
    Doubtful,
    /// Gates cannot tell.
    Missing,
}

impl Level {
    /// The level's word in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Doubtful => "doubtful",
            Self::Missing => "missing",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much the finding matters.
    pub level: Level,
    /// The name of the model or of the gate that it is about.
    pub about: String,
    /// What was found.
    pub found: String,
    /// What to do about it; empty where nothing is.
    pub help: String,
}

/// Looks at the telemetry of a stage's gates at one point in time. A gate's question that is refused is a
/// finding; a fault of the telemetry ends it, for nothing else can be told then.
pub fn examine(
    plan: &Plan,
    stage: StageId,
    namespace: &str,
    now: Timestamp,
    source: &dyn Source,
) -> Result<Vec<Finding>, Fault> {
    let mut doctor = Doctor {
        source,
        now,
        findings: Vec::new(),
    };
    let gates: Vec<&Gate> = plan
        .stage(stage)
        .gates
        .iter()
        .map(|id| plan.gate(*id))
        .collect();
    let asks = |gate: &Gate, model: ModelId| {
        plan.judged(gate, stage).contains(&model)
            || model == plan.stable
                && gate.kind.facts().compares()
                && !plan.judged(gate, stage).is_empty()
    };
    let mut sources = plan.asked_in(stage);
    if sources.is_empty() {
        sources.insert(SourceId::DEFAULT);
    }
    for source in &sources {
        doctor.value(&plan.source(*source).name, "vector(1)".to_owned())?;
    }
    let pairs = plan
        .model_ids()
        .flat_map(|model| sources.iter().map(move |source| (model, *source)));
    for (model, source) in pairs {
        let gates: Vec<&Gate> = gates
            .iter()
            .copied()
            .filter(|gate| gate.source == source && asks(gate, model))
            .collect();
        let target = Target::new(plan, model, source, namespace, "");
        let named = |reporter| (target.telemetry.reporter(reporter), reporter);
        let reporters: BTreeMap<&str, Reporter> = gates
            .iter()
            .filter_map(|gate| reporter(gate))
            .map(named)
            .collect();
        for reporter in reporters.into_values() {
            doctor.requests(&target, reporter, &gates, plan.stage(stage).bake)?;
        }
        for gate in gates {
            match doctor.of_gate(&target, gate) {
                Err(Fault::Question(why)) => doctor.say(
                    Level::Missing,
                    &gate.name,
                    why,
                    "`glidepath gate --explain` prints the query to try",
                ),
                other => other?,
            }
        }
    }
    if doctor.findings.is_empty() {
        doctor.say(
            Level::Good,
            plan.stage(stage).name.as_str(),
            "no gate asks anything here".to_owned(),
            "",
        );
    }
    Ok(doctor.findings)
}

struct Doctor<'a> {
    source: &'a dyn Source,
    now: Timestamp,
    findings: Vec<Finding>,
}

impl Doctor<'_> {
    fn say(&mut self, level: Level, about: &str, found: String, help: &str) {
        let finding = Finding {
            level,
            about: about.to_owned(),
            found,
            help: help.to_owned(),
        };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    /// What a source answers now.
    fn value(&self, source: &str, promql: String) -> Result<Vec<Series>, Fault> {
        let query = Query {
            name: "doctor".to_owned(),
            promql,
            source: source.to_owned(),
            shape: Shape::Expression,
            when: When::At(self.now),
        };
        Ok(match self.source.ask(&query)?.data {
            Data::Vector(series) | Data::Matrix(series) => series,
            Data::Scalar(time, value) => vec![Series {
                labels: BTreeMap::new(),
                points: vec![(time, value)],
            }],
            Data::String(_) => Vec::new(),
        })
    }
}

/// Whose count of requests a gate asks for, if it counts requests or takes the mesh's times.
fn reporter(gate: &Gate) -> Option<Reporter> {
    let facts = gate.kind.facts();
    let counted = facts.requests().and_then(Requests::reporter);
    counted.or_else(|| match facts.times()? {
        Times::Router(reporter) => Some(*reporter),
        Times::Metric(..) | Times::Server(_) => None,
    })
}
