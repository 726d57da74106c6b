//! The share of requests that were answered well.

use crate::gate::answer::Fault;
use crate::gate::query::Query;
use crate::gate::requests;
use crate::gate::stats::{per_look, wilson, zero_failure_samples};
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::Availability;

use super::{Answers, Context, Gauge, Judgement, Kind, Numbers};

/// The level of a failure before the window ends: it is asked again and again, so hardly any chance may be left.
pub(super) const EARLY_CONFIDENCE: f64 = 0.999;

/// The confidence of a sample size where the gate names none.
const CONFIDENCE: f64 = 0.95;

impl Kind for Availability {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        requests::questions(context.candidate, &self.requests, context.window)
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let limit = self.limit();
        let Some(counts) =
            requests::count(answers, context.candidate, &self.requests, context.window)?
        else {
            return Ok(Judgement::no_data("no request reached the candidate").limit(limit));
        };
        let (bad, total) = counts.pair();
        let good = total - bad;
        let share = good as f64 / total as f64;
        let least = context.gate.least_samples();
        let objective = self.objective.as_f64();
        let level = if context.early {
            Some(EARLY_CONFIDENCE)
        } else {
            self.confidence.map(|c| per_look(c, context.look.of))
        };
        let bounds = level.map(|level| wilson(good as f64, total as f64, level));
        let sure = |what: String| words::sure(level.unwrap_or_default(), &what);
        let budget = self.objective.rest();
        let percent = |share| words::percent_beside(share, objective);
        let (verdict, why) = match bounds {
            // What too few requests have lost already, no further request can win back.
            _ if total < least && !context.early && budget.is_exceeded_by(bad, least) => (
                Verdict::Fail,
                format!(
                    "{} already, and the first {} may have {} at most",
                    words::count(bad, "failure"),
                    words::count(least, "request"),
                    words::number(budget.as_f64() * least as f64)
                ),
            ),
            _ if total < least => (
                Verdict::Inconclusive,
                format!("{} are needed to tell", words::count(least, "request")),
            ),
            Some(bounds) if bounds.upper < objective => (
                Verdict::Fail,
                sure(format!(
                    "at most {} are good, and {} must be",
                    percent(bounds.upper),
                    self.objective
                )),
            ),
            Some(bounds) if bounds.lower >= objective => (
                Verdict::Pass,
                sure(format!("at least {} are good", percent(bounds.lower))),
            ),
            Some(bounds) => (
                Verdict::Inconclusive,
                sure(format!(
                    "{} to {} are good: more requests are needed to tell",
                    percent(bounds.lower),
                    percent(bounds.upper)
                )),
            ),
            None if self.objective.is_reached_by(good, total) => (
                Verdict::Pass,
                format!("{} of the requests were good", percent(share)),
            ),
            None => (
                Verdict::Fail,
                format!(
                    "{} of the requests were good, and {} must be",
                    percent(share),
                    self.objective
                ),
            ),
        };
        let bounds = bounds.into_iter().flat_map(|bounds| {
            [
                ("lower", bounds.lower),
                ("upper", bounds.upper),
                ("confidence", level.unwrap_or_default()),
            ]
        });
        Ok(Judgement::new(verdict, why)
            .value(percent(share))
            .limit(limit)
            .evidence(format!("{} bad of {}", bad, words::count(total, "request")))
            .numbers([
                ("bad", bad as f64),
                ("total", total as f64),
                ("minSamples", least as f64),
                ("objective", objective),
            ])
            .numbers(bounds)
            .note((!self.requests.exact).then(|| "counts: estimated".to_owned())))
    }

    fn meaning(&self, gate: &Gate) -> Vec<String> {
        let least = gate.least_samples();
        let rule = match self.confidence {
            None => format!(
                "pass: at least {} of the requests are good; fail: fewer are",
                self.objective
            ),
            Some(level) => format!(
                "pass: the lower bound is at least {}; fail: the upper bound is below it; one-sided Wilson bounds at {} over all looks",
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
            without_failure(self, gate),
        ]
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
                let level = per_look(level, gate.max_looks);
                let needed = zero_failure_samples(self.objective.as_f64(), level);
                (
                    least.max(needed),
                    "without a failure, to show the objective",
                )
            }
            None => (least, "for one failure more or less not to decide"),
        })
    }

    fn early(&self) -> String {
        early()
    }

    fn without_failure(&self, gate: &Gate) -> Option<String> {
        Some(without_failure(self, gate))
    }
}

/// What a gate fails by early that is judged by a bound of a share.
pub(super) fn early() -> String {
    format!(
        "before the window ends, and between looks, it fails where even the bound at {} misses the limit; it never passes early",
        words::percent(EARLY_CONFIDENCE)
    )
}

/// How many requests without a failure show the objective, at the confidence of one look.
fn without_failure(gate: &Availability, common: &Gate) -> String {
    let level = gate
        .confidence
        .map_or(CONFIDENCE, |level| per_look(level, common.max_looks));
    let requests = zero_failure_samples(gate.objective.as_f64(), level);
    format!(
        "{} without a failure show {} at {}",
        words::count(requests, "request"),
        gate.objective,
        words::percent(level)
    )
}
