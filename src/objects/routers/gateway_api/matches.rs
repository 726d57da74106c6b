//! The conditions of a match.

use crate::objects::api::gateway_api as api;
use crate::plan::{Match, StringMatch};
use crate::units::escape_re2;

const EXACT: &str = "Exact";
const PREFIX: &str = "PathPrefix";
const REGEX: &str = "RegularExpression";

/// A match in Gateway API's shape; none of a GRPCRoute that asks nothing, for there no match is every call.
pub(super) fn written_match(entry: &Match, is_grpc: bool) -> Option<api::Match> {
    let headers = entry.headers.iter();
    let headers: Vec<_> = headers
        .map(|(name, condition)| named(name.as_str(), condition))
        .collect();
    let query_params = entry.query_params.iter();
    let query_params = query_params.map(|(name, condition)| named(name, condition));
    let method = if is_grpc {
        entry.uri.as_ref().and_then(call).map(api::Method::Grpc)
    } else {
        let method = entry.method.as_ref().and_then(text);
        method.map(|method| api::Method::Http(method.to_owned()))
    };
    if is_grpc && headers.is_empty() && method.is_none() {
        return None;
    }
    Some(api::Match {
        path: entry.uri.as_ref().filter(|_| !is_grpc).map(path),
        headers,
        query_params: query_params.collect(),
        method,
    })
}

fn path(condition: &StringMatch) -> api::Condition {
    let (kind, value) = match condition {
        StringMatch::Exact(path) => (EXACT, path.as_str()),
        StringMatch::Below(path) | StringMatch::Prefix(path) => (PREFIX, path.as_str()),
        StringMatch::Regex(pattern) => (REGEX, pattern.as_str()),
        StringMatch::Present => (PREFIX, "/"),
    };
    api::Condition {
        r#type: kind,
        value: value.to_owned(),
    }
}

/// `/service` with all below it, or `/service/method`; none of `/`.
fn call(condition: &StringMatch) -> Option<api::GrpcMethod> {
    let path = text(condition)?.strip_prefix('/')?;
    let (service, method) = path
        .split_once('/')
        .map_or((path, None), |(service, method)| (service, Some(method)));
    (!service.is_empty()).then(|| api::GrpcMethod {
        r#type: EXACT,
        service: service.to_owned(),
        method: method.map(str::to_owned),
    })
}

/// A condition on a header or a query parameter. Both gateways' proxies hold a regex against the whole value, and one against a header
/// that is not there holds never: `.*` asks whether there is one.
fn named(name: &str, condition: &StringMatch) -> api::NamedCondition {
    let (kind, value) = match condition {
        StringMatch::Exact(text) => (EXACT, text.clone()),
        StringMatch::Prefix(text) | StringMatch::Below(text) => {
            (REGEX, format!("{}.*", escape_re2(text)))
        }
        StringMatch::Regex(pattern) => (REGEX, pattern.clone()),
        StringMatch::Present => (REGEX, ".*".to_owned()),
    };
    api::NamedCondition {
        name: name.to_owned(),
        condition: api::Condition {
            r#type: kind,
            value,
        },
    }
}

fn text(condition: &StringMatch) -> Option<&str> {
    match condition {
        StringMatch::Exact(text) | StringMatch::Prefix(text) | StringMatch::Below(text) => {
            Some(text)
        }
        StringMatch::Regex(_) | StringMatch::Present => None,
    }
}
