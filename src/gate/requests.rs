//! Requests, counted exactly: from raw samples, each series judged by its labels.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::gates::Requests;
use crate::units::Timestamp;

use super::answer::{Data, Fault, Series};
use super::kinds::Answers;
use super::query::{LOOK_BACK, Query, Target, When};
use super::stats;
use super::tally::{Counting, Tally, is_recent, part_of};
use super::telemetry;
use super::window::Window;

/// How far back a series is looked for that has no sample just before a window: one that was there is not new.
const LONG_BACK: u64 = 86_400;

/// What must be asked to count the requests of `window`.
pub(super) fn questions(target: &Target, requests: &Requests, window: Window) -> Vec<Query> {
    let range = window.length().seconds();
    if requests.exact {
        let selector = telemetry::requests(target, requests);
        let before = format!("last_over_time({selector}[{LONG_BACK}s])");
        return vec![
            target.ask_samples("requests", selector, range + LOOK_BACK, window.end),
            target.ask("requests before", before, When::At(window.start)),
        ];
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
    let name = |what: &str| format!("{}{what}", target.prefix);
    let series = answers.matrix(&name("requests"))?;
    let before = answers.vector(&name("requests before"))?;
    let known: BTreeSet<Vec<(&str, &str)>> = before.iter().map(identity).collect();
    let mut counting = Counting::new(window);
    let mut scraped: BTreeMap<&str, BTreeSet<i64>> = BTreeMap::new();
    for one in series {
        let times = one.points.iter().map(|(time, _)| millis(*time));
        scraped.entry(pod(one)).or_default().extend(times);
    }
    for one in series {
        let was_before = known.contains(&identity(one));
        let is_new = |at: f64| {
            !was_before
                || scraped.get(pod(one)).is_some_and(|times| {
                    let earlier = millis(at - LOOK_BACK as f64)..millis(at);
                    times.range(earlier).next_back().is_some()
                })
        };
        let rises = rises(one, window, is_new);
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

/// What tells one counter from the others: its labels, and its name, which `last_over_time` keeps.
fn identity(series: &Series) -> Vec<(&str, &str)> {
    series
        .labels
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// A time as a whole number that can be ordered.
#[expect(clippy::cast_possible_truncation, reason = "times of our days")]
fn millis(time: f64) -> i64 {
    (time * 1_000.0) as i64
}

/// What one counter rose by in a window, and when. A counter that has no sample shortly before the window is new where its pod was
/// scraped without it, or where there never was one: then its first value counts. Otherwise the scrapes have a gap, nobody
/// knows how much of the rise lies in the window, and counting begins with the first sample.
fn rises(series: &Series, window: Window, is_new: impl Fn(f64) -> bool) -> Vec<(f64, f64)> {
    let (start, end) = (seconds(window.start), seconds(window.end));
    let before = series.points.iter().rev().find(|(time, _)| *time <= start);
    let mut within = series
        .points
        .iter()
        .copied()
        .filter(|(time, _)| *time > start && *time <= end)
        .peekable();
    // Strictly less: Prometheus 3 leaves out what lies exactly at a range's start, and Prometheus 2 does not.
    let base = before.filter(|(time, _)| start - time < LOOK_BACK as f64);
    let mut last = match (base, within.peek()) {
        (Some((_, value)), _) => *value,
        (None, Some((time, value))) if !is_new(*time) => *value,
        (None, Some(_) | None) => 0.0,
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
/// sides of each restart, the last of each part of the window, and all of the last minutes. Counts of windows that begin or end at a
/// cut stay the same, and so do their cells.
pub(super) fn compact(data: &mut Data, cuts: &[Timestamp], window: Window) {
    let Data::Matrix(all) = data else { return };
    for series in all {
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
                    || is_restart(*at)
                    || is_recent(points[*at].0, window)
                    || part_of(points[*at].0, window) != part_of(points[*at + 1].0, window)
            })
            .map(|at| points[at])
            .collect();
        series.points = kept;
    }
}

/// A time as Prometheus counts it, in seconds since 1970.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.seconds() as f64
}
