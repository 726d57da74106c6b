//! Windows against the scrape interval: a rate over fewer than four scrapes is not steady.

use crate::diag::{Code, Diagnostic, Place};
use crate::units::PromDuration;

/// The scrape interval that windows are held against, in seconds; the usual one.
const SCRAPE: u64 = 15;
/// Scrapes that a window must hold for a rate to be steady.
const LEAST_SCRAPES: u64 = 4;

/// Whether so many seconds hold too few scrapes.
pub(super) fn is_thin(seconds: u64) -> bool {
    seconds < LEAST_SCRAPES * SCRAPE
}

/// The complaint about a window that holds too few scrapes.
pub(super) fn thin(place: Place, what: &str, span: PromDuration) -> Diagnostic {
    Diagnostic::new(
        Code::GP507,
        place,
        format!("{what} of {span} holds fewer than four scrapes, one every {SCRAPE} s"),
    )
    .help(format!(
        "make it {} s at least, or scrape more often and allow this",
        LEAST_SCRAPES * SCRAPE
    ))
}
