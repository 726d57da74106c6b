//! YAML to a tree of nodes with spans, within bounds.
//!
//! The only place that reads YAML. serde-saphyr does the parsing; this module sets its limits, keeps the span of every key
//! and value, and turns its errors into [`Fault`]s.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::{Location, Spanned};

use super::{LineColumn, Route, Segment, Source, Span};

mod fault;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting that is read: twice what Kubernetes' deepest shapes need. The library takes up to 40 kB of stack a
/// level in an unoptimised build, and a thread has 2 MiB.
const MAX_DEPTH: usize = 32;
/// The most nodes a document may have after its aliases are expanded.
const MAX_NODES: usize = 100_000;
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
    if let Some((at, found)) = raw_control_character(text) {
        return Err(control_character(
            found,
            Span::new(at, at + found.len_utf8()),
        ));
    }
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options())
        .map_err(|error| fault::of(source, &error))?;
    let node = place(source, raw)?;
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

/// The first control character in the text as it was typed; a carriage return is one unless a line ends in it.
fn raw_control_character(text: &str) -> Option<(usize, char)> {
    let bytes = text.as_bytes();
    text.char_indices().find(|(at, c)| {
        is_refused(*c) || (*c == '\r' && bytes.get(at + 1).is_some_and(|next| *next != b'\n'))
    })
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
        // A tag that nothing here knows would be accepted and ignored.
        reject_unsupported_tags: true,
        with_snippet: false,
    }
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

/// A node as the library delivers it: places are its own until [`place`] makes them ours.
enum Raw {
    Scalar(Kind),
    Seq(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

fn place(source: &Source, spanned: Spanned<Raw>) -> Result<Node, Fault> {
    let start = spot(source, &spanned.referenced, 1);
    let kind = match spanned.value {
        Raw::Scalar(kind) => return Ok(Node { span: start, kind }),
        Raw::Seq(items) => Kind::Seq(
            items
                .into_iter()
                .map(|item| place(source, item))
                .collect::<Result<_, _>>()?,
        ),
        Raw::Map(entries) => Kind::Map(place_entries(source, entries)?),
    };
    let span = whole(source, start, &kind);
    Ok(Node { span, kind })
}

fn place_entries(
    source: &Source,
    entries: Vec<(Spanned<String>, Spanned<Raw>)>,
) -> Result<Vec<Entry>, Fault> {
    // The library compares keys by their YAML identity; `1` and `"1"` become one string only here.
    let mut known = BTreeSet::new();
    entries
        .into_iter()
        .map(|(key, value)| {
            let key_span = spot(source, &key.referenced, key.value.len());
            if !known.insert(key.value.clone()) {
                return Err(fault::duplicate_key(&key.value, key_span));
            }
            Ok(Entry {
                key_span,
                key: key.value,
                value: place(source, value)?,
            })
        })
        .collect()
}

/// The span of a sequence or mapping, of which the library knows only where it starts: up to its closing bracket, or to the
/// end of its last part. An alias stays as short as it is.
fn whole(source: &Source, start: Span, kind: &Kind) -> Span {
    let text = source.text();
    let last = match kind {
        Kind::Seq(items) => items.iter().map(|item| item.span.end).max(),
        Kind::Map(entries) => entries
            .iter()
            .map(|entry| entry.value.span.end.max(entry.key_span.end))
            .max(),
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => None,
    };
    let end = last.unwrap_or(start.end).max(start.end);
    match text.as_bytes().get(start.start) {
        Some(b'{' | b'[') => Span::new(start.start, closing_bracket(text, end)),
        Some(b'*') => start,
        _ => Span::new(start.start, end),
    }
}

/// One past the bracket that closes what ends at `from`: blanks, line ends, comments and a comma may stand in between.
fn closing_bracket(text: &str, from: usize) -> usize {
    let mut at = from;
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'}' | b']' => return at + 1,
            b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => at += 1,
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            _ => break,
        }
    }
    from
}

/// The library's place in bytes; `len` bytes from its start where it knows only that.
fn spot(source: &Source, at: &Location, len: usize) -> Span {
    let bytes = at.span();
    let (start, end) = if let (Some(start), Some(len)) = (bytes.byte_offset(), bytes.byte_len()) {
        (
            usize::try_from(start).unwrap_or(0),
            usize::try_from(start + len).unwrap_or(0),
        )
    } else {
        let start = start_of(source, *at).start;
        (start, start + len)
    };
    let (start, end) = (source.floor(start), source.floor(end));
    let trimmed = source.text()[start..end.max(start)].trim_end();
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
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}
