//! Changes of a text where its values stand, with comments and layout as they are.

use fastrand::Rng;

use super::nasty::nasty;

/// Puts another text in the place of a value.
pub(super) fn value(text: &str, rng: &mut Rng) -> String {
    let starts: Vec<usize> = text
        .match_indices(": ")
        .map(|(at, found)| at + found.len())
        .collect();
    if starts.is_empty() {
        return nasty(rng);
    }
    let start = starts[rng.usize(..starts.len())];
    let rest = &text[start..];
    let end = rest.find(['\n', ',', '}', ']']).unwrap_or(rest.len());
    let old = &rest[..end];
    let new = match rng.u8(..4) {
        // Near by: what is at the edge of what is allowed.
        0 => near(old, rng),
        // What another key of the text has.
        1 => {
            let other = &text[starts[rng.usize(..starts.len())]..];
            other[..other.find(['\n', ',', '}', ']']).unwrap_or(other.len())].to_owned()
        }
        _ => nasty(rng),
    };
    format!("{}{new}{}", &text[..start], &rest[end..])
}

/// A number with another next to it; a word with one character changed.
fn near(old: &str, rng: &mut Rng) -> String {
    let digits = old.find(|c: char| !c.is_ascii_digit()).unwrap_or(old.len());
    if let Ok(number) = old[..digits].parse::<u64>() {
        let by = [0, 1, 2, 10, 1_000][rng.usize(..5)];
        let number = if rng.bool() {
            number.saturating_add(by)
        } else {
            number.saturating_sub(by)
        };
        return format!("{number}{}", &old[digits..]);
    }
    let mut all: Vec<char> = old.chars().collect();
    let at = rng.usize(..=all.len());
    all.insert(at, ['-', '.', 'a', '0', '*', '/', 'Z', '_'][rng.usize(..8)]);
    all.into_iter().collect()
}

/// Takes a line away, doubles it, moves it, or sets it in or out.
pub(super) fn line(text: &str, rng: &mut Rng) -> String {
    let mut lines: Vec<String> = text.split('\n').map(ToOwned::to_owned).collect();
    let at = rng.usize(..lines.len());
    match rng.u8(..8) {
        0 => {
            lines.remove(at);
        }
        1 => {
            let copy = lines[at].clone();
            lines.insert(at, copy);
        }
        2 => {
            let other = rng.usize(..lines.len());
            lines.swap(at, other);
        }
        3 => lines[at].insert_str(0, "  "),
        4 => {
            lines[at] = lines[at]
                .strip_prefix("  ")
                .map(ToOwned::to_owned)
                .unwrap_or_default();
        }
        5 => lines[at].insert(0, '\t'),
        6 => lines[at].push('\r'),
        _ => {
            let piece = format!("{} {}", lines[at], nasty(rng));
            lines[at] = piece;
        }
    }
    lines.join("\n")
}
