//! The machine's clock: read here, and handed on as a value.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::units::Timestamp;

/// The time of asking, by the machine's clock.
pub(super) fn now() -> Timestamp {
    let seconds = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    Timestamp::from_seconds(i64::try_from(seconds).unwrap_or(i64::MAX))
}
