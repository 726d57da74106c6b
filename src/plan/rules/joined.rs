//! The conditions of a route: a cohort's joined with a base route's.

use crate::plan::{BaseMatch, BaseRoute, Joined, Match, StringMatch, join};

/// Every pair of a cohort's entry and a base route's entry that do not exclude each other, and what the base route's
/// `rewrite.uri` is for this pair; `any_path` is what a base route without a path stands for.
pub(super) fn joined(
    entries: &[&Match],
    base: &BaseRoute,
    any_path: &StringMatch,
) -> Vec<(Option<String>, Match)> {
    let rewrite = base
        .rewrite
        .as_ref()
        .and_then(|rewrite| rewrite.uri.as_ref());
    let anything = [BaseMatch::default()];
    let base_entries = if base.entries.is_empty() {
        &anything[..]
    } else {
        &base.entries[..]
    };
    let mut matches = Vec::new();
    for entry in entries {
        for base in base_entries {
            let wide = base.uri.as_ref().unwrap_or(any_path);
            let uri = join(entry.uri.as_ref(), base.uri.as_ref());
            let method = join(entry.method.as_ref(), base.method.as_ref());
            // What cannot be joined was refused by a check on the plan.
            if let (Joined::Both(uri), Joined::Both(method)) = (uri, method) {
                let rewrite = rewrite.map(|to| narrowed(to, wide, uri.as_ref()));
                let entry = Match {
                    uri,
                    method,
                    ..(*entry).clone()
                };
                matches.push((rewrite, entry));
            }
        }
    }
    matches
}

/// The new path `to` of a rule, for a part of its requests: it stands for what `wide` matched, and a rule for `narrow` alone has what
/// is between the two behind it. Istio's `rewrite.uri` replaces what the route matched: a longer prefix would
/// lose its end (<https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite>).
pub(super) fn narrowed(to: &str, wide: &StringMatch, narrow: Option<&StringMatch>) -> String {
    let beyond = |prefix: &str| match narrow {
        Some(StringMatch::Prefix(text) | StringMatch::Below(text) | StringMatch::Exact(text)) => {
            text.strip_prefix(prefix).unwrap_or_default()
        }
        Some(StringMatch::Regex(_) | StringMatch::Present) | None => "",
    };
    match wide {
        StringMatch::Prefix(prefix) => format!("{to}{}", beyond(prefix)),
        // Whole elements: whoever replaces them takes care of the `/` between.
        StringMatch::Below(_) if narrow == Some(wide) => to.to_owned(),
        StringMatch::Below(path) => {
            let rest = beyond(path.trim_end_matches('/'));
            match (to.trim_end_matches('/'), rest) {
                ("", "") => "/".to_owned(),
                (to, rest) => format!("{to}{rest}"),
            }
        }
        StringMatch::Exact(_) | StringMatch::Regex(_) | StringMatch::Present => to.to_owned(),
    }
}

/// Neighbours with one rewrite together: a route has room for one.
pub(super) fn by_rewrite(
    matches: Vec<(Option<String>, Match)>,
) -> Vec<(Option<String>, Vec<Match>)> {
    let mut groups: Vec<(Option<String>, Vec<Match>)> = Vec::new();
    for (rewrite, entry) in matches {
        match groups.last_mut() {
            Some((known, group)) if *known == rewrite => group.push(entry),
            _ => groups.push((rewrite, vec![entry])),
        }
    }
    groups
}
