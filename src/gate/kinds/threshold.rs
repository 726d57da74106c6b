//! A query's value against limits.

use crate::gate::answer::{Data, Fault};
use crate::gate::query::{Query, When};
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Limits, Range, Reduce, Threshold};
use crate::units::Duration;

use super::{
    Answers, Context, Gauge, Judgement, Kind, NO_SERIES, Numbers, at_least, at_most, reduce,
};

impl Kind for Threshold {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        let window = context.window;
        let promql = context.candidate.fill(&self.query, window.length());
        let when = self.range.map_or(When::At(window.end), |range| {
            let step = range.step.seconds();
            When::Over {
                start: window.start.plus(Duration::from_seconds(step)),
                end: window.end,
                step,
            }
        });
        vec![context.candidate.ask("value", promql, when)]
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let limit = shown(self.limits);
        let judged = match self.range {
            None => match answers.reading("value", self.reduce)? {
                Some(value) => one(self.limits, value),
                None => Judgement::no_data(NO_SERIES),
            },
            Some(range) => over(self, range, context, answers)?,
        };
        Ok(judged.limit(limit))
    }

    fn meaning(&self, _: &Gate) -> Vec<String> {
        let what = match (self.range, self.reduce) {
            (None, _) => "the value is",
            (Some(_), None) => "every point is",
            (Some(_), Some(Reduce::Max)) => "the largest point is",
            (Some(_), Some(Reduce::Min)) => "the smallest point is",
            (Some(_), Some(Reduce::Sum)) => "the points' sum is",
            (Some(_), Some(Reduce::Avg)) => "the points' mean is",
        };
        let mut lines = vec![
            format!("pass: {what} {}; fail: it is not", shown(self.limits)),
            "no series is no data; NaN, infinities and, without `reduce`, several series are an error"
                .to_owned(),
        ];
        lines.extend(self.range.map(|range| {
            format!(
                "with fewer than {}, or less than four fifths of the window's, it is inconclusive",
                words::count(range.min_points, "point")
            )
        }));
        lines
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        let value = numbers.get("value")?;
        let limits = self.limits;
        Some(Gauge { value, limits })
    }

    fn limit(&self) -> String {
        shown(self.limits)
    }

    fn need(&self, _: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        None
    }
}

fn one(limits: Limits, value: f64) -> Judgement {
    let (verdict, why) = verdict(limits, value);
    Judgement::new(verdict, why)
        .value(words::number(value))
        .numbers([("value", value)])
}

pub(super) fn verdict(limits: Limits, value: f64) -> (Verdict, String) {
    let shown = words::number(value);
    match (limits.min, limits.max) {
        (Some(min), _) if !at_least(value, min) => (
            Verdict::Fail,
            format!("{shown} is below {}", words::number(min)),
        ),
        (_, Some(max)) if !at_most(value, max) => (
            Verdict::Fail,
            format!("{shown} is above {}", words::number(max)),
        ),
        _ => (Verdict::Pass, format!("{shown} is within the limits")),
    }
}

fn over(
    gate: &Threshold,
    range: Range,
    context: &Context<'_>,
    answers: &Answers,
) -> Result<Judgement, Fault> {
    let points: Vec<f64> = match &answers.get("value")? {
        Data::Matrix(series) => match &series[..] {
            [] => Vec::new(),
            [one] => one.points.iter().map(|(_, value)| *value).collect(),
            many => {
                return Err(Fault::Question(format!(
                    "the query returns {} series and not one; aggregate them in the query",
                    many.len()
                )));
            }
        },
        other @ (Data::Vector(_) | Data::Scalar(..) | Data::String(_)) => {
            return Err(super::wrong_type("value", other, "samples"));
        }
    };
    let all = points.len();
    let points: Vec<f64> = points
        .into_iter()
        .filter(|value| value.is_finite())
        .collect();
    if points.is_empty() && all > 0 {
        return Err(Fault::Question(format!(
            "none of the query's {} is a finite number; `noData` speaks of no series alone",
            words::count(all as u64, "point")
        )));
    }
    let expected = context.window.length().seconds() / range.step.seconds();
    let evidence = format!("{} of {expected} points", points.len());
    if points.is_empty() {
        return Ok(
            Judgement::no_data("the query returns no value in the window").evidence(evidence),
        );
    }
    let found = points.len() as u64;
    let worst = points
        .iter()
        .copied()
        .find(|value| verdict(gate.limits, *value).0 == Verdict::Fail);
    let thin = found < range.min_points || found * 5 < expected * 4;
    let judged = match gate.reduce {
        None => match worst {
            Some(value) => one(gate.limits, value),
            None => one(gate.limits, points[points.len() - 1]),
        },
        Some(how) => one(gate.limits, reduce(&points, how)),
    };
    let judged = if thin {
        Judgement {
            verdict: Verdict::Inconclusive,
            why: format!(
                "{} are needed, and four fifths of the window's",
                words::count(range.min_points, "point")
            ),
            ..judged
        }
    } else {
        judged
    };
    Ok(judged.evidence(evidence).numbers([
        ("points", points.len() as f64),
        ("expectedPoints", expected as f64),
    ]))
}

pub(super) fn shown(limits: Limits) -> String {
    match (limits.min, limits.max) {
        (Some(min), Some(max)) => format!("{} to {}", words::number(min), words::number(max)),
        (Some(min), None) => format!("≥ {}", words::number(min)),
        (None, Some(max)) => format!("≤ {}", words::number(max)),
        (None, None) => String::new(),
    }
}
