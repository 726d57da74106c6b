//! The shares of failures of both sides: not worse by more than a margin, by bounds of the difference.

use crate::gate::answer::Fault;
use crate::gate::chances::Traffic;
use crate::gate::query::Query;
use crate::gate::requests;
use crate::gate::stats::{
    Effect, Interval, Operating, fisher_greater, newcombe_scaled, operating_difference, pooled,
    samples_for_difference,
};
use crate::gate::tally::Tally;
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Margin, Proportions};

use super::{Answers, Context, Gauge, Judgement, Kind, Moment, Numbers, TOO_FEW};

/// A failure needs as many failures of the candidate: one or two prove nothing.
const LEAST_BAD: f64 = 3.0;
/// The chance that a healthy candidate passes in the time that is said to be needed.
const POWER: f64 = 0.8;

impl Kind for Proportions {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        [context.candidate, context.stable]
            .into_iter()
            .flat_map(|side| requests::questions(side, &self.requests, context.window))
            .collect()
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let limit = self.limit();
        let side = |side| requests::count(answers, side, &self.requests, context.window);
        let (Some(candidate), Some(stable)) = (side(context.candidate)?, side(context.stable)?)
        else {
            return Ok(Judgement::no_data("one side got no request").limit(limit));
        };
        let (one, two) = (candidate.whole(), stable.whole());
        let stable_share = two.0 as f64 / two.1 as f64;
        let difference = one.0 as f64 / one.1 as f64 - stable_share;
        let growth = self.growth(context, answers, (&candidate, &stable))?;
        let level = context.level(self.confidence, growth);
        // Each side shows by itself how its failures come.
        let effect = candidate.effect();
        let of = |tally: &Tally| tally.effect().counts((tally.bad, tally.total));
        // What is bounded is how far the candidate's share is above stable's with the margin.
        let (scale, accepted) = match self.margin {
            Margin::Absolute(margin) => (1.0, margin),
            Margin::Relative(share) => (1.0 + share, 0.0),
        };
        let bounds = newcombe_scaled(of(&candidate), of(&stable), scale, level);
        let least = context.gate.least_samples();
        let sure = |what: String| words::sure(level.confidence(), &what);
        let beyond = |bound: f64| match self.margin {
            Margin::Absolute(_) => format!("{} worse", words::points(bound)),
            Margin::Relative(share) => format!(
                "{} beyond {} more than stable's share",
                words::points(bound),
                words::percent(share)
            ),
        };
        let (verdict, why) = if one.1.min(two.1) < least {
            (
                Verdict::Inconclusive,
                format!("{} a side are needed", words::count(least, "request")),
            )
        } else {
            let verdict = decide(bounds, accepted, candidate.bad);
            let why = match verdict {
                Verdict::Fail => sure(format!("it is at least {}", beyond(bounds.lower))),
                Verdict::Pass => sure(format!("it is at most {}", beyond(bounds.upper))),
                Verdict::Inconclusive | Verdict::Error if two.0 == 0 && scale > 1.0 => {
                    "stable has no failure, and a share of none is no margin: write points, such as `0.2pp`"
                        .to_owned()
                }
                Verdict::Inconclusive | Verdict::Error => sure(format!(
                    "it is {} to {}: more requests are needed to tell",
                    words::points(bounds.lower),
                    beyond(bounds.upper)
                )),
            };
            (verdict, why)
        };
        let test = pooled(one, two);
        let p = if test.least_expected >= 5.0 {
            test.greater
        } else {
            fisher_greater(one, two)
        };
        Ok(Judgement::new(verdict, why)
            .value(words::points(difference))
            .limit(limit)
            .evidence(format!(
                "{} bad of {}, stable {} of {}",
                words::whole(one.0),
                words::whole(one.1),
                words::whole(two.0),
                words::whole(two.1)
            ))
            .numbers([
                ("bad", one.0 as f64),
                ("total", one.1 as f64),
                ("stableBad", two.0 as f64),
                ("stableTotal", two.1 as f64),
                ("difference", difference),
                ("lower", bounds.lower),
                ("upper", bounds.upper),
                ("confidence", level.confidence()),
                ("designEffect", effect.factor),
                ("p", p),
            ])
            .numbers([("margin", scale - 1.0 + accepted)])
            .note((!self.requests.exact).then(|| "counts: estimated".to_owned()))
            .note(Some(effect.words())))
    }

    fn meaning(&self, gate: &Gate) -> Vec<String> {
        vec![
            format!(
                "pass: the upper bound of the difference is within the margin; fail: the lower bound is above it, with at least {LEAST_BAD} failures; \
             one-sided Newcombe bounds at {}, half of whose doubt is for the end of the window and half for all that comes later",
                words::percent(self.confidence),
            ),
            "no significant difference is no pass: too little evidence is inconclusive".to_owned(),
            format!(
                "with fewer than {} a side it is inconclusive",
                words::count(gate.least_samples(), "request")
            ),
        ]
    }

    fn operating(&self, gate: &Gate, traffic: Traffic) -> Option<Operating> {
        let Margin::Absolute(margin) = self.margin else {
            return None;
        };
        let (one, two) = (traffic.candidate, traffic.stable);
        if one.min(two) < gate.least_samples() as f64 {
            return Some(TOO_FEW);
        }
        let effect = Effect::assumed().factor;
        let level = super::at_the_end(self.confidence);
        (margin > 0.0).then(|| operating_difference(one / effect, two / effect, margin, level))
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        match self.margin {
            Margin::Absolute(margin) => Some(Gauge::at_most(numbers.get("difference")?, margin)),
            Margin::Relative(_) => None,
        }
    }

    fn limit(&self) -> String {
        match self.margin {
            Margin::Absolute(margin) => format!("{} worse at most", words::points(margin)),
            Margin::Relative(margin) => format!("{} worse at most", words::percent(margin)),
        }
    }

    fn need(&self, gate: &Gate, stable: Option<f64>) -> Option<(u64, &'static str)> {
        let stable = stable?;
        let margin = match self.margin {
            Margin::Absolute(margin) if margin > 0.0 && stable > 0.0 => margin,
            Margin::Absolute(_) | Margin::Relative(_) => return None,
        };
        let level = super::at_the_end(self.confidence);
        // Stable's failures are not known beforehand; as many as the margin is a usual case.
        let needed = samples_for_difference(margin, margin, level, POWER, stable);
        Some((
            gate.least_samples().max(needed),
            "to tell the margin, with as many failures of stable",
        ))
    }
}

/// Fail where the candidate is worse by more than what is accepted at least, with enough failures; pass where it is not at most.
pub(in crate::gate) fn decide(bounds: Interval, accepted: f64, bad: f64) -> Verdict {
    if bounds.lower > accepted && bad >= LEAST_BAD {
        Verdict::Fail
    } else if bounds.upper <= accepted {
        Verdict::Pass
    } else {
        Verdict::Inconclusive
    }
}

impl Proportions {
    /// How many times the information of the window's end there is, once more time is judged.
    fn growth(
        &self,
        context: &Context<'_>,
        answers: &Answers,
        (candidate, stable): (&Tally, &Tally),
    ) -> Result<f64, Fault> {
        let Moment::Held(whole) = context.moment else {
            return Ok(1.0);
        };
        let information = |one: &Tally, two: &Tally| 1.0 / (1.0 / one.total + 1.0 / two.total);
        let at_the_end = |side| requests::count(answers, side, &self.requests, whole);
        let then = match (at_the_end(context.candidate)?, at_the_end(context.stable)?) {
            (Some(one), Some(two)) => information(&one, &two),
            // Nothing was known, so all that is known has come since.
            (None, _) | (_, None) => 1.0,
        };
        Ok(information(candidate, stable) / then)
    }
}
