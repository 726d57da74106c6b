//! An evaluation as an in-toto statement, so that others can sign it and hold it against what it is about.
//! <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>

use serde_json::{Value, json};

use crate::units::{is_sha256_hex, sha256_hex, sorted};

use super::evidence::Record;

/// What every statement of version 1 says of itself.
const TYPE: &str = "https://in-toto.io/Statement/v1";
/// What our predicate is.
pub const PREDICATE_TYPE: &str = "https://glidepath.dev/evidence/v1";
/// How a content digest begins.
const SHA256: &str = "sha256:";

/// An evaluation that is a statement about what a stage served.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The rollout and the stage, `image-classifier/split`.
    pub subject: String,
    /// The content digest of the stage.
    pub content: String,
    /// What was asked, what was answered, and what it means.
    pub predicate: Value,
}

impl Statement {
    /// The statement of a record whose content is known; `issuer` is whoever made it.
    pub fn of(record: &Record, issuer: &str) -> Option<Self> {
        let content = record.content.clone()?;
        let mut predicate = record.write();
        predicate["issuer"] = issuer.into();
        Some(Self {
            subject: format!("{}/{}", record.rollout, record.stage),
            content,
            predicate,
        })
    }

    /// The statement as JSON.
    pub fn write(&self) -> Value {
        let digest = self.content.strip_prefix(SHA256).unwrap_or(&self.content);
        json!({
            "_type": TYPE,
            "subject": [{"name": self.subject, "digest": {"sha256": digest}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": self.predicate,
        })
    }

    /// Reads a statement, or says in one sentence why it is none of ours; `None` where the document says that it is something else.
    pub fn read(body: &Value) -> Result<Option<Self>, String> {
        let Some(kind) = body.get("_type") else {
            return Ok(None);
        };
        if kind != TYPE {
            return Err(format!("its `_type` is {kind}, and `{TYPE}` is understood"));
        }
        let predicate = &body["predicate"];
        if body["predicateType"] != PREDICATE_TYPE {
            let found = &body["predicateType"];
            return Err(format!(
                "its `predicateType` is {found}, and `{PREDICATE_TYPE}` is understood"
            ));
        }
        let [subject] = body["subject"].as_array().map_or(&[][..], Vec::as_slice) else {
            return Err("its `subject` is not one stage".to_owned());
        };
        let name = subject["name"].as_str().unwrap_or_default();
        let digest = subject["digest"]["sha256"].as_str().unwrap_or_default();
        if !is_sha256_hex(digest) {
            return Err("its `subject` has no `sha256`".to_owned());
        }
        let word = |key: &str| predicate[key].as_str().unwrap_or_default();
        let about = format!("{}/{}", word("rollout"), word("stage"));
        let content = format!("{SHA256}{digest}");
        if name != about || word("contentDigest") != content {
            return Err(format!(
                "its `subject` is `{name}` with `{content}`, and its predicate is about `{about}` with `{}`",
                word("contentDigest")
            ));
        }
        Ok(Some(Self {
            subject: about,
            content,
            predicate: predicate.clone(),
        }))
    }
}

/// What stands for an answer: `sha256:` and the hash of its JSON, with its keys in order.
pub(super) fn answer_digest(answer: &Value) -> String {
    format!(
        "{SHA256}{}",
        sha256_hex(sorted(answer).to_string().as_bytes())
    )
}
