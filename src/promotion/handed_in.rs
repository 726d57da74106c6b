//! Verdicts that somebody else came to: what they must be about, and whose they are.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::diag::cut;
use crate::diag::words::or_list;
use crate::gate::Verdict;
use crate::tree::LockedStage;
use crate::units::Timestamp;

use super::gates::{Judged, brief};
use super::ledger::one_line;
use super::stage_start::StageStart;

/// The most characters of an issuer that are told.
const MOST_ISSUER: usize = 100;

/// What verdicts must be about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    /// The rollout's name.
    pub rollout: &'a str,
    /// The live stage, whose gates are to be judged.
    pub stage: &'a LockedStage,
    /// The digest of the spec that the tree was made from.
    pub spec_digest: &'a str,
    /// When the live stage began.
    pub start: &'a StageStart,
    /// The time of asking.
    pub now: Timestamp,
}

/// Verdicts that somebody else came to, as JSON:
///
/// ```json
/// {"version": 1, "rollout": "image-classifier", "stage": "split", "contentDigest": "sha256:…",
///  "stageStartedAt": "2026-08-22T09:00:00Z", "issuer": "load test 4711",
///  "window": {"start": "2026-08-22T09:05:00Z", "end": "2026-08-22T10:05:00Z"},
///  "gates": [{"name": "availability", "verdict": "pass", "summary": "99.93%>=99.5% (n=18234)"}]}
/// ```
///
/// `specDigest` may be added. A gate may have further keys, which are not read; the document may not.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct HandedIn {
    version: u64,
    rollout: String,
    stage: String,
    spec_digest: Option<String>,
    content_digest: Option<String>,
    stage_started_at: Option<String>,
    window: Option<HandedInWindow>,
    issuer: Option<String>,
    gates: Vec<HandedInGate>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HandedInWindow {
    start: String,
    end: String,
}

#[derive(Clone, Debug, Deserialize)]
struct HandedInGate {
    name: String,
    verdict: Verdict,
    summary: String,
}

impl HandedIn {
    /// Reads a file of evidence, or says why it is none.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let evidence: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if evidence.version != 1 {
            return Err(format!(
                "its version is {}, and 1 is understood",
                evidence.version
            ));
        }
        Ok(evidence)
    }

    /// The verdicts on the gates of a stage; a gate that is left out has not been judged. An error is one lower-case sentence.
    pub(super) fn judge(&self, question: &Question<'_>) -> Result<Vec<Judged>, String> {
        same("rollout", &self.rollout, question.rollout)?;
        same("stage", &self.stage, &question.stage.name)?;
        if let Some(digest) = &self.spec_digest {
            same("specDigest", digest, question.spec_digest)?;
        }
        let content = question.stage.content_digest.as_ref();
        let content = content.ok_or("the tree has no content digests yet: render it again")?;
        let given = self.content_digest.as_ref();
        same(
            "contentDigest",
            given.ok_or_else(|| lacks("contentDigest", content))?,
            content,
        )?;
        self.is_about(question)?;
        let issuer = one_line(self.issuer.as_deref().unwrap_or_default());
        if issuer.is_empty() {
            return Err("it has no `issuer`, which names whoever judged".to_owned());
        }
        let issuer = cut(&issuer, MOST_ISSUER);
        let mut judged: BTreeMap<&str, Judged> = BTreeMap::new();
        for gate in &self.gates {
            if !question.stage.gates.contains(&gate.name) {
                return Err(format!(
                    "it has a gate `{}`, and the stage `{}` has {}",
                    gate.name,
                    question.stage.name,
                    match question.stage.gates.len() {
                        0 => "none".to_owned(),
                        _ => or_list(&question.stage.gates),
                    }
                ));
            }
            let one = Judged {
                name: gate.name.clone(),
                verdict: gate.verdict,
                summary: brief(&gate.summary),
                issuer: Some(issuer.clone()),
            };
            if judged.insert(&gate.name, one).is_some() {
                return Err(format!("it has the gate `{}` twice", gate.name));
            }
        }
        Ok(judged.into_values().collect())
    }

    /// The time that it looked at, as `2026-08-22T09:05:00Z to 2026-08-22T10:05:00Z`.
    pub(super) fn window(&self) -> String {
        let window = self.window.as_ref();
        window.map_or_else(String::new, |window| {
            brief(&format!("{} to {}", window.start, window.end))
        })
    }

    /// Whether it is about this stay, and looked at nothing else.
    fn is_about(&self, question: &Question<'_>) -> Result<(), String> {
        let began = question.start.beginning.at;
        let shown = began.to_string();
        let given = self.stage_started_at.as_ref();
        let given = given.ok_or_else(|| lacks("stageStartedAt", &shown))?;
        // The commit's own date is the stay's, too, where another clock counts.
        let stay = question.start.stay.as_ref();
        let dated = stay.map(|stay| stay.began().committed);
        let at = moment("stageStartedAt", given)?;
        if at != began && Some(at) != dated {
            return Err(format!(
                "its `stageStartedAt` is `{given}`, and what is live is so since {}",
                question.start.words()
            ));
        }
        let window = self.window.as_ref();
        let window = window
            .ok_or_else(|| format!("it has no `window` with `start` and `end`, from {shown} on"))?;
        let start = moment("window.start", &window.start)?;
        let end = moment("window.end", &window.end)?;
        let is_known = question.start.beginning.future.is_none();
        if is_known && start < began {
            return Err(format!(
                "its `window` begins at {start}, before the stage was what it is, at {}",
                question.start.words()
            ));
        }
        if end <= start {
            return Err(format!("its `window` ends at {end}, and begins at {start}"));
        }
        if end > question.now {
            return Err(format!("its `window` ends in the future, at {end}"));
        }
        Ok(())
    }
}

fn same(field: &str, given: &str, wanted: &str) -> Result<(), String> {
    if given == wanted {
        return Ok(());
    }
    Err(format!(
        "its `{field}` is `{given}`, and `{wanted}` is live"
    ))
}

fn lacks(field: &str, wanted: &str) -> String {
    format!("it has no `{field}`, and `{wanted}` is live")
}

fn moment(field: &str, text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|()| format!("its `{field}` is no time such as 2026-08-22T09:00:00Z"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::promotion::clock::Beginning;
    use crate::promotion::gates::unjudged;

    fn evidence() -> Value {
        json!({
            "version": 1, "rollout": "r", "stage": "s", "specDigest": "sha256:1", "contentDigest": "sha256:2",
            "stageStartedAt": "2026-08-22T09:00:00Z", "issuer": "somebody",
            "window": {"start": "2026-08-22T09:05:00Z", "end": "2026-08-22T10:00:00Z"},
            "gates": [{"name": "a", "verdict": "fail", "summary": "x", "n": 3}],
        })
    }

    fn judge(evidence: &Value) -> Result<Vec<Judged>, String> {
        let stage: LockedStage = serde_json::from_value(json!({
            "name": "s", "folder": "02-s", "contentDigest": "sha256:2", "running": {}, "routed": [], "gates": ["a", "b"],
        }))
        .expect("a stage");
        let start = StageStart {
            beginning: Beginning::given("2026-08-22T09:00:00Z".parse().expect("a time")),
            stay: None,
            content: None,
            refusal: None,
        };
        let judged = HandedIn::read(&evidence.to_string())?.judge(&Question {
            rollout: "r",
            stage: &stage,
            spec_digest: "sha256:1",
            start: &start,
            now: "2026-08-22T11:00:00Z".parse().expect("a time"),
        })?;
        assert_eq!(unjudged(&stage, &judged), ["b"]);
        Ok(judged)
    }

    #[test]
    fn evidence_says_whose_it_is() {
        let judged = judge(&evidence()).expect("evidence");
        assert_eq!(judged[0].verdict, Verdict::Fail);
        assert_eq!(judged[0].issuer.as_deref(), Some("somebody"));
    }

    #[test]
    fn what_evidence_lacks_is_named() {
        for field in ["contentDigest", "stageStartedAt", "window", "issuer"] {
            let mut lacking = evidence();
            lacking.as_object_mut().expect("a map").remove(field);
            let why = judge(&lacking).expect_err(field);
            assert!(why.contains(&format!("it has no `{field}`")), "{why}");
        }
        for field in ["version", "rollout", "stage", "gates"] {
            let mut lacking = evidence();
            lacking.as_object_mut().expect("a map").remove(field);
            assert!(judge(&lacking).is_err(), "{field}");
        }
    }

    #[test]
    fn evidence_about_something_else_counts_for_nothing() {
        for (path, other, says) in [
            ("/version", json!(2), "1 is understood"),
            ("/rollout", json!("q"), "`r` is live"),
            ("/stage", json!("t"), "`s` is live"),
            ("/specDigest", json!("sha256:9"), "`sha256:1` is live"),
            ("/contentDigest", json!("sha256:9"), "`sha256:2` is live"),
            (
                "/stageStartedAt",
                json!("2026-08-22T08:00:00Z"),
                "is so since 2026-08-22T09:00:00Z",
            ),
            ("/stageStartedAt", json!("yesterday"), "is no time"),
            (
                "/window/start",
                json!("2026-08-22T08:59:59Z"),
                "before the stage was what it is",
            ),
            (
                "/window/end",
                json!("2026-08-22T09:05:00Z"),
                "and begins at",
            ),
            (
                "/window/end",
                json!("2026-08-22T12:00:00Z"),
                "in the future",
            ),
            ("/issuer", json!(" \n"), "no `issuer`"),
            ("/gates/0/name", json!("c"), "`a` or `b`"),
            ("/gates/0/verdict", json!("PASS"), "PASS"),
            ("/gates", json!({}), "invalid type"),
        ] {
            let mut evidence = evidence();
            *evidence.pointer_mut(path).expect(path) = other;
            let why = judge(&evidence).expect_err(path);
            assert!(why.contains(says), "{path}: {why}");
        }
        let mut twice = evidence();
        let gate = twice["gates"][0].clone();
        twice["gates"].as_array_mut().expect("a list").push(gate);
        assert!(judge(&twice).is_err());
        let mut more = evidence();
        more["extra"] = json!(1);
        assert!(judge(&more).is_err());
        for text in ["[]", "", "{}"] {
            assert!(HandedIn::read(text).is_err(), "{text}");
        }
    }
}
