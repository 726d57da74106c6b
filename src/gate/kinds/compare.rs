//! The candidate's value against stable's, over the same window and by the same reporter.

use crate::gate::answer::Fault;
use crate::gate::query::{Query, Target, When};
use crate::gate::requests;
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Compare, GateFacts as _, Limits, Measurement, Sli, Times};

use super::latency::{buckets, read, short};
use super::{Answers, Context, Gauge, Judgement, Kind, NO_SERIES, Numbers, at_least, at_most};

impl Kind for Compare {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        let window = context.window;
        let of = |side: &Target| match &self.sli {
            Sli::Availability(counted) | Sli::ErrorRate(counted) => {
                requests::questions(side, counted, window)
            }
            Sli::Measurement(Measurement::Latency(_, times)) => vec![buckets(side, times, window)],
            Sli::Measurement(Measurement::Query(query, _)) => {
                let promql = side.fill(query, window.length());
                vec![side.ask("value", promql, When::At(window.end))]
            }
        };
        [of(context.candidate), of(context.stable)].concat()
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let limit = self.limit();
        let name = |target: &Target| target.subset.clone();
        let mut sides = Vec::new();
        for target in [context.candidate, context.stable] {
            match side(self, context, answers, target)? {
                Ok(side) => sides.push(side),
                Err(why) => {
                    return Ok(Judgement::no_data(format!("{}: {why}", name(target))).limit(limit));
                }
            }
        }
        let (candidate, stable) = (&sides[0], &sides[1]);
        let least = context.gate.least_samples();
        let (verdict, why) = if sides.iter().any(|side| {
            side.samples
                .is_some_and(|samples| samples + 0.5 < least as f64)
        }) {
            (
                Verdict::Inconclusive,
                format!("{} a side are needed", words::count(least, noun(self))),
            )
        } else {
            decide(self, candidate.value, stable.value)
        };
        let differs = (candidate.bounds != stable.bounds).then(|| {
            "the sides have buckets of their own: what tells their percentiles apart is interpolation".to_owned()
        });
        let counts = match (candidate.samples, stable.samples) {
            (Some(one), Some(two)) => format!(
                "{}, stable {}",
                words::count(words::rounded(one), noun(self)),
                words::whole(words::rounded(two))
            ),
            _ => String::new(),
        };
        // Within one bucket the ratio is made of interpolation.
        let note = match (candidate.width, stable.width) {
            (Some(one), Some(two)) if one == two => Some(format!(
                "both percentiles lie in the bucket from {} to {}: what tells them apart is interpolation",
                words::time(one.0),
                words::time(one.1)
            )),
            _ => None,
        };
        let samples = [
            ("samples", candidate.samples),
            ("stableSamples", stable.samples),
        ];
        Ok(Judgement::new(verdict, why)
            .value(format!(
                "{}, stable {}",
                unit(self, candidate.value),
                unit(self, stable.value)
            ))
            .limit(limit)
            .evidence(counts)
            .numbers([("candidate", candidate.value), ("stable", stable.value)])
            .numbers(samples.into_iter().filter_map(|(key, n)| Some((key, n?))))
            .note(note)
            .note(differs))
    }

    fn meaning(&self, gate: &Gate) -> Vec<String> {
        let what = match &self.sli {
            Sli::Availability(_) => "the share of good requests".to_owned(),
            Sli::ErrorRate(_) => "the share of failures".to_owned(),
            Sli::Measurement(Measurement::Latency(percentile, _)) => {
                format!("the p{} of the response times", short(*percentile))
            }
            Sli::Measurement(Measurement::Query(..)) => "the query's value".to_owned(),
        };
        let mut lines = vec![format!(
            "pass: {what} keeps {} against stable; equality passes; fail: it does not",
            self.limit()
        )];
        if let Some(enough) = self.ignore_below {
            lines.push(format!(
                "at most {} passes whatever the limits",
                unit(self, enough)
            ));
        }
        lines.push(format!(
            "with fewer than {} a side it is inconclusive",
            words::count(gate.least_samples(), "sample")
        ));
        lines
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        let (candidate, stable) = (numbers.get("candidate")?, numbers.get("stable")?);
        let difference = |limits| Gauge {
            value: candidate - stable,
            limits,
        };
        match self.ratio {
            Some(limits) => (stable != 0.0).then(|| Gauge {
                value: candidate / stable,
                limits,
            }),
            None => self.difference.map(difference),
        }
    }

    fn limit(&self) -> String {
        let mut shown: Vec<String> = Vec::new();
        if let Some(ratio) = self.ratio {
            shown.push(format!("ratio {}", super::threshold::shown(ratio)));
        }
        if let Some(Limits { min, max }) = self.difference {
            let bound = |sign: &str, value: Option<f64>| {
                value.map(|value| format!("difference {sign} {}", signed(self, value)))
            };
            shown.extend(bound("≥", min));
            shown.extend(bound("≤", max));
        }
        shown.join(", ")
    }

    fn need(&self, _: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        None
    }
}

/// What one sample is.
fn noun(gate: &Compare) -> &'static str {
    gate.times().map_or("request", Times::noun)
}

/// One side's value, on how many requests, and how coarse it is.
struct Side {
    value: f64,
    samples: Option<f64>,
    width: Option<(f64, f64)>,
    /// The bounds of the histogram that it was read from.
    bounds: Vec<f64>,
}

fn side(
    gate: &Compare,
    context: &Context<'_>,
    answers: &Answers,
    target: &Target,
) -> Result<Result<Side, &'static str>, Fault> {
    Ok(match &gate.sli {
        Sli::Availability(counted) | Sli::ErrorRate(counted) => {
            let counts = requests::count(answers, target, counted, context.window)?;
            counts.map_or(Err("it got no request"), |counts| {
                let (bad, total) = (counts.bad, counts.total);
                let value = if matches!(gate.sli, Sli::Availability(_)) {
                    (total - bad) / total
                } else {
                    bad / total
                };
                Ok(Side {
                    value,
                    samples: Some(total),
                    width: None,
                    bounds: Vec::new(),
                })
            })
        }
        Sli::Measurement(Measurement::Latency(percentile, times)) => {
            let found = read(answers, target, times)?;
            found.map_or(Err("no successful request was timed"), |histogram| {
                let value = histogram.quantile(percentile.as_f64());
                Ok(Side {
                    value,
                    samples: Some(histogram.total()),
                    width: Some(histogram.bucket_of(value)),
                    bounds: histogram.bounds().to_vec(),
                })
            })
        }
        Sli::Measurement(Measurement::Query(_, reduce)) => {
            match answers.reading(&format!("{}value", target.prefix), *reduce)? {
                Some(value) => Ok(Side {
                    value,
                    samples: None,
                    width: None,
                    bounds: Vec::new(),
                }),
                None => Err(NO_SERIES),
            }
        }
    })
}

/// Both limits must hold; a candidate small enough passes whatever they say.
pub(in crate::gate) fn decide(gate: &Compare, candidate: f64, stable: f64) -> (Verdict, String) {
    if let Some(enough) = gate.ignore_below
        && candidate <= enough
    {
        let why = format!(
            "{} is at most {}",
            unit(gate, candidate),
            unit(gate, enough)
        );
        return (Verdict::Pass, why);
    }
    let mut passes = Vec::new();
    if let Some(limits) = gate.ratio {
        if stable == 0.0 {
            if candidate == 0.0 {
                passes.push("both are zero".to_owned());
            } else {
                return (
                    Verdict::Inconclusive,
                    "stable is zero, and nothing has a ratio to zero: limit the `difference`"
                        .to_owned(),
                );
            }
        } else {
            let ratio = candidate / stable;
            let shown = words::number(ratio);
            if limits
                .max
                .is_some_and(|max| !at_most(candidate, max * stable))
                || limits
                    .min
                    .is_some_and(|min| !at_least(candidate, min * stable))
            {
                return (
                    Verdict::Fail,
                    format!(
                        "{shown} times stable, and {} is allowed",
                        super::threshold::shown(limits)
                    ),
                );
            }
            passes.push(format!("{shown} times stable"));
        }
    }
    if let Some(limits) = gate.difference {
        let difference = candidate - stable;
        // Differences near a limit carry the rounding of both sides.
        let slack = (candidate.abs() + stable.abs()) * 1e-12;
        let shown = signed(gate, difference);
        if limits
            .max
            .is_some_and(|max| !at_most(difference - slack, max))
            || limits
                .min
                .is_some_and(|min| !at_least(difference + slack, min))
        {
            return (
                Verdict::Fail,
                format!("{shown} from stable is outside the limits"),
            );
        }
        passes.push(format!("{shown} from stable"));
    }
    (Verdict::Pass, passes.join(", "))
}

fn unit(gate: &Compare, value: f64) -> String {
    match gate.sli {
        Sli::Availability(_) | Sli::ErrorRate(_) => words::percent(value),
        Sli::Measurement(Measurement::Latency(..)) => words::time(value),
        Sli::Measurement(Measurement::Query(..)) => words::number(value),
    }
}

fn signed(gate: &Compare, difference: f64) -> String {
    match gate.sli {
        Sli::Availability(_) | Sli::ErrorRate(_) => words::points(difference),
        Sli::Measurement(Measurement::Latency(..)) => words::time_difference(difference),
        Sli::Measurement(Measurement::Query(..)) => words::number(difference),
    }
}
