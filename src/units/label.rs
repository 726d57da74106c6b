//! Names with rules: DNS labels, HTTP header names, label keys and values.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

/// An RFC 1035 label: a lower-case letter, then lower-case letters, digits and `-`, not ending in `-`, at most 63. A namespace's may
/// begin with a digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsLabel(String);

impl DnsLabel {
    /// The label as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A namespace's name, which Kubernetes lets begin with a digit (RFC 1123).
    pub fn of_namespace(text: &str) -> Option<Self> {
        (text.len() <= 63 && is_rfc1123(text)).then(|| Self(text.to_owned()))
    }
}

impl FromStr for DnsLabel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let starts = text.starts_with(|c: char| c.is_ascii_lowercase());
        if starts && text.len() <= 63 && is_rfc1123(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(())
        }
    }
}

impl fmt::Display for DnsLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Borrow<str> for DnsLabel {
    fn borrow(&self) -> &str {
        &self.0
    }
}

fn is_rfc1123(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// Whether `text` is a part of a DNS name (`IsDNS1123Label`): unlike a [`DnsLabel`], it may begin with a digit.
pub fn is_dns_label(text: &str) -> bool {
    text.len() <= 63 && is_rfc1123(text)
}

/// Whether `text` may name a port of a container, or a port that a probe or a Service leads to (`IsValidPortName`).
pub fn is_port_name(text: &str) -> bool {
    text.len() <= 15
        && is_rfc1123(text)
        && !text.contains("--")
        && text.contains(|c: char| c.is_ascii_lowercase())
}

/// Whether `text` may be a key of a ConfigMap or Secret (`IsConfigMapKey`).
pub fn is_config_key(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !text.is_empty()
        && text.len() <= 253
        && text.chars().all(inner)
        && text != "."
        && !text.starts_with("..")
}

/// Whether `text` is a name that Kubernetes takes for most objects: parts joined by dots, at most 253 characters.
///
/// Kubernetes bounds the whole and not the parts (`IsDNS1123Subdomain`); a host needs [`is_host`].
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_rfc1123)
}

/// Whether `text` is a DNS name: as [`is_dns_subdomain`], and no part over 63 characters.
pub fn is_host(text: &str) -> bool {
    is_dns_subdomain(text) && text.split('.').all(|label| label.len() <= 63)
}

/// Whether `text` may be the key of a label or annotation: `name` or `dns.prefix/name`.
pub fn is_label_key(text: &str) -> bool {
    let (prefix, name) = text
        .split_once('/')
        .map_or((None, text), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_dns_subdomain) && !name.is_empty() && is_label_value(name)
}

/// Whether `text` may be the key of an annotation: as [`is_label_key`], and its prefix in any case, as the API server has it.
pub fn is_annotation_key(text: &str) -> bool {
    is_label_key(&text.to_lowercase())
}

/// Whether `text` may be the value of a label: empty, or at most 63 of letters, digits, `-`, `_`, `.` between letters or digits.
pub fn is_label_value(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.is_empty()
        || (text.len() <= 63
            && text.chars().all(inner)
            && text.starts_with(edge)
            && text.ends_with(edge))
}

/// Whether `text` may name a header: a token of RFC 9110.
pub fn is_header_token(text: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(token)
}

/// A lower-case HTTP header name (RFC 9110 token) that is no pseudo header.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HeaderName(String);

impl HeaderName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, or why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        // Istio gives these keys of a header match a meaning of their own, or ignores them.
        const PSEUDO: [&str; 4] = ["uri", "scheme", "method", "authority"];
        if text.starts_with(':') || PSEUDO.contains(&text) {
            return Err(format!(
                "`{text}` is a pseudo header, which a header match cannot name"
            ));
        }
        if text.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(format!(
                "the header `{text}` has upper-case letters; Envoy sees every header in lower case"
            ));
        }
        if !is_header_token(text) {
            return Err(format!("`{text}` is no HTTP header name"));
        }
        Ok(Self(text.to_owned()))
    }

    /// The header that holds all cookies.
    pub fn cookie() -> Self {
        Self("cookie".to_owned())
    }

    /// The header in which Envoy keeps the id of a request, which it gives one where there is none.
    pub fn request_id() -> Self {
        Self("x-request-id".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_follow_rfc_1035() {
        for good in ["a", "resnet50", "a-b", &"x".repeat(63)] {
            assert!(good.parse::<DnsLabel>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "a-",
            "1a",
            "A",
            "a_b",
            "a.b",
            "ä",
            &"x".repeat(64),
        ] {
            assert!(bad.parse::<DnsLabel>().is_err(), "{bad}");
        }
    }

    #[test]
    fn header_names_are_lower_case_tokens() {
        assert!(HeaderName::parse("x-canary-version").is_ok());
        for bad in ["X-Canary", ":path", "uri", "", "a b", "ü"] {
            assert!(HeaderName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn port_names_follow_kubernetes() {
        for good in ["http", "a", "1a", "a-b-c", "grpc-web-123456"] {
            assert!(is_port_name(good), "{good}");
        }
        for bad in [
            "",
            "80",
            "a--b",
            "-a",
            "a-",
            "HTTP",
            "a_b",
            "a234567890123456",
        ] {
            assert!(!is_port_name(bad), "{bad}");
        }
    }

    #[test]
    fn annotation_keys_have_prefixes_in_any_case() {
        assert!(is_annotation_key("Example.COM/Key") && !is_label_key("Example.COM/Key"));
        assert!(!is_annotation_key("a b/c") && !is_annotation_key("a/b/c"));
    }

    #[test]
    fn label_keys_and_values_follow_kubernetes() {
        assert!(is_label_key("app.kubernetes.io/name") && is_label_key("team"));
        assert!(
            !is_label_key("a/b/c")
                && !is_label_key("")
                && !is_label_key("/a")
                && !is_label_key("a/")
        );
        assert!(is_label_value("") && is_label_value("v1.2_3"));
        assert!(
            !is_label_value("-a") && !is_label_value("a b") && !is_label_value(&"x".repeat(64))
        );
    }
}
