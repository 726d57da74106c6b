//! What each kind of gate asks, and how it judges the answers: one file a kind, without a clock or a network.

mod answers;
pub(super) mod availability;
mod burn_rate;
pub(in crate::gate) mod compare;
mod drift;
mod early;
mod expected;
mod latency;
pub(in crate::gate) mod proportions;
pub(in crate::gate) mod ranks;
mod result;
mod threshold;
mod web;

use std::collections::BTreeMap;

use crate::plan::{Gate, GateKind, NoData};
use crate::units::Timestamp;

use super::answer::Fault;
use super::chances::Traffic;
use super::documents::{Consulted, Wanted};
use super::gauge::{Gauge, Numbers};
use super::query::{Query, Target};
use super::stats::{Level, Operating};
use super::verdict::Verdict;
use super::window::Window;

pub(super) use answers::Answers;
use answers::{NO_SERIES, amount, reduce, wrong_type};

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
    /// When it is asked.
    pub(super) moment: Moment,
    /// Recorded distributions, by the path that the spec has.
    pub(super) references: &'a BTreeMap<String, String>,
}

/// When a gate is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Moment {
    /// Before its time: it can only fail, and may be asked at any moment and again.
    Early {
        /// The chance to fail a candidate that meets its objective, over all moments.
        chance: f64,
    },
    /// When its window is over.
    End,
    /// Later, because this window did not tell; it may be asked again.
    Held(Window),
}

impl Moment {
    /// Whether it is asked before its time.
    pub(super) fn is_early(self) -> bool {
        matches!(self, Self::Early { .. })
    }
}

/// What a rule says of counts.
struct Ruling {
    verdict: Verdict,
    /// Why, in one sentence.
    why: String,
    /// What the rule has computed, by name.
    numbers: Vec<(&'static str, f64)>,
    /// What a reader should know besides.
    notes: Vec<String>,
}

impl Ruling {
    fn new(verdict: Verdict, why: impl Into<String>) -> Self {
        Self {
            verdict,
            why: why.into(),
            numbers: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// What a gate says of the answers.
pub(super) struct Judgement {
    pub(super) verdict: Verdict,
    /// Whether there was nothing to judge: `noData` says what that means.
    pub(super) no_data: bool,
    /// Whether the telemetry cannot be believed: nothing makes that a pass.
    pub(super) unfit: bool,
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
            unfit: false,
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

    pub(super) fn note(self, note: Option<String>) -> Self {
        self.notes(note)
    }

    pub(super) fn notes(mut self, notes: impl IntoIterator<Item = String>) -> Self {
        self.notes.extend(notes);
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

    /// How often it would be right, at the requests that are expected in its window; `None` where counts do not say.
    fn operating(&self, _: &Gate, _: Traffic) -> Option<Operating> {
        None
    }

    /// The times whose samples a compacted recording must keep.
    fn cuts(&self, context: &Context<'_>) -> Vec<Timestamp> {
        let mut cuts = vec![context.window.start];
        if let Moment::Held(whole) = context.moment {
            cuts.push(whole.end);
        }
        cuts
    }

    /// What a gate that may fail early fails by, as one sentence.
    fn early(&self, _: &Gate) -> String {
        "it may fail before the window ends, by what is found then; it never passes early"
            .to_owned()
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
    lines.extend(gate.fail_fast.then(|| kind.early(gate)));
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

/// The level of the bound at the end of the window that keeps `confidence` with all that comes later.
fn at_the_end(confidence: f64) -> f64 {
    1.0 - (1.0 - confidence) / 2.0
}

/// Of so few requests that every verdict is inconclusive.
const TOO_FEW: Operating = Operating {
    at_limit_passes: 0.0,
    twice_as_bad_passes: 0.0,
    healthy_fails: 0.0,
    inconclusive: 1.0,
};

impl Context<'_> {
    /// The level of the bounds that together keep `confidence`: half of what may go wrong is for the end of the window, and half
    /// for all that comes later, where the window holds `growth` times as much as it did at its end.
    pub(super) fn level(&self, confidence: f64, growth: f64) -> Level {
        match self.moment {
            Moment::Early { .. } | Moment::End => Level::from(at_the_end(confidence)),
            Moment::Held(_) => Level::any_time(growth, 1.0 - at_the_end(confidence)),
        }
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
