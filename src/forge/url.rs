//! Addresses.

/// Whether a token may be sent to this address: nobody else can read it on the way, and no user is written into it.
pub fn is_confidential(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let is_here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    let is_whole = url.chars().all(|c| c.is_ascii_graphic()) && !authority.contains('@');
    is_whole && !host.is_empty() && (scheme == "https" || (scheme == "http" && is_here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_only_goes_where_nobody_listens() {
        for url in [
            "https://api.github.com",
            "https://ghe.example/api/v3",
            "http://127.0.0.1:80/x",
            "http://[::1]:8/",
            "http://localhost",
        ] {
            assert!(is_confidential(url), "{url}");
        }
        for url in [
            "",
            "api.github.com",
            "http://ghe.example",
            "ftp://x",
            "https://",
            "https://user:pass@ghe.example",
            "http://127.0.0.1@evil.example",
            "http://127.0.0.1.evil.example",
            "https://a\nb",
        ] {
            assert!(!is_confidential(url), "{url:?}");
        }
    }
}
