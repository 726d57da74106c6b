//! What each kind of gate asks, and how it judges the answers: one file a kind, without a clock or a network.

mod answers;
pub(super) mod availability;
mod burn_rate;
pub(in crate::gate) mod compare;
mod drift;
mod expected;
mod latency;
mod proportions;
pub(in crate::gate) mod ranks;
mod result;
mod threshold;
mod web;

use std::collections::BTreeMap;

use crate::plan::{Gate, GateKind, NoData};
use crate::units::Timestamp;

use super::answer::Fault;
use super::documents::{Consulted, Wanted};
use super::gauge::{Gauge, Numbers};
use super::looks::{Look, Window};
use super::query::{Query, Target};
use super::verdict::Verdict;

pub(super) use answers::Answers;
use answers::{Reading, reduce, wrong_type};

/// What a judgement depends on, beside the answers.
pub(super) struct Context<'a> {
    /// The gate that judges.
    pub(super) gate: &'a Gate,
    /// The model that is judged.
    pub(super) candidate: &'a Target,
    /// The model that it is held against.
    pub(super) stable: &'a Target,
    /// The time whose samples count.
    pub(super) window: Window,
    /// The look that asks.
    pub(super) look: Look,
    /// Whether it is asked before its time, and can only fail.
    pub(super) early: bool,
    /// Recorded distributions, by the path that the spec has.
    pub(super) references: &'a BTreeMap<String, String>,
}

/// What a gate says of the answers.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// Whether there was nothing to judge: `noData` says what that means.
    pub(super) no_data: bool,
    /// The value that was measured, with its unit.
    pub(super) value: String,
    /// The limit that the value was held against.
    pub(super) limit: String,
    /// How many requests, points or observations the verdict rests on, in words.
    pub(super) evidence: String,
    /// Why the verdict is what it is, in one sentence.
    pub(super) why: String,
    /// Counts and bounds, by name.
    pub(super) numbers: Vec<(&'static str, f64)>,
    /// What a reader should know besides.
    pub(super) notes: Vec<String>,
    /// What was read for it.
    pub(super) document: Option<Consulted>,
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
            document: None,
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

/// How a kind of gate is evaluated: one implementation a kind, in its file.
pub(super) trait Kind {
    /// What must be asked of the telemetry about the context's window.
    fn questions(&self, context: &Context<'_>) -> Vec<Query>;

    /// The document that must be read.
    fn document(&self, _: &Context<'_>) -> Option<Wanted> {
        None
    }

    /// Whether it can decide at any time, because what it judges depends on no traffic.
    fn is_timeless(&self) -> bool {
        false
    }

    /// What the answers say; a fault where they are not what was asked for.
    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault>;

    /// What an answer would mean, for people who read the questions: a sentence each.
    fn meaning(&self, gate: &Gate) -> Vec<String>;

    /// What is asked for, where nothing was judged.
    fn limit(&self) -> String;

    /// The one number that is held against a limit, from the numbers of a judgement; `None` where there is no such number.
    fn gauge(&self, _: &Numbers) -> Option<Gauge> {
        None
    }

    /// How many requests of the candidate it takes to tell, and what for; `None` where traffic does not say.
    /// `stable` is how many requests stable gets for each of the candidate, if it is known.
    fn need(&self, gate: &Gate, stable: Option<f64>) -> Option<(u64, &'static str)>;

    /// The times whose samples a compacted recording must keep.
    fn cuts(&self, context: &Context<'_>) -> Vec<Timestamp> {
        vec![context.window.start]
    }

    /// What a gate that may fail early fails by, as one sentence.
    fn early(&self) -> String {
        "it may fail before the window ends, and between looks; it never passes early".to_owned()
    }

    /// Whether its windows have their own lengths, and are counted back from the end.
    fn has_own_windows(&self) -> bool {
        false
    }

    /// How many requests without a failure show the objective, as one sentence; `None` without an objective.
    fn without_failure(&self, _: &Gate) -> Option<String> {
        None
    }
}

/// The implementation of a gate's kind.
pub(super) fn kind(kind: &GateKind) -> &dyn Kind {
    match kind {
        GateKind::Availability(kind) => kind,
        GateKind::Latency(kind) => kind,
        GateKind::Threshold(kind) => kind,
        GateKind::Compare(kind) => kind,
        GateKind::Proportions(kind) => kind,
        GateKind::Ranks(kind) => kind,
        GateKind::BurnRate(kind) => kind,
        GateKind::Drift(kind) => kind,
        GateKind::Result(kind) => kind,
        GateKind::Web(kind) => kind,
    }
}

/// What an answer would mean, for people who read the questions: a sentence each.
pub(super) fn meaning(gate: &Gate) -> Vec<String> {
    let kind = kind(&gate.kind);
    let mut lines = kind.meaning(gate);
    lines.extend(gate.fail_fast.then(|| kind.early()));
    lines.extend(match gate.no_data {
        NoData::Inconclusive => None,
        NoData::Fail => Some("no data is a failure (`noData: fail`)".to_owned()),
        NoData::Pass => Some("no data passes (`noData: pass`)".to_owned()),
    });
    if gate.advisory {
        lines.push("it is advisory: reported, and never part of the stage's verdict".to_owned());
    }
    lines
}

/// At most `limit`, with a relative tolerance of 1e-9; equality passes.
pub(super) fn at_most(value: f64, limit: f64) -> bool {
    value <= limit + limit.abs() * 1e-9
}

/// At least `limit`, with the same tolerance.
pub(super) fn at_least(value: f64, limit: f64) -> bool {
    value >= limit - limit.abs() * 1e-9
}
