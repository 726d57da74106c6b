//! Durations as Gateway API writes them (GEP-2257).

use std::fmt;

use super::duration::write_in_units;

/// A span of whole milliseconds, written `500ms`, `1m30s` or `2h`: at most four groups of digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GatewayDuration(u64);

/// The units in milliseconds, largest first.
const UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl GatewayDuration {
    /// So many milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }
}

impl fmt::Display for GatewayDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_in_units(f, self.0, &UNITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_in_at_most_four_groups() {
        for (millis, written) in [
            (0, "0s"),
            (500, "500ms"),
            (1_500, "1s500ms"),
            (90_000, "1m30s"),
            (7_261_001, "2h1m1s1ms"),
        ] {
            assert_eq!(GatewayDuration::from_millis(millis).to_string(), written);
        }
    }
}
