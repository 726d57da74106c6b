//! English in one place: plurals, lists and near misses.

use std::fmt::Display;

/// `1 stage`, `2 stages`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// `` `a` ``, `` `a` or `b` ``, `` `a`, `b` or `c` ``.
pub fn or_list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    list(items, "or")
}

/// `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and `c` ``.
pub fn and_list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    list(items, "and")
}

/// `a`, `a and b`, `a, b and 3 more`: the first `most` of some phrases.
pub fn list_of(phrases: &[String], most: usize) -> String {
    let more = phrases.len().saturating_sub(most);
    let shown = &phrases[..phrases.len() - more];
    match (shown, more) {
        ([], _) => String::new(),
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

fn list<T: Display>(items: impl IntoIterator<Item = T>, word: &str) -> String {
    let items: Vec<String> = items.into_iter().map(|item| format!("`{item}`")).collect();
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {word} {last}", rest.join(", ")),
    }
}

/// The most known names that a given one is compared with: a file of thousands of wrong names among thousands of right ones
/// must not take minutes to explain.
const MOST_NAMES: usize = 200;
/// The most characters of a word that are compared.
const MOST_CHARS: usize = 64;

/// The known name that a typing error most likely meant, if one is near enough.
pub fn near_miss<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = given.chars().count();
    known
        .into_iter()
        .take(MOST_NAMES)
        .map(|name| (distance(&given.to_lowercase(), &name.to_lowercase()), name))
        // A word of which nothing is left is another word.
        .filter(|(steps, name)| {
            let longer = length.max(name.chars().count());
            *steps <= (longer / 3).max(1) && *steps < longer
        })
        .min_by_key(|(steps, _)| *steps)
        .map(|(_, name)| name)
}

/// ``did you mean `resnet101`?``, where there is a near miss; otherwise the names there are.
pub fn suggestion<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(name) = near_miss(given, known.clone()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let mut names: Vec<&str> = Vec::new();
    for name in known.into_iter().take(MOST_NAMES) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    match names.len() {
        0 => None,
        1..=12 => Some(format!("use {}", or_list(names))),
        more => Some(format!(
            "use {}, or one of {} more",
            or_list(&names[..10]),
            more - 10
        )),
    }
}

/// Edits from one word to the other: insert, delete, replace, swap neighbours. Of a long word only the beginning counts,
/// because the time grows with the product of the lengths.
fn distance(a: &str, b: &str) -> usize {
    let beginning = |word: &str| word.chars().take(MOST_CHARS).collect::<String>();
    strsim::osa_distance(&beginning(a), &beginning(b))
}

/// The operating system's words in a sentence of ours, without Rust's `(os error N)`.
pub fn system(error: &std::io::Error) -> String {
    let text = error.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    let mut chars = text[..end].chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_english() {
        assert_eq!(or_list(["a"]), "`a`");
        assert_eq!(or_list(["a", "b"]), "`a` or `b`");
        assert_eq!(and_list(["a", "b", "c"]), "`a`, `b` and `c`");
        assert_eq!(count(1, "stage"), "1 stage");
        assert_eq!(count(0, "stage"), "0 stages");
    }

    #[test]
    fn near_misses_are_near() {
        let known = ["resnet50", "resnet101", "steps"];
        assert_eq!(near_miss("resnet100", known), Some("resnet101"));
        assert_eq!(near_miss("setps", known), Some("steps"));
        assert_eq!(near_miss("Steps", known), Some("steps"));
        assert_eq!(near_miss("banana", known), None);
        assert_eq!(near_miss("d", ["a", "b"]), None);
        // Where two letters are swapped, that is one edit, and nothing more is edited between them.
        assert_eq!(near_miss("ab", ["ba"]), Some("ba"));
        assert_eq!(near_miss("abc", ["ca"]), None);
        let long = "x".repeat(100);
        assert_eq!(
            near_miss(&format!("{long}abc"), [long.as_str()]),
            Some(long.as_str())
        );
    }
}
