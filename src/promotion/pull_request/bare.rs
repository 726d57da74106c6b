//! A rollback whose spec no longer compiles: what the committed tree alone can tell.

use crate::diag::escape_markdown as escape;
use crate::tree::{Lock, LockedStageId};

use super::{MOST_BODY, Marker, cut, fence, length};
use crate::promotion::ledger::traffic_words;

/// Title and body of a rollback by the lock alone; `diff` is what changes in the files.
pub fn bare(
    lock: &Lock,
    from: LockedStageId,
    to: LockedStageId,
    reason: &str,
    diff: &str,
    marker: &Marker,
) -> (String, String) {
    let (left, entered) = (lock.stage(from), lock.stage(to));
    let words = traffic_words(lock, entered);
    let title = format!("{}: back to {} ({words})", lock.rollout, entered.folder);
    let why = if reason.is_empty() {
        String::new()
    } else {
        format!("\n\n> [!IMPORTANT]\n> Why: {}", escape(reason))
    };
    let head = format!(
        "Takes **{}** back from `{}` to **`{}`**: {words}.{why}\n\n`rollout.yaml` does not compile to the committed tree, so this goes by the tree alone. It also puts `{}` on hold.\n",
        lock.rollout, left.folder, entered.folder, left.name
    );
    let fence = fence(diff);
    let around = format!(
        "\n<details>\n<summary>Files</summary>\n\n{fence}diff\n\n{fence}\n\n</details>\n\n{}\n",
        marker.line()
    );
    let room = MOST_BODY.saturating_sub(length(&head) + length(&around));
    let body = format!(
        "{head}\n<details>\n<summary>Files</summary>\n\n{fence}diff\n{}\n{fence}\n\n</details>\n\n{}\n",
        cut(diff.trim_end(), room),
        marker.line()
    );
    (title, body)
}
