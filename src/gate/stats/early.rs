//! Evidence on a share of failures that may be looked at any time and any number of times.

use super::beta::parts;

/// The logarithm of the evidence that the share of failures is above `budget`; `bad` and `good` may be fractional.
///
/// A test martingale: the likelihood ratio of a mixture of shares above the budget to the budget itself. Where the share is
/// at most the budget, it ever reaches `1/α` with a chance of at most α, whatever the number of looks (Ville 1939). The mixture
/// is a beta distribution cut to above the budget, `a = 1`, `b = (1 - budget) / (4 budget)`: shares about four times the budget
/// (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon 2021, 3.2).
pub fn ln_evidence_against(bad: f64, good: f64, budget: f64) -> f64 {
    if budget <= 0.0 {
        return if bad > 0.0 { f64::INFINITY } else { 0.0 };
    }
    if budget >= 1.0 {
        return 0.0;
    }
    let b = prior(budget);
    // Of the prior, ∫ (1-t)^(b-1) from the budget to 1 is (1 - budget)^b / b.
    parts(budget, 1.0 + bad, b + good).above + budget.ln() + b.ln()
}

/// The logarithm of the evidence that the share of failures is below `budget`: the same, with the mixture cut to below it.
pub fn ln_evidence_for(bad: f64, good: f64, budget: f64) -> f64 {
    if budget <= 0.0 {
        return if bad > 0.0 { f64::NEG_INFINITY } else { 0.0 };
    }
    if budget >= 1.0 {
        return if good > 0.0 { f64::INFINITY } else { 0.0 };
    }
    let b = prior(budget);
    let ln_rest = (-budget).ln_1p();
    // Of the prior, ∫ (1-t)^(b-1) from 0 to the budget is (1 - (1 - budget)^b) / b.
    let prior = (-(b * ln_rest).exp_m1()).ln();
    parts(budget, 1.0 + bad, b + good).below + budget.ln() + b * ln_rest + b.ln() - prior
}

fn prior(budget: f64) -> f64 {
    (1.0 - budget) / (4.0 * budget)
}
