//! The hold: a stage that a rollback left, and that is not proposed again until the spec changes or a person says so.

use serde_json::json;

use crate::text::{Kind, Route, Source, parse};
use crate::units::names::HOLD_FILE;

use super::yaml;

const HEADER: &str = "# Written by `glidepath rollback`. `glidepath promote` does not enter this stage again until rollout.yaml changes;\n# `glidepath promote --resume` lifts the hold.\n";

/// Which stage is held, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The stage that was left.
    pub stage: String,
    /// Why, in the words of whoever rolled back.
    pub reason: String,
    /// The digest of the spec that led into the stage.
    pub spec_digest: String,
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
        Ok(Self {
            stage: field("stage")?,
            reason: field("reason")?,
            spec_digest: field("specDigest")?,
            by: field("by")?,
            commit: field("commit")?,
        })
    }

    /// The hold's file.
    pub fn text(&self) -> String {
        let body = json!({
            "stage": self.stage,
            "reason": self.reason,
            "specDigest": self.spec_digest,
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
                spec_digest: "sha256:00".to_owned(),
                by: "A <a@example.com>".to_owned(),
                commit: "1e5".to_owned(),
            };
            assert_eq!(Hold::read(&hold.text()), Ok(hold));
        }
        assert!(Hold::read("stage: x").is_err());
    }
}
