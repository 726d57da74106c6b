//! The token: it goes out in one header and nowhere else.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};

/// A token of GitHub: a person's, an App's, or the one of the workflow run.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// What stands where the token would.
const HIDDEN: &str = "***";

impl Token {
    /// A token; `None` where the text cannot be one, because it is empty or no header could carry it.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_token = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        is_token.then(|| Self(text.to_owned()))
    }

    /// The value of the `Authorization` header for the API.
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// The value of the `Authorization` header for git over HTTP: GitHub takes any token as the password of this user.
    pub fn basic(&self) -> String {
        format!("basic {}", self.encoded())
    }

    /// The text without the token, in any of the forms in which it is sent.
    pub fn hide_in(&self, text: &str) -> String {
        text.replace(&self.0, HIDDEN)
            .replace(&self.encoded(), HIDDEN)
    }

    fn encoded(&self) -> String {
        BASE64_STANDARD.encode(format!("x-access-token:{}", self.0))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_does_not_show() {
        let token = Token::new(" ghs_secret\n").expect("a token");
        assert_eq!(format!("{token:?}"), "***");
        assert_eq!(token.basic(), "basic eC1hY2Nlc3MtdG9rZW46Z2hzX3NlY3JldA==");
        let said = format!("{} {} ghs_secret", token.basic(), token.bearer());
        assert_eq!(token.hide_in(&said), "basic *** Bearer *** ***");
        for none in ["", " ", "a b", "a\nb", "é"] {
            assert_eq!(Token::new(none), None, "{none:?}");
        }
    }
}
