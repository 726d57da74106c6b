//! From the gates of a stage to their evidence, several at a time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::plan::{Gate, ModelId, Plan, SourceId, StageId};
use crate::units::Timestamp;

use super::answer::Source;
use super::documents::Wanted;
use super::evidence::Evidence;
use super::job::Job;
use super::memo::Memo;
use super::query::Query;
use super::window::Window;

/// Gates that are evaluated at the same time.
const MOST_AT_ONCE: usize = 8;
/// Seconds by which the server's clock may be off ours before neither is believed.
const MOST_OFFSET: i64 = 30;

/// Which stage is judged, and when.
#[derive(Clone, Copy, Debug)]
pub struct EvaluationContext<'a> {
    /// The stage's index.
    pub stage: StageId,
    /// The namespace of the rollout's objects.
    pub namespace: &'a str,
    /// When the stage began.
    pub began: Timestamp,
    /// The time of asking.
    pub now: Timestamp,
    /// Recorded distributions by their path in the spec.
    pub references: &'a BTreeMap<String, String>,
}

/// Evaluates every gate of a stage for every model that it judges, at most eight at a time, and gives the evidence in the
/// order of the spec. The source sets its own deadline: after it, every question is a fault, and its gate an error.
pub fn evaluate(
    plan: &Plan,
    context: &EvaluationContext<'_>,
    source: &dyn Source,
) -> Vec<Evidence> {
    let jobs = jobs(plan, context.stage);
    let source = &Memo::new(source);
    let mut evidence = run(plan, context, &jobs, source);
    for one in &mut evidence {
        let offset = source.clock_offset(&one.source);
        if let Some(offset) = offset.filter(|offset| offset.abs() > MOST_OFFSET) {
            one.doubt_clock(offset);
        }
    }
    evidence
}

fn run(
    plan: &Plan,
    context: &EvaluationContext<'_>,
    jobs: &[(&Gate, ModelId)],
    source: &dyn Source,
) -> Vec<Evidence> {
    if let [(gate, model)] = jobs {
        return vec![Job::new(plan, context, gate, *model).run(source)];
    }
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..jobs.len().min(MOST_AT_ONCE) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((gate, model)) = jobs.get(at) else {
                        break;
                    };
                    let evidence = Job::new(plan, context, gate, *model).run(source);
                    if let Ok(mut found) = found.lock() {
                        found.push((at, evidence));
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, evidence)| evidence).collect()
}

/// What a gate asks of one model, and what the answers would mean.
pub struct Preview {
    /// The model's name.
    pub model: String,
    /// The window that is judged.
    pub window: Window,
    /// When it is judged.
    pub decides: Timestamp,
    /// From when on it may fail before that, if it may.
    pub fails_from: Option<Timestamp>,
    /// The questions of the gate.
    pub queries: Vec<Query>,
    /// What would be read.
    pub document: Option<Wanted>,
    /// Whether it can decide at any time.
    pub is_timeless: bool,
    /// What the answers would mean: a sentence each.
    pub meaning: Vec<String>,
}

/// What a gate of a stage asks of each model, and what the answers would mean.
pub fn preview(plan: &Plan, context: &EvaluationContext<'_>, gate: &Gate) -> Vec<Preview> {
    let models = plan.judged(gate, context.stage).into_iter();
    models
        .map(|model| Job::new(plan, context, gate, model).preview())
        .collect()
}

/// The models that the gates of a stage judge, each once for every source that is asked about it.
pub(super) fn candidates(plan: &Plan, stage: StageId) -> Vec<(ModelId, SourceId)> {
    let mut models = Vec::new();
    for (gate, model) in jobs(plan, stage) {
        if !models.contains(&(model, gate.source)) {
            models.push((model, gate.source));
        }
    }
    models
}

fn jobs(plan: &Plan, stage: StageId) -> Vec<(&Gate, ModelId)> {
    let gates = plan.stage(stage).gates.iter();
    gates
        .map(|id| plan.gate(*id))
        .flat_map(|gate| {
            let models = plan.judged(gate, stage);
            models.into_iter().map(move |model| (gate, model))
        })
        .collect()
}
