//! The library's errors in our words.

use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;

use crate::text::{Source, Span};

use super::place::start_of;
use super::{Fault, FaultKind, MAX_DEPTH, MAX_NODES};

/// What `error` says, and where.
pub(super) fn of(source: &Source, error: &Error) -> Fault {
    let mut error = error.without_snippet();
    let span = error
        .location()
        .map_or_else(Span::default, |at| start_of(source, at));
    while let Error::AliasError { error: inner, .. } = error {
        error = inner;
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library's error enum is open; what is not named is bad syntax"
    )]
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            duplicate_key(key.as_deref().unwrap_or("<<"), span)
        }
        Error::MultipleDocuments { .. } => second_document(source, span),
        Error::Budget { breach, .. } => too_large(&breach_words(breach), span),
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => too_large(
            &format!("more than {MAX_NODES} values once its aliases are expanded"),
            span,
        ),
        other => syntax(source, span, &first_line(&other.to_string())),
    }
}

/// A key that its mapping has already.
pub(super) fn duplicate_key(key: &str, span: Span) -> Fault {
    Fault {
        kind: FaultKind::DuplicateKey,
        span,
        message: format!("the key `{key}` is in this mapping twice, and once is allowed"),
        help: Some("remove one of the two, or merge them".to_owned()),
    }
}

fn too_large(limit: &str, span: Span) -> Fault {
    Fault {
        kind: FaultKind::TooLarge,
        span,
        message: format!("the document is over a limit: {limit}"),
        help: None,
    }
}

/// The library points behind the line that begins the document.
fn second_document(source: &Source, span: Span) -> Fault {
    let text = source.text();
    let mark = text[..span.end]
        .rfind("\n---")
        .map_or(span, |at| Span::new(at + 1, at + 4));
    Fault {
        kind: FaultKind::SecondDocument,
        span: mark,
        message: "a second document begins here, and one a file is allowed".to_owned(),
        help: Some("move it to a file of its own".to_owned()),
    }
}

/// What limit was met, in words, without the library's own names.
fn breach_words(breach: &BudgetBreach) -> String {
    use BudgetBreach as B;
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library's enum is open; the rest are counts"
    )]
    match breach {
        B::Depth { .. } => format!("nesting deeper than {MAX_DEPTH}"),
        B::Nodes { .. } | B::Events { .. } => {
            format!("more than {MAX_NODES} values once its aliases are expanded")
        }
        B::ScalarBytes { .. } => {
            "more than 10 MiB of text once its aliases are expanded".to_owned()
        }
        B::Aliases { .. } | B::Anchors { .. } | B::AliasAnchorRatio { .. } => {
            "too many anchors or aliases".to_owned()
        }
        _ => "too large to read".to_owned(),
    }
}

/// What the library says (the beginning of it), what we say, and what to do.
const WORDS: &[(&str, &str, &str)] = &[
    (
        "mapping values are not allowed",
        "a `:` stands where no key can be",
        "check the indentation, or quote the value that holds the `:`",
    ),
    (
        "illegal placement of ':'",
        "a `:` stands where no key can be",
        "check the indentation, or quote the value that holds the `:`",
    ),
    (
        "while parsing a block mapping",
        "the mapping goes on with something that is no key of it",
        "begin all keys of one mapping in the same column",
    ),
    (
        "while parsing a block collection",
        "the list goes on with something that is no item of it",
        "begin every item of the list with `- ` in the same column",
    ),
    (
        "while parsing a flow mapping",
        "the mapping in braces is not closed, or lacks a comma",
        "separate the entries with `,` and end with `}`",
    ),
    (
        "while parsing a flow sequence",
        "the list in brackets is not closed, or lacks a comma",
        "separate the items with `,` and end with `]`",
    ),
    (
        "invalid indentation in multiline quoted scalar",
        "a quoted value is not closed before this line",
        "close the quote",
    ),
    (
        "invalid trailing content after",
        "something stands behind a quoted value",
        "write a quote inside a quoted value twice (`\'\'`) or with a backslash (`\\\"`)",
    ),
    (
        "alias references unknown anchor",
        "the alias names an anchor that is not defined above it",
        "define it with `&name`, or quote a value that begins with `*`",
    ),
    (
        "recursive references",
        "the alias stands inside what it names",
        "write the value out",
    ),
    (
        "expected string scalar",
        "a list or mapping stands where a key must be",
        "quote a value that begins with `{` or `[`; templates are not expanded here",
    ),
    (
        "cannot deserialize null into string",
        "a key is `null`, and must be a string",
        "quote it: `\"null\"`",
    ),
    (
        "non-finite float",
        "the number is not finite",
        "write a finite number, or quote the value",
    ),
];

fn syntax(source: &Source, span: Span, said: &str) -> Fault {
    if let Some(tab) = tab_in_indentation(source, span, said) {
        return Fault {
            kind: FaultKind::Syntax,
            span: tab,
            message: "a tab stands in the indentation, and only spaces are allowed".to_owned(),
            help: Some("replace the tab with spaces".to_owned()),
        };
    }
    if said.contains("recursion limit") {
        return too_large(&format!("nesting deeper than {MAX_DEPTH}"), span);
    }
    let known = WORDS.iter().find(|(begin, ..)| said.starts_with(begin));
    let (message, help) = match known {
        Some((_, message, help)) => ((*message).to_owned(), Some((*help).to_owned())),
        None => match said.strip_prefix("unexpected character: `") {
            Some(rest) => (
                format!(
                    "a value cannot begin with `{}`",
                    rest.strip_suffix('\'').unwrap_or(rest)
                ),
                Some("quote the value".to_owned()),
            ),
            None => match said.strip_prefix("unclosed bracket ") {
                Some(bracket) => (
                    format!("the bracket `{}` is not closed", bracket.trim_matches('\'')),
                    Some("close it".to_owned()),
                ),
                None => (said.to_owned(), None),
            },
        },
    };
    Fault {
        kind: FaultKind::Syntax,
        span,
        message,
        help,
    }
}

/// The tab that an error is about: the library points before it, at it, or behind it.
fn tab_in_indentation(source: &Source, span: Span, said: &str) -> Option<Span> {
    let text = source.text();
    let line = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let here = indented_by_tab(text, line);
    here.or_else(|| {
        let next = line + text[line..].find('\n')? + 1;
        said.contains("tab").then(|| indented_by_tab(text, next))?
    })
}

fn indented_by_tab(text: &str, line: usize) -> Option<Span> {
    let blanks = text[line..]
        .bytes()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .position(|byte| byte == b'\t')?;
    Some(Span::new(line + blanks, line + blanks + 1))
}

/// The library ends its messages with a position of its own; ours stands in the header of the diagnostic.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or(message);
    let line = line.rfind(" at line ").map_or(line, |at| &line[..at]);
    let mut chars = line.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}
