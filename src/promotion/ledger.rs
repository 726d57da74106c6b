//! Commit messages as a ledger: what a promotion writes into its trailers, and what is read back.

use crate::diag::{acts, visible_line};
use crate::gate::Verdict;
use crate::tree::{Lock, LockedStage};

use super::gates::Judged;

const ROLLOUT: &str = "Rollout";
const FROM: &str = "Stage-From";
const TO: &str = "Stage-To";
const DIGEST: &str = "Spec-Digest";
const GATE: &str = "Gate";
const EVIDENCE: &str = "Evidence";
const FORCED: &str = "Forced-By-Reason";
const REASON: &str = "Rollback-Reason";
const LIFTED: &str = "Hold-Lifted";

/// One move of the pointer, as its commit's trailers tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trailers {
    /// The rollout's name.
    pub rollout: String,
    /// The stage that was left, by name.
    pub from: String,
    /// The stage that was entered, by name.
    pub to: String,
    /// The digest of the spec.
    pub digest: String,
    /// `availability=99.93%>=99.5% (n=18234)`: the gates of the stage that was left.
    pub gates: Vec<String>,
    /// The file with what the gates were asked and answered, from the repository's root.
    pub evidence: Option<String>,
    /// The reason for which gates and bake did not count.
    pub forced: Option<String>,
    /// The reason for which the pointer went back.
    pub reason: Option<String>,
    /// The stage whose hold somebody lifted with the move.
    pub lifted: Option<String>,
}

impl Trailers {
    /// A whole commit message.
    pub fn message(&self, subject: &str, body: &str) -> String {
        let mut lines = vec![one_line(subject), String::new(), body.trim_end().to_owned()];
        if !body.is_empty() {
            lines.push(String::new());
        }
        let trailer = |key: &str, value: &str| format!("{key}: {}", one_line(value));
        lines.extend([
            trailer(ROLLOUT, &self.rollout),
            trailer(FROM, &self.from),
            trailer(TO, &self.to),
            trailer(DIGEST, &self.digest),
        ]);
        lines.extend(self.gates.iter().map(|gate| trailer(GATE, gate)));
        lines.extend(self.evidence.iter().map(|path| trailer(EVIDENCE, path)));
        lines.extend(self.forced.iter().map(|why| trailer(FORCED, why)));
        lines.extend(self.reason.iter().map(|why| trailer(REASON, why)));
        lines.extend(self.lifted.iter().map(|stage| trailer(LIFTED, stage)));
        lines.join("\n") + "\n"
    }

    /// What a message tells, if it tells of a move. The trailers are found wherever they stand: a squash merge puts them in the
    /// middle of its message. A commit may be anybody's: nothing in a value acts on a terminal.
    pub fn read(message: &str) -> Option<Self> {
        let mut trailers = Self::default();
        for line in message.lines() {
            let Some((key, value)) = line.split_once(": ") else {
                continue;
            };
            let value = visible_line(value.trim());
            match key {
                // A squash of several moves: the last one counts.
                ROLLOUT => {
                    trailers = Self {
                        rollout: value,
                        ..Self::default()
                    }
                }
                FROM => trailers.from = value,
                TO => trailers.to = value,
                DIGEST => trailers.digest = value,
                GATE => trailers.gates.push(value),
                EVIDENCE => trailers.evidence = Some(value),
                FORCED => trailers.forced = Some(value),
                REASON => trailers.reason = Some(value),
                LIFTED => trailers.lifted = Some(value),
                _ => {}
            }
        }
        let is_whole =
            !trailers.rollout.is_empty() && !trailers.from.is_empty() && !trailers.to.is_empty();
        is_whole.then_some(trailers)
    }
}

/// The stages whose holds a message lifts, whether or not it tells of a move.
pub(super) fn lifted(message: &str) -> impl Iterator<Item = &str> {
    let values = message.lines().filter_map(|line| line.split_once(": "));
    let lifted = values.filter(|(key, _)| *key == LIFTED);
    lifted.map(|(_, value)| value.trim())
}

/// What a gate's trailer says: on what grounds it passed, or what else became of it, and who says so where it was not measured.
pub fn gate_trailers(stage: &LockedStage, judged: &[Judged]) -> Vec<String> {
    let one = |name: &String| match judged.iter().find(|gate| gate.name == *name) {
        None => format!("{name}=not judged"),
        Some(gate) => {
            let grounds = match (gate.verdict, gate.summary.as_str()) {
                (Verdict::Pass, "") => "pass".to_owned(),
                (Verdict::Pass, summary) => summary.to_owned(),
                (verdict, summary) => format!("{} {summary}", verdict.name()),
            };
            let by = gate.issuer.as_ref();
            let by = by.map(|by| format!(", handed in by {by}"));
            format!("{name}={grounds}{}", by.unwrap_or_default())
        }
    };
    stage.gates.iter().map(one).collect()
}

/// `resnet101 30%`: what a stage gives to models that are not stable.
pub fn traffic_words(lock: &Lock, stage: &LockedStage) -> String {
    let shares: Vec<String> = stage
        .weights
        .iter()
        .filter(|(model, share)| **model != lock.stable && !share.is_zero())
        .map(|(model, share)| format!("{model} {share}%"))
        .collect();
    let others: Vec<&str> = stage
        .routed
        .iter()
        .filter(|model| **model != lock.stable)
        .map(String::as_str)
        .collect();
    match (shares.is_empty(), others.is_empty()) {
        (false, _) => {
            // Who has no weight is reached by a cohort, or by copies.
            let beside = others
                .iter()
                .filter(|model| !stage.weights.contains_key(**model));
            let beside: Vec<&str> = beside.copied().collect();
            let words = shares.join(", ");
            match &beside[..] {
                [] => words,
                beside => format!("{words}, some requests to {}", beside.join(", ")),
            }
        }
        (true, false) => format!("some requests to {}", others.join(", ")),
        (true, true) => format!("all traffic on {}", lock.stable),
    }
}

/// A text on one line, of characters that are seen: nothing in it can begin another trailer.
pub fn one_line(text: &str) -> String {
    text.split(|c: char| acts(c) || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trailers() -> Trailers {
        Trailers {
            rollout: "r".to_owned(),
            from: "split".to_owned(),
            to: "weight-100".to_owned(),
            digest: "sha256:0".to_owned(),
            gates: vec!["availability=99.93%>=99.5% (n=18234)".to_owned()],
            evidence: Some("app/deploy/evidence/split-20260822T090000Z.json".to_owned()),
            forced: Some("the gate is broken".to_owned()),
            reason: None,
            lifted: Some("split".to_owned()),
        }
    }

    #[test]
    fn a_message_reads_back() {
        let message = trailers().message("r: 03-weight-100", "Moves on.");
        assert_eq!(Trailers::read(&message), Some(trailers()));
        let squashed = format!("Merge (#3)\n\n* {message}\nCo-authored-by: x\n");
        assert_eq!(Trailers::read(&squashed), Some(trailers()));
        assert_eq!(Trailers::read("a foreign commit\n\nStage-To: x\n"), None);
    }

    #[test]
    fn a_reason_cannot_forge_a_trailer() {
        let forged = Trailers {
            forced: Some("x\n\nStage-To: retire\r\nRollout: q".to_owned()),
            ..trailers()
        };
        let read = Trailers::read(&forged.message("s", "")).expect("an entry");
        assert_eq!(
            (read.to.as_str(), read.rollout.as_str()),
            ("weight-100", "r")
        );
        assert_eq!(one_line("a\u{200b}b\u{202e}c\u{1b}[31m"), "a b c [31m");
    }
}
