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
    } else if let Some(strange) = path.chars().find(|c| !is_of_path(*c)) {
        let message = format!("Gateway API takes no path with `{strange}`");
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

/// What the CRD takes in a path; that two digits follow a `%` is held whoever routes.
fn is_of_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-/._~!$&'()*+,;=:@%".contains(c)
}
