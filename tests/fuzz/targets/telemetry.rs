//! Gates on any answers: whatever is no number never passes.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;

use fastrand::Rng;
use glidepath::compile::{Compiled, Environment, Source as Text, compile};
use glidepath::gate::prometheus::{Prometheus, Settings};
use glidepath::gate::{
    Answer, Data, EvaluationContext, Fault, Query, Record, Series, Shape, Source, Verdict, When,
};
use glidepath::plan::StageId;
use glidepath::promotion::gate_results::record;
use glidepath::sink::files::Folder;
use glidepath::units::Timestamp;

use crate::case::Case;
use crate::mutate::word;

use super::http;

/// The upper bounds of the buckets of Istio's histogram of times, in milliseconds.
const BOUNDS: [&str; 20] = [
    "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000",
    "30000", "60000", "300000", "600000", "1800000", "3600000", "+Inf",
];

/// What is wrong with the values of a server's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Poison {
    /// Nothing: all is well.
    None,
    /// Every value is this.
    All(Value),
    /// One value of each answer is this.
    One(Value),
    /// Anything may be anything.
    Chaos,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Nan,
    Infinite,
    MinusInfinite,
    Negative,
}

impl Value {
    fn number(self) -> f64 {
        match self {
            Self::Nan => f64::NAN,
            Self::Infinite => f64::INFINITY,
            Self::MinusInfinite => f64::NEG_INFINITY,
            Self::Negative => -7.0,
        }
    }
}

/// A server that answers every question, and the same question the same.
struct Server {
    seed: u64,
    poison: Poison,
}

impl Source for Server {
    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        let mut hasher = DefaultHasher::new();
        (self.seed, &query.name, &query.promql).hash(&mut hasher);
        let mut rng = Rng::with_seed(hasher.finish());
        let mut data = if self.poison == Poison::Chaos {
            chaos(&mut rng)
        } else {
            good(query)
        };
        let (Data::Vector(series) | Data::Matrix(series)) = &mut data else {
            return Ok(Answer::of(data));
        };
        let mut points: Vec<&mut f64> = series
            .iter_mut()
            .flat_map(|series| series.points.iter_mut().map(|(_, value)| value))
            .collect();
        match self.poison {
            Poison::All(value) => points.iter_mut().for_each(|point| **point = value.number()),
            Poison::One(value) if !points.is_empty() => {
                let at = rng.usize(..points.len());
                *points[at] = value.number();
            }
            Poison::None | Poison::One(_) | Poison::Chaos => {}
        }
        Ok(Answer::of(data))
    }
}

/// What a server says of a candidate with many requests, all of them good and fast.
fn good(query: &Query) -> Data {
    let series = |labels: &[(&str, &str)], points: Vec<(f64, f64)>| Series {
        labels: labels
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        points,
    };
    match (&query.shape, query.when) {
        (Shape::RawCounter { selector }, When::At(at)) => {
            let at = seconds(at);
            let points = vec![(at - 2.0, 0.0), (at - 1.0, 20_000.0)];
            if selector.contains("_bucket") {
                let of_bound = |bound: &&str| series(&[("le", bound)], points.clone());
                return Data::Matrix(BOUNDS.iter().map(of_bound).collect());
            }
            Data::Matrix(vec![series(
                &[
                    ("__name__", "istio_requests_total"),
                    ("response_code", "200"),
                ],
                points,
            )])
        }
        (_, When::Over { start, end, step }) => {
            let (start, end) = (seconds(start), seconds(end));
            let step = f64::from(u32::try_from(step).unwrap_or(u32::MAX)).max(1.0);
            let points =
                std::iter::successors(Some(start), |at| Some(at + step).filter(|at| *at <= end));
            Data::Matrix(vec![series(
                &[],
                points.take(20_000).map(|at| (at, 1.0)).collect(),
            )])
        }
        (Shape::Expression, When::At(at)) => {
            let value = if query.promql.starts_with("max(count_over_time") {
                240.0
            } else {
                1.0
            };
            let of_fitness = query.promql.starts_with("max(count_over_time")
                || query.promql.starts_with("count(last_over_time");
            let of_team = query.name.ends_with("value");
            let known = of_fitness || of_team;
            Data::Vector(if known {
                vec![series(&[], vec![(seconds(at), value)])]
            } else {
                Vec::new()
            })
        }
    }
}

fn seconds(at: Timestamp) -> f64 {
    let seconds = at
        .to_string()
        .parse::<jiff::Timestamp>()
        .map_or(0, jiff::Timestamp::as_second);
    f64::from(i32::try_from(seconds).unwrap_or(i32::MAX))
}

/// Anything of any type.
fn chaos(rng: &mut Rng) -> Data {
    let number = |rng: &mut Rng| match rng.u8(..6) {
        0 => f64::from_bits(rng.u64(..)),
        1 => f64::NAN,
        2 => f64::INFINITY,
        3 => -1.0,
        _ => f64::from(rng.u32(..2_000_000_000)),
    };
    match rng.u8(..8) {
        0 => return Data::Scalar(f64::from(rng.u32(..)), number(rng)),
        1 => return Data::String(word(rng)),
        _ => {}
    }
    let (count, is_vector) = (rng.usize(..6), rng.bool());
    let series = (0..count).map(|_| {
        let mut labels = BTreeMap::new();
        for name in ["le", "response_code", "reporter", "quantile", "__name__"] {
            if rng.bool() {
                let value = match name {
                    "le" => BOUNDS[rng.usize(..BOUNDS.len())].to_owned(),
                    "response_code" => rng.u16(..700).to_string(),
                    _ => word(rng),
                };
                labels.insert(name.to_owned(), value);
            }
        }
        // A time is always a number, and no series is without points: the reader of answers sees to it.
        let points = if is_vector { 1 } else { rng.usize(1..5) };
        Series {
            labels,
            points: (0..points)
                .map(|_| (f64::from(rng.u32(..)), number(rng)))
                .collect(),
        }
    });
    let series: BTreeMap<_, _> = series
        .map(|series: Series| (series.labels.clone(), series))
        .collect();
    // The reader of answers refuses two series of the same labels.
    let series = series.into_values().collect();
    if is_vector {
        Data::Vector(series)
    } else {
        Data::Matrix(series)
    }
}

pub(crate) fn run(case: &mut Case<'_>) {
    let Some((compiled, stage)) = judged(case) else {
        return;
    };
    let values = [
        Value::Nan,
        Value::Infinite,
        Value::MinusInfinite,
        Value::Negative,
    ];
    let value = values[case.rng.usize(..values.len())];
    let poison = match case.rng.u8(..8) {
        0 => Poison::None,
        1..=3 => Poison::All(value),
        4 | 5 => Poison::One(value),
        _ => Poison::Chaos,
    };
    let source = Server {
        seed: case.rng.u64(..),
        poison,
    };
    let Some(record) = evaluated(case, &compiled, stage, &source) else {
        return;
    };
    let no_data_passes = compiled.report.source.text().contains("noData");
    for gate in record
        .gates
        .iter()
        .filter(|gate| gate.verdict == Verdict::Pass)
    {
        case.tally.mark(match poison {
            Poison::None => "passed where all is well",
            Poison::All(_) => "passed on values that are none",
            Poison::One(_) => "passed beside one value that is none",
            Poison::Chaos => "passed on chaos",
        });
        // A value of the team's may be negative.
        let may_be = gate.kind == "threshold" && poison == Poison::All(Value::Negative);
        if matches!(poison, Poison::All(_)) && !may_be && !no_data_passes {
            case.fault(format!(
                "a gate of kind {} passes on {poison:?}: {} {}",
                gate.kind, gate.value, gate.why
            ));
        }
    }
    // Evidence of anything is JSON that can be judged again.
    let text = glidepath::promotion::evidence::text(&record);
    case.write("evidence.json", &text);
    case.write("rollout.yaml", compiled.report.source.text());
    let verdict = match record.verdict() {
        Verdict::Pass => 0,
        Verdict::Fail => 3,
        Verdict::Inconclusive => 4,
        Verdict::Error => 6,
    };
    // What `result` gates read is part of the evidence; drift gates read their file again.
    let reads_files = record
        .gates
        .iter()
        .any(|gate| matches!(gate.kind, "drift" | "result" | "web"));
    let ran = case.run(&["gate", "rollout.yaml", "--replay", "evidence.json"]);
    if let Some(ran) = ran.filter(|ran| ran.code != verdict && !reads_files) {
        let first = ran.first();
        case.fault(format!(
            "replayed evidence of exit {verdict} ends with {}: {first}",
            ran.code
        ));
    }
}

/// A rollout of the corpus with gates, and a stage that has some.
pub(super) fn judged(case: &mut Case<'_>) -> Option<(Compiled, StageId)> {
    let corpus = case.corpus;
    let sample = (0..20).find_map(|_| {
        let sample = corpus.right_rollout(&mut case.rng);
        sample.text.contains("gates:").then_some(sample)
    })?;
    for (name, bytes) in &sample.beside {
        case.write(name, bytes);
    }
    let source = Text::new("rollout.yaml", sample.text.clone());
    let compiled = case.call(|| {
        compile(
            &source,
            &Folder::new(Path::new("")),
            &Environment::default(),
        )
    })?;
    let compiled = compiled.ok()?;
    let plan = &compiled.plan;
    let stages: Vec<StageId> = plan
        .stage_ids()
        .filter(|stage| !plan.stage(*stage).gates.is_empty())
        .collect();
    let stage = *stages.get(case.rng.usize(..stages.len().max(1)))?;
    Some((compiled, stage))
}

/// Judges a stage that began in November 2023, long after its windows.
pub(super) fn evaluated(
    case: &mut Case<'_>,
    compiled: &Compiled,
    stage: StageId,
    source: &dyn Source,
) -> Option<Record> {
    let references = BTreeMap::new();
    let later = [0, 1, 3_600, 86_400, 10_000_000][case.rng.usize(..5)];
    let context = EvaluationContext {
        stage,
        namespace: "ml",
        began: Timestamp::from_seconds(1_700_000_000),
        now: Timestamp::from_seconds(1_700_000_000 + later),
        references: &references,
    };
    case.call(|| record(&compiled.plan, &context, source))
}

/// The same through the client, from a server whose bytes are changed.
pub(crate) fn served(case: &mut Case<'_>) {
    let Some((compiled, stage)) = judged(case) else {
        return;
    };
    let port = http::answering(&mut case.rng, case.corpus, http::ANSWERS);
    let milliseconds = std::time::Duration::from_millis;
    let settings = Settings {
        timeout: milliseconds(300),
        deadline: milliseconds(600),
        backoff: [1, 1, 1].map(milliseconds),
        ..Settings::new(format!("http://127.0.0.1:{port}"))
    };
    let Some(Ok(client)) = case.call(|| Prometheus::new(settings)) else {
        return;
    };
    if let Some(record) = evaluated(case, &compiled, stage, &client) {
        case.tally
            .mark(&format!("served: {}", record.verdict().name()));
    }
}
