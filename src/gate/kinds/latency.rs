//! The share of requests answered in time: exact at a bucket's bound, where a percentile would be a guess.

use std::collections::BTreeMap;

use crate::gate::answer::{Fault, read_number};
use crate::gate::chances::Traffic;
use crate::gate::query::{Query, Target, When};
use crate::gate::stats::{Histogram, Operating, operating_point};
use crate::gate::tally::{Counting, Tally};
use crate::gate::telemetry;
use crate::gate::verdict::Verdict;
use crate::gate::window::Window;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Latency, ServerTime, Times};
use crate::units::Duration;

use super::{
    Answers, Context, Gauge, Judgement, Kind, Moment, Numbers, Ruling, TOO_FEW, at_least, early,
};

impl Kind for Latency {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        match context.moment {
            Moment::Early { .. } => vec![cells(context.candidate, &self.times, context.window)],
            Moment::End | Moment::Held(_) => {
                vec![buckets(context.candidate, &self.times, context.window)]
            }
        }
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let (_, unit) = telemetry::times(context.candidate, &self.times);
        let max = limit_in(self, unit);
        let percentile = self.percentile;
        let limit = self.limit();
        if let Moment::Early { chance } = context.moment {
            return self.early(chance, context, answers, max);
        }
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
                format!(
                    "{} are needed to tell",
                    words::count(least, self.times.noun())
                ),
            )
        } else if at_least(fraction.share, wanted) {
            (
                Verdict::Pass,
                format!(
                    "{within} of the {}s were within {}",
                    self.times.noun(),
                    time_limit(self)
                ),
            )
        } else {
            (
                Verdict::Fail,
                format!(
                    "{within} of the {}s were within {}, and {percentile} must be",
                    self.times.noun(),
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
                words::count(words::rounded(total), self.times.noun()),
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
                "pass: at least {} of the {} within {}; fail: fewer were",
                self.percentile,
                timed(&self.times),
                time_limit(self)
            ),
            "what lies in the bucket above the last finite bound is within no limit".to_owned(),
            format!(
                "with fewer than {} it is inconclusive",
                words::count(gate.least_samples(), self.times.noun())
            ),
        ]
    }

    fn operating(&self, gate: &Gate, traffic: Traffic) -> Option<Operating> {
        let few = traffic.candidate < gate.least_samples() as f64;
        let budget = self.percentile.rest().as_f64();
        self.times.are_of_requests().then(|| {
            if few {
                TOO_FEW
            } else {
                operating_point(traffic.candidate, budget)
            }
        })
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        let max = numbers.get("maxSeconds")?;
        Some(Gauge::at_most(numbers.get("quantileSeconds")?, max))
    }

    fn limit(&self) -> String {
        format!("p{} ≤ {}", short(self.percentile), time_limit(self))
    }

    fn need(&self, gate: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        let least = gate.least_samples();
        let of_requests = self.times.are_of_requests();
        of_requests.then_some((least, "for ten to be above the percentile"))
    }

    fn early(&self, gate: &Gate) -> String {
        early::meaning(gate)
    }
}

impl Latency {
    /// What the slow answers so far prove; what lies in the limit's own bucket counts as fast enough.
    fn early(
        &self,
        chance: f64,
        context: &Context<'_>,
        answers: &Answers,
        max: f64,
    ) -> Result<Judgement, Fault> {
        let tally = tally(answers, context, &self.times, max)?;
        if tally.total <= 0.0 {
            return Ok(Judgement::no_data("no successful request was timed"));
        }
        let Ruling {
            verdict,
            why,
            numbers,
            notes: _,
        } = early::judge(
            context.gate,
            chance,
            &tally,
            self.percentile.rest().as_f64(),
        );
        let (slow, total) = tally.whole();
        Ok(Judgement::new(verdict, why)
            .value(format!(
                "{} slower",
                words::percent(slow as f64 / total as f64)
            ))
            .limit(Kind::limit(self))
            .evidence(format!(
                "{slow} of {} slower than {}",
                words::count(total, self.times.noun()),
                time_limit(self)
            ))
            .numbers([("slow", slow as f64), ("total", total as f64)])
            .numbers(numbers))
    }
}

/// Seconds of one point of a histogram that is asked pod by pod.
const CELL: u64 = 60;

/// The question for a histogram by pod and minute.
fn cells(target: &Target, times: &Times, window: Window) -> Query {
    let (selector, _) = telemetry::times(target, times);
    let promql = format!("sum by (le, pod, instance) (increase({selector}[{CELL}s]))");
    let when = When::Over {
        start: window.start.plus(Duration::from_seconds(CELL)),
        end: window.end,
        step: CELL,
    };
    target.ask("cells", promql, when)
}

/// The answers by pod and minute: slow ones are those above the first bound that is not below the limit.
fn tally(
    answers: &Answers,
    context: &Context<'_>,
    times: &Times,
    max: f64,
) -> Result<Tally, Fault> {
    let (_, unit) = telemetry::times(context.candidate, times);
    let series = answers.counters(&format!("{}cells", context.candidate.prefix))?;
    let mut counting = Counting::new(context.window, CELL as f64);
    let mut cells: BTreeMap<(usize, u64), Cell> = BTreeMap::new();
    for one in series {
        let pod = counting.pod(one);
        let bound = read_number(one.label("le")).map(|bound| bound * unit);
        let Some(bound) = bound.filter(|bound| *bound >= max * (1.0 - 1e-12)) else {
            continue;
        };
        for (time, count) in &one.points {
            let cell = cells.entry((pod, time.to_bits())).or_default();
            if bound.is_infinite() {
                cell.total += count;
            } else if cell.bound.is_none_or(|known| bound < known) {
                (cell.bound, cell.within) = (Some(bound), *count);
            }
        }
    }
    for ((pod, time), cell) in cells {
        let time = f64::from_bits(time);
        let slow = cell.bound.map_or(0.0, |_| cell.total - cell.within);
        // What `increase` adds up is a little off whole numbers.
        let slow = if slow < 0.5 { 0.0 } else { slow };
        counting.add(pod, time, cell.total - slow, false);
        counting.add(pod, time, slow, true);
    }
    Ok(counting.finish())
}

/// The answers of one pod in one minute.
#[derive(Default)]
struct Cell {
    /// The lowest bound that is not below the limit.
    bound: Option<f64>,
    /// The answers within that bound.
    within: f64,
    /// All answers.
    total: f64,
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

/// What is timed, and that it was in time.
fn timed(times: &Times) -> &'static str {
    match times {
        Times::Router(_) | Times::Metric(..) => "successful requests were answered",
        Times::Server(ServerTime::TimeToFirstToken) => "first tokens came",
        Times::Server(ServerTime::InterTokenLatency) => "tokens came after the one before",
        Times::Server(ServerTime::QueueTime) => "requests left the queue",
        Times::Server(ServerTime::ModelLatency) => "requests were answered by the model server",
    }
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
