//! YAML to a tree of nodes with spans, within bounds.
//!
//! The only place that reads YAML. serde-saphyr does the parsing; this module sets its limits, keeps the span of every key
//! and value, and turns its errors into [`Fault`]s.

mod control;
mod fault;
mod node;
mod older;
mod place;
mod raw;

use serde_saphyr::Spanned;

use super::{Source, Span};
use control::{control_character, raw_control_character, refuse_control_characters};
use place::place;
use raw::Raw;

pub use node::{Entry, Kind, Node};
pub use older::older_reading;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting that is read: twice what Kubernetes' deepest shapes need. The library takes up to 40 kB of stack a
/// level in an unoptimised build, and a thread has 2 MiB.
const MAX_DEPTH: usize = 32;
/// The most nodes a document may have after its aliases are expanded.
const MAX_NODES: usize = 100_000;
/// The largest stream of documents that is read, in bytes: every object of a large namespace.
pub const MAX_STREAM_BYTES: usize = 64 << 20;
/// The most nodes of a stream.
const MAX_STREAM_NODES: usize = 5_000_000;

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
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options(MAX_NODES))
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

/// Reads all documents of a file that a rollout names, within the limits of the rollout itself.
pub fn parse_all(source: &Source) -> Result<Vec<Node>, Fault> {
    if let Some((at, found)) = raw_control_character(source.text()) {
        return Err(control_character(
            found,
            Span::new(at, at + found.len_utf8()),
        ));
    }
    let nodes = parse_stream(source)?;
    for node in &nodes {
        refuse_control_characters(node)?;
    }
    Ok(nodes)
}

/// Reads a stream of documents, such as what `kubectl get` prints; one that is empty is left out.
pub fn parse_stream(source: &Source) -> Result<Vec<Node>, Fault> {
    let text = source.text();
    if text.len() > MAX_STREAM_BYTES {
        return Err(Fault {
            kind: FaultKind::TooLarge,
            span: Span::default(),
            message: format!(
                "the stream has {} bytes, and {MAX_STREAM_BYTES} (64 MiB) are allowed",
                text.len()
            ),
            help: None,
        });
    }
    let raw: Vec<Spanned<Raw>> =
        serde_saphyr::from_multiple_with_options(text, options(MAX_STREAM_NODES))
            .map_err(|error| fault::of(source, &error))?;
    let nodes = raw.into_iter().map(|raw| place(source, raw));
    let mut nodes = nodes.collect::<Result<Vec<_>, _>>()?;
    nodes.retain(|node| node.kind != Kind::Null);
    Ok(nodes)
}

/// The limits of a text of so many values.
fn options(nodes: usize) -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: nodes,
            max_events: nodes * 3,
            max_total_scalar_bytes: nodes * 100,
            max_documents: nodes,
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
