//! The JSON Schema, compiled in, and its errors in our words.

mod keyword;
mod pattern;
mod wording;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::text::{Kind, Node, Route, Segment, Source};

pub(super) use wording::{describe, excerpt, short};

/// The schema as `glidepath schema` prints it.
pub const SCHEMA: &str = include_str!("../../schema/rollout.schema.json");

/// The most complaints that are worded: nobody reads more, and a hostile file must not buy time with them.
const MAX_COMPLAINTS: usize = 1_000;

include!(concat!(env!("OUT_DIR"), "/validator.rs"));

/// The schema as data, for the words in it; parsed only when there is something to complain about.
static AS_DATA: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(SCHEMA).expect("the build compiled the same text"));

/// Every way in which `json` is not what the schema allows; `node` is the same document with its places.
pub(super) fn check(source: &Source, node: &Node, json: &Value) -> Vec<Diagnostic> {
    if Compiled::is_valid(json) {
        return Vec::new();
    }
    let mut complaints: Vec<keyword::Complaint> = Compiled::iter_errors(json)
        .flat_map(|error| keyword::complaints(source, node, &AS_DATA, &error))
        .take(MAX_COMPLAINTS)
        .collect();
    // A value of the wrong type is also none of the allowed values: the first says it all.
    complaints.sort_by_key(|complaint| complaint.rank);
    let mut told = BTreeSet::new();
    complaints
        .into_iter()
        .filter(|complaint| told.insert((complaint.route.clone(), complaint.subject)))
        .map(|complaint| complaint.diagnostic)
        .collect()
}

/// The route that a JSON pointer into the document means; only the document knows whether `0` is a key or an index.
fn route_of(node: &Node, pointer: &str) -> Route {
    let mut at = Some(node);
    pointer
        .split('/')
        .skip(1)
        .map(|part| {
            let part = part.replace("~1", "/").replace("~0", "~");
            let segment = match (at.map(|node| &node.kind), part.parse()) {
                (Some(Kind::Seq(_)), Ok(index)) => Segment::Index(index),
                _ => Segment::Key(part),
            };
            at = at.and_then(|node| node.get(&Route::root().join(segment.clone())));
            segment
        })
        .collect()
}

#[cfg(test)]
mod tests;
