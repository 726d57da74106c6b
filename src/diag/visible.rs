//! Text from a file, made safe to show.
//!
//! A `rollout.yaml` may come from a stranger's pull request: no byte of it may move a terminal's cursor, colour what comes
//! after it, or turn the reading order around (<https://trojansource.codes>).

use std::fmt::Write as _;

use crate::text::is_unseen;

/// Whether a character acts instead of being seen: control characters, directions, line ends that are not `\n`, tags.
pub fn acts(c: char) -> bool {
    c.is_control() || is_unseen(c)
}

/// One character for one character, so that columns stay true.
fn picture(c: char) -> char {
    match c {
        // Unicode has a picture for each of C0, in their order: `␀`, `␁` …
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        c if acts(c) => '\u{fffd}',
        c => c,
    }
}

/// One line: every character that acts becomes one that shows, line ends and tabs too.
pub fn line(text: &str) -> String {
    keep(text, &[])
}

/// The same, but line ends stay, and no line begins as a workflow command does.
pub fn lines(text: &str) -> String {
    without_commands(&keep(text, &['\n']))
}

/// A whole output for people: line ends and tabs stay, and no line begins as a workflow command does.
pub fn page(text: &str) -> String {
    without_commands(&keep(text, &['\n', '\t']))
}

/// The same, but tabs stay: for lines of the file, whose tabs the writer widens.
pub(super) fn source(text: &str) -> String {
    keep(text, &['\t'])
}

fn keep(text: &str, kept: &[char]) -> String {
    text.chars()
        .map(|c| if kept.contains(&c) { c } else { picture(c) })
        .collect::<String>()
        .replace(RUNNER_PREFIX, "##⁅")
}

/// GitHub's runner takes a line that begins with two colons, after blanks, for a command.
fn without_commands(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let start = line.trim_start();
        match start.strip_prefix("::") {
            Some(rest) => format!("{}∷{rest}", &line[..line.len() - start.len()]),
            None => line.to_owned(),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// GitHub's runner takes this for a command wherever in a line it stands
/// (<https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>).
const RUNNER_PREFIX: &str = "##[";

/// JSON in which no character acts. JSON itself only escapes U+0000 to U+001F.
pub fn json(json: &str) -> String {
    let json = json.replace(RUNNER_PREFIX, "#\\u0023[");
    if !json.chars().any(|c| c != '\n' && acts(c)) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && acts(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").expect("a string takes every character");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// The first `limit` characters, and `…` where there are more.
pub fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_is_left() {
        let all: String = (0..=0x10_ffff).filter_map(char::from_u32).collect();
        for shown in [
            line(&all),
            lines(&all),
            page(&all),
            source(&all),
            json(&all),
        ] {
            let acting: Vec<char> = shown
                .chars()
                .filter(|c| acts(*c) && !matches!(c, '\n' | '\t'))
                .collect();
            assert!(acting.is_empty(), "{acting:?}");
        }
        assert!(!line(&all).contains(['\n', '\t', '\u{1b}', '\u{9b}']));
        assert_eq!(line(&all).chars().count(), all.chars().count());
    }

    #[test]
    fn a_terminal_escape_is_seen_and_not_obeyed() {
        assert_eq!(line("a\u{1b}[31mb\nc"), "a␛[31mb␊c");
        assert_eq!(line("##[group]"), "##⁅group]");
        assert_eq!(page("a\n \t::error::x\n::y"), "a\n \t∷error::x\n∷y");
        assert_eq!(lines("::add-mask::x"), "∷add-mask::x");
        // What real names are written with stays.
        for name in ["👩\u{200d}🔬", "می\u{200c}خواهم", "❤\u{fe0f}"] {
            assert_eq!(line(name), name);
        }
        assert_eq!(json("\"##[group]\""), r##""#\u0023[group]""##);
        assert_eq!(json("\"\u{9b}\u{e0041}é\""), r#""\u009b\udb40\udc41é""#);
    }
}
