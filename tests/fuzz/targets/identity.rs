//! Who commits, and when, in any words: a commit that `git fsck` takes, or branches that have not moved.

use std::process::{Command, Stdio};

use fastrand::Rng;

use crate::case::Case;
use crate::mutate::word;

use super::repository::{git, refs, sample};

const DATES: [&str; 16] = [
    "@0 +0000",
    "@-1 +0000",
    "@9223372036854775807 +0000",
    "@9223372036854775808 +0000",
    "@1 +9999",
    "@1 -2400",
    "@1 +0060",
    "@1 +00000",
    "1",
    "now",
    "2026-02-30T00:00:00",
    "2026-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "@1",
    "@1 +0000 x",
    "",
];

pub(crate) fn run(case: &mut Case<'_>) {
    sample().put(case);
    let before = refs(case);
    let rng = &mut case.rng;
    let words = some(rng);
    let arguments: &[&str] = match rng.u8(..5) {
        0 => &["promote", "app", "--force", "--reason", &words],
        1 => &["promote", "app", "--branch", "--force", "--reason", &words],
        2 => &["rollback", "app", "--reason", &words],
        3 => &["series", "app", "--branch", &words],
        _ => &[
            "promote", "app", "--force", "--reason", "a test", "--author", &words,
        ],
    };
    let mut command = Command::new(env!("CARGO_BIN_EXE_glidepath"));
    command
        .args(arguments)
        .current_dir(case.place)
        .stdin(Stdio::null());
    for who in ["AUTHOR", "COMMITTER"] {
        for what in ["NAME", "EMAIL", "DATE"] {
            if rng.bool() {
                let value = if what == "DATE" && rng.u8(..4) > 0 {
                    DATES[rng.usize(..DATES.len())].to_owned()
                } else {
                    some(rng)
                };
                command.env(format!("GIT_{who}_{what}"), value);
            }
        }
    }
    case.commands.push(format!("{command:?}"));
    let Some(output) = case.call(|| command.output().expect("glidepath starts")) else {
        return;
    };
    let after = refs(case);
    match output.status.code() {
        Some(0) => {
            let checked = git(case, &["fsck", "--strict", "--no-dangling"]);
            if !checked.status.success() {
                case.fault(format!(
                    "git fsck refuses it: {}",
                    String::from_utf8_lossy(&checked.stderr).trim()
                ));
            }
            case.tally.mark("committed");
        }
        Some(1..=6) if before == after => {}
        Some(1..=6) => case.fault("a refusal moves a branch"),
        other => case.fault(format!(
            "it ends with {other:?}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}

/// Any words that an argument can hold.
fn some(rng: &mut Rng) -> String {
    let word = match rng.u8(..3) {
        0 => [
            "Ada <a@b>",
            "",
            " ",
            "<>",
            "a>b",
            "a\nb",
            "Ada\u{0}",
            ".",
            ",;",
            "é",
            "\u{202e}x",
            "a@b\n c",
            "<a",
        ][rng.usize(..13)]
        .to_owned(),
        _ => word(rng),
    };
    word.replace('\0', "").chars().take(60_000).collect()
}
