//! How users stay with a version.

use serde::Deserialize;

/// What users are known by: one of a cookie that is set, and a header that the service has.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sticky {
    /// The cookie that is set.
    pub cookie: Option<String>,
    /// How long browsers keep the cookie.
    pub max_age: Option<String>,
    /// The path below which browsers send the cookie; default `/`.
    pub path: Option<String>,
    /// Whether browsers send the cookie over TLS only; default false.
    #[serde(default)]
    pub secure: bool,
    /// Whether requests from other sites carry the cookie; default: the browser says.
    pub same_site: Option<SameSite>,
    /// The header that holds a user's hash in hexadecimal digits.
    pub header: Option<String>,
}

/// Whether requests from other sites carry a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum SameSite {
    /// None do.
    Strict,
    /// Only those that open a page.
    Lax,
    /// All do.
    None,
}

impl SameSite {
    /// The attribute's value.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}
