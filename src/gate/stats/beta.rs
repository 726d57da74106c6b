//! The incomplete beta function, by the logarithms of its tails, and the binomial distribution from it.

use libm::lgamma;

/// The parts of `∫ t^(a-1) (1-t)^(b-1) dt` below and above x, as logarithms, each over `x^a (1-x)^b`.
///
/// Over that kernel nothing cancels: the parts keep their digits where the integral itself is 1e-300, or where a + b is 1e9.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Parts {
    /// From 0 to x.
    pub(super) below: f64,
    /// From x to 1.
    pub(super) above: f64,
    /// From 0 to 1.
    whole: f64,
}

/// The parts at `0 < x < 1`, for `a, b > 0`.
///
/// The smaller part is a continued fraction (Press et al., Numerical Recipes, 6.4), the whole is Stirling's series with the
/// deviances of Loader (2000), Fast and accurate computation of binomial probabilities; the other part is the rest.
pub(super) fn parts(x: f64, a: f64, b: f64) -> Parts {
    let (n, y) = (a + b, 1.0 - x);
    let whole = deviance(a, n * x)
        + deviance(b, n * y)
        + 0.5 * (std::f64::consts::TAU * n / (a * b)).ln()
        + (stirling(a) + stirling(b) - stirling(n));
    let rest = |part: f64| whole + (-(part - whole).exp()).max(-1.0).ln_1p();
    if x < (a + 1.0) / (n + 2.0) {
        let below = (fraction(x, a, b) / a).ln();
        Parts {
            below,
            above: rest(below),
            whole,
        }
    } else {
        let above = (fraction(y, b, a) / b).ln();
        Parts {
            below: rest(above),
            above,
            whole,
        }
    }
}

impl Parts {
    /// The logarithms of the regularised functions, `I_x(a, b)` and `1 - I_x(a, b)`.
    pub(super) fn ln_tails(self) -> (f64, f64) {
        (self.below - self.whole, self.above - self.whole)
    }
}

/// How likely at most `k` of `n` fail where each does with the chance `p`, and how likely more do: `I_(1-p)(n - k, k + 1)` and the
/// rest, each with its own digits.
pub(super) fn binomial(k: f64, n: f64, p: f64) -> (f64, f64) {
    if k >= n || (k >= 0.0 && p <= 0.0) {
        (1.0, 0.0)
    } else if k < 0.0 || p >= 1.0 {
        (0.0, 1.0)
    } else {
        let (below, above) = parts(p, k + 1.0, n - k).ln_tails();
        (above.exp().min(1.0), below.exp().min(1.0))
    }
}

/// `x ln(x / m) + m - x`, without cancelling where both are close (Loader's `bd0`).
fn deviance(x: f64, m: f64) -> f64 {
    if (x - m).abs() >= 0.1 * (x + m) {
        return x * (x / m).ln() + m - x;
    }
    let v = (x - m) / (x + m);
    let (mut sum, mut term) = ((x - m) * v, 2.0 * x * v);
    for j in 1..100 {
        term *= v * v;
        let next = sum + term / f64::from(2 * j + 1);
        if next.total_cmp(&sum).is_eq() {
            break;
        }
        sum = next;
    }
    sum
}

/// The rest of Stirling's formula: `ln Γ(x) - (x - 1/2) ln x + x - ln(2π) / 2`.
fn stirling(x: f64) -> f64 {
    if x < 16.0 {
        return lgamma(x) - (x - 0.5) * x.ln() + x - 0.5 * std::f64::consts::TAU.ln();
    }
    let r = 1.0 / (x * x);
    (1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1260.0 - r * (1.0 / 1680.0 - r / 1188.0)))) / x
}

/// The continued fraction of `a B(a, b) I_x(a, b) / (x^a (1-x)^b)`, by Lentz's method; quick for `x < (a+1) / (a+b+2)`, where it
/// takes about the square root of the larger parameter in rounds.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const ROUNDS: u32 = 1_000_000;
    let solid = |value: f64| {
        if value.abs() < 1e-300 { 1e-300 } else { value }
    };
    let mut c = 1.0;
    let mut d = 1.0 / solid(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for round in 1..ROUNDS {
        let m = f64::from(round);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / solid(1.0 + even * d);
        c = solid(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / solid(1.0 + odd * d);
        c = solid(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    h
}
