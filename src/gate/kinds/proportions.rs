//! The shares of failures of both sides: not worse by more than a margin, by bounds of the difference.

use crate::gate::answer::Fault;
use crate::gate::query::Query;
use crate::gate::requests;
use crate::gate::stats::{fisher_greater, newcombe, per_look, pooled, samples_for_difference};
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Margin, Proportions};

use super::{Answers, Context, Gauge, Judgement, Kind, Numbers};

/// A failure needs as many failures of the candidate: one or two prove nothing.
const LEAST_BAD: u64 = 3;
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
        let (one, two) = (candidate.pair(), stable.pair());
        let stable_share = two.0 as f64 / two.1 as f64;
        let difference = one.0 as f64 / one.1 as f64 - stable_share;
        let level = per_look(self.confidence, context.look.of);
        let share = |(bad, total): (u64, u64)| (bad as f64, total as f64);
        let bounds = newcombe(share(one), share(two), level);
        let least = context.gate.least_samples();
        let margin = match self.margin {
            Margin::Absolute(margin) => Some(margin),
            Margin::Relative(share) if two.0 > 0 => Some(share * stable_share),
            Margin::Relative(_) => None,
        };
        let sure = |what: String| words::sure(level, &what);
        let (verdict, why) = match margin {
        _ if one.1.min(two.1) < least => (
            Verdict::Inconclusive,
            format!("{} a side are needed", words::count(least, "request")),
        ),
        None => (
            Verdict::Inconclusive,
            "stable has no failure, and a share of none is no margin: write points, such as `0.2pp`".to_owned(),
        ),
        Some(margin) if bounds.lower > margin && one.0 >= LEAST_BAD => (
            Verdict::Fail,
            sure(format!("it is at least {} worse", words::points(bounds.lower))),
        ),
        Some(margin) if bounds.upper <= margin => (
            Verdict::Pass,
            sure(format!("it is at most {} worse", words::points(bounds.upper))),
        ),
        Some(_) => (
            Verdict::Inconclusive,
            sure(format!(
                "it is {} to {} worse: more requests are needed to tell",
                words::points(bounds.lower),
                words::points(bounds.upper)
            )),
        ),
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
                ("confidence", level),
                ("p", p),
            ])
            .numbers(margin.map(|margin| ("margin", margin)))
            .note((!self.requests.exact).then(|| "counts: estimated".to_owned())))
    }

    fn meaning(&self, gate: &Gate) -> Vec<String> {
        vec![
            format!(
                "pass: the upper bound of the difference is within the margin; fail: the lower bound is above it, with at least {LEAST_BAD} failures; \
             one-sided Newcombe bounds at {} over {}",
                words::percent(self.confidence),
                words::count(u64::from(gate.max_looks), "look")
            ),
            "no significant difference is no pass: too little evidence is inconclusive".to_owned(),
            format!(
                "with fewer than {} a side it is inconclusive",
                words::count(gate.least_samples(), "request")
            ),
        ]
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
        let level = per_look(self.confidence, gate.max_looks);
        // Stable's failures are not known beforehand; as many as the margin is a usual case.
        let needed = samples_for_difference(margin, margin, level, POWER, stable);
        Some((
            gate.least_samples().max(needed),
            "to tell the margin, with as many failures of stable",
        ))
    }
}
