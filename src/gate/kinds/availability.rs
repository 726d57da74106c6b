//! The share of requests that were answered well.

use crate::gate::answer::Fault;
use crate::gate::chances::Traffic;
use crate::gate::query::Query;
use crate::gate::requests;
use crate::gate::stats::{
    Effect, Operating, ln_evidence_against, ln_evidence_for, normal_quantile, operating_bounds,
    operating_point, wilson, zero_failure_samples,
};
use crate::gate::tally::Tally;
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::Availability;

use super::{
    Answers, Context, Gauge, Judgement, Kind, Moment, Numbers, Ruling, TOO_FEW, at_the_end, early,
};

/// The confidence of a sample size where the gate names none.
const CONFIDENCE: f64 = 0.95;

impl Kind for Availability {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        requests::questions(context.candidate, &self.requests, context.window)
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let limit = self.limit();
        let (candidate, window) = (context.candidate, context.window);
        let Some(tally) = requests::count(answers, candidate, &self.requests, window)? else {
            return Ok(Judgement::no_data("no request reached the candidate").limit(limit));
        };
        let (bad, total) = tally.whole();
        let good = total - bad;
        let share = good as f64 / total as f64;
        let least = context.gate.least_samples();
        let objective = self.objective.as_f64();
        let budget = self.objective.rest();
        let Ruling {
            verdict,
            why,
            numbers,
            notes,
        } = if let Moment::Early { chance } = context.moment {
            early::judge(context.gate, chance, &tally, budget.as_f64())
        } else if total < least {
            self.too_few(bad, least)
        } else if let Some(confidence) = self.confidence {
            self.by_bounds(confidence, context.moment, &tally)
        } else {
            self.by_share(good, total)
        };
        Ok(Judgement::new(verdict, why)
            .value(words::percent_beside(share, objective))
            .limit(limit)
            .evidence(format!("{} bad of {}", bad, words::count(total, "request")))
            .numbers([
                ("bad", bad as f64),
                ("total", total as f64),
                ("minSamples", least as f64),
                ("objective", objective),
            ])
            .numbers(numbers)
            .note((!self.requests.exact).then(|| "counts: estimated".to_owned()))
            .notes(notes))
    }

    fn meaning(&self, gate: &Gate) -> Vec<String> {
        let least = gate.least_samples();
        let rule = match self.confidence {
            None => format!(
                "pass: at least {} of the requests are good; fail: fewer are",
                self.objective
            ),
            Some(level) => format!(
                "pass: the lower bound is at least {}; fail: the upper bound is below it; one-sided Wilson bounds at {}, half of whose doubt is for the end of the window and half for all that comes later",
                self.objective,
                words::percent(level)
            ),
        };
        vec![
            rule,
            format!(
                "with fewer than {} it is inconclusive, unless more than {} of them failed already",
                words::count(least, "request"),
                words::number(self.objective.rest().as_f64() * least as f64)
            ),
            without_failure(self),
        ]
    }

    fn operating(&self, gate: &Gate, traffic: Traffic) -> Option<Operating> {
        let few = traffic.candidate < gate.least_samples() as f64;
        let budget = self.objective.rest().as_f64();
        Some(match self.confidence {
            _ if few => TOO_FEW,
            None => operating_point(traffic.candidate, budget),
            Some(confidence) => {
                let effect = Effect::assumed().factor;
                operating_bounds(traffic.candidate, budget, at_the_end(confidence), effect)
            }
        })
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        let (bad, total) = (numbers.get("bad")?, numbers.get("total")?);
        (total > 0.0).then(|| Gauge::at_least(1.0 - bad / total, self.objective.as_f64()))
    }

    fn limit(&self) -> String {
        format!("≥ {}", self.objective)
    }

    fn need(&self, gate: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        let least = gate.least_samples();
        Some(match self.confidence {
            Some(level) => {
                let needed = without_failures(self.objective.as_f64(), at_the_end(level));
                (
                    least.max(needed),
                    "without a failure, to show the objective",
                )
            }
            None => (least, "for one failure more or less not to decide"),
        })
    }

    fn early(&self, gate: &Gate) -> String {
        early::meaning(gate)
    }

    fn without_failure(&self, _: &Gate) -> Option<String> {
        Some(without_failure(self))
    }
}

impl Availability {
    /// What too few requests have lost already, no further request can win back.
    fn too_few(&self, bad: u64, least: u64) -> Ruling {
        let budget = self.objective.rest();
        let (verdict, why) = if budget.is_exceeded_by(bad, least) {
            (
                Verdict::Fail,
                format!(
                    "{} already, and the first {} may have {} at most",
                    words::count(bad, "failure"),
                    words::count(least, "request"),
                    words::number(budget.as_f64() * least as f64)
                ),
            )
        } else {
            (
                Verdict::Inconclusive,
                format!("{} are needed to tell", words::count(least, "request")),
            )
        };
        Ruling::new(verdict, why)
    }

    fn by_share(&self, good: u64, total: u64) -> Ruling {
        let share = words::percent_beside(good as f64 / total as f64, self.objective.as_f64());
        if self.objective.is_reached_by(good, total) {
            Ruling::new(Verdict::Pass, format!("{share} of the requests were good"))
        } else {
            let why = format!(
                "{share} of the requests were good, and {} must be",
                self.objective
            );
            Ruling::new(Verdict::Fail, why)
        }
    }

    /// By Wilson's bounds at the end of the window, and later by evidence that holds however often it is asked.
    fn by_bounds(&self, confidence: f64, moment: Moment, tally: &Tally) -> Ruling {
        let effect = tally.effect();
        let (bad, total) = effect.counts((tally.bad, tally.total));
        let level = at_the_end(confidence);
        let bounds = wilson(total - bad, total, level);
        let budget = self.objective.rest().as_f64();
        let (fails, passes) = match moment {
            Moment::Early { .. } | Moment::End => {
                let objective = self.objective.as_f64();
                (bounds.upper < objective, bounds.lower >= objective)
            }
            Moment::Held(_) => {
                let enough = -(1.0 - level).ln();
                (
                    ln_evidence_against(bad, total - bad, budget) >= enough,
                    ln_evidence_for(bad, total - bad, budget) >= enough,
                )
            }
        };
        let percent = |share| words::percent_beside(share, self.objective.as_f64());
        let (verdict, what) = if fails {
            let what = format!(
                "at most {} are good, and {} must be",
                percent(bounds.upper),
                self.objective
            );
            (Verdict::Fail, what)
        } else if passes {
            let what = format!("at least {} are good", percent(bounds.lower));
            (Verdict::Pass, what)
        } else {
            let what = format!(
                "{} to {} are good: more requests are needed to tell",
                percent(bounds.lower),
                percent(bounds.upper)
            );
            (Verdict::Inconclusive, what)
        };
        Ruling {
            numbers: vec![
                ("lower", bounds.lower),
                ("upper", bounds.upper),
                ("confidence", level),
                ("designEffect", effect.factor),
            ],
            notes: vec![effect.words()],
            ..Ruling::new(verdict, words::sure(level, &what))
        }
    }
}

/// How many requests without a failure Wilson's bound needs: where nothing has failed, nothing shows that failures come singly.
fn without_failures(objective: f64, level: f64) -> u64 {
    let z = normal_quantile(level);
    words::rounded((z * z * objective / (1.0 - objective) * Effect::assumed().factor).ceil())
}

/// How many requests without a failure show the objective.
fn without_failure(gate: &Availability) -> String {
    let objective = gate.objective.as_f64();
    let (level, requests) = match gate.confidence.map(at_the_end) {
        Some(level) => (level, without_failures(objective, level)),
        None => (CONFIDENCE, zero_failure_samples(objective, CONFIDENCE)),
    };
    format!(
        "{} without a failure show {} at {}",
        words::count(requests, "request"),
        gate.objective,
        words::percent(level)
    )
}
