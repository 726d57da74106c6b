//! How sure a bound is.

use super::special::{normal_quantile, normal_tail};

/// A one-sided level, by the normal quantile that belongs to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The quantile, in standard deviations.
    pub z: f64,
}

/// A confidence, such as 0.95.
impl From<f64> for Level {
    fn from(confidence: f64) -> Self {
        Self {
            z: normal_quantile(confidence),
        }
    }
}

impl Level {
    /// The level as a confidence, such as 0.95.
    pub fn confidence(self) -> f64 {
        1.0 - normal_tail(self.z)
    }

    /// The level at which a bound holds at all times at once, from the end of the window on.
    ///
    /// `growth` is the information so far over that at the window's end, and at least 1; `alpha` the chance to be wrong at any
    /// time. See [`any_time_z`].
    pub fn any_time(growth: f64, alpha: f64) -> Self {
        Self {
            z: any_time_z(growth, alpha),
        }
    }
}

/// The z that a sum of independent errors exceeds at any time from the window's end on with a chance of `alpha`.
///
/// The mixture of Robbins (1970), Annals of Mathematical Statistics 41, 1397, over all shifts of one sign with a flat prior:
/// `∫ exp(θW - θ²g/2) dθ = sqrt(2π/g) exp(z²/2) Φ(z)` with `z = W / sqrt(g)` is a martingale of g, so from g = 1 on it stays below
/// its bound but for a chance of `1 - Φ(a) + φ(a) (a + φ(a) / Φ(a))`, and there `z² + 2 ln Φ(z) = a² + 2 ln Φ(a) + ln g`. Since
/// nothing is asked before g = 1, this is narrower at every g than a mixture that begins at 0. `alpha` is below one half.
pub fn any_time_z(growth: f64, alpha: f64) -> f64 {
    let below = |z: f64| 1.0 - normal_tail(z);
    let density = |z: f64| (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    let crossed = |a: f64| normal_tail(a) + density(a) * (a + density(a) / below(a));
    let a = first(|a| crossed(a) <= alpha);
    let size = |z: f64| z * z + 2.0 * below(z).ln();
    let bound = size(a) + growth.max(1.0).ln();
    first(|z| size(z) >= bound)
}

/// The first point from 0 to 64 at which what holds from some point on holds, by bisection.
fn first(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, 64.0);
    while high - low > 1e-13 * high {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}
