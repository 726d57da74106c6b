//! Paths of matches (`HTTPPathMatch`): `Exact` and `PathPrefix`, which goes by whole elements.

use super::{Diagnostic, refused};
use crate::diag::Code;
use crate::diag::Place;
use crate::spec::schema::excerpt;
use crate::text::Route;

/// The longest path.
const MAX: usize = 1_024;

/// Complains about a path that is no path of a match. What begins with no `/` is refused whoever routes.
pub(super) fn check(path: &str, is_prefix: bool, at: &Route, faults: &mut Vec<Diagnostic>) {
    let inside = ["//", "/./", "/../", "%2f", "%2F", "#"]
        .into_iter()
        .find(|part| path.contains(part));
    let end = ["/..", "/."].into_iter().find(|end| path.ends_with(end));
    if let Some(part) = inside.or(end) {
        let message = format!("Gateway API takes no path with `{part}`");
        faults.push(refused(at.clone(), message));
    } else if let Some(strange) = strange(path) {
        let message = format!("Gateway API takes no path with `{}`", excerpt(strange));
        let help = "write it percent-encoded, as clients send it";
        faults.push(refused(at.clone(), message).help(help));
    } else if path.chars().count() > MAX {
        let message =
            format!("the path is longer than the {MAX} characters that Gateway API takes");
        faults.push(refused(at.clone(), message));
    } else if is_prefix && path != "/" && path.ends_with('/') {
        let bare = path.trim_end_matches('/');
        let found = Diagnostic::new(
            Code::GP224,
            Place::value(at.clone()),
            format!(
                "the prefix `{}` ends with `/`, which Gateway API does not read",
                excerpt(path)
            ),
        );
        faults.push(
            found
                .note("a prefix goes by whole elements there: `/v1` takes `/v1` and `/v1/x`, and not `/v1x`")
                .help(format!("write `{}`", excerpt(bare))),
        );
    }
}

/// What the CRD takes in no path: a character, or a `%` without two digits behind it.
pub(super) fn strange(path: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-/._~!$&'()*+,;=:@".contains(c);
    path.char_indices().find_map(|(at, c)| {
        let rest = &path[at..];
        let digits = rest.strip_prefix('%').and_then(|rest| rest.get(..2));
        let is_byte =
            digits.is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let shown = if c == '%' { 3 } else { 1 };
        let end = rest
            .char_indices()
            .nth(shown)
            .map_or(rest.len(), |(end, _)| end);
        (!is_plain(c) && !is_byte).then(|| &rest[..end])
    })
}
