//! From gates to evidence: ask, judge, and apply what the spec says about the absence of evidence.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::plan::{Gate, ModelId, NoData, OnInconclusive, Plan, SourceId, StageId};
use crate::units::Timestamp;

use super::answer::{Fault, Source};
use super::documents::{Consulted, Wanted};
use super::evidence::{Asked, Evidence};
use super::gauge::Numbers;
use super::kinds::{self, Answers, Context, Judgement, Kind};
use super::looks::{Look, Schedule, State, Window};
use super::query::{Query, Shape, Target};
use super::requests::compact;
use super::verdict::Verdict;

/// Gates that are evaluated at the same time.
const MOST_AT_ONCE: usize = 8;

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
    if let [(gate, model)] = &jobs[..] {
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

/// When any gate of a stage looks next, after `now`.
pub fn next_look(plan: &Plan, context: &EvaluationContext<'_>) -> Option<Timestamp> {
    let stage = plan.stage(context.stage);
    let gates = jobs(plan, context.stage).into_iter();
    gates
        .filter_map(|(gate, _)| {
            Schedule::new(gate, stage.bake, context.began)
                .at(context.now)
                .next
        })
        .min()
}

/// What a gate would ask of one model, and what it would mean.
#[derive(Debug)]
pub struct Preview {
    /// The model's name.
    pub model: String,
    /// The time that it would be asked about.
    pub window: Window,
    /// What the telemetry would be asked.
    pub queries: Vec<Query>,
    /// What would be read.
    pub document: Option<Wanted>,
    /// What an answer would mean: a sentence each.
    pub meaning: Vec<String>,
}

/// What a gate of a stage asks of each model, and what the answers would mean. Before the first look it is that look's.
pub fn preview(plan: &Plan, context: &EvaluationContext<'_>, gate: &Gate) -> Vec<Preview> {
    let models = plan.judged(gate, context.stage).into_iter();
    models
        .map(|model| {
            let job = Job::new(plan, context, gate, model);
            let first = job
                .schedule
                .at(context.now)
                .next
                .filter(|_| job.look.number == 0);
            let look = first.map_or(job.look, |first| job.schedule.at(first));
            let window = look.window.unwrap_or_else(|| job.schedule.whole());
            let asked = job.kind_context(look, window, false);
            Preview {
                model: job.candidate.subset.clone(),
                window,
                queries: job.kind().questions(&asked),
                document: job.kind().document(&asked),
                meaning: kinds::meaning(gate),
            }
        })
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

/// The evaluation of one gate for one model.
struct Job<'a> {
    gate: &'a Gate,
    context: &'a EvaluationContext<'a>,
    schedule: Schedule,
    look: Look,
    candidate: Target,
    stable: Target,
}

impl<'a> Job<'a> {
    fn new(
        plan: &Plan,
        context: &'a EvaluationContext<'a>,
        gate: &'a Gate,
        model: ModelId,
    ) -> Self {
        let schedule = Schedule::new(gate, plan.stage(context.stage).bake, context.began);
        Self {
            gate,
            context,
            schedule,
            look: schedule.at(context.now),
            candidate: Target::new(plan, model, gate.source, context.namespace, ""),
            stable: Target::new(plan, plan.stable, gate.source, context.namespace, "stable "),
        }
    }

    fn kind(&self) -> &'a dyn Kind {
        kinds::kind(&self.gate.kind)
    }

    fn kind_context(&self, look: Look, window: Window, early: bool) -> Context<'_> {
        Context {
            gate: self.gate,
            candidate: &self.candidate,
            stable: &self.stable,
            window,
            look,
            early,
            references: self.context.references,
        }
    }

    fn run(&self, source: &dyn Source) -> Evidence {
        if self.context.began > self.context.now {
            let why = format!("the stage begins in the future, at {}", self.context.began);
            return self.evidence(Judgement::new(Verdict::Error, why), Vec::new());
        }
        let mut asked = Vec::new();
        let judged = match self.look.window {
            None if self.kind().is_timeless() => {
                self.ask(self.schedule.whole(), false, source, &mut asked)
            }
            None => Judgement::new(
                Verdict::Inconclusive,
                match self.look.next {
                    Some(next) => format!("baking: the first look is at {next}"),
                    None => "baking".to_owned(),
                },
            ),
            Some(window) => {
                let judged = self.ask(window, false, source, &mut asked);
                self.without_evidence(judged)
            }
        };
        let mut evidence = self.evidence(judged, asked);
        if evidence.verdict != Verdict::Fail {
            self.fail_fast(&mut evidence, source);
        }
        evidence
    }

    /// Asks about the time since the last look; what is found can only fail the gate.
    fn fail_fast(&self, evidence: &mut Evidence, source: &dyn Source) {
        if !self.gate.fail_fast {
            return;
        }
        let Some(mut window) = self.schedule.fail_fast(self.context.now) else {
            return;
        };
        if self.kind().has_own_windows() {
            window.start = self.schedule.whole().start;
        }
        let mut asked = Vec::new();
        let judged = self.ask(window, true, source, &mut asked);
        match judged.verdict {
            Verdict::Fail => {
                evidence.asked.append(&mut asked);
                let asked = std::mem::take(&mut evidence.asked);
                *evidence = Evidence {
                    early: Some(window),
                    ..self.evidence(judged, asked)
                };
            }
            Verdict::Error if evidence.verdict != Verdict::Error => {
                evidence.asked.append(&mut asked);
                evidence.notes.push(format!(
                    "it could not be asked whether to fail early: {}",
                    judged.why
                ));
            }
            Verdict::Pass | Verdict::Inconclusive | Verdict::Error => {
                evidence.asked.append(&mut asked);
            }
        }
    }

    fn ask(
        &self,
        window: Window,
        early: bool,
        source: &dyn Source,
        asked: &mut Vec<Asked>,
    ) -> Judgement {
        let context = self.kind_context(self.look, window, early);
        let cuts = self.kind().cuts(&context);
        let mut answers = Answers::default();
        if let Some(wanted) = self.kind().document(&context) {
            return self.read(wanted, &context, source);
        }
        let mut warnings = Vec::new();
        for query in self.kind().questions(&context) {
            let mut answer = source.ask(&query);
            match &mut answer {
                Ok(answer) => {
                    match query.shape {
                        Shape::RawCounter { .. } => compact(&mut answer.data, &cuts),
                        Shape::Expression => {}
                    }
                    warnings.extend(answer.warnings.iter().cloned());
                    let telemetry = &mut answers.telemetry;
                    telemetry.insert(query.name.clone(), answer.clone());
                    asked.push(Asked {
                        query,
                        answer: Ok(answer.clone()),
                    });
                }
                Err(fault) => {
                    let judged = Judgement::new(Verdict::Error, fault.message());
                    asked.push(Asked { query, answer });
                    return judged;
                }
            }
        }
        let judged = match self.kind().judge(&context, &answers) {
            Ok(judged) => judged,
            Err(Fault::Telemetry(message) | Fault::Question(message)) => {
                Judgement::new(Verdict::Error, message)
            }
        };
        match (warnings.first(), judged.verdict) {
            // Partial data may hide what is wrong, but not what is right.
            (Some(warning), Verdict::Pass) => Judgement {
                verdict: Verdict::Inconclusive,
                why: format!("{}, but the data is partial: {warning}", judged.why),
                ..judged
            },
            (Some(warning), _) => judged.note(Some(format!("the data is partial: {warning}"))),
            (None, _) => judged,
        }
    }

    /// Reads a document and judges it.
    fn read(&self, wanted: Wanted, context: &Context<'_>, source: &dyn Source) -> Judgement {
        let document = source.read(&wanted);
        let judged = document.clone().and_then(|document| {
            let answers = Answers {
                document: Some(document),
                ..Answers::default()
            };
            self.kind().judge(context, &answers)
        });
        Judgement {
            document: Some(Consulted { wanted, document }),
            ..judged.unwrap_or_else(|fault| Judgement::new(Verdict::Error, fault.message()))
        }
    }

    /// What the spec says about no data, and about a last look that does not decide.
    fn without_evidence(&self, judged: Judgement) -> Judgement {
        let as_if = |verdict: Verdict, judged: Judgement, said: &str| Judgement {
            verdict,
            why: format!("{} ({said})", judged.why),
            ..judged
        };
        if judged.no_data {
            match self.gate.no_data {
                NoData::Fail => return as_if(Verdict::Fail, judged, "`noData: fail`"),
                NoData::Pass => return as_if(Verdict::Pass, judged, "`noData: pass`"),
                NoData::Inconclusive => {}
            }
        }
        if judged.verdict != Verdict::Inconclusive || self.look.state != State::Final {
            return judged;
        }
        match self.gate.on_inconclusive {
            OnInconclusive::Hold => judged,
            OnInconclusive::Fail => as_if(Verdict::Fail, judged, "`onInconclusive: fail`"),
            OnInconclusive::Pass => as_if(Verdict::Pass, judged, "`onInconclusive: pass`"),
        }
    }

    /// The look that a verdict is of: what has decided, and no time changes, looks no more.
    fn look_after(&self, verdict: Verdict) -> Look {
        let is_decided = matches!(verdict, Verdict::Pass | Verdict::Fail);
        if !(is_decided && self.kind().is_timeless()) {
            return self.look;
        }
        Look {
            number: self.look.of,
            state: State::Final,
            next: None,
            ..self.look
        }
    }

    fn evidence(&self, judged: Judgement, asked: Vec<Asked>) -> Evidence {
        Evidence {
            gate: self.gate.name.clone(),
            kind: self.gate.word(),
            model: self.candidate.subset.clone(),
            source: self.candidate.source.clone(),
            advisory: self.gate.advisory,
            verdict: judged.verdict,
            look: self.look_after(judged.verdict),
            early: None,
            value: judged.value,
            limit: if judged.limit.is_empty() {
                self.kind().limit()
            } else {
                judged.limit
            },
            evidence: judged.evidence,
            why: judged.why,
            because: self.gate.because.clone(),
            gauge: self.kind().gauge(&Numbers(&judged.numbers)),
            numbers: judged.numbers,
            notes: judged.notes,
            document: judged.document,
            asked,
        }
    }
}
