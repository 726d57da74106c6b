//! One condition on one string of a request: refused by Envoy, met by no request, or fit to be written.

use regex_syntax::hir::literal::Extractor;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{StringMatch, matching};
use crate::spec::{FullMatcher, Matcher};
use crate::units::{
    misread_by_bytes, normalized_path, normalized_prefix, reads_like_a_search, unsent_in_path,
    unsent_in_query,
};

/// Which string of a request a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The path, without the query.
    Path,
    /// The value of a query parameter.
    Query,
    /// The HTTP method.
    Method,
    /// The value of a header.
    Header,
    /// The value of a cookie.
    Cookie,
    /// The host, without a port.
    Host,
    /// The value of a claim.
    Claim,
}

/// A matcher in its full form, or a complaint at `at`.
pub(super) fn condition(
    matcher: &Matcher,
    subject: Subject,
    at: &Route,
    report: &mut Report,
) -> Option<StringMatch> {
    let (condition, at) = match matcher {
        Matcher::Bare(text) => (StringMatch::Exact(text.clone()), at.clone()),
        Matcher::Full(FullMatcher::Exact(text)) => {
            (StringMatch::Exact(text.clone()), at.key("exact"))
        }
        Matcher::Full(FullMatcher::Prefix(text)) => {
            (StringMatch::Prefix(text.clone()), at.key("prefix"))
        }
        Matcher::Full(FullMatcher::Regex(text)) => {
            (StringMatch::Regex(text.clone()), at.key("regex"))
        }
        Matcher::Full(FullMatcher::Present(_)) => (StringMatch::Present, at.key("present")),
    };
    let never = || {
        let why = never_met(&condition, subject)?;
        Some(format!("this never matches: {why}"))
    };
    if let Some(message) = matching::fault(&condition)
        .or_else(|| presence(&condition, subject))
        .or_else(never)
    {
        report.push(Diagnostic::new(Code::GP203, Place::value(at), message));
        return None;
    }
    if let StringMatch::Regex(pattern) = &condition {
        warn_of_regex(pattern, &at, report);
    } else if subject == Subject::Path {
        warn_of_path(&condition, &at, report);
    }
    Some(condition)
}

/// Why it cannot be asked whether there is a value at all.
fn presence(condition: &StringMatch, subject: Subject) -> Option<String> {
    let why = match subject {
        Subject::Host => "this asks for nothing: every request has a host",
        // The matcher of metadata that Istio makes of it would have no value, which Envoy refuses.
        Subject::Claim => "Istio finds a claim only by its value; write `regex: .+` for any text",
        Subject::Path | Subject::Query | Subject::Method | Subject::Header | Subject::Cookie => {
            return None;
        }
    };
    (*condition == StringMatch::Present).then(|| why.to_owned())
}

/// Why no request can meet a condition.
fn never_met(condition: &StringMatch, subject: Subject) -> Option<String> {
    let (text, is_whole) = match condition {
        StringMatch::Exact(text) => (text.as_str(), true),
        StringMatch::Prefix(text) | StringMatch::Below(text) => (text.as_str(), false),
        StringMatch::Regex(pattern) => {
            return (subject == Subject::Path && !may_begin_a_path(pattern))
                .then(|| "every path begins with `/`".to_owned());
        }
        StringMatch::Present => return None,
    };
    let why = match subject {
        Subject::Path if !text.starts_with('/') => Some("every path begins with `/`"),
        Subject::Path => unsent_in_path(text),
        Subject::Query => unsent_in_query(text),
        Subject::Method => (text.is_empty() || !text.bytes().all(is_token))
            .then_some("a method is one word, such as `GET`"),
        Subject::Header => unsent_in_header(text, is_whole),
        Subject::Cookie => (text.contains(';'))
            .then_some("`;` ends a cookie")
            .or_else(|| unsent_in_header(text, is_whole)),
        Subject::Host => unasked_as_host(text),
        Subject::Claim => None,
    };
    why.map(str::to_owned)
}

/// Why no caller's host, in lower case and without its port, is this or begins with it.
fn unasked_as_host(text: &str) -> Option<&'static str> {
    if text.contains('*') {
        Some("a wildcard is no host of a request; write `prefix` or `regex`")
    } else if text.contains(':') {
        Some("the port of a host is left out before it is compared")
    } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Some("hosts are compared in lower case")
    } else if text.is_empty()
        || !text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    {
        Some("a host is letters, digits, `-` and `.`")
    } else {
        None
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Why no header that reaches a route has this value, or begins with it.
fn unsent_in_header(text: &str, is_whole: bool) -> Option<&'static str> {
    let blank = [' ', '\t'];
    if text.starts_with(blank) || (is_whole && text.ends_with(blank)) {
        Some("blanks around a header's value are no part of it")
    } else if text.chars().any(|c| c.is_ascii_control() && c != '\t') {
        Some("a control character is in no header's value")
    } else {
        None
    }
}

/// Whether an expression may take a text that begins with `/`, as far as its first characters tell.
fn may_begin_a_path(pattern: &str) -> bool {
    let Ok(hir) = regex_syntax::parse(pattern) else {
        return true;
    };
    let prefixes = Extractor::new().extract(&hir);
    prefixes.literals().is_none_or(|prefixes| {
        prefixes
            .iter()
            .any(|prefix| match prefix.as_bytes().first() {
                Some(first) => *first == b'/',
                // An exact one is all that the expression takes.
                None => !prefix.is_exact(),
            })
    })
}

fn warn_of_regex(pattern: &str, at: &Route, report: &mut Report) {
    if reads_like_a_search(pattern) {
        let word = pattern.trim_start_matches('^');
        report.push(
            Diagnostic::new(
                Code::GP204,
                Place::value(at.clone()),
                format!("the regex `{pattern}` matches only the whole value `{word}`"),
            )
            .note("Envoy matches a regex against the whole value, and does not search in it")
            .help(format!(
                "write `.*{word}.*` to find it anywhere, or `exact: {word}`"
            )),
        );
    }
    if let Some(why) = misread_by_bytes(pattern) {
        report.push(
            Diagnostic::new(
                Code::GP220,
                Place::value(at.clone()),
                format!("Envoy reads the regex `{pattern}` byte by byte: {why}"),
            )
            .help("write alternatives in a group: `(?:é|è)` for `[éè]`, `(?:é)+` for `é+`"),
        );
    }
}

/// Istio's default normalisation runs before any route is looked for.
fn warn_of_path(condition: &StringMatch, at: &Route, report: &mut Report) {
    let seen = match condition {
        StringMatch::Exact(path) => Some(normalized_path(path)).filter(|seen| seen != path),
        StringMatch::Prefix(prefix) | StringMatch::Below(prefix) => normalized_prefix(prefix),
        StringMatch::Regex(_) | StringMatch::Present => None,
    };
    if let Some(seen) = seen {
        report.push(
            Diagnostic::new(
                Code::GP221,
                Place::value(at.clone()),
                format!("no request matches this where Istio normalises paths, as it does by default: it sees `{seen}`"),
            )
            .help(format!("write `{seen}`")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(condition: &StringMatch, subject: Subject) -> Option<String> {
        never_met(condition, subject)
    }

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
    fn what_no_request_can_be_never_matches() {
        for path in ["v1", "", "/a b", "/a?b=c", "/café", "/a#b", "/%00", "/a\tb"] {
            assert!(why(&exact(path), Subject::Path).is_some(), "{path}");
            assert!(why(&prefix(path), Subject::Path).is_some(), "{path}");
        }
        for pattern in ["v1/.*", "(?:a|b)/x", "^v1", "^$"] {
            assert!(why(&regex(pattern), Subject::Path).is_some(), "{pattern}");
        }
        for value in ["é", "a b", "a&b", "a#b"] {
            assert!(why(&exact(value), Subject::Query).is_some(), "{value}");
        }
        for method in ["", "G ET", "GET,POST", "É"] {
            assert!(why(&exact(method), Subject::Method).is_some(), "{method}");
        }
        for value in [" a", "a ", "\ta", "a\u{1}"] {
            assert!(why(&exact(value), Subject::Header).is_some(), "{value}");
        }
        assert!(why(&exact("a;b"), Subject::Cookie).is_some());
    }

    #[test]
    fn what_a_request_can_be_may_match() {
        for path in ["/", "/v1", "/a%20b", "//x", "/a;b=c", "/sq[1]", "/*"] {
            assert_eq!(why(&exact(path), Subject::Path), None);
        }
        for pattern in [
            "/v1/.*",
            ".*",
            "(?:/a|/b)",
            "^/v1",
            "[^a].*",
            r"\/x",
            ".+/x",
            "(/|x)y",
        ] {
            assert_eq!(why(&regex(pattern), Subject::Path), None, "{pattern}");
        }
        for value in ["", "a+b", "a%20b", "b=c", "%C3%A9", "a;b", "?"] {
            assert_eq!(why(&exact(value), Subject::Query), None);
        }
        for method in ["GET", "get", "M-SEARCH"] {
            assert_eq!(why(&exact(method), Subject::Method), None);
        }
        for value in ["", "é", "a b", "a\tb", "a, b"] {
            assert_eq!(why(&exact(value), Subject::Header), None);
        }
        assert_eq!(why(&prefix("Bearer "), Subject::Header), None);
    }
}
