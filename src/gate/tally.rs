//! Requests of a window with where and when they came, so that bursts are seen: one pod's failures of one minute are one cell.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::Series;
use super::requests::{pod, seconds};
use super::stats::{self, Cell, Effect, design_effect, early_effect, ln_evidence_against};
use super::window::Window;

/// Below this many seconds, what came between two scrapes is one cell.
const SHORT: u64 = 600;
/// Seconds before the window's end of which every scrape counts by itself.
const RECENT: u64 = 4 * 3_600;
/// The most moments of a window at which evidence before the end is looked at.
const MOST_MOMENTS: usize = 240;
/// The most cells that one pod's window is cut into.
const MOST_CELLS: u64 = 240;
/// Scrape intervals with failures that it takes to fail early: one or two may be one mishap.
const LEAST_SCRAPES: usize = 3;
/// Seconds over which one pod's failures must be spread to fail early.
const LEAST_SPREAD: u64 = 30;

/// Requests of a window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// How many requests failed.
    pub(super) bad: f64,
    /// How many requests there were.
    pub(super) total: f64,
    /// When they came, and from which pod; none where that was not asked.
    cells: Vec<Cell>,
    /// The same, where what came between the latest scrapes is a cell each.
    fine: Vec<Cell>,
    /// The pods, and the times of the scrapes, that failures were seen at.
    failures: BTreeSet<(usize, u64)>,
    /// Seconds between two scrapes.
    interval: f64,
}

/// Evidence against a share, and what it rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strongest {
    /// Its logarithm.
    pub(super) evidence: f64,
    /// How many requests share their fate.
    pub(super) effect: f64,
    /// How many requests failed.
    pub(super) bad: f64,
    /// How many requests there were.
    pub(super) total: f64,
    /// The second of the window up to which they came.
    until: u64,
}

impl Strongest {
    fn of(cells: &[Cell], budget: f64) -> Self {
        let effect = early_effect(cells);
        let bad: f64 = cells.iter().map(|cell| cell.bad).sum();
        let total: f64 = cells.iter().map(|cell| cell.total).sum();
        Self {
            evidence: ln_evidence_against(bad / effect, (total - bad) / effect, budget),
            effect,
            bad,
            total,
            until: cells.last().map_or(0, |cell| cell.minute),
        }
    }
}

/// The part of a window that a time lies in; none before the window.
pub(super) fn part_of(time: f64, window: Window) -> Option<u64> {
    let length = window.length().seconds();
    let part = if length <= SHORT {
        1
    } else {
        (length / MOST_CELLS).max(60)
    };
    Some(second_of(time, window)? / part)
}

/// The second of a window, from 0, that a time lies in; none before the window.
fn second_of(time: f64, window: Window) -> Option<u64> {
    let after = time - seconds(window.start);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole, and not below 0"
    )]
    let second = (after > 0.0).then(|| after.ceil() as u64 - 1);
    second
}

/// Whether evidence before the end is made of every scrape around a time, and not of minutes: it would be too much of a long window.
pub(super) fn is_recent(time: f64, window: Window) -> bool {
    time > seconds(window.end) - RECENT as f64
}

/// Good and bad requests, by pod and part of the window.
type Counts = BTreeMap<(usize, u64), [f64; 2]>;

fn listed(counts: Counts) -> Vec<Cell> {
    let cells = counts.into_iter().map(|((_, minute), [good, bad])| Cell {
        minute,
        bad,
        total: good + bad,
    });
    cells.collect()
}

/// Collects what counters rose by.
pub(super) struct Counting {
    window: Window,
    interval: f64,
    pods: BTreeMap<String, usize>,
    cells: Counts,
    fine: Counts,
    failures: BTreeSet<(usize, u64)>,
}

impl Counting {
    /// `interval` is how many seconds lie between two scrapes.
    pub(super) fn new(window: Window, interval: f64) -> Self {
        Self {
            window,
            interval: interval.max(1.0),
            pods: BTreeMap::new(),
            cells: Counts::new(),
            fine: Counts::new(),
            failures: BTreeSet::new(),
        }
    }

    /// The number of the pod that a series is of.
    pub(super) fn pod(&mut self, series: &Series) -> usize {
        let next = self.pods.len();
        *self.pods.entry(pod(series).to_owned()).or_insert(next)
    }

    /// Adds what a pod's counter rose by up to a time within the window.
    pub(super) fn add(&mut self, pod: usize, time: f64, rise: f64, is_bad: bool) {
        let (Some(part), Some(second)) = (part_of(time, self.window), second_of(time, self.window))
        else {
            return;
        };
        let fine = if is_recent(time, self.window) {
            second
        } else {
            second / 60 * 60
        };
        for (cells, part) in [(&mut self.cells, part), (&mut self.fine, fine)] {
            cells.entry((pod, part)).or_default()[usize::from(is_bad)] += rise;
        }
        if is_bad && rise > 0.0 {
            self.failures.insert((pod, second));
        }
    }

    pub(super) fn finish(self) -> Tally {
        let cells = listed(self.cells);
        Tally {
            bad: cells.iter().map(|cell| cell.bad).sum(),
            total: cells.iter().map(|cell| cell.total).sum(),
            cells,
            fine: listed(self.fine),
            failures: self.failures,
            interval: self.interval,
        }
    }
}

impl Tally {
    /// Requests of which only the sums are known.
    pub(super) fn of_sums(bad: f64, total: f64) -> Self {
        Self {
            bad,
            total,
            ..Self::default()
        }
    }

    /// Whether failures were seen in three scrape intervals, and in several pods or for longer than a moment: what one mishap cannot
    /// do. Pods are scraped at different times, so what is one interval is the same for all.
    fn failures_are_spread(&self, until: u64) -> bool {
        let failures = || self.failures.iter().filter(move |(_, time)| *time <= until);
        let pods: BTreeSet<usize> = failures().map(|(pod, _)| *pod).collect();
        let times = || failures().map(|(_, time)| *time);
        let interval = self.interval;
        let intervals: BTreeSet<u64> = times()
            .map(|time| super::words::rounded((time as f64 / interval).floor()))
            .collect();
        let lasts = times()
            .min()
            .zip(times().max())
            .is_some_and(|(first, last)| last - first >= LEAST_SPREAD);
        intervals.len() >= LEAST_SCRAPES && (lasts || pods.len() > 1)
    }

    /// The evidence that more than `budget` of the requests fail, at the moment at which it was strongest: what was enough once is
    /// enough, whatever came later. The latest moment where none has failures that are spread enough.
    pub(super) fn strongest(&self, budget: f64) -> Strongest {
        let mut cells = self.fine.clone();
        cells.sort_by_key(|cell| cell.minute);
        let step = cells.len().div_ceil(MOST_MOMENTS).max(1);
        let moments = (1..=cells.len()).filter(|end| end % step == 0 || *end == cells.len());
        let found = moments.filter_map(|end| {
            // All pods of one moment belong to it.
            let is_whole = cells
                .get(end)
                .is_none_or(|next| next.minute > cells[end - 1].minute);
            (is_whole || step > 1).then(|| Strongest::of(&cells[..end], budget))
        });
        let latest = Strongest::of(&cells, budget);
        found
            .filter(|one| self.failures_are_spread(one.until))
            .max_by(|a, b| a.evidence.total_cmp(&b.evidence))
            .unwrap_or(Strongest {
                evidence: 0.0,
                ..latest
            })
    }

    /// How many requests share their fate.
    pub(super) fn effect(&self) -> Effect {
        design_effect(&self.cells)
    }

    /// The sums, as whole numbers.
    pub(super) fn whole(&self) -> (u64, u64) {
        stats::estimated(self.bad, self.total)
    }
}
