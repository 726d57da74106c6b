//! Failing before the end: by evidence that holds however often it is asked.

use crate::gate::tally::Tally;
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;

use super::Ruling;

/// What the requests so far say against a share of failures of at most `budget`: enough to fail where a candidate that keeps it would
/// look so bad with at most this chance at any time.
pub(super) fn judge(gate: &Gate, chance: f64, tally: &Tally, budget: f64) -> Ruling {
    let found = tally.strongest(budget);
    let verdict = if found.evidence >= -chance.ln() {
        Verdict::Fail
    } else {
        Verdict::Inconclusive
    };
    let share = words::percent(found.bad / found.total);
    Ruling {
        notes: Vec::new(),
        verdict,
        why: format!(
            "{share} of the requests had failed at one moment, which happens with a chance of {} at most where only {} may",
            words::percent(gate.early_failure),
            words::percent(budget)
        ),
        numbers: vec![
            ("lnEvidence", found.evidence),
            ("designEffect", found.effect),
            ("chance", chance),
        ],
    }
}

/// What a gate fails by early that is judged by a share.
pub(super) fn meaning(gate: &Gate) -> String {
    format!(
        "at any time after the warm-up it fails where the failures of three scrapes, in two pods or over half a minute, show that the limit is missed; \
         a candidate that keeps it is failed so with a chance of {} at most, however often it is asked",
        words::percent(gate.early_failure)
    )
}
