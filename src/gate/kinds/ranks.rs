//! Series of measurements of both sides: not worse by more than a margin, by ranks.

use crate::gate::answer::{Data, Fault};
use crate::gate::query::{Query, Target, When};
use crate::gate::stats::{Interval, Level, mann_whitney, median, signed_rank, thin, widening};
use crate::gate::telemetry;
use crate::gate::verdict::Verdict;
use crate::gate::window::Window;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Direction, Limits, Margin, Measurement, Ranks, Times};
use crate::units::Duration;

use super::{Answers, Context, Gauge, Judgement, Kind, Moment, Numbers};

impl Kind for Ranks {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        let (window, step) = (context.window, self.step.seconds());
        let when = When::Over {
            start: window.start.plus(Duration::from_seconds(step)),
            end: window.end,
            step,
        };
        let of = |side: &Target| {
            let promql = match &self.measurement {
                Measurement::Latency(percentile, times) => {
                    let (selector, _) = telemetry::times(side, times);
                    format!(
                        "histogram_quantile({}, sum by (le) (rate({selector}[{step}s])))",
                        percentile.as_f64()
                    )
                }
                Measurement::Query(query, _) => side.fill(query, Duration::from_seconds(step)),
            };
            side.ask("series", promql, when)
        };
        let mut queries = vec![of(context.candidate), of(context.stable)];
        if let Measurement::Latency(_, times) = &self.measurement {
            let of = |side: &Target| timed(side, times, window);
            queries.extend([of(context.candidate), of(context.stable)]);
        }
        queries
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let limit = self.limit();
        let one = points(self, context, answers, context.candidate)?;
        let two = points(self, context, answers, context.stable)?;
        let expected = one.len();
        // A step that one side misses is dropped on both.
        let pairs: Vec<(f64, f64)> = one
            .iter()
            .zip(&two)
            .filter_map(|(x, y)| Some(((*x)?, (*y)?)))
            .collect();
        let n = pairs.len() as u64;
        let evidence = format!("{n} of {expected} points a side");
        // Counts that are none are an error, whether or not a step has a value.
        let too_few = self.too_few_timed(answers, context, n.max(1))?;
        if pairs.is_empty() {
            return Ok(Judgement::no_data("no step has a value of both sides")
                .limit(limit)
                .evidence(evidence));
        }
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let (x, y) = (thin(&x), thin(&y));
        // Points come at a fixed pace, so time is the measure of what they tell.
        let growth = match context.moment {
            Moment::Held(whole) => {
                let length = |window: Window| window.length().seconds().max(1) as f64;
                length(context.window) / length(whole)
            }
            Moment::Early { .. } | Moment::End => 1.0,
        };
        let level = context.level(self.confidence, growth);
        let result = test(self, &x, &y, level);
        let stable = median(&y);
        let margin = match self.margin {
            Margin::Absolute(margin) => Some(margin),
            Margin::Relative(share) if stable.abs() > 0.0 => Some(share * stable.abs()),
            Margin::Relative(_) => None,
        };
        let least = context.gate.least_samples().max(self.min_points);
        let (verdict, why) = if let Some(why) = too_few {
            (Verdict::Inconclusive, why)
        } else if n < least || n * 5 < expected as u64 * 4 {
            (
                Verdict::Inconclusive,
                format!("{least} points a side are needed, and four fifths of the window's"),
            )
        } else if let Some(margin) = margin {
            let shown = |value: f64| shift(self, value);
            let verdict = decide(self.direction, result.bounds, margin);
            let why = if result.bounds.lower.is_infinite() {
                format!(
                    "{} that follow each other are too few to bound the shift with {} confidence",
                    words::count(n, "point"),
                    words::percent(level.confidence())
                )
            } else {
                format!(
                    "with {} confidence the shift is {} to {}, and {} is accepted",
                    words::percent(level.confidence()),
                    shown(result.bounds.lower),
                    shown(result.bounds.upper),
                    signed(self, margin)
                )
            };
            (verdict, why)
        } else {
            (
            Verdict::Inconclusive,
            "stable's median is zero, and a share of zero is no margin: write one in the value's unit".to_owned(),
        )
        };
        Ok(Judgement::new(verdict, why)
            .value(shift(self, result.shift))
            .limit(limit)
            .evidence(evidence)
            .numbers([
                ("points", n as f64),
                ("expectedPoints", expected as f64),
                ("shift", result.shift),
                ("lower", result.bounds.lower),
                ("upper", result.bounds.upper),
                ("confidence", level.confidence()),
                ("p", result.p),
                ("superiority", result.superiority),
                ("widening", result.wider),
                ("stableMedian", stable),
            ])
            .numbers(margin.map(|margin| ("margin", margin))))
    }

    fn meaning(&self, _: &Gate) -> Vec<String> {
        let test = if self.paired {
            "Wilcoxon's signed ranks of the differences step by step"
        } else {
            "Mann and Whitney's ranks of both series"
        };
        vec![
            format!(
                "pass: the shift is plausibly within the margin ({}); fail: plausibly beyond it; by {test}, one-sided at {}, half of whose doubt is for the end of the window",
                self.limit(),
                words::percent(self.confidence)
            ),
            format!(
                "with fewer than {} points a side, or less than four fifths of the steps, it is inconclusive",
                self.min_points
            ),
        ]
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        let (value, margin) = (numbers.get("shift")?, numbers.get("margin")?);
        let (min, max) = match self.direction {
            Direction::Increase => (None, Some(margin)),
            Direction::Decrease => (Some(-margin), None),
            Direction::Either => (Some(-margin), Some(margin)),
        };
        let limits = Limits { min, max };
        Some(Gauge { value, limits })
    }

    fn limit(&self) -> String {
        let margin = match self.margin {
            Margin::Absolute(margin) => signed(self, margin),
            Margin::Relative(share) => words::percent(share),
        };
        let change = match self.direction {
            Direction::Increase => "more",
            Direction::Decrease => "less",
            Direction::Either => "off",
        };
        format!("{margin} {change} at most")
    }

    fn need(&self, _: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        None
    }
}

/// The question for how many requests a histogram of times has seen.
fn timed(side: &Target, times: &Times, window: Window) -> Query {
    let (selector, _) = telemetry::times(side, times);
    let all = selector.trim_end_matches('}');
    let seconds = window.length().seconds();
    let promql = format!("sum(increase({all},le=\"+Inf\"}}[{seconds}s]))");
    side.ask("timed requests", promql, When::At(window.end))
}

impl Ranks {
    /// Why the points say little: a percentile of fewer requests than lie below it is just the slowest of them, which is the faster
    /// the fewer there are, so a side with less traffic would look better than it is.
    fn too_few_timed(
        &self,
        answers: &Answers,
        context: &Context<'_>,
        points: u64,
    ) -> Result<Option<String>, Fault> {
        let Measurement::Latency(percentile, _) = &self.measurement else {
            return Ok(None);
        };
        let least = percentile.rest().samples(1) as f64;
        for side in [context.candidate, context.stable] {
            let timed = answers.sum(&format!("{}timed requests", side.prefix))?;
            let a_point = timed.unwrap_or(0.0) / points as f64;
            if a_point < least {
                return Ok(Some(format!(
                    "`{}` has {} a point, and a percentile of {percentile} needs {}: make the `step` longer",
                    side.subset,
                    words::count(words::rounded(a_point), "request"),
                    words::number(least)
                )));
            }
        }
        Ok(None)
    }
}

/// One side's points by step; what is not finite is left out.
fn points(
    gate: &Ranks,
    context: &Context<'_>,
    answers: &Answers,
    target: &Target,
) -> Result<Vec<Option<f64>>, Fault> {
    let name = format!("{}series", target.prefix);
    let series = match answers.get(&name)? {
        Data::Matrix(series) => series,
        other @ (Data::Vector(_) | Data::Scalar(..) | Data::String(_)) => {
            return Err(super::wrong_type(&name, other, "samples"));
        }
    };
    let reduce = match &gate.measurement {
        Measurement::Query(_, reduce) => *reduce,
        Measurement::Latency(..) => None,
    };
    if series.len() > 1 && reduce.is_none() {
        return Err(Fault::Question(format!(
            "the query returns {} series and not one; aggregate them, or set `reduce`",
            series.len()
        )));
    }
    let unit = match &gate.measurement {
        Measurement::Latency(_, times) => telemetry::times(target, times).1,
        Measurement::Query(..) => 1.0,
    };
    let (step, start) = (gate.step.seconds(), context.window.start);
    let steps = context.window.length().seconds() / step;
    let found = (1..=steps).map(|at| {
        let time = crate::gate::requests::seconds(start.plus(Duration::from_seconds(at * step)));
        let values: Vec<f64> = series
            .iter()
            .filter_map(|one| {
                let at = one.points.partition_point(|(found, _)| *found < time - 0.5);
                let (found, value) = one.points.get(at)?;
                ((found - time).abs() < 0.5).then_some(*value)
            })
            .collect();
        let value = match (&values[..], reduce) {
            ([], _) => return None,
            ([one], _) => *one,
            (many, Some(how)) if many.iter().all(|value| value.is_finite()) => {
                super::reduce(many, how)
            }
            (_, Some(_) | None) => return None,
        };
        value.is_finite().then_some(value * unit)
    });
    let found: Vec<Option<f64>> = found.collect();
    let mut points = series.iter().flat_map(|one| &one.points);
    let is_own = matches!(gate.measurement, Measurement::Query(..));
    if is_own && found.iter().all(Option::is_none) && points.any(|(_, value)| !value.is_finite()) {
        return Err(Fault::Question(format!(
            "no step of `{name}` has a finite number; `noData` speaks of no series alone"
        )));
    }
    Ok(found)
}

struct Tested {
    shift: f64,
    bounds: Interval,
    p: f64,
    superiority: f64,
    wider: f64,
}

fn test(gate: &Ranks, x: &[f64], y: &[f64], level: Level) -> Tested {
    let unpaired = mann_whitney(x, y);
    if !gate.paired {
        let wider = widening(&[x, y]);
        return Tested {
            shift: unpaired.shift,
            bounds: unpaired.bounds(level, wider),
            p: tail(
                gate.direction,
                unpaired.greater,
                unpaired.less,
                unpaired.two_sided,
            ),
            superiority: unpaired.superiority,
            wider,
        };
    }
    let differences: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
    let paired = signed_rank(&differences);
    let wider = widening(&[&differences]);
    Tested {
        shift: paired.shift,
        bounds: paired.bounds(level, wider),
        p: tail(
            gate.direction,
            paired.greater,
            paired.less,
            paired.two_sided,
        ),
        superiority: unpaired.superiority,
        wider,
    }
}

fn tail(direction: Direction, greater: f64, less: f64, both: f64) -> f64 {
    match direction {
        Direction::Increase => greater,
        Direction::Decrease => less,
        Direction::Either => both,
    }
}

/// Fail where the shift is beyond the margin at least, pass where it is within at most; `Either` is two one-sided tests.
pub(in crate::gate) fn decide(direction: Direction, bounds: Interval, margin: f64) -> Verdict {
    let Interval { lower, upper } = bounds;
    let (fails, passes) = match direction {
        Direction::Increase => (lower > margin, upper <= margin),
        Direction::Decrease => (upper < -margin, lower >= -margin),
        Direction::Either => (
            lower > margin || upper < -margin,
            -margin <= lower && upper <= margin,
        ),
    };
    match (fails, passes) {
        (true, _) => Verdict::Fail,
        (false, true) => Verdict::Pass,
        (false, false) => Verdict::Inconclusive,
    }
}

/// A shift, with its sign.
fn shift(gate: &Ranks, value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", signed(gate, value))
}

fn signed(gate: &Ranks, value: f64) -> String {
    match gate.measurement {
        Measurement::Latency(..) => words::time(value),
        Measurement::Query(..) => words::number(value),
    }
}
