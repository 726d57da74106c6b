//! The evidence of a promotion as a file beside the pointer: one for each stay in a stage.

use serde_json::Value;

use crate::gate::{Record, Statement};
use crate::tree::Hold;
use crate::units::names::{EVIDENCE_FOLDER, HOLD_FILE, POINTER_FILE};
use crate::units::{Duration, Timestamp};

use super::{Refusal, Why};

/// The largest file of evidence, in bytes. Twenty gates that hold two thousand raw samples against as many take some six million; a
/// forge shows nothing of that size any more, and a repository keeps every one for ever.
pub const MOST_BYTES: usize = 8 << 20;

/// What was asked and answered, as the text of a file that can be judged again.
pub fn text(record: &Record) -> String {
    format!("{:#}\n", record.write())
}

/// The same as a statement by `issuer` about what the stage serves.
pub(super) fn statement(record: &Record, issuer: &str) -> Result<Statement, Refusal> {
    Statement::of(record, issuer).ok_or_else(|| {
        let message = "the tree has no content digests yet, and evidence is about one";
        Refusal::new(Why::Conflict, message).help("run `glidepath render`, and commit")
    })
}

/// Why a file of evidence is not recorded, if it is not.
pub(super) fn refusal(text: &str) -> Option<Refusal> {
    (text.len() > MOST_BYTES).then(|| {
        let message = format!(
            "the evidence has {} bytes, and at most {MOST_BYTES} are committed",
            text.len()
        );
        Refusal::new(Why::Outside, message).help(
            "go on without recording it, and keep what `glidepath gate --format json` prints elsewhere; a query that answers with fewer series makes it smaller",
        )
    })
}

/// Its path in the tree: `evidence/split-20260822T090000Z.json`, for the stay in `split` that began then. The same stay has the
/// same path, however often it is judged.
pub(super) fn path(stage: &str, began: Timestamp) -> String {
    let at: String = began
        .to_string()
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    format!("{EVIDENCE_FOLDER}/{stage}-{at}.json")
}

/// Whether a move may write this path of a tree: the pointer, the hold, and files of evidence.
pub(super) fn is_of_a_move(path: &str) -> bool {
    let is_evidence = path
        .strip_prefix(EVIDENCE_FOLDER)
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(|name| name.strip_suffix(".json"))
        .is_some_and(|stay| !stay.contains('/'));
    path == POINTER_FILE || path == HOLD_FILE || is_evidence
}

/// Whether two texts of a file say the same: two holds for the same reason, whoever wrote them and when; two evaluations of the
/// same gates with the same findings. Everything else byte by byte.
pub(super) fn is_same(path: &str, a: Option<&str>, b: Option<&str>) -> bool {
    let hold = |text: Option<&str>| {
        text.and_then(|text| Hold::read(text).ok())
            .map(|hold| (hold.stage, hold.reason, hold.contents))
    };
    if a == b {
        true
    } else if path.ends_with(HOLD_FILE) {
        hold(a) == hold(b)
    } else if path.contains(&format!("/{EVIDENCE_FOLDER}/")) {
        matches!((found_by(a), found_by(b)), (Some(a), Some(b)) if a == b)
    } else {
        false
    }
}

/// Whether evidence that is there is to be recorded anew, though the same was found again: it is older than half of what it may be,
/// so that whoever judges it before the next run still takes it.
pub(super) fn is_worn(there: Option<&str>, wanted: Option<&str>, most: Duration) -> bool {
    let at = |text: Option<&str>| -> Option<Timestamp> {
        let body: Value = serde_json::from_str(text?).ok()?;
        let at = &body["predicate"]["evaluatedAt"];
        at.as_str()?.parse().ok()
    };
    match (at(there), at(wanted)) {
        (Some(then), Some(now)) => now.since(then).seconds() > most.seconds() / 2,
        (None, _) | (_, None) => false,
    }
}

/// What was found, without the time of asking.
fn found_by(text: Option<&str>) -> Option<Value> {
    let mut body: Value = serde_json::from_str(text?).ok()?;
    if let Some(predicate) = body.get_mut("predicate") {
        body = predicate.take();
    }
    let said = body.as_object_mut()?;
    // Who asked, and when, is not what was found.
    said.remove("evaluatedAt");
    said.remove("issuer");
    for gate in body.get_mut("gates")?.as_array_mut()? {
        // What is asked for an early failure ends now, and so never is the same; what came of all answers is.
        let gate = gate.as_object_mut()?;
        gate.remove("asked");
        // A page that says the time is another one each time; a file is the same until somebody hands in another.
        if gate.get("document").is_some_and(|it| it["url"].is_string()) {
            gate.remove("document");
        }
    }
    Some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stay_has_one_file() {
        let began = Timestamp::from_seconds(1_700_000_000);
        let path = path("split", began);
        assert_eq!(path, "evidence/split-20231114T221320Z.json");
        assert!(is_of_a_move(&path));
        for other in [
            "evidence/x/y.json",
            "evidence/x.yaml",
            "evidence.json",
            "stages/x.json",
        ] {
            assert!(!is_of_a_move(other), "{other}");
        }
    }

    #[test]
    fn evidence_that_is_too_large_is_refused() {
        assert!(refusal(&"x".repeat(MOST_BYTES)).is_none());
        let refused = refusal(&"x".repeat(MOST_BYTES + 1)).expect("a refusal");
        assert_eq!(
            refused.message,
            "the evidence has 8388609 bytes, and at most 8388608 are committed"
        );
    }

    #[test]
    fn evidence_is_recorded_anew_before_it_is_too_old() {
        let at =
            |time: &str| format!(r#"{{"predicate": {{"evaluatedAt": "2026-08-22T{time}Z"}}}}"#);
        let most = Duration::from_seconds(3_600);
        let worn = |a: &str, b: &str| is_worn(Some(&at(a)), Some(&at(b)), most);
        assert!(!worn("09:00:00", "09:30:00"));
        assert!(worn("09:00:00", "09:30:01"));
        assert!(!worn("09:30:01", "09:00:00"));
        assert!(!is_worn(Some("{}"), Some("{}"), most));
        assert!(!is_worn(None, Some(&at("09:00:00")), most));
    }

    #[test]
    fn the_same_findings_are_the_same_evidence() {
        let at = |now: &str, look: u32, verdict: &str| {
            format!(
                r#"{{"stage": "s", "stageStartedAt": "t", "evaluatedAt": "{now}",
                    "gates": [{{"gate": "a", "model": "b", "verdict": "{verdict}", "look": {look}}}]}}"#
            )
        };
        let path = "deploy/evidence/s-t.json";
        let same = |a: &str, b: &str| is_same(path, Some(a), Some(b));
        assert!(same(&at("1", 2, "pass"), &at("9", 2, "pass")));
        assert!(!same(&at("1", 2, "pass"), &at("1", 3, "pass")));
        assert!(!same(&at("1", 2, "pass"), &at("1", 2, "fail")));
        let found = at("1", 2, "pass");
        let other = found.replace("\"look\"", "\"value\": \"99.9 %\", \"look\"");
        let asked = found.replace("\"look\"", "\"asked\": [1], \"look\"");
        assert!(!same(&found, &other));
        assert!(same(&found, &asked));
        assert!(!same("{}", "[]"));
        assert!(!is_same(path, None, Some("{}")));
        assert!(!is_same(
            "deploy/current/kustomization.yaml",
            Some("{}"),
            Some("{ }")
        ));
    }
}
