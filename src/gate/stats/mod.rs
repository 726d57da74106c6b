//! In: counts, series and histograms. Out: shares, bounds, shifts, distances.
//! Pure functions of their arguments; each names the source of its formula, and known answers hold it to 1e-9.
//! Never knows what a gate is, and never decides.

#![allow(
    clippy::many_single_char_names,
    reason = "the formulas' own letters, so that they can be held against their sources"
)]

mod beta;
mod burn;
mod clusters;
mod counts;
mod distance;
mod early;
mod histogram;
mod level;
mod operating;
mod proportions;
mod ranks;
mod special;

pub use burn::{Burn, Window, burns, least_total};
pub use clusters::{Cell, Effect, Found, design_effect, early_effect};
pub use counts::{estimated, increase, rise};
pub use distance::{
    Homogeneity, homogeneity, js_distance, kolmogorov_tail, ks, ks_noise, psi, psi_floored,
    psi_least_samples, psi_noise, used_bins,
};
pub use early::{ln_evidence_against, ln_evidence_for};
pub use histogram::{Fraction, Histogram, Malformed};
pub use level::{Level, any_time_z};
pub use operating::{
    Operating, operating_bounds, operating_burn, operating_difference, operating_point,
};
pub use proportions::{
    Interval, SideBySide, fisher_greater, newcombe, newcombe_scaled, pooled,
    samples_for_difference, wilson, zero_failure_samples,
};
pub use ranks::{
    MannWhitney, SignedRank, autocorrelation, bucket_superiority, mann_whitney, median,
    signed_rank, thin, widening,
};
pub use special::{normal_quantile, normal_tail};

#[cfg(test)]
mod tests;
