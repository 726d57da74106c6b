//! The share of requests answered in time: exact at a bucket's bound, where a percentile would be a guess.

use crate::gate::answer::Fault;
use crate::gate::looks::Window;
use crate::gate::query::{Query, Target, When};
use crate::gate::stats::{Histogram, wilson};
use crate::gate::telemetry;
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Latency, Times};

use super::availability::EARLY_CONFIDENCE;
use super::{Answers, Context, Gauge, Judgement, Kind, Numbers, at_least};

impl Kind for Latency {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        vec![buckets(context.candidate, &self.times, context.window)]
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let (_, unit) = telemetry::times(context.candidate, &self.times);
        let max = limit_in(self, unit);
        let percentile = self.percentile;
        let limit = self.limit();
        let Some(histogram) = read(answers, context.candidate, &self.times)? else {
            return Ok(Judgement::no_data("no successful request was timed").limit(limit));
        };
        let total = histogram.total();
        let least = context.gate.least_samples();
        let fraction = histogram.fraction(max);
        let wanted = percentile.as_f64();
        let quantile = histogram.quantile(wanted);
        let within = words::percent_beside(fraction.share, wanted);
        let (verdict, why) = if total + 0.5 < least as f64 {
            (
                Verdict::Inconclusive,
                format!("{} are needed to tell", words::count(least, "request")),
            )
        } else if context.early {
            let upper = wilson(fraction.share * total, total, EARLY_CONFIDENCE).upper;
            let verdict = if upper < wanted {
                Verdict::Fail
            } else {
                Verdict::Inconclusive
            };
            (
                verdict,
                format!(
                    "with {} confidence at most {} of the requests are within {}, and {percentile} must be",
                    words::percent(EARLY_CONFIDENCE),
                    words::percent_beside(upper, wanted),
                    time_limit(self)
                ),
            )
        } else if at_least(fraction.share, wanted) {
            (
                Verdict::Pass,
                format!("{within} of the requests were within {}", time_limit(self)),
            )
        } else {
            (
                Verdict::Fail,
                format!(
                    "{within} of the requests were within {}, and {percentile} must be",
                    time_limit(self)
                ),
            )
        };
        let note = fraction.between.map(|[(low, below), (high, above)]| {
        format!(
            "{} is no bucket's bound, so the share is interpolated between {} within {} and {} within {}",
            time_limit(self),
            words::percent(below),
            words::time(low),
            words::percent(above),
            words::time(high)
        )
    });
        Ok(Judgement::new(verdict, why)
            .value(format!("p{} {}", short(percentile), words::time(quantile)))
            .limit(limit)
            .evidence(format!(
                "{within} of {} within {}",
                words::count(words::rounded(total), "request"),
                time_limit(self)
            ))
            .numbers([
                ("within", fraction.share),
                ("total", total),
                ("minSamples", least as f64),
                ("percentile", wanted),
                ("quantileSeconds", quantile),
                ("maxSeconds", max),
            ])
            .note(note))
    }

    fn meaning(&self, gate: &Gate) -> Vec<String> {
        vec![
            format!(
                "pass: at least {} of the successful requests were answered within {}; fail: fewer were",
                self.percentile,
                time_limit(self)
            ),
            "what lies in the bucket above the last finite bound is within no limit".to_owned(),
            format!(
                "with fewer than {} it is inconclusive",
                words::count(gate.least_samples(), "request")
            ),
        ]
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        let max = numbers.get("maxSeconds")?;
        Some(Gauge::at_most(numbers.get("quantileSeconds")?, max))
    }

    fn limit(&self) -> String {
        format!("p{} ≤ {}", short(self.percentile), time_limit(self))
    }

    fn need(&self, gate: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        Some((gate.least_samples(), "for ten to be above the percentile"))
    }

    fn early(&self) -> String {
        super::availability::early()
    }
}

/// The question for a histogram of times over a window.
pub(super) fn buckets(target: &Target, times: &Times, window: Window) -> Query {
    let (selector, _) = telemetry::times(target, times);
    let promql = format!(
        "sum by (le) (increase({selector}[{}s]))",
        window.length().seconds()
    );
    target.ask("buckets", promql, When::At(window.end))
}

/// The answer, its bounds in seconds; `None` without observations.
pub(super) fn read(
    answers: &Answers,
    target: &Target,
    times: &Times,
) -> Result<Option<Histogram>, Fault> {
    let (_, unit) = telemetry::times(target, times);
    let Some(found) = answers.histogram(&format!("{}buckets", target.prefix))? else {
        return Ok(None);
    };
    let mut sum = 0.0;
    let scaled = found
        .bounds()
        .iter()
        .zip(found.counts())
        .map(|(bound, count)| {
            sum += count;
            // 250 ms is a quarter of a second, and so is a limit of 250ms: both are the same product.
            (bound * unit, sum)
        });
    let histogram = Histogram::new(scaled.collect::<Vec<_>>());
    Ok(histogram.ok().filter(|histogram| histogram.total() > 0.0))
}

/// The limit as other times are shown.
fn time_limit(gate: &Latency) -> String {
    words::time(gate.max.as_seconds())
}

/// The limit in seconds, computed as the buckets' bounds are, so that equal ones are equal to the last bit.
#[expect(clippy::cast_precision_loss, reason = "milliseconds far below 2^53")]
fn limit_in(gate: &Latency, unit: f64) -> f64 {
    let millis = gate.max.millis() as f64;
    if unit >= 1.0 {
        millis / 1_000.0
    } else if unit < 0.000_5 {
        millis * 1_000.0 * unit
    } else {
        millis * unit
    }
}

/// `95`, without the percent sign.
pub(super) fn short(percentile: crate::units::Share) -> String {
    percentile.to_string().trim_end_matches(" %").to_owned()
}
