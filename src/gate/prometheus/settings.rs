//! Where the server is and who asks. Credentials come from the environment or from files, never from arguments.

use std::time::Duration;
use std::{env, fmt, fs};

use base64::prelude::{BASE64_STANDARD, Engine as _};

/// The credentials of who asks. They are never shown.
#[derive(Clone, Default)]
pub enum Credentials {
    /// Nobody in particular.
    #[default]
    None,
    /// Whoever has this token.
    Bearer(String),
    /// A name and a password.
    Basic(String, String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Bearer(_) => "a token",
            Self::Basic(..) => "a name and a password",
        })
    }
}

impl Credentials {
    /// The value of the header `Authorization`.
    pub(super) fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::Bearer(token) => Some(format!("Bearer {token}")),
            Self::Basic(name, password) => Some(format!(
                "Basic {}",
                BASE64_STANDARD.encode(format!("{name}:{password}"))
            )),
        }
    }
}

/// How a server is asked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server's base address, without credentials.
    pub url: String,
    /// The most time for one query.
    pub timeout: Duration,
    /// The most time for all queries together.
    pub deadline: Duration,
    /// The credentials of who asks.
    pub credentials: Credentials,
    /// Certificates in PEM to trust in place of the usual ones.
    pub ca: Option<Vec<u8>>,
    /// The tenant, for servers that have several.
    pub org_id: Option<String>,
    /// How long to wait before each further attempt.
    pub backoff: [Duration; 3],
}

impl Settings {
    /// The usual settings, without credentials.
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(120),
            credentials: Credentials::None,
            ca: None,
            org_id: None,
            backoff: [1, 2, 4].map(Duration::from_secs),
        }
    }

    /// With what the environment says: `GLIDEPATH_PROMETHEUS_TOKEN`, or `…_USERNAME` and `…_PASSWORD`, each secret also by
    /// `…_FILE`; `…_CA_FILE` and `…_ORG_ID`. Fails in one sentence where a file cannot be read.
    pub fn with_environment(mut self) -> Result<Self, String> {
        let token = secret("GLIDEPATH_PROMETHEUS_TOKEN")?;
        let name = variable("GLIDEPATH_PROMETHEUS_USERNAME");
        let password = secret("GLIDEPATH_PROMETHEUS_PASSWORD")?;
        self.credentials = match (token, name, password) {
            (Some(_), Some(_), _) => {
                return Err(
                    "both a token and a user name are set; one of them is to be used".to_owned(),
                );
            }
            (Some(token), None, _) => Credentials::Bearer(token),
            (None, Some(name), password) => Credentials::Basic(name, password.unwrap_or_default()),
            (None, None, Some(_)) => {
                return Err("a password is set without a user name; GLIDEPATH_PROMETHEUS_USERNAME is to name the user".to_owned());
            }
            (None, None, None) => Credentials::None,
        };
        if let Some(path) = variable("GLIDEPATH_PROMETHEUS_CA_FILE") {
            self.ca =
                Some(fs::read(&path).map_err(|_| unreadable("GLIDEPATH_PROMETHEUS_CA_FILE"))?);
        }
        self.org_id = variable("GLIDEPATH_PROMETHEUS_ORG_ID");
        Ok(self)
    }
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A secret by itself, or in a file.
fn secret(name: &str) -> Result<Option<String>, String> {
    if let Some(value) = variable(name) {
        return clean(name, &value).map(Some);
    }
    let file = format!("{name}_FILE");
    let Some(path) = variable(&file) else {
        return Ok(None);
    };
    let text = fs::read_to_string(path).map_err(|_| unreadable(&file))?;
    clean(&file, &text).map(Some)
}

/// Without the line's end; a secret with other control characters would break the header.
fn clean(name: &str, text: &str) -> Result<String, String> {
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(format!("what {name} leads to is no credential of one line"));
    }
    Ok(text.to_owned())
}

fn unreadable(name: &str) -> String {
    format!("the file that {name} names cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_become_a_header_and_nothing_else() {
        let basic = Credentials::Basic("Aladdin".to_owned(), "open sesame".to_owned());
        assert_eq!(
            basic.header().as_deref(),
            Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        );
        let bearer = Credentials::Bearer("s3cret".to_owned());
        assert_eq!(bearer.header().as_deref(), Some("Bearer s3cret"));
        let settings = Settings {
            credentials: bearer,
            ..Settings::new("http://p")
        };
        assert!(!format!("{settings:?}").contains("s3cret"));
        assert!(clean("X", "a\nb").is_err());
        assert_eq!(clean("X", "token\n").as_deref(), Ok("token"));
    }
}
