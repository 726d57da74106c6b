//! Every operation of a change fails once, or is the last one before a kill.

use crate::sink::disk::ops::faults::{Fault, set};

use super::*;

/// Three trees with all that can happen between them: added, changed, removed, renumbered, file to folder and back.
fn trees() -> [Files; 3] {
    [
        tree(&[
            ("same", "same"),
            ("changed", "one"),
            ("swap", "a file"),
            ("stages/01-a/x", "x"),
        ]),
        tree(&[
            ("same", "same"),
            ("changed", "two"),
            ("swap/deep/er", "a folder"),
            ("stages/02-a/x", "x"),
            ("stages/01-n/y", "y"),
        ]),
        tree(&[("same", "same"), ("new/file", "three"), ("swap", "other")]),
    ]
}

/// A scratch folder with a tree in it, or with none, and a file of somebody else's.
fn start(from: Option<&Files>) -> Scratch {
    let scratch = Scratch::new();
    if let Some(files) = from {
        scratch.put(files).expect("written");
    }
    scratch
}

/// Puts with a fault; `None` when the fault came after everything.
fn put_with(scratch: &Scratch, files: &Files, fault: Fault) -> Option<Result<(), DiskError>> {
    set(fault);
    let result = scratch.put(files).map(drop);
    let left = set(Fault::None);
    let struck = match fault {
        Fault::None => false,
        Fault::Once(_) => left == Fault::None,
        Fault::Dead(_) => left == Fault::Dead(0) && result.is_err(),
    };
    if !struck {
        result.as_ref().expect("without a fault it works");
    }
    struck.then_some(result)
}

/// From nothing or any of the trees to any other.
fn pairs(trees: &[Files; 3]) -> Vec<(Option<&Files>, &Files)> {
    let froms = [None, Some(&trees[0]), Some(&trees[1]), Some(&trees[2])];
    froms
        .into_iter()
        .flat_map(|from| trees.iter().map(move |to| (from, to)))
        .filter(|(from, to)| *from != Some(*to))
        .collect()
}

#[test]
fn an_error_anywhere_leaves_the_folder_as_it_was() {
    let trees = trees();
    for (from, to) in pairs(&trees) {
        let mut errors = 0;
        for n in 0.. {
            let scratch = start(from);
            let before = scratch.snapshot();
            match put_with(&scratch, to, Fault::Once(n)) {
                None => break,
                Some(Ok(())) => {
                    // Only the sweeping up failed.
                    assert!(!scratch.journal().exists());
                    assert_eq!(scratch.compare(to).expect("whole"), []);
                    scratch.put(to).expect("nothing to do");
                    scratch.holds_exactly(to);
                }
                Some(Err(error)) => {
                    errors += 1;
                    assert!(matches!(error, DiskError::Io { .. }), "{error}");
                    assert_eq!(texts(&scratch.snapshot()), texts(&before), "step {n}");
                }
            }
        }
        assert!(errors > 10, "{errors} of the steps were tried");
    }
}

/// What a reader may see after a kill: every file from one of the trees, and files of both trees always there.
fn legal(scratch: &Scratch, from: Option<&Files>, to: &Files) {
    let none = Files::new();
    let from = from.unwrap_or(&none);
    let seen: BTreeMap<String, Vec<u8>> = scratch
        .snapshot()
        .into_iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix("deploy/")?.to_owned(), bytes)))
        .filter(|(path, _)| !path.is_empty() && !path.ends_with('/'))
        .collect();
    for (path, bytes) in &seen {
        let is = |files: &Files| files.get(path).is_some_and(|text| text.as_bytes() == bytes);
        assert!(is(from) || is(to), "{path} is of neither tree");
    }
    for path in from.keys().filter(|path| to.contains_key(*path)) {
        assert!(seen.contains_key(path), "{path} is of both trees, and gone");
    }
    if seen.get("plan.json").map(Vec::as_slice) == Some(to["plan.json"].as_bytes()) {
        assert!(seen.keys().eq(to.keys()), "the lock speaks too early");
    }
    if scratch.journal().exists() {
        let error = scratch.compare(to).expect_err("it is between two trees");
        assert!(matches!(error, DiskError::Interrupted { .. }), "{error}");
    } else {
        let is = |files: &Files| {
            seen.iter()
                .map(|(path, bytes)| (path, bytes.as_slice()))
                .eq(files.iter().map(|(path, text)| (path, text.as_bytes())))
        };
        assert!(is(from) || is(to), "no journal tells of a mixed tree");
        let whole = scratch.compare(to).expect("it is whole");
        assert_eq!(whole.is_empty(), is(to));
    }
}

#[test]
fn after_a_kill_anywhere_the_next_render_completes() {
    let trees = trees();
    for (from, to) in pairs(&trees) {
        let mut interrupted = 0;
        for n in 0.. {
            let mut done = false;
            for next in &trees {
                let scratch = start(from);
                let Some(result) = put_with(&scratch, to, Fault::Dead(n)) else {
                    done = true;
                    break;
                };
                legal(&scratch, from, to);
                if scratch.journal().exists() {
                    interrupted += 1;
                    // Nothing works any more, so nothing could be taken back either.
                    let error = result.expect_err("it is not done");
                    assert!(matches!(error, DiskError::Halfway { .. }), "{error}");
                    refuses::<()>(Err(error), Kind::Outside, "could not be taken back");
                }
                scratch.put(next).expect("it completes");
                scratch.holds_exactly(next);
            }
            if done {
                break;
            }
        }
        // A tree where there was none takes its place at once, which leaves little to come between.
        let least = if from.is_some() { 10 } else { 3 };
        assert!(
            interrupted > least,
            "{interrupted} kills came between trees"
        );
    }
}

#[test]
fn after_two_kills_the_next_render_still_completes() {
    let trees = trees();
    let [one, two, three] = &trees;
    for n in 0.. {
        for m in 0.. {
            let scratch = start(Some(one));
            if put_with(&scratch, two, Fault::Dead(n)).is_none() {
                assert!(n > 10);
                return;
            }
            let was = scratch.journal().exists();
            if put_with(&scratch, three, Fault::Dead(m)).is_none() {
                // Nothing was left to do but to sweep up.
                assert_eq!(scratch.put(three).expect("nothing to do"), []);
                scratch.holds_exactly(three);
                break;
            }
            let last = [one, two, three][(n + m) % 3];
            if was && scratch.compare(last).is_ok() {
                // The journal goes only when the third tree is whole.
                assert_eq!(scratch.compare(three).expect("whole"), []);
            }
            scratch.put(last).expect("it completes");
            scratch.holds_exactly(last);
        }
    }
}

#[test]
fn an_error_while_completing_keeps_the_interruption_known() {
    let trees = trees();
    let [one, two, three] = &trees;
    for n in 0.. {
        for m in 0.. {
            let scratch = start(Some(one));
            if put_with(&scratch, two, Fault::Dead(n)).is_none() {
                return;
            }
            if !scratch.journal().exists() {
                break;
            }
            let tree_of = |scratch: &Scratch| {
                let mut all = scratch.snapshot();
                all.retain(|path, _| path.starts_with("deploy/"));
                all
            };
            let before = tree_of(&scratch);
            match put_with(&scratch, three, Fault::Once(m)) {
                None => break,
                Some(Ok(())) => {}
                Some(Err(_)) => {
                    assert_eq!(texts(&tree_of(&scratch)), texts(&before));
                    assert!(matches!(
                        scratch.compare(three),
                        Err(DiskError::Interrupted { .. })
                    ));
                }
            }
            scratch.put(three).expect("it completes");
            scratch.holds_exactly(three);
        }
    }
}

#[test]
fn an_edit_after_a_kill_is_still_an_edit() {
    let [one, two, three] = trees();
    let mut asked = 0;
    for n in 0.. {
        let scratch = start(Some(&one));
        if put_with(&scratch, &two, Fault::Dead(n)).is_none() {
            break;
        }
        if !scratch.journal().exists() {
            continue;
        }
        scratch.write("changed", "mine");
        let error = scratch.put(&three).expect_err("it is refused");
        assert!(
            matches!(&error, DiskError::Edited { paths, .. } if paths == &["changed"]),
            "{error:?}"
        );
        scratch.force(&three).expect("written");
        scratch.holds_exactly(&three);
        asked += 1;
    }
    assert!(asked > 5);
}

#[test]
fn a_forced_render_that_was_killed_needs_no_second_force() {
    let [_, two, three] = trees();
    for n in 0.. {
        let scratch = Scratch::new();
        scratch.write("changed", "mine");
        set(Fault::Dead(n));
        let result = scratch.force(&two);
        let dead = set(Fault::None) == Fault::Dead(0) && result.is_err();
        if !dead {
            assert!(n > 10);
            break;
        }
        if scratch.journal().exists() {
            scratch.put(&three).expect("it was allowed");
            scratch.holds_exactly(&three);
        }
    }
}
