//! Texts that fit.

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
