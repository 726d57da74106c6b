//! Through which doors `cli` enters the rooms that decide and act.

use super::code::{paths, tokens, without_tests};
use super::{list, room_named, sources};

/// The rooms that decide and act, and all that `cli` may name of each: a command hands in plain values, makes one call, and prints
/// what came back. What is not here, such as the branches and pull requests below a move, is nobody's business there.
const DOORS: &[(&str, &[&str])] = &[
    ("argocd", &["Server"]),
    ("forge", &["ForgeError"]),
    (
        "gate",
        &[
            "EvaluationContext",
            "Evidence",
            "Need",
            "PREDICATE_TYPE",
            "Record",
            "ResultText",
            "Statement",
            "Verdict",
            "WebSettings",
            "When",
            "doctor",
            "needs",
            "preview",
            "prometheus::Settings",
            "without_failure",
            "chances",
        ],
    ),
    (
        "promotion",
        &[
            "Committed",
            "Delivery",
            "Error",
            "Refusal",
            "Why",
            "branch::PREFIX",
            "branch::Proposed",
            "branch::short_name",
            "decide::Position",
            "hold::lifted",
            "deliver",
            "evidence",
            "gate_results",
            "history::Stay",
            "ledger::Trailers",
            "ledger::one_line",
            "ledger::traffic_words",
            "live",
            "mark::Mark",
            "outcome",
            "promote",
            "promote_or_return",
            "pull_request",
            "replayed",
            "request",
            "reverted::lifted_by_render",
            "review",
            "revision",
            "rollback",
            "series",
            "site",
            "stage_start",
            "stages",
            "status",
            "upsert::Operation",
        ],
    ),
    (
        "sink",
        &[
            "disk",
            "files::Folder",
            "files::read",
            "files::replace",
            "git::GitError",
            "git::Person",
            "git::Signing",
        ],
    ),
];

/// What a path of `cli` names of a room beside its doors, and the doors.
pub(super) fn wall_named(names: &[String], depth: usize) -> Option<(String, String)> {
    let room = room_named(names, depth)?;
    let (_, doors) = DOORS.iter().find(|(behind, _)| *behind == room)?;
    let at = names.iter().position(|name| name == room)?;
    let below = names[at + 1..].join("::");
    let passes = |door: &&str| {
        let rest = below.strip_prefix(door);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    (!doors.iter().any(passes)).then(|| (names[at..].join("::"), list(doors)))
}

#[test]
fn every_door_is_used() {
    let named: Vec<String> = sources()
        .iter()
        .filter(|(path, _)| path.starts_with("cli/"))
        .flat_map(|(_, text)| paths(&without_tests(tokens(text))))
        .map(|(_, names)| names.join("::"))
        .collect();
    for (room, doors) in DOORS {
        for door in *doors {
            let door = format!("crate::{room}::{door}");
            assert!(
                named.iter().any(|name| name.starts_with(&door)),
                "nobody in `cli` names `{door}`: take it from the list"
            );
        }
    }
}
