//! How the gates of the live stage stand, as far as somebody has judged them.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::diag::cut;
use crate::diag::words::{and_list, or_list};
use crate::gate::Verdict;
use crate::tree::LockedStage;

use super::ledger::one_line;

/// The most characters of what is told of a gate: a commit message or a pull request holds one such text a gate.
const MOST_TOLD: usize = 300;

/// One gate's verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The gate's name.
    pub name: String,
    /// The gate's verdict.
    pub verdict: Verdict,
    /// What the verdict rests on, in one short line: see [`brief`].
    pub summary: String,
}

/// What verdicts must be about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The rollout's name.
    pub rollout: &'a str,
    /// The live stage, whose gates are to be judged.
    pub stage: &'a LockedStage,
    /// The digest of the spec that the tree was made from.
    pub spec_digest: &'a str,
}

/// Verdicts that somebody else came to, as JSON:
///
/// ```json
/// {"version": 1, "rollout": "image-classifier", "stage": "split", "specDigest": "sha256:…",
///  "gates": [{"name": "availability", "verdict": "pass", "summary": "99.93%>=99.5% (n=18234)"}]}
/// ```
///
/// `specDigest` may be left out. A gate may have further keys, which are not read; the document may not.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HandedIn {
    version: u64,
    rollout: String,
    stage: String,
    spec_digest: Option<String>,
    gates: Vec<HandedInGate>,
}

#[derive(Clone, Debug, Deserialize)]
struct HandedInGate {
    name: String,
    verdict: Verdict,
    summary: String,
}

impl HandedIn {
    /// Reads a file of evidence, or says why it is none.
    pub fn read(text: &str) -> Result<Self, String> {
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
    pub fn judge(&self, question: &Question<'_>) -> Result<Vec<Judged>, String> {
        let same = |what: &str, given: &str, wanted: &str| {
            if given == wanted {
                Ok(())
            } else {
                Err(format!(
                    "the evidence is about the {what} `{given}`, and `{wanted}` is live"
                ))
            }
        };
        same("rollout", &self.rollout, question.rollout)?;
        same("stage", &self.stage, &question.stage.name)?;
        if let Some(digest) = &self.spec_digest {
            same("spec", digest, question.spec_digest)?;
        }
        let mut judged: BTreeMap<&str, Judged> = BTreeMap::new();
        for gate in &self.gates {
            if !question.stage.gates.contains(&gate.name) {
                return Err(format!(
                    "the evidence has a gate `{}`, and the stage `{}` has {}",
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
            };
            if judged.insert(&gate.name, one).is_some() {
                return Err(format!("the evidence has the gate `{}` twice", gate.name));
            }
        }
        Ok(judged.into_values().collect())
    }
}

/// A text about a gate on one line, cut where nobody would read on: a server or a file may say megabytes.
pub fn brief(text: &str) -> String {
    cut(&one_line(text), MOST_TOLD)
}

/// The gates of a stage that nobody has judged.
pub fn unjudged<'a>(stage: &'a LockedStage, judged: &[Judged]) -> Vec<&'a str> {
    stage
        .gates
        .iter()
        .map(String::as_str)
        .filter(|name| judged.iter().all(|gate| gate.name != *name))
        .collect()
}

/// `` `a` (99.1%<99.5%) and `b` ``: the gates with a verdict.
pub(super) fn list(judged: &[Judged], verdict: Verdict) -> Option<String> {
    let found: Vec<&Judged> = judged
        .iter()
        .filter(|gate| gate.verdict == verdict)
        .collect();
    let names = and_list(found.iter().map(|gate| gate.name.as_str()));
    let grounds: Vec<&str> = found
        .iter()
        .map(|gate| gate.summary.as_str())
        .filter(|summary| !summary.is_empty())
        .collect();
    match (found.is_empty(), grounds.is_empty()) {
        (true, _) => None,
        (false, true) => Some(names),
        (false, false) => Some(format!("{names} ({})", grounds.join("; "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_read_strictly() {
        let gate = r#"{"name": "a", "verdict": "pass", "summary": "", "n": 3}"#;
        let with =
            |body: &str| format!(r#"{{"version": 1, "rollout": "r", "stage": "s", {body}}}"#);
        assert!(HandedIn::read(&with(&format!(r#""gates": [{gate}]"#))).is_ok());
        for wrong in [
            with(r#""gates": {}"#),
            with(r#""gates": [], "extra": 1"#),
            with(r#""gates": [{"name": "a", "verdict": "PASS", "summary": ""}]"#),
            with(r#""gates": [{"name": "a", "verdict": "pass"}]"#),
            r#"{"version": 2, "rollout": "r", "stage": "s", "gates": []}"#.to_owned(),
            r#"{"gates": []}"#.to_owned(),
            "[]".to_owned(),
            String::new(),
        ] {
            assert!(HandedIn::read(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn evidence_about_something_else_counts_for_nothing() {
        let stage: LockedStage = serde_json::from_str(
            r#"{"name": "s", "folder": "02-s", "running": {}, "routed": [], "gates": ["a", "b"]}"#,
        )
        .expect("a stage");
        let question = Question {
            rollout: "r",
            stage: &stage,
            spec_digest: "sha256:1",
        };
        let judge = |text: &str| HandedIn::read(text).expect(text).judge(&question);
        let gate = r#"{"name": "a", "verdict": "fail", "summary": "x"}"#;
        let good = format!(
            r#"{{"version": 1, "rollout": "r", "stage": "s", "specDigest": "sha256:1", "gates": [{gate}]}}"#
        );
        let judged = judge(&good).expect("evidence");
        assert_eq!(judged[0].verdict, Verdict::Fail);
        assert_eq!(unjudged(&stage, &judged), ["b"]);
        for (from, to) in [
            (r#""rollout": "r""#, r#""rollout": "q""#),
            (r#""stage": "s""#, r#""stage": "t""#),
            ("sha256:1", "sha256:2"),
            (r#""name": "a""#, r#""name": "c""#),
            (gate, &format!("{gate}, {gate}")),
        ] {
            assert!(judge(&good.replace(from, to)).is_err(), "{from} → {to}");
        }
    }
}
