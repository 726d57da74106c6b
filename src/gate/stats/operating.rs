//! How often a rule is right: the chances of its verdicts at an expected number of requests.

use super::beta::binomial;
use super::burn::least_total;
use super::level::Level;
use super::proportions::{newcombe, wilson};
use super::special::normal_quantile;

/// The chances of a rule's verdicts, each from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operating {
    /// That a candidate exactly at the limit passes.
    pub at_limit_passes: f64,
    /// That one passes that is as far beyond the limit as the limit allows: twice the budget, or twice the margin.
    pub twice_as_bad_passes: f64,
    /// That a healthy one fails: half the budget, or as good as stable.
    pub healthy_fails: f64,
    /// That a healthy one is inconclusive.
    pub inconclusive: f64,
}

impl Operating {
    /// From a rule's chances to pass and to fail at a share of failures, and the three shares.
    fn of(shares: [f64; 3], chances: impl Fn(f64) -> (f64, f64)) -> Self {
        let [limit, twice, healthy] = shares;
        let (passes, fails) = chances(healthy);
        Self {
            at_limit_passes: chances(limit).0,
            twice_as_bad_passes: chances(twice).0,
            healthy_fails: fails,
            inconclusive: (1.0 - passes - fails).max(0.0),
        }
    }
}

/// The limit, twice as bad and half as bad.
fn shares_of(budget: f64) -> [f64; 3] {
    [budget, (2.0 * budget).min(1.0), budget / 2.0]
}

/// The point rule of a share: pass where at most `budget` of the requests failed, else fail. Exact.
pub fn operating_point(requests: f64, budget: f64) -> Operating {
    let n = requests.floor();
    // As many failures as the budget allows, in decimals.
    let most = (n * budget * (1.0 + 1e-12)).floor();
    Operating::of(shares_of(budget), |share| binomial(most, n, share))
}

/// Wilson's bounds of a share at a level, where as many requests as the design effect count as one. Exact for that many
/// independent requests, rounded down.
pub fn operating_bounds(
    requests: f64,
    budget: f64,
    level: impl Into<Level>,
    effect: f64,
) -> Operating {
    let (level, n) = (level.into(), (requests / effect).floor());
    if n < 1.0 {
        return Operating::of(shares_of(budget), |_| (0.0, 0.0));
    }
    let passes = first(n, |bad| wilson(bad, n, level).upper > budget) - 1.0;
    let fails = first(n, |bad| wilson(bad, n, level).lower > budget);
    Operating::of(shares_of(budget), |share| {
        (
            binomial(passes, n, share).0,
            binomial(fails - 1.0, n, share).1,
        )
    })
}

/// Newcombe's bounds of a difference of shares against an absolute margin, where stable's share is the margin.
///
/// Exact binomial tails of the candidate; stable's failures are taken at 101 equally likely quantiles of their normal
/// approximation. Counts are those after the design effect.
pub fn operating_difference(
    candidate: f64,
    stable: f64,
    margin: f64,
    level: impl Into<Level>,
) -> Operating {
    let (level, n1, n2) = (level.into(), candidate.floor(), stable.floor());
    let base = margin.min(0.5);
    let shares = [2.0 * base, (3.0 * base).min(1.0), base];
    if n1 < 1.0 || n2 < 1.0 {
        return Operating::of(shares, |_| (0.0, 0.0));
    }
    let limits: Vec<(f64, f64)> = quantiles(n2, base)
        .map(|x2| {
            let bounds = |x1: f64| newcombe((x1, n1), (x2, n2), level);
            let passes = first(n1, |x1| bounds(x1).upper > margin) - 1.0;
            (passes, first(n1, |x1| bounds(x1).lower > margin))
        })
        .collect();
    let count = limits.len() as f64;
    Operating::of(shares, |share| {
        let chances = limits.iter().map(|(passes, fails)| {
            (
                binomial(*passes, n1, share).0,
                binomial(fails - 1.0, n1, share).1,
            )
        });
        let (passes, fails) = chances.fold((0.0, 0.0), |(p, f), (pass, fail)| (p + pass, f + fail));
        (passes / count, fails / count)
    })
}

/// A pair of burn-rate windows with so many requests, the short one within the long one: fail where both burn the budget faster
/// than `factor` times its even pace. A healthy candidate fails half as many requests as that pace allows.
///
/// Exact binomial tails of the long window's rest; the short window's failures at 101 equally likely quantiles of their
/// normal approximation.
pub fn operating_burn(long: f64, short: f64, factor: f64, budget: f64) -> Operating {
    let (long, short) = (long.floor(), short.floor().min(long.floor()));
    let pace = (factor * budget).min(1.0);
    let enough = long >= least_total(factor, budget) as f64 && short >= 1.0;
    Operating::of(shares_of(pace), |share| {
        if !enough {
            return (0.0, 0.0);
        }
        let most = |n: f64| (n * pace * (1.0 + 1e-9)).floor();
        let counts: Vec<f64> = quantiles(short, share).collect();
        let burning = counts.iter().filter(|bad| **bad > most(short));
        let fails: f64 = burning
            .map(|bad| binomial(most(long) - bad, long - short, share).1)
            .sum();
        let fails = fails / counts.len() as f64;
        (1.0 - fails, fails)
    })
}

/// Whole counts at equally likely quantiles of a binomial's normal approximation.
fn quantiles(n: f64, share: f64) -> impl Iterator<Item = f64> {
    let deviation = (n * share * (1.0 - share)).sqrt();
    (0..101_u32).map(move |at| {
        let z = normal_quantile((f64::from(at) + 0.5) / 101.0);
        (n * share + z * deviation).round().clamp(0.0, n)
    })
}

/// The first count from 0 to `n` from which on something holds, or one more than `n`.
fn first(n: f64, holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, n + 1.0);
    while low < high {
        let middle = f64::midpoint(low, high).floor();
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1.0;
        }
    }
    low
}
