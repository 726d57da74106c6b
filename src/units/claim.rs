//! The way to a claim of a token.

use std::fmt;

/// A claim by its names from the outermost one: `group`, `realm.roles`, or `[https://example.com/role]` where a name has a dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimPath(Vec<String>);

impl ClaimPath {
    /// The path, or why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let names: Vec<String> = match text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            Some(inner) => inner.split("][").map(str::to_owned).collect(),
            None => text.split('.').map(str::to_owned).collect(),
        };
        let is_name = |name: &String| {
            !name.is_empty() && !name.contains(['[', ']']) && !name.chars().any(char::is_control)
        };
        if names.iter().all(is_name) {
            Ok(Self(names))
        } else {
            Err(format!(
                "`{text}` is no way to a claim; write `group`, `realm.roles`, or `[https://example.com/role]` where a name has a dot"
            ))
        }
    }

    /// The names, the outermost first.
    pub fn names(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.iter().any(|name| name.contains('.')) {
            self.0.iter().try_for_each(|name| write!(f, "[{name}]"))
        } else {
            f.write_str(&self.0.join("."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_has_one_way_to_it() {
        for (text, names) in [
            ("group", vec!["group"]),
            ("realm.roles", vec!["realm", "roles"]),
            ("[realm][roles]", vec!["realm", "roles"]),
            (
                "[https://example.com/role]",
                vec!["https://example.com/role"],
            ),
        ] {
            let path = ClaimPath::parse(text).expect(text);
            assert_eq!(path.names(), names, "{text}");
            assert_eq!(ClaimPath::parse(&path.to_string()), Ok(path));
        }
        for text in ["", ".", "a.", "[a", "[a]b]", "[]", "a..b", "a[b]", "a\u{1}"] {
            assert!(ClaimPath::parse(text).is_err(), "{text}");
        }
    }
}
