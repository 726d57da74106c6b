//! Durations as Go's `ParseDuration` reads them, and what Istio makes of them.

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::text::Route;

use super::refused;

const MILLISECOND: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MILLISECOND;

/// The units in nanoseconds.
const UNITS: [(&str, i64); 7] = [
    ("h", 3_600 * SECOND),
    ("m", 60 * SECOND),
    ("s", SECOND),
    ("ms", MILLISECOND),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// `text` in nanoseconds; none where it is no duration or longer than Go can hold, about 292 years.
fn nanoseconds(text: &str) -> Option<i64> {
    let (mut rest, mut total) = (text, 0_i64);
    while !rest.is_empty() {
        let number = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (digits, after) = rest.split_at(number);
        let end = after
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let whole = whole.parse::<i64>().ok()?.checked_mul(*unit)?;
        total = total
            .checked_add(whole)?
            .checked_add(part(fraction, *unit))?;
        rest = after;
    }
    Some(total)
}

/// `0.<fraction>` of a unit, cut to whole nanoseconds.
fn part(fraction: &str, unit: i64) -> i64 {
    // The largest unit has 13 digits, so that more digits are less than a nanosecond.
    let digits = fraction
        .bytes()
        .take(18)
        .map(|digit| i128::from(digit - b'0'));
    let (value, scale) = digits.fold((0, 1), |(value, scale), digit| {
        (value * 10 + digit, scale * 10)
    });
    i64::try_from(value * i128::from(unit) / scale).unwrap_or(i64::MAX)
}

/// Whether `text` is a duration in Istio's form, and no time at all, such as `0s`.
pub fn is_zero(text: &str) -> bool {
    nanoseconds(text) == Some(0)
}

/// `text` in whole milliseconds, cut; none where it is no duration.
pub fn milliseconds(text: &str) -> Option<u64> {
    nanoseconds(text).and_then(|time| u64::try_from(time / MILLISECOND).ok())
}

/// Complains where the field `name` is no whole number of milliseconds above zero (Istio's `ValidateDuration`).
pub(super) fn check(value: &Value, name: &str, route: &Route, faults: &mut Vec<Diagnostic>) {
    whole(
        value,
        name,
        route,
        (MILLISECOND, "milliseconds", "1ms"),
        faults,
    );
}

/// Complains where the field `name` is no whole number of seconds above zero.
pub(super) fn check_seconds(
    value: &Value,
    name: &str,
    route: &Route,
    faults: &mut Vec<Diagnostic>,
) {
    whole(value, name, route, (SECOND, "seconds", "1s"), faults);
}

/// Complains where the field `name` is longer than Go can hold; any other time is taken, as is none.
pub(super) fn check_any(value: &Value, name: &str, route: &Route, faults: &mut Vec<Diagnostic>) {
    let Some(text) = value.get(name).and_then(Value::as_str) else {
        return;
    };
    if nanoseconds(text).is_none() {
        faults.push(refused(
            route.key(name),
            format!("`{name}` is `{text}`, and Istio takes up to 292 years"),
        ));
    }
}

fn whole(
    value: &Value,
    name: &str,
    route: &Route,
    (unit, units, least): (i64, &str, &str),
    faults: &mut Vec<Diagnostic>,
) {
    let Some(text) = value.get(name).and_then(Value::as_str) else {
        return;
    };
    if nanoseconds(text).is_none_or(|time| time < unit || time % unit != 0) {
        faults.push(refused(
            route.key(name),
            format!("`{name}` is `{text}`, and Istio takes whole {units}, from `{least}` up to 292 years"),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, wanted) in [
            ("0s", Some(0)),
            ("1.5s", Some(1_500_000_000)),
            ("1h1m1s1ms1us1ns", Some(3_661_001_001_001)),
            ("500µs", Some(500_000)),
            ("0.0000000001s", Some(0)),
            ("1.0000000009s", Some(1_000_000_000)),
            ("2562047h", Some(9_223_369_200_000_000_000)),
            ("2562048h", None),
            ("99999999999999999999s", None),
            ("1", None),
            ("1d", None),
            (".s", None),
        ] {
            assert_eq!(nanoseconds(text), wanted, "{text}");
        }
    }
}
