//! Which regular expressions Envoy's RE2 accepts.
//!
//! Rust's `regex` and RE2 share most of their grammar. What is parsed here by `regex-syntax` is then held against the rest:
//! everything that RE2 refuses, or reads differently, is refused
//! (<https://github.com/google/re2/wiki/Syntax>, `re2/parse.cc`).

mod bytes;
mod classes;
mod literals;

use regex_syntax::ast::{self, Ast, parse::Parser};

pub use bytes::{misread_by_bytes, re2_takes, re2_takes_within};

/// The longest expression that Istio admits, in bytes (`pkg/config/validation`).
const MAX_LENGTH: usize = 1_024;
/// The largest counted repetition, nested counts multiplied (`kMaxRepeat` in re2/parse.cc).
const MAX_REPEAT: u32 = 1_000;

/// Why RE2 would refuse an expression, and where in it, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Re2Fault {
    /// A sentence fragment: what is wrong.
    pub message: String,
    /// Byte offset into the expression.
    pub at: usize,
}

/// Checks that RE2 accepts `pattern` and means by it what it seems to mean.
pub fn check_re2(pattern: &str) -> Result<(), Re2Fault> {
    let whole = |message: String| Re2Fault { message, at: 0 };
    if pattern.is_empty() {
        return Err(whole("an empty regex is refused by Istio".to_owned()));
    }
    let length = pattern.len();
    if length > MAX_LENGTH {
        return Err(whole(format!(
            "the regex has {length} bytes, and Istio allows {MAX_LENGTH}"
        )));
    }
    let ast = parse(&literals::escaped(pattern)).map_err(|error| Re2Fault {
        message: format!("the regex is not valid: {}", error.kind()),
        at: error.span().start.offset,
    })?;
    walk(&ast, MAX_REPEAT)
}

/// Reads what [`literals::escaped`] has made of an expression.
fn parse(escaped: &str) -> Result<Ast, ast::Error> {
    Parser::new().parse(escaped)
}

/// Quotes every character that has a meaning in a regex.
pub fn escape_re2(text: &str) -> String {
    regex_syntax::escape(text)
}

/// Whether the author seems to expect a search: Envoy matches the whole value, so a bare word or a half-anchored pattern is exact.
pub fn reads_like_a_search(pattern: &str) -> bool {
    let has_meaning = |text: &str| text.chars().any(regex_syntax::is_meta_character);
    let open_end = |text: &str| text.ends_with(".*") || text.ends_with('$');
    match pattern.strip_prefix('^') {
        Some(rest) => !open_end(rest) && !has_meaning(rest),
        None => !has_meaning(pattern),
    }
}

fn fault(span: &ast::Span, message: &str) -> Re2Fault {
    Re2Fault {
        message: format!("RE2, which Envoy uses, {message}"),
        at: span.start.offset,
    }
}

fn walk(ast: &Ast, budget: u32) -> Result<(), Re2Fault> {
    match ast {
        Ast::Empty(_) | Ast::Dot(_) | Ast::ClassPerl(_) => Ok(()),
        Ast::Flags(set) => flags(&set.flags),
        Ast::Literal(literal) => check_literal(literal),
        Ast::Assertion(assertion) => check_assertion(assertion),
        Ast::ClassUnicode(class) => check_unicode(class),
        Ast::ClassBracketed(class) => check_set(&class.kind),
        Ast::Repetition(repetition) => check_repetition(repetition, budget),
        Ast::Group(group) => {
            match &group.kind {
                ast::GroupKind::NonCapturing(set) => flags(set)?,
                ast::GroupKind::CaptureName { name, .. } if !name.name.is_ascii() => {
                    return Err(fault(&name.span, "takes only ASCII in a group's name"));
                }
                ast::GroupKind::CaptureName { .. } | ast::GroupKind::CaptureIndex(_) => {}
            }
            walk(&group.ast, budget)
        }
        Ast::Alternation(parts) => parts.asts.iter().try_for_each(|part| walk(part, budget)),
        Ast::Concat(parts) => parts.asts.iter().try_for_each(|part| walk(part, budget)),
    }
}

fn check_repetition(repetition: &ast::Repetition, budget: u32) -> Result<(), Re2Fault> {
    if matches!(*repetition.ast, Ast::Repetition(_)) {
        return Err(fault(
            &repetition.op.span,
            "refuses one repetition right after another",
        ));
    }
    if matches!(*repetition.ast, Ast::Empty(_) | Ast::Flags(_)) {
        return Err(fault(&repetition.op.span, "refuses to repeat nothing"));
    }
    let most = match &repetition.op.kind {
        ast::RepetitionKind::ZeroOrOne
        | ast::RepetitionKind::ZeroOrMore
        | ast::RepetitionKind::OneOrMore => 1,
        ast::RepetitionKind::Range(range) => match range {
            ast::RepetitionRange::Exactly(n)
            | ast::RepetitionRange::AtLeast(n)
            | ast::RepetitionRange::Bounded(_, n) => *n,
        },
    };
    if most > budget {
        return Err(fault(
            &repetition.op.span,
            "refuses to count beyond 1000 repetitions",
        ));
    }
    walk(&repetition.ast, budget / most.max(1))
}

fn check_literal(literal: &ast::Literal) -> Result<(), Re2Fault> {
    use ast::{HexLiteralKind as Hex, LiteralKind as Kind, SpecialLiteralKind as Special};
    if !matches!(literal.kind, Kind::Verbatim) && literal.c > '\u{ff}' {
        return Err(fault(
            &literal.span,
            "matches bytes and has no escape above `\\x{ff}`; write the character itself",
        ));
    }
    match &literal.kind {
        Kind::HexFixed(Hex::UnicodeShort | Hex::UnicodeLong)
        | Kind::HexBrace(Hex::UnicodeShort | Hex::UnicodeLong) => {
            Err(fault(&literal.span, "has no `\\u` escape; write `\\x{…}`"))
        }
        Kind::Special(Special::Space) => Err(fault(&literal.span, "has no escaped blank")),
        Kind::Verbatim
        | Kind::Meta
        | Kind::Superfluous
        | Kind::Octal
        | Kind::HexFixed(Hex::X)
        | Kind::HexBrace(Hex::X)
        | Kind::Special(_) => Ok(()),
    }
}

fn check_assertion(assertion: &ast::Assertion) -> Result<(), Re2Fault> {
    use ast::AssertionKind as Kind;
    match assertion.kind {
        Kind::StartLine
        | Kind::EndLine
        | Kind::StartText
        | Kind::EndText
        | Kind::WordBoundary
        | Kind::NotWordBoundary => Ok(()),
        Kind::WordBoundaryStart
        | Kind::WordBoundaryEnd
        | Kind::WordBoundaryStartAngle
        | Kind::WordBoundaryEndAngle
        | Kind::WordBoundaryStartHalf
        | Kind::WordBoundaryEndHalf => Err(fault(
            &assertion.span,
            "knows only the word boundaries `\\b` and `\\B`",
        )),
    }
}

fn check_unicode(class: &ast::ClassUnicode) -> Result<(), Re2Fault> {
    let known = match &class.kind {
        ast::ClassUnicodeKind::OneLetter(letter) => classes::is_known_letter(*letter),
        ast::ClassUnicodeKind::Named(name) => classes::is_known(name),
        ast::ClassUnicodeKind::NamedValue { .. } => false,
    };
    if known {
        return Ok(());
    }
    Err(fault(
        &class.span,
        "knows in `\\p{…}` only general categories by their short names (`Lu`) and scripts by their long ones (`Greek`)",
    ))
}

fn check_set(set: &ast::ClassSet) -> Result<(), Re2Fault> {
    match set {
        ast::ClassSet::BinaryOp(op) => Err(fault(
            &op.span,
            "has no set operations (`&&`, `--`, `~~`) in a class",
        )),
        ast::ClassSet::Item(item) => check_item(item),
    }
}

fn check_item(item: &ast::ClassSetItem) -> Result<(), Re2Fault> {
    use ast::ClassSetItem as Item;
    match item {
        Item::Empty(_) | Item::Ascii(_) | Item::Perl(_) => Ok(()),
        Item::Literal(literal) => check_literal(literal),
        Item::Range(range) => check_literal(&range.start).and_then(|()| check_literal(&range.end)),
        Item::Unicode(class) => check_unicode(class),
        Item::Bracketed(class) => Err(fault(
            &class.span,
            "has no class inside a class; write `\\[`",
        )),
        Item::Union(union) => union.items.iter().try_for_each(check_item),
    }
}

fn flags(flags: &ast::Flags) -> Result<(), Re2Fault> {
    for item in &flags.items {
        match item.kind {
            ast::FlagsItemKind::Negation
            | ast::FlagsItemKind::Flag(
                ast::Flag::CaseInsensitive
                | ast::Flag::MultiLine
                | ast::Flag::DotMatchesNewLine
                | ast::Flag::SwapGreed,
            ) => {}
            ast::FlagsItemKind::Flag(
                ast::Flag::Unicode | ast::Flag::CRLF | ast::Flag::IgnoreWhitespace,
            ) => {
                return Err(fault(
                    &item.span,
                    "knows only the flags `i`, `m`, `s` and `U`",
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_re2_takes_is_taken() {
        for pattern in [
            ".*canary.*",
            "v[0-9]+",
            "(?i)beta",
            "a{1,1000}",
            "(a*)*",
            "\\d+\\.\\d+",
            "[[:alpha:]]",
            "\\p{Greek}",
            "\\pL",
            "\\p{Lu}",
            "\\p{Any}",
            "\\x{ff}",
            "日",
            "[日]",
            "a|b",
            "/models/{id}/.*",
            "[[a]b]",
            "(?:x)?",
            "[a\\-z]",
            "a*?",
        ] {
            assert_eq!(check_re2(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn what_re2_refuses_is_refused() {
        for pattern in [
            "",
            "(",
            "a**",
            "a{2}{3}",
            "(?x)a b",
            "a{1,2000}",
            "(a{100}){100}",
            "[a&&b]",
            "[a--b]",
            "\\u0041",
            "(?=a)",
            "\\p{Alphabetic}",
            "\\p{Hira}",
            "(?P<é>a)",
            "\\p{greek}",
            "\\p{Cn}",
            "\\p{LC}",
            "\\p{Xx}",
            "\\p{Sunuwar}",
            "\\p{sc=Greek}",
            "\\pX",
            "\\x{100}",
            "[\\x{100}]",
            "\\1",
            &"a".repeat(1_025),
            &"é".repeat(513),
        ] {
            assert!(check_re2(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_bare_word_reads_like_a_search() {
        for (pattern, search) in [
            ("canary", true),
            ("^canary", true),
            (".*canary.*", false),
            ("canary|beta", false),
            ("^a.*", false),
            ("v[0-9]", false),
        ] {
            assert_eq!(reads_like_a_search(pattern), search, "{pattern}");
        }
    }
}
