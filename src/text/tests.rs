//! What is read, where it stands, and what is refused.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

/// Every key and value as `route: text`, with the text as it was typed.
fn spans(text: &str) -> Vec<String> {
    fn walk(node: &Node, route: &Route, text: &str, found: &mut Vec<String>) {
        let show = |span: Span| text[span.start..span.end].to_owned();
        found.push(format!("{route}: {}", show(node.span)));
        match &node.kind {
            Kind::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    walk(item, &route.index(index), text, found);
                }
            }
            Kind::Map(entries) => {
                for entry in entries {
                    found.push(format!("<{}>", show(entry.key_span)));
                    walk(&entry.value, &route.key(&entry.key), text, found);
                }
            }
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => {}
        }
    }
    let node = parse(&Source::new("x", text)).unwrap_or_else(|fault| panic!("{text:?}: {fault:?}"));
    let mut found = Vec::new();
    walk(&node, &Route::root(), text, &mut found);
    found
}

fn json_of(text: &str) -> serde_json::Value {
    parse(&Source::new("x", text))
        .unwrap_or_else(|fault| panic!("{text:?}: {fault:?}"))
        .to_json()
}

#[test]
fn block_style_has_the_spans_of_what_was_typed() {
    assert_eq!(
        spans(
            "a: 1\n\"e f\": |\n  block é\n  two\n\nh:\n  - x\n  - y: 1\n    z: 'it''s'\ni: many\n  lines\nj:\n"
        ),
        [
            ": a: 1\n\"e f\": |\n  block é\n  two\n\nh:\n  - x\n  - y: 1\n    z: 'it''s'\ni: many\n  lines\nj",
            "<a>",
            "a: 1",
            "<\"e f\">",
            "e f: block é\n  two",
            "<h>",
            "h: - x\n  - y: 1\n    z: 'it''s'",
            "h[0]: x",
            "h[1]: y: 1\n    z: 'it''s'",
            "<y>",
            "h[1].y: 1",
            "<z>",
            "h[1].z: 'it''s'",
            "<i>",
            "i: many\n  lines",
            "<j>",
            "j: ",
        ]
    );
}

#[test]
fn flow_style_spans_reach_to_the_closing_bracket() {
    assert_eq!(
        spans("é: {ä: [1, \"\\u00e9\" , {}], b: }\n"),
        [
            ": é: {ä: [1, \"\\u00e9\" , {}], b: }",
            "<é>",
            "é: {ä: [1, \"\\u00e9\" , {}], b: }",
            "<ä>",
            "é.ä: [1, \"\\u00e9\" , {}]",
            "é.ä[0]: 1",
            "é.ä[1]: \"\\u00e9\"",
            "é.ä[2]: {}",
            "<b>",
            "é.b: ",
        ]
    );
}

#[test]
fn aliases_and_merges_stand_where_they_are_used() {
    assert_eq!(
        spans("a: &x {p: [1]}\nb: *x\nc: {<<: *x, r: 2}\n"),
        [
            ": a: &x {p: [1]}\nb: *x\nc: {<<: *x, r: 2}",
            "<a>",
            "a: {p: [1]}",
            "<p>",
            "a.p: [1]",
            "a.p[0]: 1",
            "<b>",
            "b: *x",
            "<*x>",
            "b.p: *x",
            "b.p[0]: *x",
            "<c>",
            "c: {<<: *x, r: 2}",
            "<r>",
            "c.r: 2",
            "<*x>",
            "c.p: *x",
            "c.p[0]: *x",
        ]
    );
}

#[test]
fn a_byte_order_mark_and_line_ends_of_windows_are_no_part_of_the_text() {
    let text = "\u{feff}a:\r\n  b: |\r\n    t\r\n    u\r\nc: 'x'\r\n";
    assert_eq!(json_of(text), json!({"a": {"b": "t\nu\n"}, "c": "x"}));
    assert_eq!(spans(text)[1], "<a>");
}

#[test]
fn scalars_follow_the_core_schema() {
    assert_eq!(
        json_of(
            "[1, -0, +3, 0x1F, 0o17, 3.0, .5, 1e3, true, False, ~, null, '', yes, on, 12:30, 2024-01-01, \"1\", !!str 2]"
        ),
        json!([
            1,
            0,
            3,
            31,
            15,
            3.0,
            0.5,
            1000.0,
            true,
            false,
            null,
            null,
            "",
            "yes",
            "on",
            "12:30",
            "2024-01-01",
            "1",
            "2"
        ])
    );
}

#[test]
fn keys_are_strings() {
    assert_eq!(
        json_of("{1: a, true: b, '': c}"),
        json!({"1": "a", "true": "b", "": "c"})
    );
}

/// A text, and the kind, line, column and words of what is wrong with it.
const REFUSED: &[(&str, FaultKind, usize, usize, &str)] = &[
    ("", FaultKind::Syntax, 1, 1, "holds no document"),
    ("# only\n", FaultKind::Syntax, 1, 1, "holds no document"),
    ("---\n", FaultKind::Syntax, 1, 1, "holds no document"),
    ("~\n", FaultKind::Syntax, 1, 1, "holds no document"),
    (
        "a:\n\t- b\n",
        FaultKind::Syntax,
        2,
        1,
        "a tab stands in the indentation",
    ),
    (
        "a: 1\nb:\tc\n  \td: 1\n",
        FaultKind::Syntax,
        3,
        3,
        "a tab stands in the indentation",
    ),
    (
        "a: 1\n---\nb: 2\n",
        FaultKind::SecondDocument,
        2,
        1,
        "one a file is allowed",
    ),
    (
        "a: 1\na: 2\n",
        FaultKind::DuplicateKey,
        2,
        1,
        "`a` is in this mapping twice",
    ),
    (
        "x: {b: 1, b: 2}\n",
        FaultKind::DuplicateKey,
        1,
        11,
        "`b` is in this mapping twice",
    ),
    (
        "1: a\n\"1\": b\n",
        FaultKind::DuplicateKey,
        2,
        1,
        "`1` is in this mapping twice",
    ),
    ("a: x\u{7}y\n", FaultKind::ControlCharacter, 1, 5, "U+0007"),
    (
        "# \u{85}\na: 1\n",
        FaultKind::ControlCharacter,
        1,
        3,
        "U+0085",
    ),
    (
        "a: \"x\\u0007y\"\n",
        FaultKind::ControlCharacter,
        1,
        4,
        "U+0007",
    ),
    (
        "a: \"\\x7f\"\n",
        FaultKind::ControlCharacter,
        1,
        4,
        "U+007F",
    ),
    ("\"\\r\": 1\n", FaultKind::ControlCharacter, 1, 1, "U+000D"),
    ("a: 1\rb: 2\n", FaultKind::ControlCharacter, 1, 5, "U+000D"),
    ("a: [1\n", FaultKind::Syntax, 1, 4, "`[` is not closed"),
    (
        "a: {x: 1\nb: 2\n",
        FaultKind::Syntax,
        2,
        2,
        "not closed, or lacks a comma",
    ),
    (
        "a: b: c\n",
        FaultKind::Syntax,
        1,
        5,
        "a `:` stands where no key can be",
    ),
    (
        "a: \"x\nb: 1\n",
        FaultKind::Syntax,
        2,
        1,
        "a quoted value is not closed",
    ),
    (
        "a: @x\n",
        FaultKind::Syntax,
        1,
        4,
        "a value cannot begin with `@`",
    ),
    (
        "a: *nope\n",
        FaultKind::Syntax,
        1,
        4,
        "an anchor that is not defined",
    ),
    (
        "a: &x [*x]\n",
        FaultKind::Syntax,
        1,
        8,
        "the alias stands inside what it names",
    ),
    (
        "a: {{ .Values.x }}\n",
        FaultKind::Syntax,
        1,
        5,
        "a list or mapping stands where a key must be",
    ),
    ("~: 1\n", FaultKind::Syntax, 1, 1, "a key is `null`"),
    ("a: .inf\n", FaultKind::Syntax, 1, 4, "not finite"),
    (
        "a:\n   b: 1\n  c: 2\n",
        FaultKind::Syntax,
        3,
        3,
        "something that is no key of it",
    ),
];

#[test]
fn what_is_no_document_is_refused_at_its_place() {
    for (text, kind, line, column, part) in REFUSED.iter().copied() {
        let source = Source::new("x", text);
        let fault = parse(&source).expect_err(text);
        let at = source.line_column(fault.span.start);
        assert_eq!(
            (fault.kind, at.line, at.column),
            (kind, line, column),
            "{text:?}: {}",
            fault.message
        );
        assert!(fault.message.contains(part), "{text:?}: {}", fault.message);
    }
}

/// `unit` many times, with a number for each `#`.
fn numbered(unit: &str, count: usize) -> String {
    (0..count)
        .map(|number| unit.replace('#', &number.to_string()))
        .collect()
}

/// Many times what an unoptimised build needs, so that only a change of order fails here.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn hostile_input_is_refused_in_time() {
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for i in 1..10 {
        let layer = vec![format!("*a{}", i - 1); 10].join(",");
        writeln!(bomb, "a{i}: &a{i} [{layer}]").expect("strings take everything");
    }
    let wide = vec!["x"; 20_000].join(",");
    let aliases = vec!["*a"; 900].join(",");
    for (name, text) in [
        ("brackets", "[".repeat(100_000)),
        ("braces", "{a: ".repeat(100_000)),
        ("dashes", "- ".repeat(100_000)),
        ("questions", "? ".repeat(100_000)),
        (
            "indentation",
            (0..1_000).map(|i| " ".repeat(i) + "a:\n").collect(),
        ),
        ("size", "a: ".to_owned() + &"x".repeat(1_150_000)),
        ("billion laughs", bomb),
        ("quadratic", format!("a: &a [{wide}]\nb: [{aliases}]\n")),
        (
            "long strings",
            format!("a: &a {}\nb: [{aliases}]\n", "x".repeat(100_000)),
        ),
        ("items", "- é\n".repeat(180_000)),
        ("keys", numbered("k#: v\n", 80_000)),
        ("anchors", numbered("k#: &a# v\n", 50_000)),
    ] {
        let begun = Instant::now();
        let fault = parse(&Source::new("x", text)).expect_err(name);
        assert_eq!(fault.kind, FaultKind::TooLarge, "{name}: {}", fault.message);
        assert!(begun.elapsed() < PATIENCE, "{name}: {:?}", begun.elapsed());
    }
}

#[test]
fn long_input_without_meaning_is_read_in_time() {
    for unit in [
        "\"", ":", "*", "&a ", "!a ", "#\n", "---\n", "\t", "\n", "%a\n", "a: 1\n", "'", ",",
        "|\n", "{}", "é",
    ] {
        let text = unit.repeat(1_000_000 / unit.len());
        let begun = Instant::now();
        // Some of it is one long string, which is no fault of its own.
        drop(parse(&Source::new("x", text)));
        assert!(
            begun.elapsed() < PATIENCE,
            "{unit:?}: {:?}",
            begun.elapsed()
        );
    }
}

/// The deepest document that is read must fit the stack of any thread, in an unoptimised build too.
#[test]
fn the_deepest_document_fits_a_threads_stack() {
    let text = "[".repeat(32) + &"]".repeat(32);
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let read = thread
        .spawn(move || parse(&Source::new("x", text)).is_ok())
        .expect("a thread")
        .join();
    assert!(matches!(read, Ok(true)));
}
