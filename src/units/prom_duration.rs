//! Durations as Prometheus writes them.

use std::fmt;
use std::str::FromStr;

use super::Duration;
use super::duration::write_in_units;

/// A span of whole milliseconds, written `500ms`, `5m`, `1h30m` or `30d`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PromDuration(u64);

/// The units in milliseconds, largest first: they may stand in this order only, and each once.
const UNITS: [(&str, u64); 7] = [
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl PromDuration {
    /// So many seconds.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds * 1_000)
    }

    /// The span in milliseconds.
    pub fn millis(self) -> u64 {
        self.0
    }

    /// The span in whole seconds, and at least one: PromQL's ranges and steps are asked for in seconds.
    pub fn seconds(self) -> u64 {
        (self.0 / 1_000).max(1)
    }

    /// The span in seconds, with fractions.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }
}

impl From<Duration> for PromDuration {
    fn from(span: Duration) -> Self {
        Self(span.seconds().saturating_mul(1_000))
    }
}

impl FromStr for PromDuration {
    type Err = ();

    /// Not by `promql_parser::util::parse_duration`: it reads `1.5` as seconds and panics at `-1` and at `inf`, takes a number that
    /// is too large for none (`99999999999999y1s` is a second to it), and compiles a regular expression when it is first used.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (mut rest, mut total, mut units) = (text, 0_u64, &UNITS[..]);
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or(())?;
            let n: u64 = rest[..digits].parse().map_err(|_| ())?;
            rest = &rest[digits..];
            let letters = rest
                .find(|c: char| c.is_ascii_digit())
                .unwrap_or(rest.len());
            let at = units
                .iter()
                .position(|(name, _)| *name == &rest[..letters])
                .ok_or(())?;
            total = n
                .checked_mul(units[at].1)
                .and_then(|part| total.checked_add(part))
                .ok_or(())?;
            (rest, units) = (&rest[letters..], &units[at + 1..]);
        }
        if total == 0 { Err(()) } else { Ok(Self(total)) }
    }
}

impl fmt::Display for PromDuration {
    /// In Prometheus's own style, without years and weeks: `1h30m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_in_units(f, self.0, &UNITS[2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_prometheus_reads_them() {
        for (text, millis, shown) in [
            ("500ms", 500, "500ms"),
            ("1m", 60_000, "1m"),
            ("1h30m", 5_400_000, "1h30m"),
            ("30d", 2_592_000_000, "30d"),
            ("1w", 604_800_000, "7d"),
            ("90s", 90_000, "1m30s"),
        ] {
            let span: PromDuration = text.parse().expect(text);
            assert_eq!((span.millis(), span.to_string().as_str()), (millis, shown));
        }
        for text in [
            "",
            "0s",
            "1",
            "1.5h",
            "5m1h",
            "1h1h",
            "99999999999999y",
            "m",
            "5x",
        ] {
            assert_eq!(text.parse::<PromDuration>(), Err(()), "{text}");
        }
    }
}
