//! One gate and one model: ask, judge, and apply what the spec says about the absence of evidence; `fit` doubts the telemetry.

mod fit;

use crate::gate::answer::{Answer, Fault, Source};
use crate::gate::chances::Traffic;
use crate::gate::documents::{Consulted, Wanted};
use crate::gate::evaluate::{EvaluationContext, Preview};
use crate::gate::evidence::{Asked, Evidence};
use crate::gate::fitness::Split;
use crate::gate::gauge::Numbers;
use crate::gate::kinds::{self, Answers, Context, Judgement, Kind, Moment};
use crate::gate::query::{Query, Shape, Target};
use crate::gate::requests::compact;
use crate::gate::stats::Operating;
use crate::gate::verdict::Verdict;
use crate::gate::window::{Schedule, State, Window};
use crate::plan::{Gate, ModelId, NoData, OnInconclusive, Plan};
use crate::units::Timestamp;

/// The evaluation of one gate for one model.
pub(super) struct Job<'a> {
    gate: &'a Gate,
    context: &'a EvaluationContext<'a>,
    schedule: Schedule,
    candidate: Target,
    stable: Target,
    split: Option<Split>,
}

/// What was found, over which time.
struct Found {
    state: State,
    window: Option<Window>,
    judged: Judgement,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        plan: &Plan,
        context: &'a EvaluationContext<'a>,
        gate: &'a Gate,
        model: ModelId,
    ) -> Self {
        Self {
            gate,
            context,
            schedule: Schedule::new(gate, plan.stage(context.stage).bake, context.began),
            candidate: Target::new(plan, model, gate.source, context.namespace, ""),
            stable: Target::new(plan, plan.stable, gate.source, context.namespace, "stable "),
            split: Split::of(plan, context.stage),
        }
    }

    /// What the gate asks of the model, and what the answers would mean.
    pub(super) fn preview(&self) -> Preview {
        let window = self.schedule.whole();
        let context = self.kind_context(window, Moment::End);
        Preview {
            model: self.candidate.subset.clone(),
            window,
            decides: self.schedule.decides(),
            fails_from: self.gate.fail_fast.then_some(window.start),
            queries: self.kind().questions(&context),
            document: self.kind().document(&context),
            is_timeless: self.kind().is_timeless(),
            meaning: kinds::meaning(self.gate),
        }
    }

    fn kind(&self) -> &'a dyn Kind {
        kinds::kind(&self.gate.kind)
    }

    fn kind_context(&self, window: Window, moment: Moment) -> Context<'_> {
        Context {
            gate: self.gate,
            candidate: &self.candidate,
            stable: &self.stable,
            window,
            moment,
            references: self.context.references,
        }
    }

    pub(super) fn run(&self, source: &dyn Source) -> Evidence {
        let mut asked = Vec::new();
        let found = self.find(source, &mut asked);
        let mut evidence = self.evidence(found, asked);
        if evidence.verdict != Verdict::Fail && self.context.began <= self.context.now {
            self.fail_early(&mut evidence, source);
        }
        evidence
    }

    /// What the window says, or the longer one that is judged because it did not say enough.
    fn find(&self, source: &dyn Source, asked: &mut Vec<Asked>) -> Found {
        let baking = |verdict: Verdict, why: String| Found {
            state: State::Baking,
            window: None,
            judged: Judgement::new(verdict, why),
        };
        let (began, now) = (self.context.began, self.context.now);
        if began > now {
            let why = format!("the stage begins in the future, at {began}");
            return baking(Verdict::Error, why);
        }
        let decides = self.schedule.decides();
        if now < decides && !self.kind().is_timeless() {
            let why = format!("baking: it is decided at {decides}");
            return baking(Verdict::Inconclusive, why);
        }
        let whole = self.schedule.whole();
        let first = self.ask(whole, Moment::End, source, asked);
        if now < decides && first.verdict == Verdict::Inconclusive {
            return Found {
                state: State::Baking,
                window: None,
                judged: first,
            };
        }
        let judged = self.without_evidence(first);
        let reads = self.kind().document(&self.kind_context(whole, Moment::End));
        let holds = reads.is_none() && self.gate.on_inconclusive == OnInconclusive::Hold;
        let mut found = Found {
            state: State::Final,
            window: Some(whole),
            judged,
        };
        if !holds || found.judged.verdict != Verdict::Inconclusive {
            return found;
        }
        for window in self.schedule.longer(now) {
            let judged = self.ask(window, Moment::Held(whole), source, asked);
            let is_decided = judged.verdict != Verdict::Inconclusive;
            found = Found {
                state: State::Held,
                window: Some(window),
                judged,
            };
            if is_decided {
                break;
            }
        }
        found
    }

    /// Asks about the time so far, or lately where the window is over; what is found can only fail the gate.
    fn fail_early(&self, evidence: &mut Evidence, source: &dyn Source) {
        if !self.gate.fail_fast {
            return;
        }
        for (window, part) in self.schedule.early(self.context.now) {
            let chance = self.gate.early_failure * part;
            let mut asked = Vec::new();
            let judged = self.ask(window, Moment::Early { chance }, source, &mut asked);
            evidence.asked.append(&mut asked);
            match judged.verdict {
                Verdict::Fail => {
                    let asked = std::mem::take(&mut evidence.asked);
                    let found = Found {
                        state: evidence.state,
                        window: Some(window),
                        judged,
                    };
                    *evidence = Evidence {
                        failed_early: true,
                        ..self.evidence(found, asked)
                    };
                    return;
                }
                Verdict::Error if evidence.verdict != Verdict::Error => {
                    evidence.notes.push(format!(
                        "it could not be asked whether to fail early: {}",
                        judged.why
                    ));
                }
                Verdict::Pass | Verdict::Inconclusive | Verdict::Error => {}
            }
        }
    }

    fn ask(
        &self,
        window: Window,
        moment: Moment,
        source: &dyn Source,
        asked: &mut Vec<Asked>,
    ) -> Judgement {
        let context = self.kind_context(window, moment);
        let cuts = self.kind().cuts(&context);
        if let Some(wanted) = self.kind().document(&context) {
            return self.read(wanted, &context, source);
        }
        let mut answers = Answers::default();
        let mut warnings = Vec::new();
        for query in self.kind().questions(&context) {
            let name = query.name.clone();
            match put(query, source, (&cuts, moment.is_early()), window, asked) {
                Ok(answer) => {
                    warnings.extend(answer.warnings.iter().cloned());
                    answers.telemetry.insert(name, answer);
                }
                Err(fault) => return Judgement::new(Verdict::Error, fault.message()),
            }
        }
        let judged = match self.kind().judge(&context, &answers) {
            Ok(judged) => judged,
            Err(Fault::Telemetry(message) | Fault::Question(message)) => {
                Judgement::new(Verdict::Error, message)
            }
        };
        let judged = self.if_fit(judged, &context, source, asked);
        match (warnings.first(), judged.verdict) {
            // Partial data may hide what is wrong, and everything, but not what is right.
            (Some(warning), verdict) if verdict == Verdict::Pass || judged.no_data => Judgement {
                verdict: Verdict::Inconclusive,
                unfit: true,
                no_data: false,
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

    /// What the spec says about no data, and about a window that does not decide.
    fn without_evidence(&self, judged: Judgement) -> Judgement {
        let as_if = |verdict: Verdict, judged: Judgement, said: &str| Judgement {
            verdict,
            why: format!("{} ({said})", judged.why),
            ..judged
        };
        // What went wrong is no absence.
        if judged.verdict == Verdict::Error {
            return judged;
        }
        if judged.no_data {
            match self.gate.no_data {
                NoData::Fail => return as_if(Verdict::Fail, judged, "`noData: fail`"),
                NoData::Pass => return as_if(Verdict::Pass, judged, "`noData: pass`"),
                NoData::Inconclusive => {}
            }
        }
        if judged.verdict != Verdict::Inconclusive || judged.unfit {
            return judged;
        }
        match self.gate.on_inconclusive {
            OnInconclusive::Hold => judged,
            OnInconclusive::Fail => as_if(Verdict::Fail, judged, "`onInconclusive: fail`"),
            OnInconclusive::Pass => as_if(Verdict::Pass, judged, "`onInconclusive: pass`"),
        }
    }

    /// How often the gate is right at as many requests as there were.
    fn operating(&self, numbers: &Numbers<'_>, window: Window) -> Option<Operating> {
        let traffic = Traffic {
            candidate: numbers.get("total")?,
            stable: numbers.get("stableTotal").unwrap_or(0.0),
            seconds: window.length().seconds() as f64,
        };
        self.kind().operating(self.gate, traffic)
    }

    fn evidence(&self, found: Found, asked: Vec<Asked>) -> Evidence {
        let Found {
            state,
            window,
            judged,
        } = found;
        Evidence {
            gate: self.gate.name.clone(),
            kind: self.gate.word(),
            model: self.candidate.subset.clone(),
            source: self.candidate.source.clone(),
            advisory: self.gate.advisory,
            verdict: judged.verdict,
            state,
            window,
            failed_early: false,
            decides: self.schedule.decides(),
            fails_from: self.gate.fail_fast.then_some(self.schedule.whole().start),
            value: judged.value,
            limit: if judged.limit.is_empty() {
                self.kind().limit()
            } else {
                judged.limit
            },
            evidence: judged.evidence,
            gauge: self.kind().gauge(&Numbers(&judged.numbers)),
            document: judged.document,
            why: judged.why,
            because: self.gate.because.clone(),
            operating: window.and_then(|window| self.operating(&Numbers(&judged.numbers), window)),
            numbers: judged.numbers,
            notes: judged.notes,
            asked,
        }
    }
}

/// The most series of an expression's answer. Counters may have more: only what counts of them is kept.
const MOST_RESULTS: usize = 10_000;

/// The most points of an expression's answer, over all series.
const MOST_RESULT_POINTS: usize = 100_000;

/// Asks a question, and keeps it with its answer; of counters, the samples that the counts need.
fn put(
    query: Query,
    source: &dyn Source,
    (cuts, every): (&[Timestamp], bool),
    window: Window,
    asked: &mut Vec<Asked>,
) -> Result<Answer, Fault> {
    let mut answer = Err(Fault::Telemetry("there is no answer".to_owned()));
    let shown = source.show(&query, &mut |found| {
        answer = match query.shape {
            Shape::RawCounter { .. } => Ok(Answer {
                data: compact(&found.data, cuts, window, every),
                warnings: found.warnings.clone(),
                infos: found.infos.clone(),
            }),
            Shape::Expression if found.series() > MOST_RESULTS => Err(Fault::Question(format!(
                "the query returns {} series, and {MOST_RESULTS} are allowed; aggregate them",
                found.series()
            ))),
            Shape::Expression if found.points() > MOST_RESULT_POINTS => {
                Err(Fault::Question(format!(
                    "the query returns {} points, and {MOST_RESULT_POINTS} are allowed",
                    found.points()
                )))
            }
            Shape::Expression => Ok(found.clone()),
        };
    });
    let answer = shown.and(answer);
    if let Ok(answer) = &answer {
        source.keep(answer.weight())?;
    }
    asked.push(Asked {
        query,
        answer: answer.clone(),
    });
    answer
}
