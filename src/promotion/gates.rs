//! How the gates of the live stage stand, as far as somebody has judged them.

use crate::diag::cut;
use crate::diag::words::and_list;
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
    /// Who handed it in; `None` where it was measured here.
    pub issuer: Option<String>,
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
