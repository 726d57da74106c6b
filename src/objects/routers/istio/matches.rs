//! The conditions of a route, in Istio's shape.

use crate::objects::api::istio as api;
use crate::plan::{Match, StringMatch};

use super::virtual_service::Copy;

/// The conditions of one entry.
pub(super) fn http_match(entry: Match, copy: Copy<'_>) -> api::HttpMatch {
    api::HttpMatch {
        headers: entry
            .headers
            .into_iter()
            .map(|(name, condition)| (name.as_str().to_owned(), string_match(condition)))
            .collect(),
        method: entry.method.map(string_match),
        port: copy.is_one_of_many.then_some(copy.port.number),
        query_params: entry
            .query_params
            .into_iter()
            .map(|(name, condition)| (name, string_match(condition)))
            .collect(),
        source_labels: entry.source_labels,
        source_namespace: entry.source_namespace,
        uri: entry.uri.map(string_match),
    }
}

fn string_match(condition: StringMatch) -> api::StringMatch {
    let mut result = api::StringMatch::default();
    match condition {
        StringMatch::Exact(text) => result.exact = Some(text),
        StringMatch::Prefix(text) => result.prefix = Some(text),
        StringMatch::Regex(pattern) => result.regex = Some(pattern),
        StringMatch::Present => {}
    }
    result
}
