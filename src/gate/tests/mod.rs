//! Gates from the plan to the verdict, against sources that answer what a test wants.

mod answers;
mod availability;
mod comparisons;
mod decisions;
mod doctor;
mod drift;
mod latency;
mod servers;
mod simulation;
mod sources;
mod stages;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::compile::{Compiled, Environment, NoFiles, compile};
use crate::text::Source as Text;
use crate::units::Timestamp;

use super::*;

/// When the stages of these tests begin.
pub(super) const BEGAN: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// When every gate here has just been decided: the bake of an hour is over, and the samples have settled.
pub(super) const LATE: i64 = 3_660;

pub(super) const AVAILABILITY: &str =
    "[{name: a, failFast: false, availability: {objective: 99.5%}}]";
pub(super) const LATENCY: &str =
    "[{name: l, failFast: false, latency: {percentile: 95, max: 500ms}}]";
pub(super) const THRESHOLD: &str =
    "[{name: t, failFast: false, threshold: {query: 'max(m)', max: 50}}]";

/// One section of the known answers.
pub(super) fn known(section: &str) -> Value {
    let text = include_str!("../../../fixtures/stats/known-answers.json");
    serde_json::from_str::<Value>(text).expect("the known answers are JSON")[section].clone()
}

/// The only gate's evidence after the bake, where every question gets this answer.
pub(super) fn judged(gates: &str, answer: &Answer) -> Evidence {
    let source = By(|_: &Query| Ok(answer.clone()));
    at(&rollout(gates), LATE, &source).remove(0)
}

/// The same, where the answers are counters by response code.
pub(super) fn counted(gates: &str, codes: &[(&str, f64)]) -> Evidence {
    let source = By(|query: &Query| Ok(counters(query, codes)));
    at(&rollout(gates), LATE, &source).remove(0)
}

/// A rollout with one step of an hour and these gates (a YAML list in flow style).
pub(super) fn rollout(gates: &str) -> Compiled {
    compiled(&text(gates))
}

fn compiled(text: &str) -> Compiled {
    compile(
        &Text::new("rollout.yaml", text),
        &NoFiles,
        &Environment::default(),
    )
    .unwrap_or_else(|report| {
        let told: Vec<String> = report
            .sorted()
            .iter()
            .map(|found| format!("{} {}", found.code, found.message))
            .collect();
        panic!("{}\n{text}", told.join("\n"))
    })
}

/// The same as text.
pub(super) fn text(gates: &str) -> String {
    let names: Vec<String> = gates
        .split("name: ")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '-')
                .collect()
        })
        .collect();
    format!(
        "apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {{name: churn, namespace: ml}}
spec:
  models:
    - {{name: v1, runtime: custom, image: 'i:1', ports: [{{name: http, containerPort: 80}}]}}
    - {{name: v2, runtime: custom, image: 'i:2', ports: [{{name: http, containerPort: 80}}]}}
  stable: v1
  gates: {gates}
  steps:
    - {{name: canary, weight: 10, bake: 1h, gates: [{}]}}
",
        names.join(", ")
    )
}

/// The evidence of the stage `canary` so many seconds after it began.
pub(super) fn at(compiled: &Compiled, seconds: i64, source: &dyn Source) -> Vec<Evidence> {
    at_with(compiled, seconds, source, &BTreeMap::new())
}

pub(super) fn at_with(
    compiled: &Compiled,
    seconds: i64,
    source: &dyn Source,
    references: &BTreeMap<String, String>,
) -> Vec<Evidence> {
    of_source(compiled, seconds, &Fit(source), references)
}

/// The same, where the source answers for its fitness itself.
pub(super) fn of_source(
    compiled: &Compiled,
    seconds: i64,
    source: &dyn Source,
    references: &BTreeMap<String, String>,
) -> Vec<Evidence> {
    let context = EvaluationContext {
        stage: compiled.plan.stage_named("canary").expect("the stage"),
        namespace: "ml",
        began: BEGAN,
        now: Timestamp::from_seconds(BEGAN.seconds() + seconds),
        references,
    };
    evaluate(&compiled.plan, &context, source)
}

/// A source whose telemetry is fit, whatever it answers to what is asked besides.
pub(super) struct Fit<'a>(pub(super) &'a dyn Source);

impl Source for Fit<'_> {
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        let name = query.name.trim_start_matches("stable ");
        let Some(name) = name.strip_prefix("fitness: ") else {
            return self.0.ask(query);
        };
        Ok(match (name, query.when) {
            (_, When::Over { start, end, step }) => {
                let every = usize::try_from(step).expect("a step");
                let times = (start.seconds()..=end.seconds()).step_by(every);
                #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
                let points = times.map(|time| (time as f64, 1.0)).collect();
                let labels = BTreeMap::new();
                Answer::of(Data::Matrix(vec![Series { labels, points }]))
            }
            ("newest", _) => vector(&[(&[], 1.0)]),
            ("scrapes", _) => vector(&[(&[], 200.0)]),
            (_, When::At(_)) => vector(&[]),
        })
    }

    fn read(&self, wanted: &Wanted) -> Result<Document, Fault> {
        self.0.read(wanted)
    }

    fn clock_offset(&self, source: &str) -> Option<i64> {
        self.0.clock_offset(source)
    }
}

/// A source made of a function.
pub(super) struct By<F>(pub(super) F);

impl<F: Fn(&Query) -> Result<Answer, Fault> + Sync> Source for By<F> {
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        (self.0)(query)
    }
}

pub(super) fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// One value for each of several series.
pub(super) fn vector(values: &[(&[(&str, &str)], f64)]) -> Answer {
    let series = values.iter().map(|(names, value)| Series {
        labels: labels(names),
        points: vec![(0.0, *value)],
    });
    Answer::of(Data::Vector(series.collect()))
}

/// A histogram by `le`.
pub(super) fn buckets(values: &[(&str, f64)]) -> Answer {
    let series = values.iter().map(|(bound, value)| Series {
        labels: labels(&[("le", bound)]),
        points: vec![(0.0, *value)],
    });
    Answer::of(Data::Vector(series.collect()))
}

/// Counters by response code, each with two samples, the last one a minute before the end of the asked window.
pub(super) fn counters(query: &Query, codes: &[(&str, f64)]) -> Answer {
    let When::At(end) = query.when else {
        panic!("counts are asked at one time")
    };
    #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
    let end = end.seconds() as f64;
    let series = codes.iter().map(|(code, value)| Series {
        labels: labels(&[("response_code", code)]),
        points: vec![(end - 120.0, 0.0), (end - 60.0, *value)],
    });
    Answer::of(Data::Matrix(series.collect()))
}
