//! Requests, counted exactly: from raw samples, each series judged by its labels.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::gates::Requests;
use crate::units::Timestamp;

use super::answer::{Data, Fault, Series};
use super::fitness::labels::counter;
use super::kinds::Answers;
use super::query::{LOOK_BACK, Query, Target, When};
use super::stats;
use super::tally::{Counting, Tally, is_recent, part_of};
use super::telemetry;
use super::window::Window;

/// What must be asked to count the requests of `window`.
pub(super) fn questions(target: &Target, requests: &Requests, window: Window) -> Vec<Query> {
    let range = window.length().seconds();
    if requests.exact {
        let selector = telemetry::requests(target, requests);
        return vec![target.ask_samples("requests", selector, range + LOOK_BACK, window.end)];
    }
    let at = When::At(window.end);
    let [total, good] = target.telemetry.estimated_requests(target, requests, range);
    vec![
        target.ask("requests", total, at),
        target.ask("good requests", good, at),
    ]
}

/// The requests of a window; `None` where there are none at all.
pub(super) fn count(
    answers: &Answers,
    target: &Target,
    requests: &Requests,
    window: Window,
) -> Result<Option<Tally>, Fault> {
    let tally = if requests.exact {
        count_samples(answers, target, requests, window)?
    } else {
        let value = |name: &str| answers.sum(&format!("{}{name}", target.prefix));
        let Some(total) = value("requests")? else {
            return Ok(None);
        };
        // No good series with requests there are no good requests, which is not the same as no data.
        let good = value("good requests")?.unwrap_or(0.0);
        let (bad, total) = stats::estimated(total - good, total);
        Tally::of_sums(bad as f64, total as f64)
    };
    Ok((tally.total > 0.0).then_some(tally))
}

/// Adds up what each series rose by; a fault where one that rose cannot be told to be good or bad.
pub(super) fn count_samples(
    answers: &Answers,
    target: &Target,
    requests: &Requests,
    window: Window,
) -> Result<Tally, Fault> {
    let series = answers.counters(&format!("{}requests", target.prefix))?;
    let scraped = Scraped::of(series, target);
    let mut counting = Counting::new(window, scraped.interval());
    for one in series {
        let rises = rises(one, window, |at| scraped.base(one, at));
        if rises.is_empty() {
            continue;
        }
        let outcome = telemetry::outcome(target, one, requests);
        let Some(is_bad) = outcome.map_err(Fault::Question)? else {
            continue;
        };
        let pod = counting.pod(one);
        for (time, rise) in rises {
            counting.add(pod, time, rise, is_bad);
        }
    }
    Ok(counting.finish())
}

/// The pod that a series is of; empty where it does not say.
pub(super) fn pod(series: &Series) -> &str {
    match series.label("pod") {
        "" => series.label("instance"),
        pod => pod,
    }
}

/// A time as a whole number that can be ordered.
#[expect(clippy::cast_possible_truncation, reason = "times of our days")]
fn millis(time: f64) -> i64 {
    (time * 1_000.0) as i64
}

/// When the pods were scraped, and the counters that were found.
struct Scraped<'a> {
    own: &'static [&'static str],
    times: BTreeMap<&'a str, BTreeSet<i64>>,
    counters: BTreeMap<Vec<(&'a str, &'a str)>, Vec<&'a Series>>,
}

impl<'a> Scraped<'a> {
    fn of(series: &'a [Series], target: &Target) -> Self {
        let own = target.server.map_or(&[][..], |server| server.labels);
        let mut found = Self {
            own,
            times: BTreeMap::new(),
            counters: BTreeMap::new(),
        };
        for one in series {
            let times = one.points.iter().map(|(time, _)| millis(*time));
            found.times.entry(pod(one)).or_default().extend(times);
            found
                .counters
                .entry(counter(one, own))
                .or_default()
                .push(one);
        }
        found
    }

    /// Seconds between two scrapes of a pod; of the pod that is scraped least often.
    fn interval(&self) -> f64 {
        let of = |times: &BTreeSet<i64>| {
            let (first, last) = (times.first()?, times.last()?);
            (times.len() > 1).then(|| (last - first) as f64 / (times.len() - 1) as f64 / 1_000.0)
        };
        self.times.values().filter_map(of).fold(0.0, f64::max)
    }

    /// What a counter was before its first sample at a time; `None` where nobody knows. It was 0 where its pod was scraped
    /// shortly before without it; unless only labels have changed that say nothing of the requests, and the counter goes on.
    fn base(&self, series: &'a Series, at: f64) -> Option<f64> {
        let just_before = |time: f64| time < at && at - time <= LOOK_BACK as f64;
        let others = self
            .counters
            .get(&counter(series, self.own))
            .into_iter()
            .flatten();
        let before = others
            .filter(|other| {
                other
                    .points
                    .last()
                    .is_some_and(|(time, _)| just_before(*time))
            })
            .filter_map(|other| other.points.last())
            .max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, value)) = before {
            return Some(*value);
        }
        let times = self.times.get(pod(series))?;
        let earlier = millis(at - LOOK_BACK as f64)..millis(at);
        times.range(earlier).next_back().map(|_| 0.0)
    }
}

/// What one counter rose by in a window, and when. Where it has no sample shortly before the window, `base` says what it was before
/// its first one. Where nobody knows, the scrapes have a gap or their history is lost, and counting begins with the first sample.
fn rises(series: &Series, window: Window, base: impl Fn(f64) -> Option<f64>) -> Vec<(f64, f64)> {
    let (start, end) = (seconds(window.start), seconds(window.end));
    let before = series.points.iter().rev().find(|(time, _)| *time <= start);
    let mut within = series
        .points
        .iter()
        .copied()
        .filter(|(time, _)| *time > start && *time <= end)
        .peekable();
    // Strictly less: Prometheus 3 leaves out what lies exactly at a range's start, and Prometheus 2 does not.
    let last = before.filter(|(time, _)| start - time < LOOK_BACK as f64);
    let mut last = match (last, within.peek()) {
        (Some((_, value)), _) => *value,
        (None, Some((time, value))) => base(*time).unwrap_or(*value),
        (None, None) => 0.0,
    };
    let mut found = Vec::new();
    for (time, value) in within {
        let rise = stats::rise(last, value);
        last = value;
        if rise > 0.0 {
            found.push((time, rise));
        }
    }
    found
}

/// Drops the samples that no count needs: of each series the last before and the first after each of `cuts` are kept, both
/// sides of each restart, the last of each part of the window, and where `every` scrape counts all of the last hours. Counts of windows that begin or end at a
/// cut stay the same, and so do their cells.
pub(super) fn compact(data: &Data, cuts: &[Timestamp], window: Window, every: bool) -> Data {
    let Data::Matrix(all) = data else {
        return data.clone();
    };
    let of = |series: &Series| {
        let points = &series.points;
        let last = points.len().saturating_sub(1);
        let is_cut = |at: usize| {
            cuts.iter().any(|cut| {
                let cut = seconds(*cut);
                points[at].0 <= cut && points.get(at + 1).is_some_and(|next| next.0 > cut)
                    || points[at].0 > cut && (at == 0 || points[at - 1].0 <= cut)
            })
        };
        let is_restart = |at: usize| {
            at > 0 && points[at].1 < points[at - 1].1
                || points.get(at + 1).is_some_and(|next| next.1 < points[at].1)
        };
        let kept = (0..points.len())
            .filter(|at| {
                *at == last
                    || is_cut(*at)
                    // What is no count is an error, and stays one.
                    || !(0.0..f64::INFINITY).contains(&points[*at].1)
                    || is_restart(*at)
                    || every && is_recent(points[*at].0, window)
                    || part_of(points[*at].0, window) != part_of(points[*at + 1].0, window)
            })
            .map(|at| points[at])
            .collect();
        Series {
            labels: series.labels.clone(),
            points: kept,
        }
    };
    Data::Matrix(all.iter().map(of).collect())
}

/// A time as Prometheus counts it, in seconds since 1970.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.seconds() as f64
}
