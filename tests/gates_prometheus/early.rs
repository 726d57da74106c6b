//! Failing before the end: how long it takes.

use glidepath::gate::Verdict;
use glidepath::units::Timestamp;

use super::server::server;
use super::{compiled, is, judged, judged_at, judged_by};

const AVAILABILITY: &str = "[{name: a, availability: {objective: 99.5%}}]";

/// Seconds after the warm-up of two minutes at which a candidate is failed first.
fn fails_after(name: &str) -> Option<i64> {
    let compiled = compiled(name, "ml", AVAILABILITY);
    (1..=600).step_by(5).find(|after| {
        let found = judged_by(server(), &compiled, 120 + after).remove(0);
        assert_ne!(found.verdict, Verdict::Pass, "nothing passes early");
        found.failed_early
    })
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn what_fails_is_failed_in_a_minute_or_two() {
    assert!(fails_after("dying").is_some_and(|seconds| seconds <= 61));
    assert!(fails_after("ailing").is_some_and(|seconds| seconds <= 121));
    assert_eq!(fails_after("healthy"), None);
}

/// The gate says from when on it may fail, and when it is decided.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn what_is_decided_stays_so() {
    let first = judged("healthy", AVAILABILITY).remove(0);
    is(&first, Verdict::Pass);
    let later = judged_at(server(), "healthy", AVAILABILITY, 7_000).remove(0);
    is(&later, Verdict::Pass);
    assert_eq!((first.window, first.why), (later.window, later.why));
    assert_eq!(
        first.decides.seconds() - first.fails_from.map_or(0, Timestamp::seconds),
        3_660
    );
}
