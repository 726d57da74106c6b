//! Characters that nobody sees, and what they do to those that are seen.

/// Whether a character reorders or hides text: directions (<https://trojansource.codes>), separators that only some readers take for
/// line ends, annotations, tags, fillers, and what has no width and no meaning of its own. Joiners (U+200C, U+200D) and variation selectors are
/// none: Persian, Indian scripts and emoji are written with them.
pub fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}'
    )
}
