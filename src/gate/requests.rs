//! Requests, counted exactly: from raw samples, each series judged by its labels.

use crate::plan::gates::Requests;
use crate::units::Timestamp;

use super::answer::{Data, Fault, Series};
use super::kinds::Answers;
use super::looks::Window;
use super::query::{LOOK_BACK, Query, Target, When};
use super::stats;

/// Requests of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// How many requests failed.
    pub(super) bad: u64,
    /// How many requests there were.
    pub(super) total: u64,
}

impl Counts {
    /// Bad and all requests, as the statistics take them.
    pub(super) fn pair(self) -> (u64, u64) {
        (self.bad, self.total)
    }
}

/// What must be asked to count the requests of `window`.
pub(super) fn questions(target: &Target, requests: &Requests, window: Window) -> Vec<Query> {
    let range = window.length().seconds();
    if requests.exact {
        let selector = target.telemetry.requests(target, Some(requests.reporter));
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
) -> Result<Option<Counts>, Fault> {
    let counts = if requests.exact {
        let series = answers.matrix(&format!("{}requests", target.prefix))?;
        count_series(series, target, requests, window)
    } else {
        let value = |name: &str| answers.sum(&format!("{}{name}", target.prefix));
        let Some(total) = value("requests")? else {
            return Ok(None);
        };
        // No good series with requests there are no good requests, which is not the same as no data.
        let good = value("good requests")?.unwrap_or(0.0);
        let (bad, total) = stats::estimated(total - good, total);
        Counts { bad, total }
    };
    Ok((counts.total > 0).then_some(counts))
}

/// Adds up what each series rose by.
pub(super) fn count_series(
    series: &[Series],
    target: &Target,
    requests: &Requests,
    window: Window,
) -> Counts {
    let mut sums = [0.0_f64; 2];
    for one in series {
        let Some(is_bad) = target.telemetry.is_bad(one, requests) else {
            continue;
        };
        let rise = rise(one, window);
        sums[usize::from(is_bad)] += rise;
    }
    let (bad, total) = stats::estimated(sums[1], sums[0] + sums[1]);
    Counts { bad, total }
}

/// What one counter rose by in a window.
fn rise(series: &Series, window: Window) -> f64 {
    let (start, end) = (seconds(window.start), seconds(window.end));
    let before = series.points.iter().rev().find(|(time, _)| *time <= start);
    // Strictly less: Prometheus 3 leaves out what lies exactly at a range's start, and Prometheus 2 does not.
    let base = before
        .filter(|(time, _)| start - time < LOOK_BACK as f64)
        .map(|(_, value)| *value);
    let within = series
        .points
        .iter()
        .filter(|(time, _)| *time > start && *time <= end)
        .map(|(_, value)| *value);
    stats::increase(base, within)
}

/// Drops the samples that no count needs: of each series the last before and the first after each of `cuts` are kept, both
/// sides of each restart, and the last. Counts of windows that begin at a cut stay the same.
pub(super) fn compact(data: &mut Data, cuts: &[Timestamp]) {
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
            .filter(|at| *at == last || is_cut(*at) || is_restart(*at))
            .map(|at| points[at])
            .collect();
        series.points = kept;
    }
}

/// A time as Prometheus counts it, in seconds since 1970.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.seconds() as f64
}
