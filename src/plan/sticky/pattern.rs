//! Buckets as regular expressions over the strings that begin with their digits.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::units::escape_re2;

/// The longest name of a cookie, in bytes, which leaves room for digits.
pub(in crate::plan) const MAX_COOKIE_NAME: usize = 40;
/// What Envoy allows an RE2 program to be where nobody says otherwise (`re2.max_program_size.error_level`).
const MAX_PROGRAM: usize = 100;
/// The instructions of `(.*; )?=` and `.*` around a cookie, over UTF-8; measured.
const AROUND_COOKIE: usize = 27;
/// The same of `.*` after a header's digits.
const AROUND_HEADER: usize = 13;

/// The expressions for the whole `cookie` header where one cookie begins with the digits of these buckets; any may match.
///
/// The header is `a=1; b=2` (RFC 6265, section 4.2.1). Envoy writes request ids in lower case.
pub(in crate::plan) fn of_cookie(
    name: &str,
    ranges: impl Iterator<Item = Range<u16>>,
) -> Vec<String> {
    let room = MAX_PROGRAM.saturating_sub(AROUND_COOKIE + name.len());
    // Outside of a class, a dash is itself.
    let name = escape_re2(name).replace(r"\-", "-");
    let digits = packed(ranges, false, room).into_iter();
    digits
        .map(|digits| format!("(.*; )?{name}={digits}.*"))
        .collect()
}

/// The expressions for a header that begins with the digits of these buckets; any may match.
pub(in crate::plan) fn of_header(
    ranges: impl Iterator<Item = Range<u16>>,
    in_both_cases: bool,
) -> Vec<String> {
    let digits = packed(ranges, in_both_cases, MAX_PROGRAM - AROUND_HEADER).into_iter();
    digits.map(|digits| format!("{digits}.*")).collect()
}

/// The digits as alternatives, as many in one expression as there is room for.
fn packed(
    ranges: impl Iterator<Item = Range<u16>>,
    in_both_cases: bool,
    room: usize,
) -> Vec<String> {
    let mut groups: Vec<(usize, Vec<String>)> = Vec::new();
    for (prefix, digits) in prefixes(ranges) {
        let prefix: String = prefix
            .iter()
            .map(|digit| class(&[*digit], in_both_cases))
            .collect();
        let alternative = format!("{prefix}{}", class(&digits, in_both_cases));
        // Every character class is an instruction for each of its runs and one more to choose between two of them; no text has
        // fewer characters than that.
        let size = alternative.len() + 1;
        match groups.last_mut() {
            Some((used, group)) if *used + size <= room => {
                *used += size;
                group.push(alternative);
            }
            _ => groups.push((size, vec![alternative])),
        }
    }
    let groups = groups.into_iter().map(|(_, group)| group);
    groups
        .map(|group| match &group[..] {
            [one] => one.clone(),
            many => format!("(?:{})", many.join("|")),
        })
        .collect()
}

/// The fewest digits that tell the buckets from all others: for each prefix, the digits that may follow.
fn prefixes(ranges: impl Iterator<Item = Range<u16>>) -> BTreeMap<Vec<u16>, Vec<u16>> {
    let mut found: BTreeMap<Vec<u16>, Vec<u16>> = BTreeMap::new();
    for mut range in ranges {
        while !range.is_empty() {
            let digits = [range.start / 256, range.start / 16 % 16, range.start % 16];
            let fits = |block: &u16| {
                range.start.is_multiple_of(*block) && range.end - range.start >= *block
            };
            let block = [256, 16, 1].into_iter().find(fits).unwrap_or(1);
            let length = match block {
                256 => 0,
                16 => 1,
                _ => 2,
            };
            found
                .entry(digits[..length].to_vec())
                .or_default()
                .push(digits[length]);
            range.start += block;
        }
    }
    found
}

/// Digits as a character class: `4`, `[0-9a-c]`.
fn class(digits: &[u16], in_both_cases: bool) -> String {
    let character = |digit: u16| char::from_digit(digit.into(), 16).unwrap_or('0');
    let mut runs: Vec<(char, char)> = Vec::new();
    for digit in digits.iter().copied() {
        match runs.last_mut() {
            // `9` and `a` are no neighbours.
            Some((_, last)) if digit != 10 && digit > 0 && *last == character(digit - 1) => {
                *last = character(digit);
            }
            _ => runs.push((character(digit), character(digit))),
        }
    }
    if in_both_cases {
        let letters = runs.iter().filter(|(first, _)| first.is_ascii_lowercase());
        let upper = letters.map(|(a, b)| (a.to_ascii_uppercase(), b.to_ascii_uppercase()));
        let upper: Vec<_> = upper.collect();
        runs.extend(upper);
    }
    if let [(one, last)] = runs[..]
        && one == last
    {
        return one.to_string();
    }
    let runs = runs
        .into_iter()
        .map(|(first, last)| match u32::from(last) - u32::from(first) {
            0 => first.to_string(),
            1 => format!("{first}{last}"),
            _ => format!("{first}-{last}"),
        });
    format!("[{}]", runs.collect::<String>())
}

#[cfg(test)]
mod tests;
