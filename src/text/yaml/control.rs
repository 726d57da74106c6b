//! Control characters, and what reorders or hides text, as they are typed and as escapes make them.

use crate::text::{Span, is_unseen};

use super::{Fault, FaultKind, Kind, Node};

/// C0 and C1 control characters except tab and line ends, and DEL: kustomize corrupts or refuses them. What nobody sees would let a
/// text say something else to whoever reviews it.
fn is_refused(c: char) -> bool {
    is_unseen(c) || (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// The first control character in the text as it was typed; a carriage return is one unless a line ends in it.
pub(super) fn raw_control_character(text: &str) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    text.char_indices().find(|(at, c)| {
        // A byte order mark says how the file is written, and stands before its text.
        let is_mark = *at == 0 && *c == '\u{feff}';
        (is_refused(*c) && !is_mark)
            || (*c == '\r' && bytes.get(at + 1).is_some_and(|next| *next != b'\n'))
    })
}

pub(super) fn refuse_control_characters(node: &Node) -> Result<(), Fault> {
    let check = |text: &str, span: Span| match text.chars().find(|c| is_refused(*c) || *c == '\r') {
        Some(found) => Err(control_character(found, span)),
        None => Ok(()),
    };
    match &node.kind {
        Kind::String(text) => check(text, node.span),
        Kind::Seq(items) => items.iter().try_for_each(refuse_control_characters),
        Kind::Map(entries) => entries.iter().try_for_each(|entry| {
            check(&entry.key, entry.key_span)?;
            refuse_control_characters(&entry.value)
        }),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) => Ok(()),
    }
}

pub(super) fn control_character(found: char, span: Span) -> Fault {
    Fault {
        kind: FaultKind::ControlCharacter,
        span,
        message: format!(
            "the {} character U+{:04X} is not allowed",
            if found.is_control() {
                "control"
            } else {
                "invisible"
            },
            u32::from(found)
        ),
        help: Some("remove it, or write the text in another way".to_owned()),
    }
}
