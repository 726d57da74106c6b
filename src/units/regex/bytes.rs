//! An expression as Envoy reads it: byte by byte.
//!
//! Envoy's RE2 runs in its Latin-1 mode: every byte of the expression and of the value is a character of its own, so that `é` is two
//! of them, `.` takes one byte, and `\d`, `\w`, `\s` and `\b` know ASCII alone.

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::ast::{self, Ast, Visitor};

use super::literals::escaped;
use super::parse;

/// Each byte as the character of its number, as Envoy's RE2 sees a value.
fn as_latin1(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

/// The expression of Rust's `regex::bytes` that takes the Latin-1 form of a value exactly where Envoy's RE2 takes the value.
/// None where the expression does not parse.
fn re2_over_bytes(pattern: &str) -> Option<String> {
    let pattern = escaped(&as_latin1(pattern));
    let ast = parse(&pattern).ok()?;
    let mut rest = 0;
    let mut text = String::with_capacity(pattern.len());
    for (span, ascii) in ast::visit(&ast, Ascii::default()).ok()? {
        text.push_str(&pattern[rest..span.start.offset]);
        text.push_str(ascii);
        rest = span.end.offset;
    }
    text.push_str(&pattern[rest..]);
    Some(text)
}

/// The expression as Envoy runs it: against the whole of a value in its Latin-1 form, in time linear in the value, as RE2 does. None
/// where it does not parse, or its program has more than `most` bytes.
fn whole(pattern: &str, most: usize) -> Option<Regex> {
    let bytes = re2_over_bytes(pattern)?;
    let mut builder = RegexBuilder::new(&format!(r"\A(?:{bytes})\z"));
    builder.size_limit(most).build().ok()
}

/// The most bytes of an expression's program: what `Regex::new` allows.
const MOST_PROGRAM: usize = 10 << 20;

/// Whether Envoy's RE2 takes a whole value. None where the expression does not parse, or is too large.
pub fn re2_takes(pattern: &str, value: &str) -> Option<bool> {
    takes(pattern, value, MOST_PROGRAM)
}

/// The same, and none where the bytes of the expression's program times those of the value are more than `work`.
pub fn re2_takes_within(work: usize, pattern: &str, value: &str) -> Option<bool> {
    takes(pattern, value, MOST_PROGRAM.min(work / value.len().max(1)))
}

fn takes(pattern: &str, value: &str, most: usize) -> Option<bool> {
    let regex = whole(pattern, most).filter(|_| !pattern.is_empty())?;
    Some(regex.is_match(as_latin1(value).as_bytes()))
}

/// Collects what means more than ASCII in Rust, with what means the same in ASCII.
#[derive(Default)]
struct Ascii(Vec<(ast::Span, &'static str)>);

impl Ascii {
    fn class(&mut self, class: &ast::ClassPerl) {
        use ast::ClassPerlKind as Kind;
        let ascii = match (&class.kind, class.negated) {
            (Kind::Digit, false) => "[0-9]",
            (Kind::Digit, true) => "[^0-9]",
            // RE2's `\s` has no vertical tab (re2/perl_groups.cc).
            (Kind::Space, false) => r"[\t\n\f\r ]",
            (Kind::Space, true) => r"[^\t\n\f\r ]",
            (Kind::Word, false) => "[0-9A-Za-z_]",
            (Kind::Word, true) => "[^0-9A-Za-z_]",
        };
        self.0.push((class.span, ascii));
    }
}

impl Visitor for Ascii {
    type Output = Vec<(ast::Span, &'static str)>;
    type Err = ();

    fn finish(mut self) -> Result<Self::Output, ()> {
        self.0.sort_by_key(|(span, _)| span.start.offset);
        Ok(self.0)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), ()> {
        if let Ast::ClassPerl(class) = ast {
            self.class(class);
        } else if let Ast::Assertion(assertion) = ast {
            if assertion.kind == ast::AssertionKind::WordBoundary {
                self.0.push((assertion.span, r"(?-u:\b)"));
            } else if assertion.kind == ast::AssertionKind::NotWordBoundary {
                self.0.push((assertion.span, r"(?-u:\B)"));
            }
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), ()> {
        if let ast::ClassSetItem::Perl(class) = item {
            self.class(class);
        }
        Ok(())
    }
}

/// What an expression says about characters outside of ASCII that Envoy, which sees their bytes, understands otherwise.
pub fn misread_by_bytes(pattern: &str) -> Option<&'static str> {
    let ast = parse(&escaped(pattern)).ok()?;
    let found = ast::visit(&ast, Wide::default()).ok()?;
    if found.in_class {
        Some("a class such as `[é]` takes one byte, and never the whole character")
    } else if found.repeated {
        Some("a repetition such as `é+` repeats the character's last byte alone")
    } else if found.escaped {
        Some("`\\x{80}` to `\\x{ff}` are single bytes, and not the characters of these numbers")
    } else if found.any && found.folds {
        Some("`(?i)` folds bytes, and not characters outside of ASCII")
    } else {
        None
    }
}

/// Where an expression names characters outside of ASCII.
#[derive(Default)]
struct Wide {
    any: bool,
    folds: bool,
    in_class: bool,
    repeated: bool,
    escaped: bool,
}

impl Wide {
    fn literal(&mut self, literal: &ast::Literal) -> bool {
        let wide = !literal.c.is_ascii();
        let is_escape = !matches!(literal.kind, ast::LiteralKind::Verbatim);
        self.any |= wide;
        self.escaped |= wide && is_escape;
        wide && !is_escape
    }

    fn flags(&mut self, flags: &ast::Flags) {
        self.folds |= flags.flag_state(ast::Flag::CaseInsensitive) == Some(true);
    }
}

impl Visitor for Wide {
    type Output = Self;
    type Err = ();

    fn finish(self) -> Result<Self, ()> {
        Ok(self)
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), ()> {
        if let Ast::Literal(literal) = ast {
            self.literal(literal);
        } else if let Ast::Flags(set) = ast {
            self.flags(&set.flags);
        } else if let Ast::Group(group) = ast
            && let ast::GroupKind::NonCapturing(flags) = &group.kind
        {
            self.flags(flags);
        } else if let Ast::Repetition(repetition) = ast
            && let Ast::Literal(literal) = &*repetition.ast
        {
            self.repeated |= self.literal(literal);
        }
        Ok(())
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), ()> {
        if let ast::ClassSetItem::Literal(literal) = item {
            self.in_class |= self.literal(literal);
        } else if let ast::ClassSetItem::Range(range) = item {
            self.in_class |= self.literal(&range.start) | self.literal(&range.end);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use regex::bytes::Regex;

    use super::*;

    /// Whether the whole value is taken, as `trace` asks.
    fn takes(pattern: &str, value: &str) -> bool {
        let pattern = re2_over_bytes(pattern).expect("the expression parses");
        let regex = Regex::new(&format!(r"\A(?:{pattern})\z")).expect("the expression is valid");
        regex.is_match(as_latin1(value).as_bytes())
    }

    /// What a real Envoy 1.3x answered for a header with this value.
    #[test]
    fn a_value_is_taken_where_envoy_takes_it() {
        for (pattern, value, taken) in [
            ("A.", "Aé", false),
            ("B..", "Bé", true),
            ("[é]", "é", false),
            ("C[é][é]", "Cé", true),
            ("Dé", "Dé", true),
            ("Eé+", "Eé", true),
            ("Eé+", "Eéé", false),
            (r"F\d", "F٣", false),
            (r"G\pL+", "Gé", false),
            (r"G\pL+", "Gab", true),
            (r"H\p{Greek}", "Hα", false),
            ("(?i)Ié", "ié", true),
            ("(?i)Ié", "IÉ", false),
            (r"J\w", "Jé", false),
            (r"K\xc3\xa9", "Ké", true),
            ("L(?:é)+", "Léé", true),
            (r"M\b.*", "Mé", true),
            ("/m/{id}", "/m/{id}", true),
            ("[[]", "[", true),
        ] {
            assert_eq!(takes(pattern, value), taken, "{pattern} on {value}");
        }
        assert!(takes(r"[\d_]+\W\S\D", "1_2 x-") && !takes(r"\s", "\u{b}"));
        assert!(takes(r"a\B.b\b", "axb") && !takes(r"a\b.*", "ax"));
    }

    #[test]
    fn what_bytes_make_of_characters_is_told() {
        for pattern in ["[é]", "[à-é]", "é+", r"\x{e9}", r"\xe9", "(?i)é", "(?i:é)"] {
            assert!(misread_by_bytes(pattern).is_some(), "{pattern}");
        }
        for pattern in ["é", "(?:é)+", "caf(é|e)", "(?i)a", "[a]", ".*", "(?-i)é"] {
            assert_eq!(misread_by_bytes(pattern), None, "{pattern}");
        }
    }
}
