//! How far two distributions are apart. Counts are by bin, the candidate's first, and both sides have the same bins.

use super::special::{chi_squared_quantile, chi_squared_tail};

/// The pseudo-count that keeps empty bins from being infinitely far apart.
const PSEUDO: f64 = 0.5;
/// The share that other tools put in place of an empty bin.
const FLOOR: f64 = 1e-4;

/// The bins that are not empty on both sides.
pub fn used_bins(candidate: &[f64], reference: &[f64]) -> Vec<(f64, f64)> {
    let pairs = candidate.iter().copied().zip(reference.iter().copied());
    pairs.filter(|(c, r)| *c > 0.0 || *r > 0.0).collect()
}

/// The population stability index, `sum (p - q) ln(p / q)`, in nats.
///
/// Bins that are empty on both sides are dropped; of the k left, `p = (c + 0.5) / (C + 0.5 k)`, so that an empty bin weighs
/// by how many observations could have fallen into it.
pub fn psi(candidate: &[f64], reference: &[f64]) -> f64 {
    let bins = used_bins(candidate, reference);
    let spare = PSEUDO * bins.len() as f64;
    let (c_all, r_all) = totals(&bins);
    let terms = bins.iter().map(|(c, r)| {
        let p = (c + PSEUDO) / (c_all + spare);
        let q = (r + PSEUDO) / (r_all + spare);
        (p - q) * (p / q).ln()
    });
    terms.sum()
}

/// The index with empty shares raised to 1e-4, as other tools count; for comparing with them, never for deciding.
pub fn psi_floored(candidate: &[f64], reference: &[f64]) -> f64 {
    let bins = used_bins(candidate, reference);
    let (c_all, r_all) = totals(&bins);
    let terms = bins.iter().map(|(c, r)| {
        let (p, q) = ((c / c_all).max(FLOOR), (r / r_all).max(FLOOR));
        (p - q) * (p / q).ln()
    });
    terms.sum()
}

/// What the index exceeds in one of twenty comparisons of a distribution with itself: `chi2(0.95; k-1) (1/C + 1/R)`.
pub fn psi_noise(bins: usize, candidate: f64, reference: f64) -> f64 {
    chi_squared_quantile(0.95, bins.saturating_sub(1)) * (1.0 / candidate + 1.0 / reference)
}

/// The fewest observations of the candidate whose noise stays within `max`; `None` where the reference alone is too small.
pub fn psi_least_samples(bins: usize, max: f64, reference: f64) -> Option<u64> {
    let room = max / chi_squared_quantile(0.95, bins.saturating_sub(1)) - 1.0 / reference;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and saturating is right"
    )]
    (room > 0.0).then(|| (1.0 / room).ceil() as u64)
}

/// Kolmogorov and Smirnov's largest difference of the cumulative shares, and its p-value.
///
/// Over the bins' edges, so at most the difference of the unbinned observations. The p-value is asymptotic,
/// `Q(sqrt(n) D)` with `n = C R / (C + R)`, and conservative on bins.
pub fn ks(candidate: &[f64], reference: &[f64]) -> (f64, f64) {
    let (c_all, r_all): (f64, f64) = (candidate.iter().sum(), reference.iter().sum());
    let (mut c_sum, mut r_sum, mut most) = (0.0, 0.0, 0.0_f64);
    for (c, r) in candidate.iter().zip(reference) {
        c_sum += c;
        r_sum += r;
        most = most.max((c_sum / c_all - r_sum / r_all).abs());
    }
    let n = c_all * r_all / (c_all + r_all);
    (most, kolmogorov_tail(n.sqrt() * most))
}

/// The difference that one of twenty comparisons of a distribution with itself exceeds: `sqrt(-ln(0.025) / 2 / n)`.
pub fn ks_noise(candidate: f64, reference: f64) -> f64 {
    let n = candidate * reference / (candidate + reference);
    (-(0.025_f64.ln()) / 2.0 / n).sqrt()
}

/// Kolmogorov's distribution, upper tail: `Q(x) = 2 sum (-1)^(j-1) exp(-2 j² x²)`, and 1 below 0.2.
pub fn kolmogorov_tail(x: f64) -> f64 {
    if x < 0.2 {
        return 1.0;
    }
    let (mut sum, mut sign) = (0.0, 1.0);
    for j in 1..=100 {
        let term = (-2.0 * f64::from(j * j) * x * x).exp();
        sum += sign * term;
        sign = -sign;
        if term < 1e-18 {
            break;
        }
    }
    (2.0 * sum).clamp(0.0, 1.0)
}

/// The square root of the Jensen-Shannon divergence in bits, 0 to 1 (Lin 1991; Endres and Schindelin 2003: a metric).
pub fn js_distance(candidate: &[f64], reference: &[f64]) -> f64 {
    let (c_all, r_all): (f64, f64) = (candidate.iter().sum(), reference.iter().sum());
    let part = |p: f64, m: f64| if p > 0.0 { p * (p / m).log2() } else { 0.0 };
    let pairs = candidate.iter().zip(reference);
    let divergence: f64 = pairs
        .map(|(c, r)| {
            let (p, q) = (c / c_all, r / r_all);
            let m = f64::midpoint(p, q);
            f64::midpoint(part(p, m), part(q, m))
        })
        .sum();
    divergence.clamp(0.0, 1.0).sqrt()
}

/// Pearson's test that two sides are of one distribution; reported beside categorical drift.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Homogeneity {
    /// The statistic of the chi-squared test.
    pub chi_squared: f64,
    /// The statistic's degrees of freedom.
    pub dof: usize,
    /// How likely a statistic this large is without a difference.
    pub p: f64,
    /// Cramér's V: the strength of the difference, 0 to 1, whatever the number of observations.
    pub cramers_v: f64,
}

/// Pearson's chi-squared test over the bins that are used.
pub fn homogeneity(candidate: &[f64], reference: &[f64]) -> Homogeneity {
    let bins = used_bins(candidate, reference);
    let (c_all, r_all) = totals(&bins);
    let all = c_all + r_all;
    let part = |seen: f64, expected: f64| (seen - expected).powi(2) / expected;
    let terms = bins.iter().map(|(c, r)| {
        let column = c + r;
        part(*c, column * c_all / all) + part(*r, column * r_all / all)
    });
    let chi_squared: f64 = terms.sum();
    let dof = bins.len().saturating_sub(1);
    Homogeneity {
        chi_squared,
        dof,
        p: chi_squared_tail(chi_squared, dof),
        cramers_v: (chi_squared / all).sqrt(),
    }
}

fn totals(bins: &[(f64, f64)]) -> (f64, f64) {
    bins.iter()
        .fold((0.0, 0.0), |(c_all, r_all), (c, r)| (c_all + c, r_all + r))
}
