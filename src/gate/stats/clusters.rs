//! Failures that come together: by how much counts say less than as many independent requests would.

use std::collections::BTreeMap;
use std::f64::consts::PI;
use std::fmt;

/// What is assumed before failures show how they come: bursts of ten, and a fifth more for what Wilson's bound is short of at
/// no failure.
const ASSUMED: f64 = 12.0;
/// How many minutes with a failure weigh as much as the assumption.
const WEIGHT: f64 = 20.0;
/// The fewest minutes that can show less than the assumption.
const MINUTES: usize = 20;
/// The slow waves that the minutes' failures are held against.
const WAVES: u32 = 6;
/// The fewest cells that can show how many failures come in one.
const CELLS: usize = 20;

/// Requests of one pod in one minute, or in one scrape interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// The minute's number, in the order of time.
    pub minute: u64,
    /// Requests that failed.
    pub bad: f64,
    /// All requests.
    pub total: f64,
}

/// What an effect rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// How the minutes' failures vary.
    Measured {
        /// Minutes with requests.
        minutes: usize,
        /// Minutes with a failure.
        failing: usize,
    },
    /// The assumption alone: no failure shows how failures come.
    Assumed,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Measured { minutes, failing } => {
                write!(f, "from {failing} of {minutes} minutes with a failure")
            }
            Self::Assumed => f.write_str("assumed, as no failure shows how failures come"),
        }
    }
}

/// How many requests that share their fate count as one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// What both counts of a share are divided by; at least 1.
    pub factor: f64,
    /// What that rests on.
    pub found: Found,
}

impl Effect {
    /// Where nothing is known: what a share without a failure is counted with.
    pub fn assumed() -> Self {
        Self {
            factor: ASSUMED,
            found: Found::Assumed,
        }
    }

    /// The effect and what it rests on, as one sentence.
    pub fn words(self) -> String {
        let Self { factor, found } = self;
        format!("{factor:.1} requests count as one, because failures may come together ({found})")
    }

    /// Both counts of a share, as so many independent requests.
    pub fn counts(self, (bad, total): (f64, f64)) -> (f64, f64) {
        (bad / self.factor, total / self.factor)
    }
}

/// The design effect of a share of failures: the variance of its count over that of as many independent requests (Kish 1965).
///
/// Of the T minutes' failures beyond their share of the requests, the slow waves' mean power estimates the variance of their
/// sum (Lazarus, Lewis, Stock and Watson 2018: equally weighted cosines), so failures that follow each other for minutes count.
/// What that exceeds the binomial variance by is taken up to `2 + 600/T` times, below half an hour `30/T` times more, for few
/// waves are too quick and too few for what lasts; twice, which covers Student's quantile, where one minute's failures surely say
/// little of the next one's. The result is mixed with the assumption of bursts of ten by the minutes that had a failure. All
/// constants are chosen by simulation; see benches/gates.md. Each side of a difference has an effect of its own.
pub fn design_effect(cells: &[Cell]) -> Effect {
    let minutes = by_minute(cells);
    let failing = minutes.iter().filter(|(bad, _)| *bad > 0.0).count();
    if failing == 0 {
        return Effect::assumed();
    }
    let t = minutes.len() as f64;
    let rests = residuals(&minutes);
    let independent = binomial_variance(&minutes);
    let excess = |variance: f64| (variance / independent - 1.0).max(0.0);
    let own: f64 = rests.iter().map(|rest| rest * rest).sum::<f64>() * t / (t - 1.0).max(1.0);
    let stretch = 2.0 + lasting(&rests, own / independent) * 600.0 / t * (30.0 / t).max(1.0);
    let measured = 1.0 + excess(own).max(stretch * excess(t * slow_power(&rests)));
    let mixed = mix(measured, failing as f64);
    Effect {
        factor: if minutes.len() < MINUTES {
            mixed.max(ASSUMED)
        } else {
            mixed
        },
        found: Found::Measured {
            minutes: minutes.len(),
            failing,
        },
    }
}

/// The effect for early failure: what happens in one cell is at most one burst, so the failures count as no more than the cells
/// that have some. Where at least 20 cells show that failures come singly, they count as such.
///
/// `sum s² / sum s` over the cells' failures s, so that `s` over it is `(sum s)² / sum s²`, the number of cells that fail alike
/// (Kish's effective number). No wave is sought here: a candidate that begins to fail must look like one that does.
pub fn early_effect(cells: &[Cell]) -> f64 {
    let all: f64 = cells.iter().map(|cell| cell.bad).sum();
    if all <= 0.0 {
        return 1.0;
    }
    let squares: f64 = cells.iter().map(|cell| cell.bad * cell.bad).sum();
    let bursts = (squares / all).max(1.0);
    if cells.len() < CELLS {
        return bursts;
    }
    let counts: Vec<(f64, f64)> = cells.iter().map(|cell| (cell.bad, cell.total)).collect();
    let n = counts.len() as f64;
    let own: f64 = residuals(&counts).iter().map(|rest| rest * rest).sum();
    let spread = own * n / (n - 1.0) / binomial_variance(&counts);
    let failing = counts.iter().filter(|(bad, _)| *bad > 0.0).count();
    mix(spread.max(1.0), failing as f64).min(bursts)
}

/// A measured effect and the assumption, by how many places with a failure it was measured at.
fn mix(measured: f64, failing: f64) -> f64 {
    (failing * measured + WEIGHT * ASSUMED) / (failing + WEIGHT)
}

/// Failures and requests of each minute that had requests, in order.
fn by_minute(cells: &[Cell]) -> Vec<(f64, f64)> {
    let mut minutes: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for cell in cells {
        let (bad, total) = minutes.entry(cell.minute).or_default();
        *bad += cell.bad;
        *total += cell.total;
    }
    let with = |(_, total): &(f64, f64)| *total > 0.0;
    minutes.into_values().filter(with).collect()
}

/// The failures of each count beyond its share of the requests; they sum up to 0.
fn residuals(counts: &[(f64, f64)]) -> Vec<f64> {
    let share = share(counts);
    counts
        .iter()
        .map(|(bad, total)| bad - share * total)
        .collect()
}

fn share(counts: &[(f64, f64)]) -> f64 {
    let (bad, total) = counts
        .iter()
        .fold((0.0, 0.0), |(b, t), (bad, total)| (b + bad, t + total));
    bad / total
}

/// The variance of the failures' sum where all requests are independent; above 0.
fn binomial_variance(counts: &[(f64, f64)]) -> f64 {
    let (share, total) = (share(counts), counts.iter().map(|(_, n)| n).sum::<f64>());
    (total * share * (1.0 - share)).max(1e-9)
}

/// How far a series of this own effect may last from one value to the next: 0 below a correlation of 0.3, 1 from 0.6 on.
///
/// The lag-one correlation, corrected for its bias (Kendall 1954), raised by one and a half standard errors, and by the binomial
/// noise, which the own effect tells: what is hardly more than noise may last.
fn lasting(series: &[f64], effect: f64) -> f64 {
    if effect <= 1.0 {
        return 1.0;
    }
    let t = series.len() as f64;
    let lagged: f64 = series.windows(2).map(|pair| pair[0] * pair[1]).sum();
    let r = lagged / series.iter().map(|value| value * value).sum::<f64>();
    let most = (r + (1.0 + 3.0 * r) / t + 1.5 / t.sqrt()) * effect / (effect - 1.0);
    (most / 0.3 - 1.0).clamp(0.0, 1.0)
}

/// The mean power of the slowest waves in a series.
fn slow_power(series: &[f64]) -> f64 {
    let t = series.len() as f64;
    let power = |wave: u32| {
        let terms = series
            .iter()
            .zip(0_u32..)
            .map(|(value, at)| value * (PI * f64::from(wave) * (f64::from(at) + 0.5) / t).cos());
        2.0 / t * terms.sum::<f64>().powi(2)
    };
    (1..=WAVES).map(power).sum::<f64>() / f64::from(WAVES)
}
