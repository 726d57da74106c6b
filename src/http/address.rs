//! Addresses, as the client itself reads them: what is allowed and where a request goes cannot differ.

use std::fmt::Write as _;

use ureq::http::Uri;

/// Where a request would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Whether nobody can read it on the way.
    pub is_https: bool,
    /// The host in small letters; an address of IPv6 in its brackets.
    pub host: String,
    /// The port, which the scheme may imply.
    pub port: u16,
}

impl Address {
    /// Reads an address of `https` or `http`; `None` for anything else, and for one with credentials in it.
    pub fn read(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let authority = uri.authority()?;
        let is_https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let host = authority.host();
        // What stands before it would be credentials, and a port that is none is silently left out.
        let port = match authority.as_str().strip_prefix(host)? {
            "" if is_https => 443,
            "" => 80,
            rest => rest
                .strip_prefix(':')?
                .parse()
                .ok()
                .filter(|port| *port > 0)?,
        };
        (!host.is_empty()).then(|| Self {
            is_https,
            host: host.to_ascii_lowercase(),
            port,
        })
    }

    /// Whether it is this machine itself.
    pub fn is_here(&self) -> bool {
        matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]")
    }

    /// Whether a list of `host` and `host:port`, separated by commas, names it. A host without a port is that of `https`.
    pub fn is_in(&self, hosts: &str) -> bool {
        hosts.split(',').any(|entry| {
            let entry = entry.trim().to_ascii_lowercase();
            let with_port = format!("{}:{}", self.host, self.port);
            entry == with_port || entry == self.host && self.is_https && self.port == 443
        })
    }
}

/// Percent-encodes a text for a path's part or a query's value (RFC 3986: everything but unreserved characters).
pub fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("a string takes every character");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_encoded() {
        assert_eq!(
            encode("a\";echo${IFS}x;#/é"),
            "a%22%3Becho%24%7BIFS%7Dx%3B%23%2F%C3%A9"
        );
    }

    #[test]
    fn an_address_is_allowed_by_its_host_and_port() {
        let hosts = "monitor.example, Other.Example:8443,[::1]:9,127.0.0.1:80";
        for (url, allowed) in [
            ("https://monitor.example/state?x=1", true),
            ("https://MONITOR.example:443", true),
            ("https://monitor.example:8443/", false),
            ("http://monitor.example/", false),
            ("https://other.example:8443/", true),
            ("https://other.example/", false),
            ("http://[::1]:9/", true),
            ("http://127.0.0.1/", true),
            ("https://monitor.example.evil.example/", false),
            ("https://evil.example/monitor.example", false),
            ("https://monitor.example.", false),
            ("https://a.monitor.example", false),
        ] {
            let address = Address::read(url).expect(url);
            assert_eq!(address.is_in(hosts), allowed, "{url}");
            assert!(!address.is_in(""), "{url}");
        }
        for url in [
            "",
            "/state",
            "monitor.example",
            "ftp://monitor.example",
            "file:///etc/passwd",
            "https://user@monitor.example",
            "https://monitor.example@evil.example",
            "https://evil.example\\@monitor.example",
            "https://monitor.example:0",
            "https://monitor.example:99999",
            "https://",
        ] {
            assert_eq!(Address::read(url), None, "{url}");
        }
    }
}
