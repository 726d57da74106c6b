//! Text from a spec, made harmless in Markdown, and texts that fit.

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
            c => escaped.push(c),
        }
    }
    escaped
}

/// How long GitHub may take a text to be: characters beyond the Basic Multilingual Plane count twice, to be on the safe side.
pub fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The beginning of a text that is no longer than this; never half a character.
pub fn cut(text: &str, most: usize) -> &str {
    let mut left = most;
    for (at, c) in text.char_indices() {
        match left.checked_sub(c.len_utf16()) {
            Some(rest) => left = rest,
            None => return &text[..at],
        }
    }
    text
}

/// A fence longer than any run of backticks in the text, so that nothing in it ends the block.
pub fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
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
            ("$x$ ratio: 1", "&#36;x&#36; ratio: 1"),
        ] {
            assert_eq!(escape(text), shown);
        }
    }

    #[test]
    fn no_character_is_cut_in_two() {
        let text = "a𝄞é𝄞";
        assert_eq!(length(text), 6);
        for (most, kept) in [
            (0, ""),
            (1, "a"),
            (2, "a"),
            (3, "a𝄞"),
            (5, "a𝄞é"),
            (6, text),
            (9, text),
        ] {
            assert_eq!(cut(text, most), kept);
        }
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        for (text, fenced) in [("", "```"), ("``", "```"), ("a ```` b", "`````")] {
            assert_eq!(fence(text), fenced);
        }
    }
}
