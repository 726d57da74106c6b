//! What each kind of gate asks, and how it judges the answers: one file a kind, without a clock or a network.

mod answers;
pub(super) mod availability;
mod burn_rate;
pub(in crate::gate) mod compare;
mod drift;
mod latency;
mod proportions;
pub(in crate::gate) mod ranks;
mod threshold;

use std::collections::BTreeMap;

use crate::plan::{Gate, GateKind, NoData};
use crate::units::Timestamp;

use super::answer::Fault;
use super::looks::{Look, Window};
use super::query::{Query, Target};
use super::verdict::Verdict;
use super::words;

pub(super) use answers::Answers;
use answers::{Reading, reduce, wrong_type};

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
    let mut lines = of_kind(gate);
    if gate.fail_fast {
        lines.push(match gate.kind {
            GateKind::Availability(_) | GateKind::Latency(_) => format!(
                "before the window ends, and between looks, it fails where even the bound at {} misses the limit; it never passes early",
                words::percent(availability::EARLY_CONFIDENCE)
            ),
            GateKind::Threshold(_)
            | GateKind::Compare(_)
            | GateKind::Proportions(_)
            | GateKind::Ranks(_)
            | GateKind::BurnRate(_)
            | GateKind::Drift(_) => {
                "it may fail before the window ends, and between looks; it never passes early".to_owned()
            }
        });
    }
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

fn of_kind(gate: &Gate) -> Vec<String> {
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
        GateKind::BurnRate(gate) => burn_rate::limit(gate),
        GateKind::Drift(gate) => drift::limit(gate),
    }
}

/// The samples that a compacted recording must keep.
pub(super) fn cuts(context: &Context<'_>) -> Vec<Timestamp> {
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

/// At most `limit`, with a relative tolerance of 1e-9; equality passes.
pub(super) fn at_most(value: f64, limit: f64) -> bool {
    value <= limit + limit.abs() * 1e-9
}

/// At least `limit`, with the same tolerance.
pub(super) fn at_least(value: f64, limit: f64) -> bool {
    value >= limit - limit.abs() * 1e-9
}
