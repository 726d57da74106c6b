//! AWS Signature Version 4: the request, its body and the time of asking, signed with a key.

use std::time::SystemTime;

use aws_credential_types::Credentials as Key;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;

use super::environment::variable;

/// What signs, for a region and a service.
#[derive(Clone)]
pub struct Sigv4 {
    key: Option<Key>,
    region: String,
    service: String,
}

impl Sigv4 {
    /// With the key of the usual variables; without one where they are not set, which only whoever asks has to know.
    pub(super) fn of_environment(region: &str, service: &str) -> Self {
        let key = variable("AWS_ACCESS_KEY_ID")
            .zip(variable("AWS_SECRET_ACCESS_KEY"))
            .map(|(id, secret)| {
                Key::new(
                    id,
                    secret,
                    variable("AWS_SESSION_TOKEN"),
                    None,
                    "environment",
                )
            });
        Self {
            key,
            region: region.to_owned(),
            service: service.to_owned(),
        }
    }

    /// The headers that prove who posts a body, to be sent beside these. An error is one lower-case sentence.
    pub(super) fn headers(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: &str,
        at: SystemTime,
    ) -> Result<Vec<(String, String)>, String> {
        let key = self.key.clone().ok_or(
            "it asks for a signature, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not both set",
        )?;
        let identity = key.into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(at)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?
            .into();
        let headers = headers.iter().copied();
        let signed =
            SignableRequest::new("POST", url, headers, SignableBody::Bytes(body.as_bytes()))
                .and_then(|request| sign(request, &parameters))
                .map_err(|_| "the request cannot be signed")?;
        let (instructions, _) = signed.into_parts();
        let (headers, _) = instructions.into_parts();
        let headers = headers.iter();
        Ok(headers
            .map(|header| (header.name().to_owned(), header.value().to_owned()))
            .collect())
    }
}

/// Known answers of AWS's signing test suite (aws-c-auth, `tests/aws-signing-test-suite/v4`, Apache License 2.0): those that post.
#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    const TOKEN: &str = "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
    /// Of the body `Param1=value1`.
    const HASH: (&str, &str) = (
        "x-amz-content-sha256",
        "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e",
    );
    const LENGTH: (&str, &str) = ("content-length", "13");

    /// The headers of a request of the suite's owner, at the suite's time.
    fn signed(
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
        token: Option<&str>,
    ) -> Vec<(String, String)> {
        let key = Key::new(
            "AKIDEXAMPLE",
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            token.map(ToOwned::to_owned),
            None,
            "suite",
        );
        let owner = Sigv4 {
            key: Some(key),
            region: "us-east-1".to_owned(),
            service: "service".to_owned(),
        };
        let url = format!("https://example.amazonaws.com{path}");
        let at = UNIX_EPOCH + Duration::from_secs(1_440_938_160);
        owner.headers(&url, headers, body, at).expect("a signature")
    }

    #[test]
    fn signatures_are_those_of_the_published_suite() {
        let form = "application/x-www-form-urlencoded";
        let with_charset = "application/x-www-form-urlencoded; charset=utf-8";
        let no_headers: &[(&str, &str)] = &[];
        for (case, path, headers, body, token, signature) in [
            (
                "post-vanilla",
                "/",
                no_headers,
                "",
                None,
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "post-header-key-sort",
                "/",
                &[("My-Header1", "value1")],
                "",
                None,
                "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c",
            ),
            (
                "post-header-value-case",
                "/",
                &[("My-Header1", "VALUE1")],
                "",
                None,
                "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
            ),
            (
                "post-sts-header-before",
                "/",
                no_headers,
                "",
                Some(TOKEN),
                "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead",
            ),
            (
                "post-vanilla-query",
                "/?Param1=value1",
                no_headers,
                "",
                None,
                "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
            ),
            (
                "post-x-www-form-urlencoded",
                "/",
                &[("Content-Type", form), LENGTH, HASH],
                "Param1=value1",
                None,
                "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b",
            ),
            (
                "post-x-www-form-urlencoded-parameters",
                "/",
                &[("Content-Type", with_charset), LENGTH, HASH],
                "Param1=value1",
                None,
                "328d1b9eaadca9f5818ef05e8392801e091653bafec24fcab71e7344e7f51422",
            ),
        ] {
            let found = signed(path, headers, body, token);
            let of = |name: &str| found.iter().find(|(key, _)| key == name);
            let (_, authorization) = of("authorization").expect("it proves who asks");
            assert!(
                authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="),
                "{case}: {authorization}"
            );
            assert!(
                authorization.ends_with(&format!(", Signature={signature}")),
                "{case}: {authorization}"
            );
            let (_, date) = of("x-amz-date").expect("it says when");
            assert_eq!(date, "20150830T123600Z", "{case}");
            let sent = of("x-amz-security-token").map(|(_, token)| token.as_str());
            assert_eq!(sent, token, "{case}");
        }
    }

    #[test]
    fn a_signature_is_of_its_body() {
        let signature = |body: &str| signed("/", &[], body, None);
        assert_ne!(signature("query=up"), signature("query=down"));
    }

    #[test]
    fn without_a_key_there_is_no_signature() {
        let nobody = Sigv4 {
            key: None,
            region: "us-east-1".to_owned(),
            service: "aps".to_owned(),
        };
        let why = nobody.headers("https://aps.example", &[], "", UNIX_EPOCH);
        assert!(why.expect_err("no key").contains("AWS_ACCESS_KEY_ID"));
    }
}
