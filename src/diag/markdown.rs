//! Text from a spec, a server or a history, made harmless in Markdown.

use crate::text::is_unseen;

/// A text that GitHub shows as it is: no table, link, HTML, mention, reference, emoji or workflow command comes of it.
///
/// GitHub looks for mentions and references after it has resolved entities and escapes, so that only a character between helps;
/// the one used has no width.
pub fn escape(text: &str) -> String {
    const BREAK: &str = "&#8203;";
    let mut escaped = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => {
                escaped.push('@');
                escaped.push_str(BREAK);
            }
            '#' => {
                escaped.push_str("\\#");
                escaped.push_str(BREAK);
            }
            ':' => {
                escaped.push(':');
                if chars
                    .peek()
                    .is_some_and(|next| !next.is_whitespace() && *next != '/')
                {
                    escaped.push_str(BREAK);
                }
            }
            '$' => escaped.push_str("&#36;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '|' | '!' | '~' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c if c.is_whitespace() || c.is_control() => escaped.push(' '),
            c if is_unseen(c) => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_text() {
        for (text, shown) in [
            ("@everyone", "@&#8203;everyone"),
            ("::error::x", ":&#8203;:&#8203;error:&#8203;:&#8203;x"),
            ("##[add-mask]", "\\#&#8203;\\#&#8203;\\[add-mask\\]"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("a|b\n```", "a\\|b \\`\\`\\`"),
            ("Fixes #1", "Fixes \\#&#8203;1"),
            ("a\u{202e}b", "a\u{fffd}b"),
            ("$x$ ratio: 1", "&#36;x&#36; ratio: 1"),
        ] {
            assert_eq!(escape(text), shown);
        }
    }
}
