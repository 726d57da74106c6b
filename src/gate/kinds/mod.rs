//! What each kind of gate asks, and how it judges the answers: one file a kind, without a clock or a network.

mod availability;
mod burn_rate;
pub(in crate::gate) mod compare;
mod drift;
mod latency;
mod proportions;
pub(in crate::gate) mod ranks;
mod threshold;

use std::collections::BTreeMap;

use crate::plan::gates::Reduce;
use crate::plan::{Gate, GateKind};
use crate::units::Moment;

use super::answer::{Answer, Data, Fault, Series};
use super::looks::{Look, Window};
use super::query::{Query, Target};
use super::stats::{Histogram, Malformed};
use super::verdict::Verdict;

/// What a judgement depends on, beside the answers.
pub(super) struct Context<'a> {
    /// The gate.
    pub(super) gate: &'a Gate,
    /// The model that is judged.
    pub(super) candidate: &'a Target,
    /// The model that it is held against.
    pub(super) stable: &'a Target,
    /// The time that counts.
    pub(super) window: Window,
    /// Which look it is.
    pub(super) look: Look,
    /// Whether it is asked before its time, and can only fail.
    pub(super) early: bool,
    /// Recorded distributions, by the path that the spec has.
    pub(super) references: &'a BTreeMap<String, String>,
}

/// The answers to a gate's questions, by name.
pub(super) struct Answers(pub(super) BTreeMap<String, Answer>);

/// What a gate says of the answers.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// There was nothing to judge, and `noData` says what that means.
    pub(super) no_data: bool,
    /// What was measured.
    pub(super) value: String,
    /// What it was held against.
    pub(super) limit: String,
    /// On how much.
    pub(super) evidence: String,
    /// One sentence.
    pub(super) why: String,
    /// Counts and bounds.
    pub(super) numbers: Vec<(&'static str, f64)>,
    /// What a reader should know besides.
    pub(super) notes: Vec<String>,
}

impl Judgement {
    pub(super) fn new(verdict: Verdict, why: impl Into<String>) -> Self {
        Self {
            verdict,
            no_data: false,
            value: String::new(),
            limit: String::new(),
            evidence: String::new(),
            why: why.into(),
            numbers: Vec::new(),
            notes: Vec::new(),
        }
    }

    pub(super) fn no_data(why: impl Into<String>) -> Self {
        Self {
            no_data: true,
            ..Self::new(Verdict::Inconclusive, why)
        }
    }

    pub(super) fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    pub(super) fn limit(mut self, limit: impl Into<String>) -> Self {
        self.limit = limit.into();
        self
    }

    pub(super) fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = evidence.into();
        self
    }

    pub(super) fn numbers(
        mut self,
        numbers: impl IntoIterator<Item = (&'static str, f64)>,
    ) -> Self {
        self.numbers.extend(numbers);
        self
    }

    pub(super) fn note(mut self, note: Option<String>) -> Self {
        self.notes.extend(note);
        self
    }
}

/// What a gate must ask about the context's window.
pub(super) fn questions(context: &Context<'_>) -> Vec<Query> {
    match &context.gate.kind {
        GateKind::Availability(gate) => availability::questions(gate, context),
        GateKind::Latency(gate) => latency::questions(gate, context),
        GateKind::Threshold(gate) => threshold::questions(gate, context),
        GateKind::Compare(gate) => compare::questions(gate, context),
        GateKind::Proportions(gate) => proportions::questions(gate, context),
        GateKind::Ranks(gate) => ranks::questions(gate, context),
        GateKind::BurnRate(gate) => burn_rate::questions(gate, context),
        GateKind::Drift(gate) => drift::questions(gate, context),
    }
}

/// What a gate says of the answers; a fault where they are not what was asked for.
pub(super) fn judge(context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
    match &context.gate.kind {
        GateKind::Availability(gate) => availability::judge(gate, context, answers),
        GateKind::Latency(gate) => latency::judge(gate, context, answers),
        GateKind::Threshold(gate) => threshold::judge(gate, context, answers),
        GateKind::Compare(gate) => compare::judge(gate, context, answers),
        GateKind::Proportions(gate) => proportions::judge(gate, context, answers),
        GateKind::Ranks(gate) => ranks::judge(gate, context, answers),
        GateKind::BurnRate(gate) => burn_rate::judge(gate, context, answers),
        GateKind::Drift(gate) => drift::judge(gate, context, answers),
    }
}

/// What an answer would mean, for people who read the questions.
pub(super) fn meaning(gate: &Gate) -> Vec<String> {
    match &gate.kind {
        GateKind::Availability(kind) => availability::meaning(kind, gate),
        GateKind::Latency(kind) => latency::meaning(kind, gate),
        GateKind::Threshold(kind) => threshold::meaning(kind),
        GateKind::Compare(kind) => compare::meaning(kind, gate),
        GateKind::Proportions(kind) => proportions::meaning(kind, gate),
        GateKind::Ranks(kind) => ranks::meaning(kind),
        GateKind::BurnRate(kind) => burn_rate::meaning(kind),
        GateKind::Drift(kind) => drift::meaning(kind, gate),
    }
}

/// What is asked for, where nothing was judged.
pub(super) fn limit(gate: &Gate) -> String {
    match &gate.kind {
        GateKind::Availability(gate) => availability::limit(gate),
        GateKind::Latency(gate) => latency::limit(gate),
        GateKind::Threshold(gate) => threshold::shown(gate.limits),
        GateKind::Compare(gate) => compare::limit(gate),
        GateKind::Proportions(gate) => proportions::limit(gate),
        GateKind::Ranks(gate) => ranks::limit(gate),
        GateKind::BurnRate(gate) => burn_rate::shown(&gate.pairs),
        GateKind::Drift(gate) => drift::limit(gate),
    }
}

/// The samples that a compacted recording must keep.
pub(super) fn cuts(context: &Context<'_>) -> Vec<Moment> {
    match &context.gate.kind {
        GateKind::BurnRate(gate) => burn_rate::cuts(gate, context),
        GateKind::Availability(_)
        | GateKind::Latency(_)
        | GateKind::Threshold(_)
        | GateKind::Compare(_)
        | GateKind::Proportions(_)
        | GateKind::Ranks(_)
        | GateKind::Drift(_) => vec![context.window.start],
    }
}

/// A value, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// A finite number.
    Value(f64),
    /// No series at all.
    Empty,
    /// Not a number: 0/0, no traffic.
    NotANumber,
    /// Infinite: something was divided by zero.
    Infinite,
}

impl Reading {
    fn of(value: f64) -> Self {
        if value.is_nan() {
            Self::NotANumber
        } else if value.is_infinite() {
            Self::Infinite
        } else {
            Self::Value(value)
        }
    }

    /// Why there is no value.
    pub(super) fn absence(self) -> &'static str {
        match self {
            Self::Value(_) => "",
            Self::Empty => "the query returns no series",
            Self::NotANumber => "the query returns NaN, which is what no traffic looks like",
            Self::Infinite => "the query returns a non-finite value",
        }
    }
}

impl Answers {
    fn get(&self, name: &str) -> Result<&Data, Fault> {
        let answer = self.0.get(name).map(|answer| &answer.data);
        answer.ok_or_else(|| Fault::Question(format!("`{name}` was not asked")))
    }

    /// Series with many values.
    pub(super) fn matrix(&self, name: &str) -> Result<&[Series], Fault> {
        match self.get(name)? {
            Data::Matrix(series) => Ok(series),
            other @ (Data::Vector(_) | Data::Scalar(..) | Data::String(_)) => {
                Err(wrong_type(name, other, "samples"))
            }
        }
    }

    /// Series with one value each.
    pub(super) fn vector(&self, name: &str) -> Result<&[Series], Fault> {
        match self.get(name)? {
            Data::Vector(series) => Ok(series),
            other @ (Data::Matrix(_) | Data::Scalar(..) | Data::String(_)) => {
                Err(wrong_type(name, other, "one value for each series"))
            }
        }
    }

    /// The one value of a `sum(…)`; `None` without one.
    pub(super) fn sum(&self, name: &str) -> Result<Option<f64>, Fault> {
        match self.reading(name, None)? {
            Reading::Value(value) => Ok(Some(value)),
            Reading::Empty | Reading::NotANumber | Reading::Infinite => Ok(None),
        }
    }

    /// One value of a query: of one series, or of several by `reduce`.
    pub(super) fn reading(&self, name: &str, reduce: Option<Reduce>) -> Result<Reading, Fault> {
        let series = match self.get(name)? {
            Data::Scalar(_, value) => return Ok(Reading::of(*value)),
            Data::Vector(series) => series,
            other @ (Data::Matrix(_) | Data::String(_)) => {
                return Err(wrong_type(name, other, "a number"));
            }
        };
        let values: Vec<f64> = series
            .iter()
            .filter_map(|series| series.points.first())
            .map(|(_, value)| *value)
            .collect();
        match (&values[..], reduce) {
            ([], _) => Ok(Reading::Empty),
            ([value], _) => Ok(Reading::of(*value)),
            (many, None) => Err(Fault::Question(format!(
                "the query returns {} series and not one; aggregate them, or set `reduce`",
                many.len()
            ))),
            (many, Some(reduce)) => Ok(self::reduce(many, reduce)),
        }
    }

    /// A cumulative histogram by `le`; `None` without any bucket.
    pub(super) fn histogram(&self, name: &str) -> Result<Option<Histogram>, Fault> {
        let buckets = self.vector(name)?.iter().map(|series| {
            let bound = super::answer::read_number(series.label("le"));
            let bound = bound.ok_or_else(|| {
                Fault::Question(format!("`{}` is no bound of a bucket", series.label("le")))
            })?;
            let count = series.points.first().map_or(0.0, |(_, value)| *value);
            Ok((bound, if count.is_finite() { count } else { 0.0 }))
        });
        let buckets = buckets.collect::<Result<Vec<_>, Fault>>()?;
        match Histogram::new(buckets) {
            Ok(histogram) => Ok(Some(histogram)),
            Err(Malformed::Empty) => Ok(None),
            Err(Malformed::NoInfinity) => Err(Fault::Question(
                "the histogram has no bucket `le=\"+Inf\"`".to_owned(),
            )),
        }
    }
}

fn wrong_type(name: &str, data: &Data, wanted: &str) -> Fault {
    let found = match data {
        Data::Vector(_) => "a vector",
        Data::Matrix(_) => "a range of samples",
        Data::Scalar(..) => "a scalar",
        Data::String(_) => "a string",
    };
    Fault::Question(format!("`{name}` returns {found}, and {wanted} is needed"))
}

/// Many values as one; what is not finite makes the whole so.
pub(super) fn reduce(values: &[f64], reduce: Reduce) -> Reading {
    if let Some(odd) = values.iter().find(|value| !value.is_finite()) {
        return Reading::of(*odd);
    }
    let one = match reduce {
        Reduce::Max => values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        Reduce::Min => values.iter().copied().fold(f64::INFINITY, f64::min),
        Reduce::Sum => values.iter().sum(),
        Reduce::Avg => values.iter().sum::<f64>() / values.len() as f64,
    };
    Reading::of(one)
}

/// At most `limit`, with a relative tolerance of 1e-9; equality passes.
pub(super) fn at_most(value: f64, limit: f64) -> bool {
    value <= limit + limit.abs() * 1e-9
}

/// At least `limit`, with the same tolerance.
pub(super) fn at_least(value: f64, limit: f64) -> bool {
    value >= limit - limit.abs() * 1e-9
}
