//! Plain scalars that readers of YAML 1.1, kubectl among them, take for something else than those of YAML 1.2
//! (<https://yaml.org/type/bool.html>, <https://yaml.org/type/int.html>).

use crate::text::{Source, Span};

use super::{Kind, Node};

/// Every such scalar of a document, with what it is to the older readers.
pub fn older_reading(source: &Source, document: &Node) -> Vec<(Span, &'static str)> {
    let mut found = Vec::new();
    walk(source, document, &mut found);
    found
}

fn walk(source: &Source, node: &Node, found: &mut Vec<(Span, &'static str)>) {
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|item| walk(source, item, found)),
        Kind::Map(entries) => {
            for entry in entries {
                let key = &source.text()[entry.key_span.start..entry.key_span.end];
                if let Some(what) = older(key) {
                    found.push((entry.key_span, what));
                }
                walk(source, &entry.value, found);
            }
        }
        Kind::String(_) | Kind::Number(_) => {
            let text = &source.text()[node.span.start..node.span.end];
            if let Some(what) = older(text) {
                found.push((node.span, what));
            }
        }
        Kind::Null | Kind::Bool(_) => {}
    }
}

/// What a plain scalar is to a reader of YAML 1.1, where that differs. What is quoted begins with a quote and differs nowhere.
fn older(text: &str) -> Option<&'static str> {
    const WORDS: [&str; 6] = ["y", "yes", "on", "n", "no", "off"];
    if !text.is_ascii() || text.is_empty() {
        return None;
    }
    let is_cased = text == text.to_lowercase()
        || text == text.to_uppercase()
        || text[1..] == text[1..].to_lowercase();
    if is_cased && WORDS.contains(&text.to_lowercase().as_str()) {
        return Some("a boolean");
    }
    let digits = text.trim_start_matches(['+', '-']);
    let is_number = |allowed: fn(char) -> bool, digits: &str| {
        digits.starts_with(|c: char| c.is_ascii_digit()) && digits.chars().all(allowed)
    };
    if digits.len() > 1
        && digits.starts_with('0')
        && is_number(|c| matches!(c, '0'..='7' | '_'), digits)
    {
        return Some("an octal number");
    }
    let binary = digits.strip_prefix("0b").unwrap_or_default();
    if is_number(|c| matches!(c, '0' | '1' | '_'), binary) {
        return Some("a binary number");
    }
    let grouped = |c: char| c.is_ascii_digit() || matches!(c, '_' | '.');
    (digits.contains('_') && is_number(grouped, digits)).then_some("a number")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::parse;

    #[test]
    fn plain_words_and_numbers_of_the_older_yaml_are_found() {
        let text = "a: [yes, Off, y, NO, yEs, 'on', \"no\", nope, true, Überblick Bild]\n\"y\": 1\non: 2\nb: [012, 0, 10, 1_000, -0b11, 08, 0o14, 1.5, 0x1F, a_1]\n";
        let source = Source::new("x", text);
        let document = parse(&source).expect("it is YAML");
        let found = older_reading(&source, &document);
        let words = found
            .iter()
            .map(|(span, what)| (&text[span.start..span.end], *what));
        let words: Vec<_> = words.collect();
        assert_eq!(
            words,
            [
                ("yes", "a boolean"),
                ("Off", "a boolean"),
                ("y", "a boolean"),
                ("NO", "a boolean"),
                ("on", "a boolean"),
                ("012", "an octal number"),
                ("1_000", "a number"),
                ("-0b11", "a binary number"),
            ]
        );
    }
}
