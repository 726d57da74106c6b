//! The distributions that the tests need.

use libm::{erfc, lgamma};

/// The normal distribution's upper tail, `P(Z > z)`.
///
/// By the complementary error function, which keeps its precision far into the tail.
pub fn normal_tail(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// The z with `P(Z <= z) = p`, for `0 < p < 1`; infinite at the ends.
///
/// Wichura (1988), Algorithm AS 241, PPND16: about 16 digits.
pub fn normal_quantile(p: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ];
    const B: [f64; 8] = [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_66e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ];
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_049e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180_625 - q * q;
        return q * ratio(&A, &B, r);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        return if q < 0.0 {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        };
    }
    let r = (-tail.ln()).sqrt();
    let z = if r <= 5.0 {
        ratio(&C, &D, r - 1.6)
    } else {
        ratio(&E, &F, r - 5.0)
    };
    if q < 0.0 { -z } else { z }
}

/// Two polynomials, lowest power first, one divided by the other.
fn ratio(above: &[f64; 8], below: &[f64; 8], x: f64) -> f64 {
    let at = |terms: &[f64; 8]| terms.iter().rev().fold(0.0, |sum, term| sum * x + term);
    at(above) / at(below)
}

/// The regularised incomplete gamma functions: `P(a, x)`, the lower one, and `Q(a, x) = 1 - P(a, x)`.
///
/// Series below `a + 1`, Lentz's continued fraction above (Press et al., Numerical Recipes, 6.2); the smaller of the two is
/// computed by itself, so that tails keep their digits.
fn gamma(a: f64, x: f64) -> (f64, f64) {
    const ROUNDS: u32 = 10_000;
    if x <= 0.0 {
        return (0.0, 1.0);
    }
    let front = (a * x.ln() - x - lgamma(a)).exp();
    if x < a + 1.0 {
        let (mut n, mut term) = (a, 1.0 / a);
        let mut sum = term;
        for _ in 0..ROUNDS {
            n += 1.0;
            term *= x / n;
            sum += term;
            if term < sum * f64::EPSILON {
                break;
            }
        }
        return (sum * front, 1.0 - sum * front);
    }
    let tiny = 1e-300;
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut h = d;
    for round in 1..ROUNDS {
        let i = f64::from(round);
        let an = -i * (i - a);
        b += 2.0;
        d = 1.0 / at_least(an * d + b, tiny);
        c = at_least(b + an / c, tiny);
        let step = d * c;
        h *= step;
        if (step - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    (1.0 - front * h, front * h)
}

fn at_least(value: f64, tiny: f64) -> f64 {
    if value.abs() < tiny { tiny } else { value }
}

/// The upper tail of chi-squared with `dof` degrees of freedom.
pub(super) fn chi_squared_tail(x: f64, dof: usize) -> f64 {
    if dof == 0 {
        return 1.0;
    }
    gamma(dof as f64 / 2.0, x / 2.0).1
}

/// The x with `P(X <= x) = p` for chi-squared with `dof` degrees of freedom; 0 without any.
///
/// Wilson and Hilferty's cube as the start, then bisection down to the last bit: the function rises everywhere.
pub(super) fn chi_squared_quantile(p: f64, dof: usize) -> f64 {
    if dof == 0 {
        return 0.0;
    }
    let k = dof as f64;
    let h = 2.0 / (9.0 * k);
    let start = k * (1.0 - h + normal_quantile(p) * h.sqrt()).powi(3);
    let (mut low, mut high) = (0.0, start.max(1.0));
    while gamma(k / 2.0, high / 2.0).0 < p {
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if gamma(k / 2.0, middle / 2.0).0 < p {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}

/// The natural logarithm of `n` over `k`.
pub(super) fn ln_choose(n: u64, k: u64) -> f64 {
    let factorial = |n: u64| lgamma(n as f64 + 1.0);
    factorial(n) - factorial(k) - factorial(n - k)
}
