//! What a rule does to requests and answers.

use crate::objects::api::gateway_api as api;
use crate::plan::{HeaderOperations, Headers, Rewrite, StringMatch, WrittenRule};

/// The filters of a rule, but for its mirror.
pub(super) fn of_rule(rule: &WrittenRule<'_>) -> Vec<api::Filter> {
    let mut filters = Vec::new();
    if let Some(cors) = rule.of.base.cors_policy.clone() {
        filters.push(api::Filter::Cors { cors });
    }
    if let Some(headers) = &rule.of.headers {
        filters.extend(changes(headers));
    }
    if let Some(to) = &rule.rewrite {
        filters.push(rewrite(to, rule));
    }
    filters
}

/// Header changes on both ways.
pub(super) fn changes(headers: &Headers) -> Vec<api::Filter> {
    let request = headers.request.as_ref();
    let response = headers.response.as_ref();
    let request = request.map(|operations| api::Filter::RequestHeaderModifier {
        changes: changed(operations),
    });
    let response = response.map(|operations| api::Filter::ResponseHeaderModifier {
        changes: changed(operations),
    });
    request.into_iter().chain(response).collect()
}

fn changed(operations: &HeaderOperations) -> api::HeaderChanges {
    let list = |pairs: &std::collections::BTreeMap<String, String>| {
        let pairs = pairs.iter().map(|(name, value)| api::Header {
            name: name.clone(),
            value: value.clone(),
        });
        pairs.collect()
    };
    api::HeaderChanges {
        set: list(&operations.set),
        add: list(&operations.add),
        remove: operations.remove.clone(),
    }
}

/// A prefix is replaced where that is what the rule matches, else the whole path.
fn rewrite(to: &Rewrite, rule: &WrittenRule<'_>) -> api::Filter {
    let is_prefix = |path: &Option<StringMatch>| matches!(path, Some(StringMatch::Below(_)));
    let of_prefix = rule.matches.iter().all(|entry| is_prefix(&entry.uri));
    let path = to.uri.clone().map(|to| {
        if of_prefix {
            api::NewPath::ReplacePrefixMatch { to }
        } else {
            api::NewPath::ReplaceFullPath { to }
        }
    });
    let hostname = to.authority.clone();
    api::Filter::UrlRewrite {
        rewrite: api::UrlRewrite { hostname, path },
    }
}
