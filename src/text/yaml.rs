//! YAML to a tree of nodes with spans, within bounds.
//!
//! The only place that reads YAML. serde-saphyr does the parsing; this module sets its limits, keeps the span of every key
//! and value, and turns its errors into [`Fault`]s.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

use super::{LineColumn, Route, Segment, Source, Span};

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting that is read.
const MAX_DEPTH: usize = 64;
/// The most nodes a document may have after its aliases are expanded.
const MAX_NODES: usize = 200_000;
/// The most bytes that all scalars may hold after aliases are expanded.
const MAX_EXPANDED_BYTES: usize = 10 << 20;

/// One value of a document and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value's text, without its key.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
}

/// What a [`Node`] holds, by the YAML 1.2 core schema.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// An integer or a finite float.
    Number(Number),
    /// A string.
    String(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping, in the order of the file.
    Map(Vec<Entry>),
}

/// A key of a mapping and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// Why a text could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The kind of trouble, which decides the diagnostic's code.
    pub kind: FaultKind,
    /// Where it is.
    pub span: Span,
    /// One lower-case sentence.
    pub message: String,
    /// What to do, where there is something to say.
    pub help: Option<String>,
}

/// The kinds of trouble with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Not YAML, or nothing at all.
    Syntax,
    /// Over a limit: size, depth, nodes or aliases.
    TooLarge,
    /// A key that the mapping already has.
    DuplicateKey,
    /// A second document.
    SecondDocument,
    /// A character that no string may hold.
    ControlCharacter,
}

impl Node {
    /// The node at `route`, as deep as the document follows it.
    pub fn nearest(&self, route: &Route) -> &Self {
        let mut node = self;
        for segment in route.segments() {
            match node.child(segment) {
                Some((_, child)) => node = child,
                None => break,
            }
        }
        node
    }

    /// The span of the key that leads to `route`, where its last segment is a key that is there.
    pub fn key_span(&self, route: &Route) -> Option<Span> {
        let (last, _) = route.segments().split_last()?;
        let parent = self.get(&route.parent())?;
        parent.child(last).and_then(|(key, _)| key)
    }

    /// The node at `route`, if the document has it.
    pub fn get(&self, route: &Route) -> Option<&Self> {
        route.segments().iter().try_fold(self, |node, segment| {
            node.child(segment).map(|(_, child)| child)
        })
    }

    fn child(&self, segment: &Segment) -> Option<(Option<Span>, &Self)> {
        match (&self.kind, segment) {
            (Kind::Map(entries), Segment::Key(key)) => entries
                .iter()
                .find(|entry| entry.key == *key)
                .map(|entry| (Some(entry.key_span), &entry.value)),
            (Kind::Seq(items), Segment::Index(index)) => items.get(*index).map(|item| (None, item)),
            _ => None,
        }
    }

    /// The document without its spans.
    pub fn to_json(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Number(value) => Value::Number(value.clone()),
            Kind::String(value) => Value::String(value.clone()),
            Kind::Seq(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_json()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }
}

/// Reads one document; the first trouble met is the only one known, because nothing after it can be trusted.
pub fn parse(source: &Source) -> Result<Node, Fault> {
    let text = source.text();
    if text.len() > MAX_BYTES {
        return Err(Fault {
            kind: FaultKind::TooLarge,
            span: Span::default(),
            message: format!(
                "the file has {} bytes, and {MAX_BYTES} (1 MiB) are allowed",
                text.len()
            ),
            help: None,
        });
    }
    if let Some((at, found)) = text.char_indices().find(|(_, c)| is_refused(*c)) {
        return Err(control_character(
            found,
            Span::new(at, at + found.len_utf8()),
        ));
    }
    let raw: Raw = serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| fault(source, &error))?;
    let node = raw.place(source, Span::new(0, text.len()));
    if node.kind == Kind::Null {
        return Err(Fault {
            kind: FaultKind::Syntax,
            span: Span::default(),
            message: "the file holds no document".to_owned(),
            help: Some("run `glidepath init` for a file to start from".to_owned()),
        });
    }
    refuse_control_characters(&node)?;
    Ok(node)
}

/// C0 and C1 control characters except tab and line ends, and DEL: kustomize corrupts or refuses them.
fn is_refused(c: char) -> bool {
    c.is_control() && !matches!(c, '\t' | '\n' | '\r')
}

fn refuse_control_characters(node: &Node) -> Result<(), Fault> {
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

fn control_character(found: char, span: Span) -> Fault {
    Fault {
        kind: FaultKind::ControlCharacter,
        span,
        message: format!(
            "the control character U+{:04X} is not allowed",
            u32::from(found)
        ),
        help: Some("remove it, or write the text in another way".to_owned()),
    }
}

fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_events: MAX_NODES * 3,
            max_total_scalar_bytes: MAX_EXPANDED_BYTES,
            max_aliases: 1_000,
            max_anchors: 1_000,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
            max_replay_stack_depth: MAX_DEPTH,
            max_alias_expansions_per_anchor: 1_000,
        },
        strict_booleans: true,
        with_snippet: false,
    }
}

fn fault(source: &Source, error: &serde_saphyr::Error) -> Fault {
    use serde_saphyr::Error as E;
    let mut error = error.without_snippet();
    let span = error
        .location()
        .map_or_else(Span::default, |at| start_of(source, at));
    while let E::AliasError { error: inner, .. } = error {
        error = inner;
    }
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library's error enum is open; what is not named is bad syntax"
    )]
    let (kind, message) = match error {
        E::DuplicateMappingKey { key: Some(key), .. } => (
            FaultKind::DuplicateKey,
            format!("the key `{key}` is in this mapping twice"),
        ),
        E::DuplicateMappingKey { key: None, .. } => (
            FaultKind::DuplicateKey,
            "a key is in this mapping twice".to_owned(),
        ),
        E::MultipleDocuments { .. } => (
            FaultKind::SecondDocument,
            "a second document begins here, and one a file is allowed".to_owned(),
        ),
        E::Budget { breach, .. } => (
            FaultKind::TooLarge,
            format!("the document is over a limit: {}", breach_words(breach)),
        ),
        E::AliasReplayCounterOverflow { .. }
        | E::AliasReplayLimitExceeded { .. }
        | E::AliasExpansionLimitExceeded { .. }
        | E::AliasReplayStackDepthExceeded { .. } => (
            FaultKind::TooLarge,
            "the document's aliases expand to more than the allowed 10 MiB".to_owned(),
        ),
        other => (FaultKind::Syntax, first_line(&other.to_string())),
    };
    Fault {
        kind,
        span,
        message,
        help: None,
    }
}

/// What limit was met, in words, without the library's own names.
fn breach_words(breach: &serde_saphyr::budget::BudgetBreach) -> String {
    use serde_saphyr::budget::BudgetBreach as B;
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

/// The library ends its messages with a position of its own; ours stands in the header of the diagnostic.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or(message);
    let line = line.rfind(" at line ").map_or(line, |at| &line[..at]);
    let mut chars = line.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(chars).collect()
    })
}

fn start_of(source: &Source, at: Location) -> Span {
    let start = source.offset(LineColumn {
        line: usize::try_from(at.line()).unwrap_or(usize::MAX),
        column: usize::try_from(at.column()).unwrap_or(usize::MAX),
    });
    let next = source.text()[start..]
        .chars()
        .next()
        .map_or(0, char::len_utf8);
    Span::new(start, start + next)
}

/// A node as the library delivers it: places are its own until [`Raw::place`] makes them ours.
enum Raw {
    Scalar(Kind),
    Seq(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl Raw {
    fn place(self, source: &Source, span: Span) -> Node {
        let kind = match self {
            Self::Scalar(kind) => kind,
            Self::Seq(items) => {
                Kind::Seq(items.into_iter().map(|item| place(source, item)).collect())
            }
            Self::Map(entries) => Kind::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key_span: spot(source, &key.referenced, key.value.len()),
                        key: key.value,
                        value: place(source, value),
                    })
                    .collect(),
            ),
        };
        Node { span, kind }
    }
}

fn place(source: &Source, spanned: Spanned<Raw>) -> Node {
    let span = spot(source, &spanned.referenced, 1);
    spanned.value.place(source, span)
}

/// The library's place in bytes; `len` bytes from its start where it knows only that.
fn spot(source: &Source, at: &Location, len: usize) -> Span {
    let bytes = at.span();
    let (start, end) = match (bytes.byte_offset(), bytes.byte_len()) {
        (Some(start), Some(len)) => (
            usize::try_from(start).unwrap_or(0),
            usize::try_from(start + len).unwrap_or(0),
        ),
        _ => {
            let start = start_of(source, *at).start;
            (start, start + len)
        }
    };
    let text = source.text();
    let (start, end) = (
        text.floor_char_boundary(start.min(text.len())),
        text.floor_char_boundary(end.min(text.len())),
    );
    let trimmed = text[start..end.max(start)].trim_end();
    Span::new(start, start + trimmed.len())
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Null))
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Number(value.into())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::Number(value.into())))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Raw, E> {
        Number::from_f64(value)
            .map(|number| Raw::Scalar(Kind::Number(number)))
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::String(value.to_owned())))
    }

    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Scalar(Kind::String(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries: Vec<(Spanned<String>, Spanned<Raw>)> = Vec::new();
        // The library compares keys by their YAML identity; `1` and `"1"` become one string only here.
        let mut known = BTreeSet::new();
        while let Some(key) = access.next_key::<Spanned<String>>()? {
            if !known.insert(key.value.clone()) {
                return Err(A::Error::custom(format!(
                    "the key `{}` is in this mapping twice",
                    key.value
                )));
            }
            entries.push((key, access.next_value()?));
        }
        Ok(Raw::Map(entries))
    }
}
