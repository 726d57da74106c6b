//! A request's path as Istio's proxies see it when they look for a route.
//!
//! Envoy refuses what is no path at all; Istio then normalises it (`pathNormalization: BASE`, its default): escapes of unreserved
//! characters are decoded, some characters escaped, `.` and `..` resolved. Each rule was seen in a real Envoy.

use std::fmt::Write as _;

/// Why no request that reaches a route has this in its path.
pub fn unsent_in_path(text: &str) -> Option<&'static str> {
    if text.contains('?') {
        Some("the query is no part of the path; match it by `queryParams`")
    } else {
        unsent_in_target(text).or_else(|| text.contains("%00").then_some("Envoy refuses `%00`"))
    }
}

/// Why no request that reaches a route has this in its query.
pub fn unsent_in_query(text: &str) -> Option<&'static str> {
    if text.contains('&') {
        Some("`&` separates parameters; it is sent as `%26`")
    } else {
        unsent_in_target(text)
    }
}

fn unsent_in_target(text: &str) -> Option<&'static str> {
    text.chars().find_map(|c| match c {
        '#' => Some("what follows `#` stays in the browser, and Envoy refuses it; a `#` in a name is sent as `%23`"),
        ' ' => Some("a blank is sent as `%20` (in a query also as `+`), and conditions see it as it is sent"),
        c if c.is_ascii_control() => Some("a control character is sent as its escape, such as `%0A`"),
        c if !c.is_ascii() => Some("characters outside of ASCII are sent as escapes (`é` as `%C3%A9`), and conditions see them as they are sent"),
        _ => None,
    })
}

/// A path, without its query, as routes see it.
pub fn normalized_path(path: &str) -> String {
    let segments: Vec<String> = path
        .replace('\\', "/")
        .split('/')
        .skip(1)
        .map(|segment| match segment.split_once(';') {
            // A dot segment may have parameters, if its dots are no escapes.
            Some((dots @ ("." | ".."), _)) => dots.to_owned(),
            _ => unescaped(segment),
        })
        .collect();
    let mut kept: Vec<&str> = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        match segment.as_str() {
            dots @ ("." | "..") => {
                if dots == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            name => kept.push(name),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Unreserved characters without their escapes (RFC 3986, section 2.3), and what a URL must escape with one.
fn unescaped(segment: &str) -> String {
    let mut text = String::with_capacity(segment.len());
    let mut rest = segment;
    while let Some(c) = rest.chars().next() {
        let escape = (c == '%').then(|| rest.get(1..3)).flatten();
        let byte = escape
            .filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match byte.map(char::from) {
            Some(plain) if plain.is_ascii_alphanumeric() || "-._~".contains(plain) => {
                text.push(plain);
                rest = &rest[3..];
            }
            Some(_) => {
                text.push_str(&rest[..3]);
                rest = &rest[3..];
            }
            None => {
                if "\"<>^`{|}".contains(c) {
                    write!(text, "%{:02X}", u32::from(c)).expect("writing to a string cannot fail");
                } else {
                    text.push(c);
                }
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    text
}

/// The prefix of the paths that routes see, where this prefix is none; `None` where it may be one as it stands.
pub fn normalized_prefix(prefix: &str) -> Option<String> {
    // An escape that is cut off may go on in any way.
    let cut = prefix
        .rfind('%')
        .filter(|at| prefix.len() - at < 3)
        .unwrap_or(prefix.len());
    let (whole, tail) = prefix.split_at(cut);
    // What follows a prefix is open: `/a/..` may become `/a/..b`.
    let longer = format!("{whole}x");
    let seen = normalized_path(&longer);
    (seen != longer).then(|| format!("{}{tail}", &seen[..seen.len() - 1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a real Envoy with Istio's default normalisation shows as `:path`.
    #[test]
    fn a_path_is_normalised_as_envoy_does() {
        for (sent, seen) in [
            ("/pre", "/pre"),
            ("/%70re", "/pre"),
            ("/x/../pre", "/pre"),
            ("/./pre", "/pre"),
            ("/.", "/"),
            ("/..", "/"),
            ("/a/.", "/a/"),
            ("/a/..", "/"),
            ("/../../x", "/x"),
            ("/a//../b", "/a/b"),
            ("//a/..", "//"),
            ("//dd", "//dd"),
            ("/a/..;/b", "/b"),
            ("/a/.;x/b", "/a/b"),
            ("/%2e;x/b", "/.;x/b"),
            ("/.%2e/b", "/b"),
            ("/a/%2E", "/a/"),
            ("/a\\..\\b", "/b"),
            ("/...", "/..."),
            ("/a/..b", "/a/..b"),
            ("/%7Etilde", "/~tilde"),
            ("/a%2Fb", "/a%2Fb"),
            ("/low%c3", "/low%c3"),
            ("/x%2570", "/x%2570"),
            ("/%zz%", "/%zz%"),
            ("/p|x", "/p%7Cx"),
            ("/b{x}\"<>^`", "/b%7Bx%7D%22%3C%3E%5E%60"),
            ("/sq[1]*;a=b", "/sq[1]*;a=b"),
        ] {
            assert_eq!(normalized_path(sent), seen, "{sent}");
        }
    }

    #[test]
    fn a_prefix_that_routes_never_see_has_another() {
        for (prefix, seen) in [
            ("/a/../b", Some("/b")),
            ("/./", Some("/")),
            ("/%70", Some("/p")),
            ("/%70%", Some("/p%")),
            ("/a/..", None),
            ("/a/.", None),
            ("/v1", None),
            ("/%7", None),
            ("/a%2F", None),
            ("/", None),
        ] {
            assert_eq!(normalized_prefix(prefix).as_deref(), seen, "{prefix}");
        }
    }
}
