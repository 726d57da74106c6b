//! Whether there are samples of the whole window, up to its end.

use crate::gate::answer::Fault;
use crate::gate::query::When;
use crate::gate::words;
use crate::units::Duration;

use super::{Ask, Subject, Unfit, sum, vector};

/// The most points of the window that are looked at.
const MOST_POINTS: u64 = 1_000;
/// Seconds of one of them, at least.
const LEAST_STEP: u64 = 60;
/// The newest sample may be older than a scrape interval by as much, for scrapes are not quite regular.
const LATE: f64 = 1.25;

pub(super) fn examine(subject: &Subject<'_>, ask: &mut Ask<'_>) -> Result<Option<Unfit>, Fault> {
    let (window, selector) = (subject.window, &subject.selector);
    let length = window.length().seconds();
    let promql = format!("max(count_over_time({selector}[{length}s]))");
    let samples = sum(ask(subject.question("scrapes", promql, window.end))?);
    let interval = length as f64 / samples.max(1.0);
    if let Some(found) = parts(subject, interval, ask)? {
        return Ok(Some(found));
    }
    // What was scraped last must be in before it can be said that nothing is missing.
    let settle = subject.settle.seconds();
    let range = (settle as f64).max(interval * LATE).ceil().max(1.0);
    let promql = format!("count(last_over_time({selector}[{range}s]))");
    let newest = window.end.plus(subject.settle);
    if vector(ask(subject.question("newest", promql, newest))?).is_empty() {
        return Ok(Some(Unfit::Yet(format!(
            "no sample is newer than {} at {newest}: what came last may be missing",
            newest.minus(Duration::from_seconds(words::rounded(range)))
        ))));
    }
    Ok(None)
}

/// Whether most parts of the window have samples, and the last one has.
fn parts(subject: &Subject<'_>, interval: f64, ask: &mut Ask<'_>) -> Result<Option<Unfit>, Fault> {
    let (window, selector) = (subject.window, &subject.selector);
    let length = window.length().seconds();
    let step = (length / MOST_POINTS)
        .max(LEAST_STEP)
        .max(words::rounded((interval * LATE).ceil()))
        .min(length.max(1));
    let expected = length / step;
    // Counted back from the end, which matters most.
    let start = window
        .end
        .minus(Duration::from_seconds((expected.max(1) - 1) * step));
    let promql = format!("count(last_over_time({selector}[{step}s]))");
    let query = subject.target.ask(
        "fitness: coverage",
        promql,
        When::Over {
            start,
            end: window.end,
            step,
        },
    );
    let series = vector(ask(query)?);
    let points = series.first().map_or(&[][..], |one| &one.points);
    let found = points.len() as u64;
    let unit = if step == LEAST_STEP {
        "minutes"
    } else {
        "parts"
    };
    let last = points.last().map_or(0.0, |(time, _)| *time);
    if last + 0.5 < crate::gate::requests::seconds(window.end) {
        return Ok(Some(Unfit::Yet(format!(
            "there is no sample of the window's last {step} s: the pods are gone, or are not scraped any more"
        ))));
    }
    if found * 5 < expected * 4 {
        return Ok(Some(Unfit::Yet(format!(
            "there are samples in {found} of the window's {expected} {unit}, and four fifths are needed"
        ))));
    }
    Ok(None)
}
