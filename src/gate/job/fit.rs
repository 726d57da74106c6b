//! Whether a judgement rests on telemetry that can be believed.

use crate::gate::answer::{Fault, Source};
use crate::gate::evidence::Asked;
use crate::gate::fitness::{self, Subject, Unfit};
use crate::gate::kinds::{Context, Judgement, Moment};
use crate::gate::query::Target;
use crate::gate::verdict::Verdict;

use super::{Job, put};

impl Job<'_> {
    /// The judgement, as far as the telemetry that it rests on can be believed.
    pub(super) fn if_fit(
        &self,
        judged: Judgement,
        context: &Context<'_>,
        source: &dyn Source,
        asked: &mut Vec<Asked>,
    ) -> Judgement {
        let early = context.moment.is_early();
        if judged.verdict == Verdict::Error || early && judged.verdict != Verdict::Fail {
            return judged;
        }
        let compares = self.gate.kind.facts().compares() && !early;
        let sides = [Some(context.candidate), compares.then_some(context.stable)];
        for target in sides.into_iter().flatten() {
            let mut ask = |query| put(query, source, (&[], false), context.window, asked);
            let found = match self.examine(target, context, judged.no_data, &mut ask) {
                Ok(None) => continue,
                Ok(Some(found)) => found,
                Err(fault) => Unfit::Wrong(fault.message().to_owned()),
            };
            return match found {
                Unfit::Wrong(why) => Judgement {
                    verdict: Verdict::Error,
                    unfit: true,
                    no_data: false,
                    why,
                    ..judged
                },
                Unfit::Yet(why) => Judgement {
                    verdict: Verdict::Inconclusive,
                    unfit: true,
                    no_data: false,
                    why: format!("{why}; without that: {}", judged.why),
                    ..judged
                },
            };
        }
        judged
    }

    /// What is wrong with the telemetry of one side.
    fn examine(
        &self,
        target: &Target,
        context: &Context<'_>,
        no_data: bool,
        ask: &mut fitness::Ask<'_>,
    ) -> Result<Option<Unfit>, Fault> {
        let facts = self.gate.kind.facts();
        let Some((selector, reporter)) = fitness::series_of(target, facts) else {
            return Ok(None);
        };
        let subject = Subject {
            target,
            selector,
            reporter,
            buckets: fitness::buckets_of(target, facts),
            requests: facts.requests(),
            window: context.window,
            settle: self.gate.settle,
            split: self.split.as_ref(),
            budget: facts.budget(),
        };
        match context.moment {
            Moment::Early { .. } => subject.labels(ask),
            Moment::End | Moment::Held(_) if no_data => subject.unreached(ask),
            Moment::End | Moment::Held(_) => subject.examine(ask),
        }
    }
}
