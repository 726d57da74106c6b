//! The hold: a stage that a rollback left, and that is not proposed again until what it serves changes or a person says so.

use std::collections::BTreeMap;

use serde_json::json;

use crate::text::{Kind, Route, Source, parse};
use crate::units::names::HOLD_FILE;

use super::yaml;

const HEADER: &str = "# Written by `glidepath rollback`. `glidepath promote` does not enter this stage again until what it serves changes;\n# `glidepath promote --resume` lifts the hold.\n";

/// Which stage is held, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The stage that was left.
    pub stage: String,
    /// Why, in the words of whoever rolled back.
    pub reason: String,
    /// The content digests of the stage and of those after it, by name; empty in a hold from before there were any.
    pub contents: BTreeMap<String, String>,
    /// Who rolled back.
    pub by: String,
    /// The commit that was live when it happened.
    pub commit: String,
}

impl Hold {
    /// Reads a hold's file, or says why it is none.
    pub fn read(text: &str) -> Result<Self, String> {
        let source = Source::new(HOLD_FILE, text);
        let document = parse(&source).map_err(|fault| fault.message)?;
        let field = |key: &str| match document.get(&Route::root().key(key)).map(|node| &node.kind) {
            Some(Kind::String(text)) => Ok(text.clone()),
            _ => Err(format!("it has no string `{key}`")),
        };
        let contents = document.get(&Route::root().key("contents"));
        let contents: Option<BTreeMap<String, String>> = contents
            .map_or(Ok(None), |node| serde_json::from_value(node.to_json()))
            .map_err(|_| "its `contents` are no stages with digests".to_owned())?;
        Ok(Self {
            stage: field("stage")?,
            reason: field("reason")?,
            contents: contents.unwrap_or_default(),
            by: field("by")?,
            commit: field("commit")?,
        })
    }

    /// The hold's file.
    pub fn text(&self) -> String {
        let body = json!({
            "stage": self.stage,
            "reason": self.reason,
            "contents": self.contents,
            "by": self.by,
            "commit": self.commit,
        });
        format!("{HEADER}{}", yaml(&body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_reads_back_whatever_people_wrote() {
        for reason in [
            "5xx at 30 %",
            "yes",
            "a: b # c",
            "\"'",
            "012",
            "two\nlines",
            "",
        ] {
            let hold = Hold {
                stage: "weight-10".to_owned(),
                reason: reason.to_owned(),
                contents: [("weight-10".to_owned(), "sha256:00".to_owned())].into(),
                by: "A <a@example.com>".to_owned(),
                commit: "1e5".to_owned(),
            };
            assert_eq!(Hold::read(&hold.text()), Ok(hold));
        }
        assert!(Hold::read("stage: x").is_err());
        let plain = "{stage: a, reason: b, by: c, commit: d}";
        assert!(Hold::read(plain).is_ok_and(|hold| hold.contents.is_empty()));
        let damaged = "{stage: a, reason: b, by: c, commit: d, contents: [a]}";
        assert!(Hold::read(damaged).is_err());
    }
}
