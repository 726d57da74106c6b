//! Container image references.

use std::fmt;
use std::str::FromStr;

/// An image reference with a name, and maybe a tag and a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRef(String);

impl ImageRef {
    /// The reference as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The reference without its tag and digest.
    pub fn repository(&self) -> &str {
        let name = self.0.split('@').next().unwrap_or(&self.0);
        name.strip_suffix(self.tag().unwrap_or_default())
            .map_or(name, |rest| rest.strip_suffix(':').unwrap_or(rest))
    }

    /// The reference's tag, where it has one.
    pub fn tag(&self) -> Option<&str> {
        let name = self.0.split('@').next()?;
        // A colon before the last slash belongs to a registry's port.
        name.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag)
    }

    /// Whether the reference names one build: a digest, or a tag other than `latest`.
    pub fn is_pinned(&self) -> bool {
        if self.0.contains('@') {
            return true;
        }
        self.tag().is_some_and(|tag| tag != "latest")
    }
}

impl FromStr for ImageRef {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
        let starts = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if starts && text.len() <= 1_024 && text.chars().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(())
        }
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_or_digest_pins() {
        for (text, pinned) in [
            ("tensorflow/serving:2.8.0", true),
            ("tensorflow/serving", false),
            ("tensorflow/serving:latest", false),
            ("localhost:5000/m", false),
            ("localhost:5000/m:v1", true),
            ("m@sha256:00", true),
        ] {
            assert_eq!(
                text.parse::<ImageRef>().expect(text).is_pinned(),
                pinned,
                "{text}"
            );
        }
        for (text, repository, tag) in [
            ("localhost:5000/m:v1", "localhost:5000/m", Some("v1")),
            ("localhost:5000/m", "localhost:5000/m", None),
            ("a/m:v1@sha256:00", "a/m", Some("v1")),
            ("m@sha256:00", "m", None),
        ] {
            let image: ImageRef = text.parse().expect(text);
            assert_eq!((image.repository(), image.tag()), (repository, tag));
        }
        assert!("a b".parse::<ImageRef>().is_err() && "".parse::<ImageRef>().is_err());
    }
}
