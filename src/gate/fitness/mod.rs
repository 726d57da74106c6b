//! In: what a gate measures, a window, and a source of telemetry. Out: whether the telemetry can be believed, or what is wrong with it.
//! One file a question: the series' labels, their coverage of the window, the split of the requests, what callers could not reach.
//! Never judges a model: unfit telemetry is neither a pass nor a fail.

mod coverage;
pub(super) mod labels;
mod layouts;
mod split;
mod unreached;

use crate::plan::gates::{GateFacts, Reporter, Requests};
use crate::units::{Duration, Timestamp};

use super::answer::{Answer, Data, Fault, Series};
use super::query::{Query, Target, When};
use super::telemetry;
use super::window::Window;

pub(super) use layouts::Buckets;
pub(super) use split::Split;

/// Why telemetry cannot be believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It would not be believed later, either.
    Wrong(String),
    /// More time may heal it.
    Yet(String),
}

/// Asks a question, and keeps it with its answer.
pub(super) type Ask<'a> = dyn FnMut(Query) -> Result<Answer, Fault> + 'a;

/// What telemetry is examined, and for what.
pub(super) struct Subject<'a> {
    /// The model.
    pub(super) target: &'a Target,
    /// Its series, as PromQL without a range.
    pub(super) selector: String,
    /// Who reports them, where they are the router's.
    pub(super) reporter: Option<Reporter>,
    /// The buckets of the histogram that is measured, where one is.
    pub(super) buckets: Option<Buckets>,
    /// How requests are counted, where they are.
    pub(super) requests: Option<&'a Requests>,
    /// The time that is judged.
    pub(super) window: Window,
    /// The time that samples need to arrive.
    pub(super) settle: Duration,
    /// How the requests should be split, where that is known.
    pub(super) split: Option<&'a Split>,
    /// The share of requests that may fail.
    pub(super) budget: f64,
}

/// The series that a gate measures of a model, and who reports them; `None` where only the team knows what they are.
pub(super) fn series_of(
    target: &Target,
    facts: &dyn GateFacts,
) -> Option<(String, Option<Reporter>)> {
    if let Some(counted) = facts.requests() {
        let selector = telemetry::steady_requests(target, counted);
        return Some((selector, counted.reporter()));
    }
    if let Some(times) = facts.times() {
        let (selector, _) = telemetry::times(target, times);
        let all = format!("{},le=\"+Inf\"}}", selector.trim_end_matches('}'));
        let routers = target.telemetry.times(target, times);
        return Some((all, routers.map(|times| times.reporter)));
    }
    let exported = facts.exported()?;
    Some((format!("{exported}{{{}}}", target.pods()), None))
}

/// The histogram that a gate measures of a model.
pub(super) fn buckets_of(target: &Target, facts: &dyn GateFacts) -> Option<Buckets> {
    if let Some(times) = facts.times() {
        let (selector, unit) = telemetry::times(target, times);
        let limit = facts.time_limit().map(|limit| limit.as_seconds() / unit);
        return Some(Buckets { selector, limit });
    }
    let selector = facts
        .exported()
        .filter(|metric| metric.ends_with("_bucket"))?;
    Some(Buckets {
        selector: format!("{selector}{{{}}}", target.pods()),
        limit: None,
    })
}

impl Subject<'_> {
    /// What is wrong with the series as such, at any time.
    pub(super) fn labels(&self, ask: &mut Ask<'_>) -> Result<Option<Unfit>, Fault> {
        let range = self.window.length().seconds().max(1);
        let promql = format!("last_over_time({}[{range}s])", self.selector);
        let found = vector(ask(self.question("series", promql, self.window.end))?);
        Ok(labels::examine(self, &found).map(Unfit::Wrong))
    }

    /// The first thing that is wrong with the telemetry of the window.
    pub(super) fn examine(&self, ask: &mut Ask<'_>) -> Result<Option<Unfit>, Fault> {
        if let Some(found) = self.labels(ask)? {
            return Ok(Some(found));
        }
        if let Some(found) = coverage::examine(self, ask)? {
            return Ok(Some(found));
        }
        if let Some(buckets) = &self.buckets
            && let Some(found) = layouts::examine(self, buckets, ask)?
        {
            return Ok(Some(found));
        }
        let Some(reporter) = self.reporter else {
            return Ok(None);
        };
        if let Some(found) = split::examine(self, reporter, ask)? {
            return Ok(Some(found));
        }
        unreached::examine(self, reporter, ask)
    }

    /// What is wrong where no request was counted: callers may have met nobody.
    pub(super) fn unreached(&self, ask: &mut Ask<'_>) -> Result<Option<Unfit>, Fault> {
        match self.reporter {
            Some(reporter) => unreached::examine(self, reporter, ask),
            None => Ok(None),
        }
    }

    fn question(&self, name: &str, promql: String, at: Timestamp) -> Query {
        self.target
            .ask(&format!("fitness: {name}"), promql, When::At(at))
    }
}

/// One value for each series; what is no number for a series is none.
fn vector(answer: Answer) -> Vec<Series> {
    match answer.data {
        Data::Vector(series) | Data::Matrix(series) => series,
        Data::Scalar(..) | Data::String(_) => Vec::new(),
    }
}

/// The one value of a sum; 0 where nothing was summed up.
fn sum(answer: Answer) -> f64 {
    let series = vector(answer);
    let point = series.first().and_then(|one| one.points.first());
    point.map_or(0.0, |(_, value)| *value)
}
