//! Who asks, and how that is proved. Never shown.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};

use crate::plan::Auth;

use super::environment::Variables;
use super::sigv4::Sigv4;
use super::token_command::TokenCommand;

/// The credentials of who asks.
#[derive(Clone, Default)]
pub enum Credentials {
    /// Nobody in particular.
    #[default]
    None,
    /// Whoever has this token.
    Bearer(String),
    /// A name and a password.
    Basic(String, String),
    /// The owner of an AWS key.
    Sigv4(Sigv4),
    /// Whoever has the token that a command prints.
    Command(TokenCommand),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Bearer(_) => "a token",
            Self::Basic(..) => "a name and a password",
            Self::Sigv4(_) => "a signature",
            Self::Command(_) => "a token command",
        })
    }
}

impl Credentials {
    /// What the environment says, else what the spec names: then the environment has the secret, or allows the command.
    pub(super) fn read(variables: &Variables, auth: Option<&Auth>) -> Result<Self, Misuse> {
        let token = variables.secret("TOKEN")?;
        let name = variables.text("USERNAME");
        let password = variables.secret("PASSWORD")?;
        Ok(match (token, name, password) {
            (Some(_), Some(_), _) => {
                let both = "both a token and a user name are set; one of them is to be used";
                return Err(both.to_owned().into());
            }
            (Some(token), None, _) => Self::Bearer(token),
            (None, Some(name), password) => Self::Basic(name, password.unwrap_or_default()),
            (None, None, Some(_)) => {
                let user = variables.name("USERNAME");
                let alone =
                    format!("a password is set without a user name; {user} is to name the user");
                return Err(alone.into());
            }
            (None, None, None) => match auth {
                None => Self::None,
                Some(Auth::Sigv4 { region, service }) => {
                    Self::Sigv4(Sigv4::of_environment(region, service))
                }
                Some(Auth::TokenCommand(words)) => Self::Command(TokenCommand::allowed(words)?),
            },
        })
    }

    /// Where they come from, if there are any.
    pub(super) fn origin(&self, variables: &Variables) -> Option<String> {
        match self {
            Self::None => None,
            Self::Bearer(_) => Some(variables.name("TOKEN")),
            Self::Basic(..) => Some(variables.name("USERNAME")),
            Self::Sigv4(_) => Some("AWS_ACCESS_KEY_ID".to_owned()),
            Self::Command(command) => Some(format!("`{command}`")),
        }
    }
}

/// The value of the header `Authorization` for a token.
pub(super) fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// The same for a name and a password (RFC 7617).
pub(super) fn basic(name: &str, password: &str) -> String {
    format!(
        "Basic {}",
        BASE64_STANDARD.encode(format!("{name}:{password}"))
    )
}

/// What is wrong with the environment, in one lower-case sentence, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misuse {
    /// The sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl From<String> for Misuse {
    fn from(message: String) -> Self {
        Self {
            message,
            help: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::prometheus::Settings;

    #[test]
    fn credentials_become_a_header_and_nothing_else() {
        assert_eq!(
            basic("Aladdin", "open sesame"),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        let settings = Settings {
            credentials: Credentials::Bearer("s3cret".to_owned()),
            ..Settings::new("http://p")
        };
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
