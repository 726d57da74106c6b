//! In: the bytes of one file. Out: a [`Source`], its [`Node`] tree with spans, and places found late by [`Route`].
//! Knows YAML and nothing of what its keys mean.
//! Never touches the disk.

mod files;
mod route;
mod source;
mod unseen;
mod yaml;

#[cfg(test)]
mod tests;

pub use files::{Below, FileError, Files, NoFiles};
pub use route::{Route, Segment};
pub use source::{LineColumn, Source, Span};
pub use unseen::is_unseen;
pub use yaml::{
    Entry, Fault, FaultKind, Kind, MAX_BYTES, MAX_STREAM_BYTES, Node, older_reading, parse,
    parse_all, parse_stream,
};
