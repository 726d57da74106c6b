//! Why no answer came.

use std::fmt;

use ureq::Error;

/// How the TLS library begins what it says of a certificate that it does not accept.
const CERTIFICATE: &str = "invalid peer certificate: ";

/// How the TLS library begins what a server says when it ends the connection.
const ALERT: &str = "received fatal alert: ";

/// What it says where it does not accept who the client is: that there is no certificate, or not one that it trusts (RFC 8446, 6.2).
const IDENTITY_ALERTS: [&str; 9] = [
    "AccessDenied",
    "BadCertificate",
    "CertificateExpired",
    "CertificateRequired",
    "CertificateRevoked",
    "CertificateUnknown",
    "DecryptError",
    "UnknownCA",
    "UnsupportedCertificate",
];

/// A request without an answer. Displayed, it is what the library says.
#[derive(Debug)]
pub struct Unanswered(Error);

/// A reason for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The server's certificate is not accepted.
    Distrust(Distrust),
    /// The server asks who the client is, by a certificate, and does not accept the answer.
    Unidentified,
    /// The words for anything else, to follow a colon.
    Other(String),
}

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distrust {
    /// No authority that is trusted has signed it.
    Authority,
    /// It is for another name than that of the address.
    Name,
    /// Anything else, as the TLS library says it.
    Other(String),
}

impl Unanswered {
    /// What went wrong.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library's errors are many, and may become more"
    )]
    pub fn cause(&self) -> Cause {
        match &self.0 {
            Error::Timeout(_) => Cause::Other("it did not answer in time".to_owned()),
            Error::ConnectionFailed => Cause::Other("the connection failed".to_owned()),
            Error::HostNotFound => Cause::Other("its host is not found".to_owned()),
            other => cause(&other.to_string()),
        }
    }
}

/// The cause that the library's words name.
fn cause(text: &str) -> Cause {
    let end = text.find(" (os error").unwrap_or(text.len());
    let text = text[..end].trim_start_matches("io: ");
    let alert = text.strip_prefix(ALERT);
    if alert.is_some_and(|alert| IDENTITY_ALERTS.iter().any(|one| alert.starts_with(one))) {
        return Cause::Unidentified;
    }
    text.strip_prefix(CERTIFICATE).map_or_else(
        || Cause::Other(text.to_lowercase()),
        |refusal| Cause::Distrust(Distrust::of(refusal)),
    )
}

impl Distrust {
    fn of(refusal: &str) -> Self {
        // A signature by another authority of the same name is bad.
        if refusal.contains("UnknownIssuer") || refusal.contains("BadSignature") {
            Self::Authority
        } else if refusal.contains("not valid for name") || refusal.contains("NotValidForName") {
            Self::Name
        } else {
            Self::Other(refusal.to_owned())
        }
    }
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<ureq::http::Error> for Unanswered {
    fn from(error: ureq::http::Error) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_library_says_becomes_a_cause() {
        let distrust = |refusal: &str| cause(&format!("io: invalid peer certificate: {refusal}"));
        for (found, want) in [
            (
                cause("io: Connection refused (os error 111)"),
                Cause::Other("connection refused".to_owned()),
            ),
            (
                cause("io: received fatal alert: CertificateRequired"),
                Cause::Unidentified,
            ),
            (
                distrust("UnknownIssuer"),
                Cause::Distrust(Distrust::Authority),
            ),
            (
                distrust("BadSignature"),
                Cause::Distrust(Distrust::Authority),
            ),
            (
                distrust("certificate not valid for name \"a\""),
                Cause::Distrust(Distrust::Name),
            ),
            (
                distrust("Expired"),
                Cause::Distrust(Distrust::Other("Expired".to_owned())),
            ),
        ] {
            assert_eq!(found, want);
        }
    }
}
