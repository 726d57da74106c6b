//! A document as a tree, and the ways through it.

use serde_json::{Map, Number, Value};

use crate::text::{Route, Segment, Span};

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
