//! What was asked, what was answered, and what it means: enough to judge again.

use serde_json::{Value, json};

use crate::plan::{Plan, StageId};
use crate::units::Timestamp;

use super::answer::{Answer, Fault};
use super::documents::Consulted;
use super::gauge::Gauge;
use super::query::{Query, When};
use super::statement::answer_digest;
use super::stats::Operating;
use super::verdict::Verdict;
use super::window::{State, Window};

/// The name of the number that says how far off a clock was.
pub(super) const CLOCK_OFFSET: &str = "clockOffsetSeconds";

/// The version of the documented JSON.
pub(super) const EVIDENCE_VERSION: u32 = 2;

/// One question and its answer.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The question.
    pub query: Query,
    /// The answer; counters are reduced to the samples that the count needs.
    pub answer: Result<Answer, Fault>,
}

/// What a gate says of one model, and why.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// The gate's name.
    pub gate: String,
    /// The language's word for the gate's kind.
    pub kind: &'static str,
    /// The name of the model that is judged.
    pub model: String,
    /// The name of the source that was asked.
    pub source: String,
    /// Whether the verdict is only reported, and no part of the stage's.
    pub advisory: bool,
    /// The gate's verdict on the model.
    pub verdict: Verdict,
    /// How far the gate is.
    pub state: State,
    /// The time that the verdict is about; none before one is judged.
    pub window: Option<Window>,
    /// Whether it failed on evidence that needs no end of the window.
    pub failed_early: bool,
    /// When the window is over and judged.
    pub decides: Timestamp,
    /// From when on it may fail early, if it may.
    pub fails_from: Option<Timestamp>,
    /// What was measured, for people; empty where nothing was.
    pub value: String,
    /// The limit that the value was held against.
    pub limit: String,
    /// How many requests, points or observations the verdict rests on, in words.
    pub evidence: String,
    /// Why the verdict is what it is, in one sentence.
    pub why: String,
    /// Why passing without evidence is acceptable, where the spec says so.
    pub because: Option<String>,
    /// Counts and bounds by name.
    pub numbers: Vec<(&'static str, f64)>,
    /// The one number that was held against a limit, where there is one.
    pub gauge: Option<Gauge>,
    /// How often such a gate is right at as many requests, where counts say that.
    pub operating: Option<Operating>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
    /// What was read, where the gate reads a document.
    pub document: Option<Consulted>,
    /// Every question, with its answer.
    pub asked: Vec<Asked>,
}

impl Evidence {
    /// Makes a verdict that rests on somebody's clock an error, where that clock is so many seconds ahead of ours.
    pub(super) fn doubt_clock(&mut self, offset: i64) {
        if self.asked.is_empty() {
            return;
        }
        let way = if offset > 0 { "ahead of" } else { "behind" };
        self.verdict = Verdict::Error;
        self.failed_early = false;
        self.why = format!(
            "the telemetry's clock is {} s {way} ours, so neither says when the window is over",
            offset.abs()
        );
        self.numbers.push((CLOCK_OFFSET, offset as f64));
    }
}

/// How it is known when a stage began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// Whoever asked said so.
    #[default]
    Given,
    /// Argo CD deployed it then.
    ArgoCd,
    /// The commit with this hash, in full, made it live.
    Commit(String),
    /// The commit that made it live follows the one with this hash, in full, which is of a later date.
    Ancestor(String),
    /// The pull request of this number brought the commit then.
    Merged(u64),
    /// A push brought the commit then.
    Pushed,
    /// The branch got the commit then in this clone.
    Branch,
    /// The candidate's first sample is of that time.
    Sample,
}

impl Origin {
    /// The origin's word in the JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::ArgoCd => "argocd",
            Self::Commit(_) => "commit",
            Self::Ancestor(_) => "ancestor",
            Self::Merged(_) => "merged",
            Self::Pushed => "pushed",
            Self::Branch => "branch",
            Self::Sample => "sample",
        }
    }

    /// The origin of a word, with the commit or pull request that it is about, if there is one of that word.
    pub(super) fn of(name: &str, commit: Option<&str>, pull: Option<u64>) -> Option<Self> {
        let commit = commit.map(ToOwned::to_owned);
        match name {
            "given" => Some(Self::Given),
            "argocd" => Some(Self::ArgoCd),
            "commit" => commit.map(Self::Commit),
            "ancestor" => commit.map(Self::Ancestor),
            "merged" => pull.map(Self::Merged),
            "pushed" => Some(Self::Pushed),
            "branch" => Some(Self::Branch),
            "sample" => Some(Self::Sample),
            _ => None,
        }
    }

    /// The commit that it is about, in full.
    fn commit(&self) -> Option<&str> {
        match self {
            Self::Commit(id) | Self::Ancestor(id) => Some(id),
            Self::Given
            | Self::ArgoCd
            | Self::Merged(_)
            | Self::Pushed
            | Self::Branch
            | Self::Sample => None,
        }
    }

    /// The pull request that it is about.
    fn pull(&self) -> Option<u64> {
        match self {
            Self::Merged(number) => Some(*number),
            Self::Given
            | Self::ArgoCd
            | Self::Commit(_)
            | Self::Ancestor(_)
            | Self::Pushed
            | Self::Branch
            | Self::Sample => None,
        }
    }

    /// The origin for people, in parentheses after the time: `commit 1a2b3c4`.
    pub fn words(&self) -> String {
        match self {
            Self::Given => "as given".to_owned(),
            Self::ArgoCd => "deployed by Argo CD".to_owned(),
            Self::Commit(id) => format!("commit {}", short(id)),
            Self::Ancestor(id) => format!("commit {}, which the live one follows", short(id)),
            Self::Merged(number) => format!("merged as #{number}"),
            Self::Pushed => "pushed".to_owned(),
            Self::Branch => "by the branch's log".to_owned(),
            Self::Sample => "first sample".to_owned(),
        }
    }
}

/// The first seven digits of a hash.
fn short(id: &str) -> String {
    id.chars().take(7).collect()
}

/// An evaluation of a stage.
#[derive(Clone, Debug)]
pub struct Record {
    /// The rollout's name.
    pub rollout: String,
    /// The namespace of the rollout's objects.
    pub namespace: String,
    /// The stage's name.
    pub stage: String,
    /// The content digest of the stage, where it is known what it serves.
    pub content: Option<String>,
    /// When the stage began.
    pub began: Timestamp,
    /// How the stage's start is known.
    pub origin: Origin,
    /// When the gates were evaluated.
    pub now: Timestamp,
    /// The evidence of each gate and model, in the order of the spec.
    pub gates: Vec<Evidence>,
    /// Whether the stage has gates, and none of them judges any of its models.
    pub judges_nobody: bool,
}

impl Record {
    /// An evaluation of a plan's stage, whose beginning somebody gave.
    pub fn new(
        plan: &Plan,
        stage: StageId,
        namespace: &str,
        began: Timestamp,
        now: Timestamp,
        gates: Vec<Evidence>,
    ) -> Self {
        Self {
            rollout: plan.name.to_string(),
            namespace: namespace.to_owned(),
            stage: plan.stage(stage).name.to_string(),
            content: None,
            began,
            origin: Origin::Given,
            now,
            judges_nobody: gates.is_empty() && !plan.stage(stage).gates.is_empty(),
            gates,
        }
    }

    /// The record with how it is known when the stage began.
    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The record with the content digest of its stage.
    #[must_use]
    pub fn with_content(self, content: Option<String>) -> Self {
        Self { content, ..self }
    }

    /// The stage's verdict: advisory gates do not count, and gates that judge nobody are no pass.
    pub fn verdict(&self) -> Verdict {
        if self.judges_nobody {
            return Verdict::Error;
        }
        let deciding = self.gates.iter().filter(|gate| !gate.advisory);
        Verdict::of_all(deciding.map(|gate| gate.verdict))
    }

    /// When the windows of all gates are over, while some are not.
    pub fn decides(&self) -> Option<Timestamp> {
        last_decision(self.gates.iter())
    }

    /// When the windows of all gates are over that the stage's verdict may depend on, while some are not.
    pub fn deciding(&self) -> Option<Timestamp> {
        last_decision(self.gates.iter().filter(|gate| !gate.advisory))
    }

    /// The documented JSON: see "Gates" in README.md. Numbers that are not finite are strings, as Prometheus writes them.
    pub fn write(&self) -> Value {
        json!({
            "version": EVIDENCE_VERSION,
            "generator": concat!("glidepath ", env!("CARGO_PKG_VERSION")),
            "rollout": self.rollout,
            "namespace": self.namespace,
            "stage": self.stage,
            "contentDigest": self.content,
            "stageStartedAt": self.began.to_string(),
            "stageStartedBy": self.origin.name(),
            "commit": self.origin.commit(),
            "pullRequest": self.origin.pull(),
            "evaluatedAt": self.now.to_string(),
            "verdict": self.verdict().name(),
            "decidesAt": self.decides().map(|at| at.to_string()),
            "gates": self.gates.iter().map(write_gate).collect::<Vec<_>>(),
        })
    }
}

/// The last time at which one of the gates is decided that are not yet.
fn last_decision<'a>(gates: impl Iterator<Item = &'a Evidence>) -> Option<Timestamp> {
    let baking = gates.filter(|gate| gate.state == State::Baking && !gate.failed_early);
    baking.map(|gate| gate.decides).max()
}

fn write_gate(gate: &Evidence) -> Value {
    let window =
        |window: Window| json!({"start": window.start.to_string(), "end": window.end.to_string()});
    let number = |value: f64| {
        if value.is_finite() {
            json!(value)
        } else {
            json!(super::words::number(value))
        }
    };
    let numbers: serde_json::Map<String, Value> = gate
        .numbers
        .iter()
        .map(|(key, value)| ((*key).to_owned(), number(*value)))
        .collect();
    json!({
        "gate": gate.gate,
        "kind": gate.kind,
        "model": gate.model,
        "source": gate.source,
        "advisory": gate.advisory,
        "verdict": gate.verdict.name(),
        "state": gate.state.name(),
        "decidesAt": gate.decides.to_string(),
        "mayFailFrom": gate.fails_from.map(|at| at.to_string()),
        "window": gate.window.map(window),
        "failedEarly": gate.failed_early,
        "value": gate.value,
        "limit": gate.limit,
        "evidence": gate.evidence,
        "why": gate.why,
        "because": gate.because,
        "numbers": numbers,
        "operating": gate.operating.map(Operating::write),
        "notes": gate.notes,
        "document": gate.document.as_ref().map(Consulted::write),
        "asked": gate.asked.iter().map(write_asked).collect::<Vec<_>>(),
    })
}

fn write_asked(asked: &Asked) -> Value {
    let mut body = json!({"name": asked.query.name, "promql": asked.query.promql});
    match asked.query.when {
        When::At(time) => body["time"] = json!(time.to_string()),
        When::Over { start, end, step } => {
            body["start"] = json!(start.to_string());
            body["end"] = json!(end.to_string());
            body["stepSeconds"] = json!(step);
        }
    }
    match &asked.answer {
        Ok(answer) => {
            let answer = answer.write();
            body["answerDigest"] = answer_digest(&answer).into();
            body["answer"] = answer;
        }
        Err(Fault::Telemetry(message)) => body["fault"] = json!({"telemetry": message}),
        Err(Fault::Question(message)) => body["fault"] = json!({"question": message}),
    }
    body
}
