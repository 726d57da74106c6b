//! Tests on ranks: the candidate's points first, stable's second. What is no number is dropped at the door.

use super::level::Level;
use super::proportions::Interval;
use super::special::normal_tail;

/// The most points of a side: all pairs of more would be too many to sort.
const MOST_POINTS: usize = 2_000;

/// The Mann-Whitney U test, without the shift's bounds.
#[derive(Clone, Debug)]
pub struct MannWhitney {
    /// How often a point of the candidate is above one of stable's; ties count half.
    pub u: f64,
    /// Pairs in which stable's value is the larger one, ties by half.
    pub u_stable: f64,
    /// `P(candidate > stable)`, ties half: the effect size A12.
    pub superiority: f64,
    /// The standard deviation of `u`, corrected for ties.
    pub sigma: f64,
    /// The standard deviation without ties, for the bounds.
    pub sigma_plain: f64,
    /// How likely a `u` this large is without a shift (normal approximation, continuity-corrected).
    pub greater: f64,
    /// How likely a `u` this small is without a shift.
    pub less: f64,
    /// How likely a `u` this far off is without a shift.
    pub two_sided: f64,
    /// Hodges and Lehmann's shift: the median of all differences.
    pub shift: f64,
    differences: Vec<f64>,
}

/// Mann and Whitney (1947); ties as Lehmann (1975), 1.4, and a continuity correction of one half. Neither side may be empty.
pub fn mann_whitney(candidate: &[f64], stable: &[f64]) -> MannWhitney {
    let (candidate, stable) = (numbers(candidate), numbers(stable));
    let (n1, n2) = (candidate.len() as f64, stable.len() as f64);
    let all: Vec<f64> = candidate.iter().chain(&stable).copied().collect();
    let (ranks, ties) = ranks(&all);
    let rank_sum: f64 = ranks[..candidate.len()].iter().sum();
    let u = rank_sum - n1 * (n1 + 1.0) / 2.0;
    let u_stable = n1 * n2 - u;
    let (mu, n) = (n1 * n2 / 2.0, n1 + n2);
    let tied = if n > 1.0 { ties / (n * (n - 1.0)) } else { 0.0 };
    let sigma = (n1 * n2 / 12.0 * (n + 1.0 - tied)).max(0.0).sqrt();
    let (greater, less, two_sided) = tails(u - mu, u_stable - mu, sigma);
    let mut differences: Vec<f64> = candidate
        .iter()
        .flat_map(|x| stable.iter().map(move |y| x - y))
        .collect();
    differences.sort_by(f64::total_cmp);
    MannWhitney {
        u,
        u_stable,
        superiority: u / (n1 * n2),
        sigma,
        sigma_plain: (n1 * n2 * (n + 1.0) / 12.0).sqrt(),
        greater,
        less,
        two_sided,
        shift: middle(&differences),
        differences,
    }
}

impl MannWhitney {
    /// The bounds of the shift, each one-sided at `level`; `wider` scales the standard deviation for points that are not
    /// independent. Hodges and Lehmann (1963): order statistics of the differences. Infinite where there are too few of them
    /// for the level.
    pub fn bounds(&self, level: impl Into<Level>, wider: f64) -> Interval {
        let mu = self.differences.len() as f64 / 2.0;
        order_bounds(
            &self.differences,
            mu,
            self.sigma_plain * wider,
            level.into(),
        )
    }
}

/// Wilcoxon's signed-rank test, without the shift's bounds.
#[derive(Clone, Debug)]
pub struct SignedRank {
    /// All pairs, those without a difference too.
    pub pairs: usize,
    /// The rank sum of the differences above 0.
    pub w_plus: f64,
    /// The rank sum of the differences below 0.
    pub w_minus: f64,
    /// The standard deviation of `w_plus`, corrected for ties.
    pub sigma: f64,
    /// How likely a `w_plus` this large is without a shift (normal approximation, continuity-corrected).
    pub greater: f64,
    /// How likely a `w_plus` this small is without a shift.
    pub less: f64,
    /// How likely a `w_plus` this far off is without a shift.
    pub two_sided: f64,
    /// The median of the Walsh averages.
    pub shift: f64,
    averages: Vec<f64>,
}

/// Wilcoxon (1945), with differences of 0 as Pratt (1959), JASA 54, 655, has them: they are ranked, and their ranks dropped. A
/// pair without a difference speaks for no shift, so the shift's averages keep it. Without any other difference every p is 1.
pub fn signed_rank(differences: &[f64]) -> SignedRank {
    let differences = numbers(differences);
    let sizes: Vec<f64> = differences.iter().map(|one| one.abs()).collect();
    let (ranks, ties) = ranks(&sizes);
    let signed = |holds: fn(f64) -> bool| -> f64 {
        let ranked = differences.iter().zip(&ranks);
        ranked
            .filter(|(difference, _)| holds(**difference))
            .map(|(_, rank)| rank)
            .sum()
    };
    let (w_plus, w_minus) = (signed(|one| one > 0.0), signed(|one| one < 0.0));
    let n = differences.len() as f64;
    let zeros = sizes.iter().filter(|size| **size <= 0.0).count() as f64;
    let mu = mean(n) - mean(zeros);
    let ties = ties - (zeros.powi(3) - zeros);
    let sigma = (variance(n) - variance(zeros) - ties / 48.0)
        .max(0.0)
        .sqrt();
    let (greater, less, two_sided) = tails(w_plus - mu, w_minus - mu, sigma);
    let mut averages: Vec<f64> = (0..differences.len())
        .flat_map(|i| (i..differences.len()).map(move |j| (i, j)))
        .map(|(i, j)| f64::midpoint(differences[i], differences[j]))
        .collect();
    averages.sort_by(f64::total_cmp);
    SignedRank {
        pairs: differences.len(),
        w_plus,
        w_minus,
        sigma,
        greater,
        less,
        two_sided,
        shift: middle(&averages),
        averages,
    }
}

impl SignedRank {
    /// The bounds of the shift, each one-sided at `level`; see [`MannWhitney::bounds`].
    pub fn bounds(&self, level: impl Into<Level>, wider: f64) -> Interval {
        let n = self.pairs as f64;
        let sigma = variance(n).sqrt() * wider;
        order_bounds(&self.averages, mean(n), sigma, level.into())
    }
}

/// The mean of the rank sum of `n` pairs without a shift.
fn mean(n: f64) -> f64 {
    n * (n + 1.0) / 4.0
}

/// The variance of the rank sum of `n` pairs without a shift and without ties.
fn variance(n: f64) -> f64 {
    n * (n + 1.0) * (2.0 * n + 1.0) / 24.0
}

/// The probability that a request of the candidate falls into a higher bucket than one of stable's, ties half: A12 from
/// counts by bucket.
pub fn bucket_superiority(candidate: &[f64], stable: &[f64]) -> f64 {
    let (mut below, mut u) = (0.0, 0.0);
    for (c, s) in candidate.iter().zip(stable) {
        u += c * (below + s / 2.0);
        below += s;
    }
    u / (candidate.iter().sum::<f64>() * below)
}

/// The median; 0 of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    middle(&sorted)
}

/// At most `MOST_POINTS` points, evenly spaced, always the same ones.
pub fn thin(points: &[f64]) -> Vec<f64> {
    let step = points.len().div_ceil(MOST_POINTS).max(1);
    points.iter().copied().step_by(step).collect()
}

/// The correlation of each point's rank with the next one's, of a series in order.
pub fn autocorrelation(series: &[f64]) -> f64 {
    let (ranks, _) = ranks(series);
    let n = ranks.len() as f64;
    if n < 3.0 {
        return 0.0;
    }
    let mean = ranks.iter().sum::<f64>() / n;
    let spread: f64 = ranks.iter().map(|rank| (rank - mean).powi(2)).sum();
    if spread <= 0.0 {
        return 0.0;
    }
    let lagged: f64 = ranks
        .windows(2)
        .map(|pair| (pair[0] - mean) * (pair[1] - mean))
        .sum();
    lagged / spread
}

/// What to scale the standard deviation by where points follow each other: `sqrt((1 + r) / (1 - r))`, with r the mean
/// autocorrelation of the series' ranks, each corrected for its bias by `1/n`, within 0 to 0.9.
pub fn widening(series: &[&[f64]]) -> f64 {
    let sides = series.len().max(1) as f64;
    let mean = series
        .iter()
        .map(|side| autocorrelation(side) + 1.0 / (side.len().max(1) as f64))
        .sum::<f64>()
        / sides;
    let r = mean.clamp(0.0, 0.9);
    ((1.0 + r) / (1.0 - r)).sqrt()
}

/// Upper tail, lower tail and both, from the two statistics' distances to their mean.
fn tails(above: f64, below: f64, sigma: f64) -> (f64, f64, f64) {
    if sigma <= 0.0 {
        return (1.0, 1.0, 1.0);
    }
    let tail = |distance: f64| normal_tail((distance - 0.5) / sigma);
    let (greater, less) = (tail(above), tail(below));
    (greater, less, (2.0 * tail(above.max(below))).min(1.0))
}

/// Order statistics of sorted values: the k-th from either end, `k = floor(mu - z sigma + 0.5)`. Where there is no such value,
/// nothing bounds the shift: no value of the sample is as far off as the level demands.
fn order_bounds(sorted: &[f64], mu: f64, sigma: f64, level: Level) -> Interval {
    let k = (mu - level.z * sigma + 0.5).floor();
    if k < 1.0 || sorted.is_empty() {
        return Interval {
            lower: f64::NEG_INFINITY,
            upper: f64::INFINITY,
        };
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and the number of values"
    )]
    let k = (k as usize).min(sorted.len());
    Interval {
        lower: sorted[k - 1],
        upper: sorted[sorted.len() - k],
    }
}

/// The values without those that are no number.
fn numbers(values: &[f64]) -> Vec<f64> {
    let found = values.iter().copied();
    found.filter(|value| !value.is_nan()).collect()
}

/// The middle of sorted values; 0 of nothing.
fn middle(sorted: &[f64]) -> f64 {
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// The rank of each value, from 1, ties at their mean; and `sum (t³ - t)` over the ties. What is no number ties with nothing.
fn ranks(values: &[f64]) -> (Vec<f64>, f64) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let (mut at, mut ties) = (0, 0.0);
    while at < order.len() {
        let tied = order[at..]
            .iter()
            .take_while(|index| values[**index] <= values[order[at]])
            .count()
            .max(1);
        let (first, t) = (at as f64 + 1.0, tied as f64);
        for index in &order[at..at + tied] {
            ranks[*index] = first + (t - 1.0) / 2.0;
        }
        ties += t * t * t - t;
        at += tied;
    }
    (ranks, ties)
}
