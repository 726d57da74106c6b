//! The token: it goes out in one header and nowhere else.

use std::fmt;

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
        base64(format!("x-access-token:{}", self.0).as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// Base64 as RFC 4648 (section 4) has it, with padding.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let part = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let word = part(0) << 16 | part(1) << 8 | part(2);
        for place in 0..4 {
            let sextet = usize::try_from(word >> (18 - 6 * place) & 63).expect("six bits");
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(ALPHABET[sextet])
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_rfc_4648s() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn a_token_does_not_show() {
        let token = Token::new(" ghs_secret\n").expect("a token");
        assert_eq!(format!("{token:?}"), "***");
        let said = format!("{} {} ghs_secret", token.basic(), token.bearer());
        assert_eq!(token.hide_in(&said), "basic *** Bearer *** ***");
        for none in ["", " ", "a b", "a\nb", "é"] {
            assert_eq!(Token::new(none), None, "{none:?}");
        }
    }
}
