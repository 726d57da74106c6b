//! A move that is prepared, on its way to the terminal: `promote` and `rollback` end here.

use std::fs;
use std::path::Path;

use crate::promotion::branch::Proposed;
use crate::promotion::outcome::{Delivered, Note, Outcome, Prepared};
use crate::promotion::request::{EvidenceFile, MoveRequest};
use crate::promotion::site::Site;
use crate::promotion::{Committed, Delivery, Refusal, Why, deliver};

use super::output::Output;
use super::{Exit, Failure};

/// A file of verdicts.
pub(super) fn handed_in(path: &Path) -> EvidenceFile {
    EvidenceFile {
        path: path.display().to_string(),
        text: fs::read_to_string(path)
            .map_err(|error| Refusal::new(Why::Outside, Failure::io("read", path, &error).message)),
    }
}

/// How a move is to reach the branch that is applied: by a pull request where there is a site, else on a branch or as a commit.
pub(super) fn delivery(site: Option<&Site>, on_branch: bool) -> Delivery<'_> {
    match site {
        Some(site) => Delivery::PullRequest(site),
        None if on_branch => Delivery::Branch,
        None => Delivery::Commit,
    }
}

/// Delivers a move, and says what came of it.
pub(super) fn finish(
    committed: &Committed,
    mut prepared: Prepared,
    request: &MoveRequest,
    delivery: Delivery<'_>,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let rollout = &committed.lock.rollout;
    // What was found out is said even where the delivery fails.
    say(
        rollout,
        &std::mem::take(&mut prepared.outcome.notes),
        output,
    );
    let outcome = deliver(committed, prepared, request, delivery)?;
    say(rollout, &outcome.notes, output);
    if let Some(delivered) = &outcome.delivered {
        report(rollout, &outcome, delivered, output)?;
    }
    if outcome.refusals.is_empty() {
        // Only what would happen is shown.
        if let Some(diff) = &outcome.diff {
            output.result(diff)?;
        }
        return output.finish(Exit::Done);
    }
    Err(Failure::refused(&outcome.refusals))
}

fn say(rollout: &str, notes: &[Note], output: &mut Output<'_>) {
    for note in notes {
        match note {
            Note::Stale(_) => output.note(note),
            Note::Complete(_)
            | Note::NothingBack { .. }
            | Note::NoEvidence(_)
            | Note::Clock(_)
            | Note::Disrupts(_)
            | Note::ByTree
            | Note::PullRequest(_) => output.note(format_args!("{rollout}: {note}")),
        }
    }
}

fn report(
    rollout: &str,
    outcome: &Outcome,
    delivered: &Delivered,
    output: &mut Output<'_>,
) -> Result<(), Failure> {
    let (from, to) = (&outcome.stage, outcome.next.as_deref().unwrap_or_default());
    match delivered {
        Delivered::Commit { id, is_detached } => {
            output.note(format_args!(
                "{rollout}: `{from}` → `{to}` ({})",
                id.short()
            ));
            if *is_detached {
                output.note(
                    "HEAD is detached: no branch has this commit; keep it with `git branch <name>`",
                );
            }
        }
        Delivered::Branch { name, proposed } => match proposed {
            Proposed::Moved(id) => output.note(format_args!(
                "{rollout}: `{from}` → `{to}` on the branch `{name}` ({})",
                id.short()
            )),
            Proposed::AsBefore(id) => output.note(format_args!(
                "{rollout}: the branch `{name}` ({}) is there already; nothing to do",
                id.short()
            )),
        },
        Delivered::PullRequest { upserted, .. } => {
            if let Some(pull) = &upserted.pull {
                let word = upserted.operation.word();
                output.note(format_args!("{rollout}: #{} {word}", pull.number));
                output.result(format_args!("{}\n", pull.url))?;
            }
        }
    }
    Ok(())
}
