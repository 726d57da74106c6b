//! A changed rollout: validated, and rendered where it is right.

use serde_json::Value;

use crate::case::Case;
use crate::mutate;
use crate::run::Ran;

const FORMATS: [&str; 4] = ["human", "json", "github", "sarif"];

pub(crate) fn run(case: &mut Case<'_>) {
    place(case);
    let format = FORMATS[case.rng.usize(..FORMATS.len())];
    let Some(ran) = case.run_to(
        &[0, 1],
        &["validate", "rollout.yaml", "--message-format", format],
    ) else {
        return;
    };
    if ran.code == 0 {
        case.tally.mark("right");
        right(case);
    } else {
        complained(case, format, &ran);
        refused(case);
    }
}

/// Puts a changed rollout into the folder, with the files beside it, of which one may be changed too.
pub(super) fn place(case: &mut Case<'_>) {
    let (corpus, rng) = (case.corpus, &mut case.rng);
    let sample = if rng.u8(..8) == 0 {
        corpus.rollout(rng)
    } else {
        corpus.right_rollout(rng)
    };
    // Most changes are wrong: with few of them, some rollouts are still right.
    let most = if rng.u8(..4) == 0 { 6 } else { 1 };
    let text = mutate::yaml(&sample.text, most, corpus, rng);
    let spoilt =
        (!sample.beside.is_empty() && rng.u8(..6) == 0).then(|| rng.usize(..sample.beside.len()));
    let beside: Vec<(&String, Vec<u8>)> = sample
        .beside
        .iter()
        .enumerate()
        .map(|(at, (name, bytes))| {
            let changed = spoilt == Some(at);
            (
                name,
                if changed {
                    mutate::bytes(bytes, rng)
                } else {
                    bytes.clone()
                },
            )
        })
        .collect();
    case.write("rollout.yaml", text);
    for (name, bytes) in beside {
        case.write(name, bytes);
    }
}

/// A complaint says where.
fn complained(case: &mut Case<'_>, format: &str, ran: &Ran) {
    let says_where = match format {
        // A file beside the rollout may be the one that is wrong.
        "human" => ran.err.lines().any(|line| {
            let place = line.trim_start().strip_prefix("--> ");
            let mut parts = place.unwrap_or_default().split(':').rev();
            (0..2).all(|_| parts.next().is_some_and(|part| part.parse::<u32>().is_ok()))
        }),
        "github" => ran.err.contains("line=") || ran.out.contains("line="),
        "sarif" => [&ran.out, &ran.err]
            .iter()
            .any(|text| serde_json::from_str::<Value>(text).is_ok()),
        _ => ran
            .err
            .lines()
            .chain(ran.out.lines())
            .all(|line| serde_json::from_str::<Value>(line).is_ok()),
    };
    if !says_where {
        let first = ran.first();
        case.fault(format!(
            "validate in the format {format} does not say where, or is no JSON: {first}"
        ));
    }
}

/// What validates also renders, is then as it was written, and can be looked at in every way.
fn right(case: &mut Case<'_>) {
    case.run_to(&[0], &["render", "rollout.yaml"]);
    case.run_to(&[0], &["render", "--check", "rollout.yaml"]);
    let formats = ["text", "markdown", "json"];
    let format = formats[case.rng.usize(..formats.len())];
    case.run_to(&[0], &["plan", "rollout.yaml", "--format", format]);
    match case.rng.u8(..5) {
        0 => {
            case.run_to(&[0], &["plan", "--cost", "rollout.yaml"]);
        }
        1 => expanded(case),
        2 => {
            case.run_to(&[0, 1], &["diff", "rollout.yaml"]);
        }
        3 => {
            case.run_to(
                &[0, 1, 2, 5, 6],
                &["next", "rollout.yaml", "--model", "newest"],
            );
            // What it writes is a rollout.
            case.run_to(&[0], &["validate", "rollout.yaml"]);
        }
        _ => {
            case.run_to(&[0], &["cmp", "generate"]);
        }
    }
}

/// The expanded rollout is one of the same tree.
fn expanded(case: &mut Case<'_>) {
    let Some(ran) = case.run_to(&[0], &["plan", "--expand", "rollout.yaml"]) else {
        return;
    };
    let before = case.run(&["render", "--check", "rollout.yaml"]);
    case.write("rollout.yaml", &ran.out);
    let after = case.run(&["validate", "rollout.yaml"]);
    if before.is_some_and(|ran| ran.code == 0) && after.is_some_and(|ran| ran.code != 0) {
        case.fault("the expanded rollout does not compile");
    }
}

/// What does not validate writes nothing.
fn refused(case: &mut Case<'_>) {
    let Some(ran) = case.run(&["render", "rollout.yaml"]) else {
        return;
    };
    if ran.code == 0 {
        case.fault("validate refuses what render takes");
    }
    if case.path("deploy").exists() {
        case.fault("a refused rollout leaves files behind");
    }
}
