//! The line that nobody sees: which move a pull request is about. It helps to find ours again, and grants nothing.

use crate::forge::encode;

const START: &str = "<!-- glidepath:move v1 ";
const END: &str = " -->";

/// Which move a pull request is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marker {
    /// The rollout's name.
    pub rollout: String,
    /// The folder of its tree, from the repository's root: two rollouts may have one name.
    pub folder: String,
    /// The stage that is left, by name.
    pub from: String,
    /// The stage that is entered, by name.
    pub to: String,
    /// The digest of the spec.
    pub digest: String,
    /// Whether glidepath itself closed it; a person's no is respected.
    pub superseded: bool,
}

impl Marker {
    /// The marker as a line of a body.
    pub fn line(&self) -> String {
        let state = if self.superseded {
            "superseded"
        } else {
            "open"
        };
        format!(
            "{START}rollout={} folder={} from={} to={} spec={} state={state}{END}",
            word(&self.rollout),
            word(&self.folder),
            word(&self.from),
            word(&self.to),
            word(&self.digest)
        )
    }

    /// The marker of a body, if it has one; the last one counts, which is ours even where a text before it holds another.
    pub fn read(body: &str) -> Option<Self> {
        let line = body.lines().rev().find_map(|line| {
            line.trim()
                .strip_prefix(START)
                .and_then(|rest| rest.strip_suffix(END))
        })?;
        let mut marker = Self::default();
        for pair in line.split(' ') {
            let (key, value) = pair.split_once('=')?;
            let value = plain(value)?;
            match key {
                "rollout" => marker.rollout = value,
                "folder" => marker.folder = value,
                "from" => marker.from = value,
                "to" => marker.to = value,
                "spec" => marker.digest = value,
                "state" => marker.superseded = value == "superseded",
                _ => {}
            }
        }
        Some(marker)
    }

    /// Whether the move is one of this rollout.
    pub fn is_of(&self, rollout: &str, folder: &str) -> bool {
        self.rollout == rollout && self.folder == folder
    }

    /// Whether two markers are about the same move of the same spec.
    pub fn is_same_move(&self, other: &Self) -> bool {
        let key = |marker: &Self| Self {
            superseded: false,
            ..marker.clone()
        };
        key(self) == key(other)
    }
}

/// A value without anything that ends a comment or a word.
fn word(text: &str) -> String {
    // A comment ends at `--`, and names may hold hyphens.
    encode(text).replace("--", "%2D%2D")
}

/// The value behind [`word`]; `None` where it is none.
fn plain(word: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = word;
    while let Some(c) = rest.chars().next() {
        if c == '%' {
            bytes.push(u8::from_str_radix(rest.get(1..3)?, 16).ok()?);
            rest = &rest[3..];
        } else {
            bytes.extend_from_slice(&rest.as_bytes()[..c.len_utf8()]);
            rest = &rest[c.len_utf8()..];
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_reads_back() {
        let marker = Marker {
            rollout: "image--classifier".to_owned(),
            folder: "a b/--><script>/deploy".to_owned(),
            from: "deploy".to_owned(),
            to: "split".to_owned(),
            digest: "sha256:0f".to_owned(),
            superseded: false,
        };
        let line = marker.line();
        assert_eq!(line.matches("--").count(), 2, "{line}");
        let body = format!("text\n\n{line}\n");
        let read = Marker::read(&body).expect("a marker");
        assert_eq!(read, marker);
        assert!(read.is_same_move(&marker) && read.is_of(&marker.rollout, &marker.folder));
        let other = Marker {
            to: "x".to_owned(),
            ..marker
        };
        assert!(!read.is_same_move(&other));
        assert_eq!(Marker::read("no marker <!-- x -->"), None);
    }
}
