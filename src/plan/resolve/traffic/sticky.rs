//! Sticky versions: a cookie that browsers keep, or a header.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::sticky::{MAX_COOKIE_NAME, Sticky, StickyCookie};
use crate::spec::{self, SameSite};
use crate::units::{Duration, HeaderName, is_header_token};

/// As long as most users are away.
const MAX_AGE: Duration = Duration::from_seconds(30 * 86_400);
/// The longest that browsers keep a cookie (RFC 6265bis, section 5.5).
const LONGEST: Duration = Duration::from_seconds(400 * 86_400);

/// What users are known by, or `None` where it is wrong.
pub(super) fn resolve(given: &spec::Sticky, at: &Route, report: &mut Report) -> Option<Sticky> {
    if let Some(header) = &given.header {
        let name = HeaderName::parse(header).map_err(|message| {
            let lower = header.to_ascii_lowercase();
            let help = (lower != *header).then(|| format!("write `{lower}`"));
            let place = Place::value(at.key("header"));
            report.push(Diagnostic::new(Code::GP203, place, message).maybe_help(help));
        });
        return name.ok().map(Sticky::Header);
    }
    let name = given.cookie.as_ref()?;
    let path = given.path.as_deref().unwrap_or("/");
    let age = given.max_age.as_ref().map(|text| text.parse());
    let max_age = age.unwrap_or(Ok(MAX_AGE)).unwrap_or(LONGEST);
    let mut refuse = |field: &str, message: String, help: &str| {
        let place = Place::value(at.key(field));
        report.push(Diagnostic::new(Code::GP240, place, message).help(help));
    };
    let mut sound = true;
    if !is_header_token(name) || name.contains('%') {
        sound = false;
        refuse(
            "cookie",
            format!("`{name}` is no cookie name that a format can hold"),
            "use letters, digits, `-` and `_`",
        );
    }
    if name.len() > MAX_COOKIE_NAME {
        sound = false;
        refuse(
            "cookie",
            format!(
                "the cookie's name has {} bytes, and {MAX_COOKIE_NAME} leave room for the digits in a regex that every Envoy takes",
                name.len()
            ),
            "shorten it",
        );
    }
    if !(1..=LONGEST.seconds()).contains(&max_age.seconds()) {
        sound = false;
        refuse(
            "maxAge",
            format!("no browser keeps a cookie for `{max_age}`; `1s` to `{LONGEST}` is allowed"),
            "write how long a user shall stay with a version",
        );
    }
    let is_sent = |c: char| c.is_ascii_graphic() && c != ';';
    if !path.starts_with('/') || !path.chars().all(is_sent) {
        sound = false;
        refuse(
            "path",
            format!("`{path}` is no path of a cookie"),
            "begin with `/`, and use ASCII without blanks and `;`",
        );
    }
    let lower = name.to_ascii_lowercase();
    let needs_tls = if lower.starts_with("__secure-") || lower.starts_with("__host-") {
        Some(("cookie", "its prefix"))
    } else {
        (given.same_site == Some(SameSite::None)).then_some(("sameSite", "`sameSite: None`"))
    };
    if let Some((field, what)) = needs_tls
        && !given.secure
    {
        sound = false;
        refuse(
            field,
            format!("browsers drop the cookie `{name}`: {what} is for secure cookies only"),
            "add `secure: true`, which needs TLS at the gateway",
        );
    }
    if lower.starts_with("__host-") && path != "/" {
        sound = false;
        refuse(
            "path",
            format!(
                "browsers drop the cookie `{name}`: the prefix `__Host-` is for the path `/` only"
            ),
            "remove `path`",
        );
    }
    sound.then(|| {
        Sticky::Cookie(StickyCookie {
            name: name.clone(),
            max_age,
            path: path.to_owned(),
            secure: given.secure,
            same_site: given.same_site,
        })
    })
}
