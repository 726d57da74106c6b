//! Counters read exactly.

/// What a counter rose by, from its samples in order: positive differences, and after a restart the new value.
///
/// `base` is the last value before the window; without one the series was born in it, and its first value counts whole,
/// which PromQL's `increase()` loses.
pub fn increase(base: Option<f64>, samples: impl IntoIterator<Item = f64>) -> f64 {
    let mut last = base.unwrap_or(0.0);
    let mut sum = 0.0;
    for value in samples {
        sum += rise(last, value);
        last = value;
    }
    sum
}

/// What a counter rose by from one sample to the next: after a restart, the new value.
pub fn rise(last: f64, value: f64) -> f64 {
    if value < last { value } else { value - last }
}

/// Whole counts of bad and of all requests from extrapolated ones: bad is at most all, halves round up.
pub fn estimated(bad: f64, total: f64) -> (u64, u64) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts are not negative, and far below 2^53"
    )]
    let whole = |value: f64| (value.max(0.0) + 0.5).floor() as u64;
    (whole(bad.min(total)), whole(total))
}
