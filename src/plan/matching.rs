//! What two conditions on one string have to do with each other.

use crate::spec::Provider;
use crate::units::{check_re2, escape_re2};

use super::{Match, StringMatch};

/// What holds where two conditions hold at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// This condition.
    Both(Option<StringMatch>),
    /// Nothing: they exclude each other.
    Never,
    /// Only a regex engine could tell.
    Unknown,
}

/// The narrower of two conditions on the same string; `None` is no condition.
pub fn join(a: Option<&StringMatch>, b: Option<&StringMatch>) -> Joined {
    use StringMatch::{Below, Exact, Prefix, Present, Regex};
    let (a, b) = match (a, b) {
        (None, other) | (other, None) => return Joined::Both(other.cloned()),
        (Some(a), Some(b)) => (a, b),
    };
    if a == b {
        return Joined::Both(Some(a.clone()));
    }
    match (a, b) {
        (Present, other) | (other, Present) => Joined::Both(Some(other.clone())),
        // Of prefixes, one router reads all in one way.
        (Regex(_), _) | (_, Regex(_)) | (Below(_), Prefix(_)) | (Prefix(_), Below(_)) => {
            Joined::Unknown
        }
        (Exact(value), Below(path)) | (Below(path), Exact(value)) => {
            if is_below(value, path) {
                Joined::Both(Some(Exact(value.clone())))
            } else {
                Joined::Never
            }
        }
        (Below(one), Below(other)) => {
            if is_below(one, other) {
                Joined::Both(Some(Below(one.clone())))
            } else if is_below(other, one) {
                Joined::Both(Some(Below(other.clone())))
            } else {
                Joined::Never
            }
        }
        (Exact(_), Exact(_)) => Joined::Never,
        (Exact(value), Prefix(prefix)) | (Prefix(prefix), Exact(value)) => {
            if value.starts_with(prefix.as_str()) {
                Joined::Both(Some(Exact(value.clone())))
            } else {
                Joined::Never
            }
        }
        (Prefix(one), Prefix(other)) => {
            let (short, long) = if one.len() <= other.len() {
                (one, other)
            } else {
                (other, one)
            };
            if long.starts_with(short.as_str()) {
                Joined::Both(Some(Prefix(long.clone())))
            } else {
                Joined::Never
            }
        }
    }
}

/// The expression that takes every text.
pub(super) const EVERYTHING: &str = ".*";

/// Whether a condition on what every request has, its path or its method, holds for all of them.
pub(super) fn asks_nothing(condition: &StringMatch) -> bool {
    match condition {
        StringMatch::Present => true,
        StringMatch::Regex(pattern) => pattern == EVERYTHING,
        // Every path begins with it, and no method does.
        StringMatch::Prefix(prefix) | StringMatch::Below(prefix) => prefix == "/",
        StringMatch::Exact(_) => false,
    }
}

/// Whether every string that `narrow` takes is taken by `wide` too, as far as can be told without running a regex.
pub(super) fn covers(wide: &StringMatch, narrow: &StringMatch) -> bool {
    use StringMatch::{Below, Exact, Prefix, Present, Regex};
    match (wide, narrow) {
        _ if wide == narrow => true,
        (Present, _) => true,
        (Regex(pattern), _) => pattern == EVERYTHING,
        (Prefix(prefix), Exact(value) | Prefix(value) | Below(value)) => {
            value.starts_with(prefix.as_str())
        }
        (Below(path), Exact(value) | Below(value)) => is_below(value, path),
        (Below(path), Prefix(_) | Regex(_) | Present) => path == "/",
        (Prefix(_), Regex(_) | Present) | (Exact(_), _) => false,
    }
}

/// Whether the empty text may meet a condition, as far as an expression's shortest match tells.
pub(super) fn may_take_nothing(condition: &StringMatch) -> bool {
    match condition {
        StringMatch::Exact(text) | StringMatch::Prefix(text) | StringMatch::Below(text) => {
            text.is_empty()
        }
        StringMatch::Regex(pattern) => {
            regex_syntax::parse(pattern).is_ok_and(|hir| hir.properties().minimum_len() == Some(0))
        }
        StringMatch::Present => false,
    }
}

/// Whether `path` is `root`, or below it by whole elements.
fn is_below(path: &str, root: &str) -> bool {
    let rest = path.strip_prefix(root.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl StringMatch {
    /// A condition on a path as the router reads it.
    pub(super) fn of_path(self, provider: Provider) -> Self {
        match (provider, self) {
            (Provider::GatewayApi, Self::Prefix(path)) => Self::Below(path),
            (_, condition) => condition,
        }
    }
}

impl Match {
    /// Whether every request that `narrow` takes is taken by this one too.
    pub fn covers(&self, narrow: &Self) -> bool {
        let optional =
            |wide: Option<&StringMatch>, narrow: Option<&StringMatch>| match (wide, narrow) {
                (None, _) => true,
                (Some(wide), _) if asks_nothing(wide) => true,
                (Some(_), None) => false,
                (Some(wide), Some(narrow)) => covers(wide, narrow),
            };
        self.headers.iter().all(|(name, wide)| {
            narrow
                .headers
                .get(name)
                .is_some_and(|narrow| covers(wide, narrow))
        }) && self.without_headers.iter().all(|(name, lacked)| {
            // It excludes as much, or asks for what is not excluded.
            let excludes = narrow.without_headers.get(name);
            let asks = narrow.headers.get(name);
            excludes.is_some_and(|excluded| covers(excluded, lacked))
                || asks.is_some_and(|asked| join(Some(asked), Some(lacked)) == Joined::Never)
        }) && self.claims.iter().all(|(path, wide)| {
            narrow
                .claims
                .get(path)
                .is_some_and(|narrow| covers(wide, narrow))
        }) && optional(self.host.as_ref(), narrow.host.as_ref())
            && self.query_params.iter().all(|(name, wide)| {
                narrow
                    .query_params
                    .get(name)
                    .is_some_and(|narrow| covers(wide, narrow))
            })
            && optional(self.uri.as_ref(), narrow.uri.as_ref())
            && optional(self.method.as_ref(), narrow.method.as_ref())
            && self
                .source_labels
                .iter()
                .all(|(key, value)| narrow.source_labels.get(key) == Some(value))
            && (self.source_namespace.is_none() || self.source_namespace == narrow.source_namespace)
    }
}

/// The condition on the whole `cookie` header that says what one cookie must be.
///
/// The header is `a=1; b=2`: the cookie may have others before and after it (RFC 6265, section 4.2.1).
pub(super) fn cookie(name: &str, value: &StringMatch) -> StringMatch {
    let name = escape_re2(name);
    let value = match value {
        StringMatch::Exact(text) => escape_re2(text),
        StringMatch::Prefix(text) | StringMatch::Below(text) => {
            format!("{}[^;]*", escape_re2(text))
        }
        StringMatch::Regex(pattern) => format!("(?:{pattern})"),
        StringMatch::Present => "[^;]*".to_owned(),
    };
    StringMatch::Regex(format!("(?:.*;[ ]?)?{name}={value}(?:;.*)?"))
}

/// Why Envoy would refuse a condition, if it would.
pub(super) fn fault(condition: &StringMatch) -> Option<String> {
    if let StringMatch::Exact(text)
    | StringMatch::Prefix(text)
    | StringMatch::Below(text)
    | StringMatch::Regex(text) = condition
        && text.contains('\n')
    {
        return Some("a line break is in no value of a request, so this never matches".to_owned());
    }
    match condition {
        StringMatch::Regex(pattern) => check_re2(pattern).err().map(|fault| fault.message),
        StringMatch::Prefix(prefix) if prefix.is_empty() => {
            Some("Istio refuses an empty prefix".to_owned())
        }
        StringMatch::Exact(_)
        | StringMatch::Prefix(_)
        | StringMatch::Below(_)
        | StringMatch::Present => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(text: &str) -> StringMatch {
        StringMatch::Exact(text.to_owned())
    }

    fn prefix(text: &str) -> StringMatch {
        StringMatch::Prefix(text.to_owned())
    }

    fn regex(text: &str) -> StringMatch {
        StringMatch::Regex(text.to_owned())
    }

    #[test]
    fn what_cannot_match_is_a_fault() {
        for condition in [exact("a\nb"), prefix("a\n"), regex("a\n"), prefix("")] {
            assert!(fault(&condition).is_some(), "{condition:?}");
        }
        for condition in [exact(""), exact("a"), prefix("a"), StringMatch::Present] {
            assert_eq!(fault(&condition), None);
        }
    }

    #[test]
    fn the_narrower_condition_is_kept() {
        let both = |condition| Joined::Both(Some(condition));
        assert_eq!(join(None, None), Joined::Both(None));
        assert_eq!(
            join(Some(&prefix("/v1")), Some(&prefix("/v1/models"))),
            both(prefix("/v1/models"))
        );
        assert_eq!(
            join(Some(&exact("/v1/x")), Some(&prefix("/v1"))),
            both(exact("/v1/x"))
        );
        assert_eq!(
            join(Some(&exact("/v2")), Some(&prefix("/v1"))),
            Joined::Never
        );
        assert_eq!(
            join(Some(&prefix("/a")), Some(&prefix("/b"))),
            Joined::Never
        );
        assert_eq!(
            join(Some(&regex("/a.*")), Some(&prefix("/b"))),
            Joined::Unknown
        );
        assert_eq!(
            join(Some(&regex("/a.*")), Some(&regex("/a.*"))),
            both(regex("/a.*"))
        );
    }

    #[test]
    fn a_wider_match_covers_a_narrower_one() {
        assert!(
            covers(&prefix("a"), &exact("ab"))
                && covers(&StringMatch::Present, &regex("x"))
                && covers(&regex(".*"), &exact("x"))
        );
        assert!(!covers(&exact("a"), &prefix("a")) && !covers(&prefix("a"), &regex("a.*")));
    }

    #[test]
    fn every_path_begins_with_a_slash() {
        let of = |uri: Option<StringMatch>, method: Option<StringMatch>| Match {
            uri,
            method,
            ..Match::default()
        };
        for all in [
            of(None, None),
            of(Some(prefix("/")), None),
            of(Some(regex(".*")), Some(StringMatch::Present)),
            of(Some(StringMatch::Present), Some(regex(".*"))),
        ] {
            assert!(all.takes_all(), "{all:?}");
            assert!(all.covers(&of(Some(regex("/a.*")), Some(exact("GET")))));
        }
        for some in [
            of(Some(prefix("/a")), None),
            of(Some(exact("/")), None),
            of(None, Some(exact("GET"))),
            of(Some(regex("/.*")), Some(prefix("P"))),
        ] {
            assert!(!some.takes_all(), "{some:?}");
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let StringMatch::Regex(pattern) = cookie("user", &exact("a.b")) else {
            panic!("a cookie is a regex")
        };
        assert_eq!(pattern, r"(?:.*;[ ]?)?user=a\.b(?:;.*)?");
        assert_eq!(check_re2(&pattern), Ok(()));
    }
}
