//! Which of a route's hostnames a request asks for.

use serde_json::Value;

use crate::trace::text::{items, text};
use crate::trace::{Request, Via};

/// How specific a hostname is: one without `*` before one with it, and the longer before the shorter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Specificity {
    is_whole: bool,
    length: usize,
}

/// The most specific hostname of a route that a request asks for; `None` where it asks for another one.
///
/// Routes that hang on a Service have no hostnames, and where nobody says the host it is taken for one of them.
pub(super) fn asked(body: &Value, request: &Request) -> Option<Specificity> {
    let names = items(&body["spec"]["hostnames"]);
    let host = request
        .host
        .as_ref()
        .filter(|_| request.via == Via::Gateway);
    let (Some(host), false) = (host, names.is_empty()) else {
        return Some(Specificity::default());
    };
    // A port is no part of it (RFC 9110, section 7.2), and neither is case.
    let host = host
        .split(':')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let taking = names.iter().map(text).filter(|name| takes(name, &host));
    taking
        .map(|name| Specificity {
            is_whole: !name.starts_with('*'),
            length: name.len(),
        })
        .max()
}

/// `*.example.com` takes any number of names before the dot, and not `example.com`.
fn takes(name: &str, host: &str) -> bool {
    match name.strip_prefix('*') {
        Some(suffix) => host.len() > suffix.len() && host.ends_with(suffix),
        None => name == host,
    }
}
