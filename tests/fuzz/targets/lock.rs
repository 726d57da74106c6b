//! The files of the tree that commands read back: `plan.json`, the pointer, the hold, the ledger in commit messages.

use glidepath::promotion::ledger::Trailers;
use glidepath::tree::{Hold, Lock, Pointer};

use crate::case::Case;
use crate::mutate;

const LOCK: &str = include_str!("../../../examples/image-classifier/deploy/plan.json");
const POINTER: &str =
    include_str!("../../../examples/image-classifier/deploy/current/kustomization.yaml");
const HOLD: &str = "stage: weight-10\nreason: too slow\ncontents: {weight-10: 'sha256:0f', weight-50: 'sha256:1f'}\nby: Ada\ncommit: 0a1b2c\n";
const MESSAGE: &str = "ranker: to weight-10\n\nRollout: ranker\nStage-From: testers\nStage-To: weight-10\nSpec-Digest: sha256:0f\nGate: availability=99.93%>=99.5% (n=18234)\nHold-Lifted: weight-10\n";

pub(crate) fn run(case: &mut Case<'_>) {
    let (corpus, rng) = (case.corpus, &mut case.rng);
    match rng.u8(..6) {
        0..=2 => {
            let text = mutate::json(LOCK, 4, corpus, rng);
            read_lock(case, &text);
        }
        3 => {
            let text = text(mutate::yaml(POINTER, 3, corpus, rng));
            let Some(Ok(pointer)) = case.call(|| Pointer::read(&text)) else {
                return;
            };
            let again =
                case.call(|| Pointer::read(&pointer.moved(&pointer.text(), &Pointer::to("01-x"))));
            if again.is_some_and(|again| again != Ok(Pointer::to("01-x"))) {
                case.fault("a pointer that is moved does not point there");
            }
        }
        4 => {
            let text = text(mutate::yaml(HOLD, 3, corpus, rng));
            let Some(Ok(hold)) = case.call(|| Hold::read(&text)) else {
                return;
            };
            if case
                .call(|| Hold::read(&hold.text()))
                .is_some_and(|again| again.as_ref() != Ok(&hold))
            {
                case.fault("a hold does not read back");
            }
        }
        _ => {
            let text = text(mutate::bytes(MESSAGE.as_bytes(), rng));
            let Some(Some(read)) = case.call(|| Trailers::read(&text)) else {
                return;
            };
            case.tally.mark("trailers");
            // What anybody wrote is taken as it is, and written on one line with one space between its words.
            let written = |of: &Trailers| Trailers::read(&of.message("a", "b"));
            let again = case.call(|| {
                let once = written(&read);
                once.is_some() && once == once.as_ref().and_then(written)
            });
            if again == Some(false) {
                case.fault("trailers do not read back");
            }
        }
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Reads a lock and asks it everything.
fn read_lock(case: &mut Case<'_>, bytes: &[u8]) {
    case.call(|| Lock::read_files(bytes));
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Some(Ok(lock)) = case.call(|| Lock::read(text)) else {
        return;
    };
    case.tally.mark("locks");
    case.call(|| {
        for id in lock.stage_ids() {
            lock.way_back(id);
            lock.rollback_target(id);
            lock.is_past_return(id);
            lock.long_way_back(id);
            lock.stage_after(id);
            lock.stage_in(&lock.stage(id).folder);
            lock.stage_named(&lock.stage(id).name);
        }
        lock.point_of_no_return();
    });
    let again = case.call(|| Lock::read(&lock.text()).map(|again| again.to_json()));
    if again.is_some_and(|again| again != Ok(lock.to_json())) {
        case.fault("a lock does not read back");
    }
}

/// A tree whose files are changed, or taken away, below the commands that read it: nothing is half-written.
pub(crate) fn tree(case: &mut Case<'_>) {
    let repository = super::repository::sample();
    repository.put(case);
    let paths = [
        "app/deploy/plan.json",
        "app/deploy/current/kustomization.yaml",
        "app/deploy/hold.yaml",
        "app/rollout.yaml",
        ".git/HEAD",
        ".git/config",
    ];
    for _ in 0..case.rng.usize(1..3) {
        let path = paths[case.rng.usize(..paths.len())];
        let bytes = std::fs::read(case.path(path)).unwrap_or_else(|_| HOLD.into());
        let changed = match path.rsplit_once('.') {
            Some((_, "json")) => mutate::json(
                &String::from_utf8_lossy(&bytes),
                3,
                case.corpus,
                &mut case.rng,
            ),
            Some((_, "yaml")) => mutate::yaml(
                &String::from_utf8_lossy(&bytes),
                2,
                case.corpus,
                &mut case.rng,
            ),
            _ => mutate::bytes(&bytes, &mut case.rng),
        };
        case.write(path, changed);
    }
    if case.rng.bool() {
        super::repository::commit(case);
    }
    for _ in 0..2 {
        let all = super::repository::COMMANDS;
        let command = all[case.rng.usize(..all.len())];
        case.run(command);
    }
}
