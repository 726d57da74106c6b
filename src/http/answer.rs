//! One answer, whose body is read only where it is asked for.

use std::fmt;
use std::io::Read;
use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, Response};
use ureq::{Body, Error};

/// The largest body that is read, in bytes after decompression.
pub const MOST_BYTES: u64 = 32 << 20;

/// A status, headers and a body that is still to be read.
pub struct Answer {
    /// `200`
    pub status: u16,
    headers: HeaderMap,
    body: Body,
}

/// Why a body could not be read.
#[derive(Debug)]
pub enum Unread {
    /// It is larger than it may be: [`MOST_BYTES`], where nobody says otherwise.
    TooLarge,
    /// It ended too early, came too late, cannot be unpacked or is no JSON of the shape that was asked for.
    Broken(Error),
}

impl Answer {
    pub(super) fn new(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The server's clock when it answered, in seconds since 1970, as it says itself.
    pub fn date(&self) -> Option<i64> {
        let found = jiff::fmt::rfc2822::parse(self.header("date")?).ok()?;
        Some(found.timestamp().as_second())
    }

    /// The value of a header that is a whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.header(name)?.trim().parse().ok()
    }

    /// How long the server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        self.number("retry-after").map(Duration::from_secs)
    }

    /// How many bytes the body has, where the server says so and sends it as it is.
    pub fn length(&self) -> Option<u64> {
        self.body.content_length()
    }

    /// The body as it is.
    pub fn bytes(&mut self) -> Result<Vec<u8>, Unread> {
        self.bytes_up_to(MOST_BYTES)
    }

    /// The body as it is; more than `most` bytes, after decompression, are too many.
    pub fn bytes_up_to(&mut self, most: u64) -> Result<Vec<u8>, Unread> {
        bounded(most, self.body.content_length(), self.body.as_reader())
    }

    /// The body as text, with `?` for what is no UTF-8.
    pub fn text(&mut self) -> Result<String, Unread> {
        let length = self.body.content_length();
        let bytes = bounded(
            MOST_BYTES,
            length,
            self.body.with_config().lossy_utf8(true).reader(),
        )?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&mut self) -> Result<T, Unread> {
        serde_json::from_slice(&self.bytes()?).map_err(|error| Unread::Broken(error.into()))
    }
}

/// Reads a body whose length is given where it is known. The library's own limit is one of the bytes before they are
/// unpacked, and a small body can be unpacked to any size.
fn bounded(most: u64, length: Option<u64>, reader: impl Read) -> Result<Vec<u8>, Unread> {
    if length.is_some_and(|length| length > most) {
        return Err(Unread::TooLarge);
    }
    let mut bytes = Vec::new();
    let end = reader.take(most + 1).read_to_end(&mut bytes);
    end.map_err(|error| Unread::Broken(error.into()))?;
    if bytes.len() as u64 > most {
        return Err(Unread::TooLarge);
    }
    Ok(bytes)
}

impl Unread {
    /// Why a body ended too early, without the name of the layer that says so.
    pub fn reason(self) -> String {
        match self {
            Self::TooLarge => self.to_string(),
            Self::Broken(error) => error.into_io().to_string(),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(
                f,
                "the response body is larger than request limit: {MOST_BYTES}"
            ),
            Self::Broken(error) => error.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body without an end, and the bytes that were read of it.
    struct Endless(u64);

    impl Read for Endless {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            self.0 += into.len() as u64;
            assert!(self.0 <= 2 * MOST_BYTES, "it stops at the limit");
            into.fill(b' ');
            Ok(into.len())
        }
    }

    #[test]
    fn a_body_is_bounded_whatever_it_says_of_itself() {
        let exact = Endless(0).take(MOST_BYTES);
        assert_eq!(
            bounded(MOST_BYTES, None, exact)
                .map(|bytes| bytes.len() as u64)
                .ok(),
            Some(MOST_BYTES)
        );
        let larger = bounded(MOST_BYTES, Some(1), Endless(0));
        assert!(matches!(larger, Err(Unread::TooLarge)), "{larger:?}");
        let said = bounded(MOST_BYTES, Some(MOST_BYTES + 1), Read::take(&b""[..], 0));
        assert!(matches!(said, Err(Unread::TooLarge)), "{said:?}");
    }
}
