//! How fast an error budget burns (Google, The Site Reliability Workbook, chapter 5).

/// Bad and all requests of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Requests that failed.
    pub bad: u64,
    /// All requests.
    pub total: u64,
}

/// What a pair of windows says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burn {
    /// Both windows burn faster than the factor.
    TooFast,
    /// At least one does not.
    Bearable,
    /// Too few requests to tell.
    TooFew,
}

/// The fewest requests of the long window that can tell: two failures must be more than the budget allows.
///
/// `ceil(2 / (factor * budget))`, with the budget as a share of all requests.
pub fn least_total(factor: f64, budget: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and saturating is right"
    )]
    // The slack keeps 2 / (F·b), whole in decimals, from rising by one in binary.
    let least = (2.0 / (factor * budget) * (1.0 - 1e-12)).ceil() as u64;
    least
}

/// Whether a long and a short window both burn the budget faster than `factor` times its even pace; exactly at the factor is
/// not faster. The tolerance of 1e-9 makes products of decimals compare as decimals do.
pub fn burns(long: Window, short: Window, factor: f64, budget: f64) -> Burn {
    if long.total < least_total(factor, budget) || short.total == 0 {
        return Burn::TooFew;
    }
    let fast =
        |window: Window| window.bad as f64 > factor * budget * window.total as f64 * (1.0 + 1e-9);
    if fast(long) && fast(short) {
        Burn::TooFast
    } else {
        Burn::Bearable
    }
}
