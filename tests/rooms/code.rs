//! Rust code as words: what paths a file names.

use super::{ROUTERS_KINDS, ROUTERS_WORDS};

/// A word, a character or a string of code, and its line. A string begins with its quote and has no other.
pub(super) struct Token {
    pub(super) line: usize,
    pub(super) text: String,
}

impl Token {
    fn is_word(&self) -> bool {
        self.text
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    /// Whether it names an object of one router.
    pub(super) fn is_routers(&self) -> bool {
        let letters = self.text.chars().filter(char::is_ascii_alphanumeric);
        let plain = letters.collect::<String>().to_ascii_lowercase();
        let whole = self.text.strip_prefix('"');
        ROUTERS_WORDS.iter().any(|word| plain.contains(word))
            || whole.is_some_and(|text| ROUTERS_KINDS.contains(&text))
    }
}

/// The words, characters and strings of Rust code, without comments, character literals and lifetimes.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    let next = |at: usize| chars.get(at).copied().unwrap_or('\0');
    while at < chars.len() {
        let start = at;
        match chars[at] {
            '/' if next(at + 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '/' if next(at + 1) == '*' => {
                let mut open = 0;
                loop {
                    match (next(at), next(at + 1)) {
                        ('/', '*') => (open, at) = (open + 1, at + 2),
                        ('*', '/') => (open, at) = (open - 1, at + 2),
                        _ => at += 1,
                    }
                    if open == 0 || at >= chars.len() {
                        break;
                    }
                }
            }
            '"' => {
                at = end_of_string(&chars, at).min(chars.len());
                let text = chars[start..at - 1].iter().collect();
                found.push(Token { line, text });
            }
            '\'' => {
                at += 1;
                if next(at) == '\\' || next(at + 1) == '\'' {
                    at += 1 + usize::from(next(at) == '\\');
                    while at < chars.len() && chars[at] != '\'' {
                        at += 1;
                    }
                    at += 1;
                }
            }
            c if c.is_alphanumeric() || c == '_' => {
                while next(at).is_alphanumeric() || next(at) == '_' {
                    at += 1;
                }
                let word: String = chars[start..at].iter().collect();
                let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
                let raw = matches!(word.as_str(), "r" | "br" | "cr");
                if raw && next(at + hashes) == '"' {
                    let open = at + hashes;
                    at = end_of_raw_string(&chars, open, hashes).min(chars.len());
                    let text = chars[open..at - hashes - 1].iter().collect();
                    found.push(Token { line, text });
                } else if !(matches!(word.as_str(), "b" | "c") && matches!(next(at), '"' | '\'')) {
                    found.push(Token { line, text: word });
                }
            }
            c => {
                at += 1;
                if !c.is_whitespace() {
                    found.push(Token {
                        line,
                        text: c.to_string(),
                    });
                }
            }
        }
        at = at.min(chars.len());
        line += chars[start..at].iter().filter(|c| **c == '\n').count();
    }
    found
}

fn end_of_string(chars: &[char], open: usize) -> usize {
    let mut at = open + 1;
    while at < chars.len() && chars[at] != '"' {
        at += 1 + usize::from(chars[at] == '\\');
    }
    at + 1
}

fn end_of_raw_string(chars: &[char], open: usize, hashes: usize) -> usize {
    let mut at = open + 1;
    while at < chars.len() {
        let closes =
            chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
        if closes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    at
}

/// The code without the items that stand under `#[cfg(test)]`.
pub(super) fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    let mut pending: Vec<Token> = Vec::new();
    while let Some(token) = rest.next() {
        pending.push(token);
        let matched = pending.len();
        if pending[matched - 1].text != CFG_TEST[matched - 1] {
            kept.append(&mut pending);
            continue;
        }
        if matched < CFG_TEST.len() {
            continue;
        }
        pending.clear();
        // The item ends at its `;`, or where its braces close; brackets of further attributes come before.
        let (mut braces, mut brackets) = (0_usize, 0_usize);
        for token in rest.by_ref() {
            match token.text.as_str() {
                "[" | "(" => brackets += 1,
                "]" | ")" => brackets -= 1,
                "{" => braces += 1,
                "}" => braces -= 1,
                _ => {}
            }
            if braces == 0 && brackets == 0 && matches!(token.text.as_str(), ";" | "}") {
                break;
            }
        }
    }
    kept.append(&mut pending);
    kept
}

/// Every path of the code, with groups spread out: `a::{b, c::d}` is `a::b` and `a::c::d`.
pub(super) fn paths(tokens: &[Token]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let after_path = at >= 2 && tokens[at - 1].text == ":" && tokens[at - 2].text == ":";
        if tokens[at].is_word() && !after_path {
            at = path(tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path that begins at `at` below `before`; gives where it ends.
fn path(
    tokens: &[Token],
    mut at: usize,
    before: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let mut names = before.to_vec();
    let line = tokens[at].line;
    loop {
        names.push(tokens[at].text.clone());
        at += 1;
        if !(is(at, ":") && is(at + 1, ":")) {
            break;
        }
        at += 2;
        if is(at, "{") {
            at += 1;
            while at < tokens.len() && !is(at, "}") {
                at = if is(at, ",") {
                    at + 1
                } else {
                    path(tokens, at, &names, found)
                };
            }
            return at + 1;
        }
        if !(is(at, "*") || tokens.get(at).is_some_and(Token::is_word)) {
            break;
        }
    }
    found.push((line, names));
    at
}
