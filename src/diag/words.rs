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
/// The most names that are all listed.
const MOST_LISTED: usize = 12;
/// The most names that are listed because they share a word.
const MOST_RELATED: usize = 4;
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
        1..=MOST_LISTED => Some(format!("use {}", or_list(names))),
        more => Some(format!(
            "use {}, or one of {} more",
            or_list(&names[..10]),
            more - 10
        )),
    }
}

/// ``did you mean `env`?``, where there is a near miss; otherwise the fields there are, or of many those that share a word with
/// the one that was given: the rest would only hide them.
pub fn field_suggestion<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    let fields = known.clone().into_iter().take(MOST_LISTED + 1).count();
    if fields <= MOST_LISTED || near_miss(given, known.clone()).is_some() {
        return suggestion(given, known);
    }
    let parts = parts(given);
    let shared = |name: &str| {
        let of_name = self::parts(name);
        parts.iter().filter(|part| of_name.contains(part)).count()
    };
    let names = known.into_iter().take(MOST_NAMES);
    let mut names: Vec<(usize, &str)> = names.map(|name| (shared(name), name)).collect();
    names.retain(|(shared, _)| *shared > 0);
    names.sort_by_key(|(shared, _)| usize::MAX - shared);
    names.truncate(MOST_RELATED);
    let names = names.into_iter().map(|(_, name)| name);
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| format!("use {}", or_list(names)))
}

/// The words of a name such as `initContainers`, `init-containers` or `init_containers`, in lower case and the singular.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars().take(MOST_CHARS) {
        let begins = c.is_uppercase() && was_lower;
        if (begins || !c.is_alphanumeric()) && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(String::new());
        }
        was_lower = !c.is_uppercase();
        if let Some(part) = parts.last_mut().filter(|_| c.is_alphanumeric()) {
            part.extend(c.to_lowercase());
        }
    }
    let singular = |part: String| match part.strip_suffix('s') {
        Some(one) if one.len() > 2 && !one.ends_with('s') => one.to_owned(),
        _ => part,
    };
    let parts = parts.into_iter().map(singular);
    parts.filter(|part| part.len() > 1).collect()
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
    fn of_many_fields_only_those_that_share_a_word_are_suggested() {
        let fields = [
            "name",
            "image",
            "env",
            "ports",
            "model",
            "podLabels",
            "podAnnotations",
            "args",
            "volumes",
            "volumeMounts",
            "imagePullSecrets",
            "initContainers",
            "sidecars",
            "drain",
        ];
        for (given, want) in [
            ("containersAtFirst", Some("use `initContainers`")),
            ("annotations", Some("did you mean `podAnnotations`?")),
            ("secretOfImage", Some("use `imagePullSecrets` or `image`")),
            ("extraVolumeMounts", Some("did you mean `volumeMounts`?")),
            (
                "volumesOfThePod",
                Some("use `podLabels`, `podAnnotations`, `volumes` or `volumeMounts`"),
            ),
            ("hostNetwork", None),
        ] {
            assert_eq!(field_suggestion(given, fields).as_deref(), want, "{given}");
        }
        // Of few, all are told.
        assert_eq!(
            field_suggestion("c", ["a", "b"]).as_deref(),
            Some("use `a` or `b`")
        );
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
