//! What RE2 reads as a character where Rust's parser reads the begin of something, and refuses it.

use std::iter::Peekable;
use std::str::Chars;

/// The expression with such characters escaped: a `{` that begins no count, and a `[` within a class.
pub(super) fn escaped(pattern: &str) -> String {
    let mut text = String::with_capacity(pattern.len() + 2);
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(&mut rest, &mut text),
            '[' => class(&mut rest, &mut text),
            '{' if !begins_count(rest.clone()) => text.push_str("\\{"),
            c => text.push(c),
        }
    }
    text
}

/// An escape, whose backslash was read: `\d`, `\x{…}`, `\p{…}`.
fn escape(rest: &mut Peekable<Chars<'_>>, text: &mut String) {
    text.push('\\');
    let Some(kind) = rest.next() else { return };
    text.push(kind);
    if matches!(kind, 'x' | 'p' | 'P') && rest.peek() == Some(&'{') {
        for c in rest.by_ref() {
            text.push(c);
            if c == '}' {
                return;
            }
        }
    }
}

/// A class, whose `[` was read, up to its end.
fn class(rest: &mut Peekable<Chars<'_>>, text: &mut String) {
    text.push('[');
    for first in ['^', ']'] {
        if let Some(c) = rest.next_if_eq(&first) {
            text.push(c);
        }
    }
    while let Some(c) = rest.next() {
        match c {
            '\\' => escape(rest, text),
            '[' if rest.peek() == Some(&':') => text.push('['),
            '[' => text.push_str("\\["),
            ':' if text.ends_with("[:") || rest.peek() != Some(&']') => text.push(':'),
            ':' if is_named(text) => {
                text.push(':');
                text.extend(rest.next());
            }
            c => {
                text.push(c);
                if c == ']' {
                    return;
                }
            }
        }
    }
}

/// Whether a text ends within `[:name`.
fn is_named(text: &str) -> bool {
    let name = text.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '^');
    name.ends_with("[:")
}

/// Whether what follows a `{` makes it a count: `2}`, `2,}` or `2,5}`.
fn begins_count(mut rest: Peekable<Chars<'_>>) -> bool {
    let digits = |rest: &mut Peekable<Chars<'_>>| {
        let mut any = false;
        while rest.next_if(char::is_ascii_digit).is_some() {
            any = true;
        }
        any
    };
    if !digits(&mut rest) {
        return false;
    }
    if rest.next_if_eq(&',').is_some() {
        digits(&mut rest);
    }
    rest.next() == Some('}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_re2_reads_as_a_character_is_one() {
        for (pattern, wanted) in [
            ("/m/{id}/.*", r"/m/\{id}/.*"),
            ("a{,5}", r"a\{,5}"),
            ("a{2}b{2,}c{2,5}", "a{2}b{2,}c{2,5}"),
            ("a{", r"a\{"),
            (r"\{a\x{61}\p{Greek}", r"\{a\x{61}\p{Greek}"),
            ("[[]", r"[\[]"),
            ("[a[b]", r"[a\[b]"),
            ("[]a[]", r"[]a\[]"),
            ("[^]{]", "[^]{]"),
            ("[[:alpha:]_]", "[[:alpha:]_]"),
            ("[[:^alpha:][:digit:]]", "[[:^alpha:][:digit:]]"),
            (r"[\]{]", r"[\]{]"),
            ("[a:]", "[a:]"),
            ("\\", "\\"),
            ("[", "["),
        ] {
            assert_eq!(escaped(pattern), wanted, "{pattern}");
        }
    }
}
