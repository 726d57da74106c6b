//! What a rule takes of the requests of gRPC: each is a `POST` to `/service/method`, without a query.

use crate::plan::{Match, StringMatch};

/// The part of a match that gRPC's requests can meet; none where they meet none of it. The path of what is left is `/service` with
/// everything below, or `/service/method`, or not asked for.
pub(super) fn of_calls(entry: &Match) -> Option<Match> {
    let is_post = match &entry.method {
        None | Some(StringMatch::Present) => true,
        Some(StringMatch::Exact(method)) => method == "POST",
        // Gateway API takes a method by its whole name.
        Some(StringMatch::Prefix(_) | StringMatch::Below(_) | StringMatch::Regex(_)) => false,
    };
    if !is_post || !entry.query_params.is_empty() {
        return None;
    }
    let uri = match &entry.uri {
        None | Some(StringMatch::Present) => None,
        Some(StringMatch::Below(path) | StringMatch::Prefix(path)) => match names(path)[..] {
            [] => None,
            [service] => Some(StringMatch::Below(format!("/{service}"))),
            [service, method] => Some(StringMatch::Exact(format!("/{service}/{method}"))),
            _ => return None,
        },
        Some(StringMatch::Exact(path)) => match names(path)[..] {
            [_, _] => Some(StringMatch::Exact(path.clone())),
            _ => return None,
        },
        Some(StringMatch::Regex(pattern)) => Some(StringMatch::Regex(pattern.clone())),
    };
    let path = uri.as_ref().map(|uri| match uri {
        StringMatch::Exact(path) | StringMatch::Below(path) | StringMatch::Prefix(path) => {
            names(path)
        }
        StringMatch::Regex(_) | StringMatch::Present => Vec::new(),
    });
    let is_sound = |(index, name): (usize, &&str)| match index {
        0 => name
            .strip_prefix('.')
            .unwrap_or(name)
            .split('.')
            .all(is_identifier),
        _ => is_identifier(name),
    };
    let path = path.unwrap_or_default();
    path.iter().enumerate().all(is_sound).then(|| Match {
        uri,
        method: None,
        ..entry.clone()
    })
}

/// The elements of a path; none of `/`.
fn names(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    if path.is_empty() {
        return Vec::new();
    }
    path.split('/').collect()
}

/// Protobuf's word for a name; no service and no method has another.
fn is_identifier(name: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(begins) && name.chars().all(|c| begins(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_posts_to_a_service_and_a_method() {
        let of = |uri: Option<StringMatch>, method: Option<&str>| {
            of_calls(&Match {
                uri,
                method: method.map(|method| StringMatch::Exact(method.to_owned())),
                ..Match::default()
            })
        };
        let below = |path: &str| Some(StringMatch::Below(path.to_owned()));
        let exact = |path: &str| Some(StringMatch::Exact(path.to_owned()));
        assert_eq!(of(None, None), Some(Match::default()));
        assert_eq!(of(below("/"), Some("POST")), Some(Match::default()));
        for (given, wanted) in [
            (below("/a.B"), below("/a.B")),
            (below("/a.B/C"), exact("/a.B/C")),
            (exact("/a.B/C"), exact("/a.B/C")),
        ] {
            let found = of(given.clone(), None).map(|found| found.uri);
            assert_eq!(found, Some(wanted), "{given:?}");
        }
        for never in [
            below("/a/b/c"),
            below("/a-b"),
            below("/a/2"),
            exact("/a"),
            exact("/"),
            exact("/a/b/"),
        ] {
            assert_eq!(of(never.clone(), None), None, "{never:?}");
        }
        assert_eq!(of(None, Some("GET")), None);
    }
}
