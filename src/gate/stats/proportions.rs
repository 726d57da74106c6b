//! Shares of requests, and the difference of two.

use super::level::Level;
use super::special::{ln_choose, normal_quantile, normal_tail};

/// A lower and an upper bound, each one-sided at its level.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The lower bound, in the estimate's unit.
    pub lower: f64,
    /// The upper bound, in the estimate's unit.
    pub upper: f64,
}

/// Wilson's score bounds of the share `x / n`, each one-sided at `level`.
///
/// Wilson (1927), JASA 22, 209. `x` and `n` may be fractional (weighted counts, or counts over a design effect), `n` must be
/// above 0. Exactly 0 at `x = 0` and exactly 1 at `x = n`.
pub fn wilson(x: f64, n: f64, level: impl Into<Level>) -> Interval {
    let Level { z } = level.into();
    let (p, z2) = (x / n, z * z);
    let scale = 1.0 + z2 / n;
    let centre = (p + z2 / (2.0 * n)) / scale;
    let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).max(0.0).sqrt() / scale;
    Interval {
        lower: if x <= 0.0 {
            0.0
        } else {
            (centre - half).clamp(0.0, 1.0)
        },
        upper: if x >= n {
            1.0
        } else {
            (centre + half).clamp(0.0, 1.0)
        },
    }
}

/// Newcombe's hybrid score bounds of `x1/n1 - x2/n2`, each one-sided at `level`.
///
/// Newcombe (1998), Statistics in Medicine 17, 873, method 10: from two Wilson intervals, in closed form, and defined where
/// a count is 0 or all. Totals must be above 0.
pub fn newcombe(one: (f64, f64), two: (f64, f64), level: impl Into<Level>) -> Interval {
    newcombe_scaled(one, two, 1.0, level)
}

/// The bounds of `x1/n1 - scale x2/n2`, where `scale` is above 0: with 1 plus a relative margin, whether the first share is within
/// it of the second, whose own uncertainty counts in full.
///
/// Zou and Donner (2008), Statistics in Medicine 27, 1693: Newcombe's way for any linear combination (MOVER).
pub fn newcombe_scaled(
    (x1, n1): (f64, f64),
    (x2, n2): (f64, f64),
    scale: f64,
    level: impl Into<Level>,
) -> Interval {
    let level = level.into();
    let (p1, p2) = (x1 / n1, x2 / n2);
    let (one, two) = (wilson(x1, n1, level), wilson(x2, n2, level));
    let d = p1 - scale * p2;
    Interval {
        lower: d - (p1 - one.lower).hypot(scale * (two.upper - p2)),
        upper: d + (one.upper - p1).hypot(scale * (p2 - two.lower)),
    }
}

/// What is reported beside the bounds, and never decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SideBySide {
    /// The pooled test statistic.
    pub z: f64,
    /// `P(Z > z)`: how likely a difference this large is without any.
    pub greater: f64,
    /// The smallest expected count of the two-by-two table; below 5 the normal approximation is poor.
    pub least_expected: f64,
}

/// The pooled z test of two shares. Where all or none failed on both sides, z is 0 and p is 1.
pub fn pooled((x1, n1): (u64, u64), (x2, n2): (u64, u64)) -> SideBySide {
    let (n1, n2) = (n1 as f64, n2 as f64);
    let p = (x1 + x2) as f64 / (n1 + n2);
    let d = x1 as f64 / n1 - x2 as f64 / n2;
    let variance = p * (1.0 - p) * (1.0 / n1 + 1.0 / n2);
    let least_expected = n1.min(n2) * p.min(1.0 - p);
    if variance <= 0.0 {
        return SideBySide {
            z: 0.0,
            greater: 1.0,
            least_expected,
        };
    }
    let z = d / variance.sqrt();
    SideBySide {
        z,
        greater: normal_tail(z),
        least_expected,
    }
}

/// Fisher's exact test, one-sided: how likely at least `x1` of the failures fall on the first side when they fall at random.
///
/// The tail of the hypergeometric distribution, summed from the observed table outwards.
pub fn fisher_greater((x1, n1): (u64, u64), (x2, n2): (u64, u64)) -> f64 {
    let bad = x1 + x2;
    let most = bad.min(n1);
    let whole = ln_choose(n1 + n2, bad);
    let sum: f64 = (x1..=most)
        .filter(|x| bad - x <= n2)
        .map(|x| (ln_choose(n1, x) + ln_choose(n2, bad - x) - whole).exp())
        .sum();
    sum.min(1.0)
}

/// Requests without a failure that show an objective at a confidence: `ceil(ln(1 - c) / ln(objective))`.
pub fn zero_failure_samples(objective: f64, confidence: f64) -> u64 {
    ceil((1.0 - confidence).ln() / objective.ln())
}

/// Requests of the candidate that show a difference of `margin` in failure shares.
///
/// The usual normal approximation, with stable getting `ratio` requests for each of the candidate's; `confidence` and
/// `power` are one-sided.
pub fn samples_for_difference(
    stable_share: f64,
    margin: f64,
    confidence: f64,
    power: f64,
    ratio: f64,
) -> u64 {
    let z = normal_quantile(confidence) + normal_quantile(power);
    let variance = stable_share * (1.0 - stable_share);
    ceil(z * z * (variance + variance / ratio) / (margin * margin))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sample sizes are positive, and saturating is right"
)]
fn ceil(value: f64) -> u64 {
    value.ceil() as u64
}
