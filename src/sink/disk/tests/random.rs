//! Random histories: after every put the folder is what was wanted, and what others wrote is untouched.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::sink::disk::ops::faults::{Fault, set};

use super::*;

/// A few names on three levels, so that trees meet, miss and block each other.
fn paths() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 1..=3)
        .prop_map(|parts| parts.join("/"))
}

fn contents() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "1\n", "2\n", "ä\r\n"]).prop_map(str::to_owned)
}

/// Files of which none lies in another.
fn files(most: usize) -> impl Strategy<Value = Files> {
    prop::collection::btree_map(paths(), contents(), 0..=most).prop_map(|mut all| {
        let names: BTreeSet<String> = all.keys().cloned().collect();
        all.retain(|path, _| !names.iter().any(|other| below(other, path)));
        all
    })
}

/// Whether `path` lies in `folder`.
fn below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

fn with_lock(files: &Files) -> Files {
    let pairs: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    tree(&pairs)
}

/// What must be in the folder, as the rules say it and without the code's help.
struct Model {
    foreign: Files,
    ours: Files,
}

impl Model {
    fn refuses(&self, wanted: &Files) -> bool {
        self.foreign.iter().any(|(path, text)| {
            wanted.iter().any(|(want, content)| {
                (path == want && text != content) || below(path, want) || below(want, path)
            })
        })
    }

    fn all(&self) -> Files {
        let mut all = self.foreign.clone();
        all.extend(self.ours.clone());
        all
    }
}

fn on_disk(scratch: &Scratch) -> Files {
    let snapshot = scratch.snapshot();
    texts(&snapshot)
        .into_iter()
        .filter(|(path, _)| !path.ends_with('/'))
        .filter_map(|(path, text)| Some((path.strip_prefix("deploy/")?.to_owned(), text)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_in_what_was_wanted(
        foreign in files(3),
        history in prop::collection::vec((files(6), prop::option::weighted(0.3, 0_usize..40)), 1..6),
    ) {
        let scratch = Scratch::new();
        for (path, text) in &foreign {
            scratch.write(path, text);
        }
        let mut model = Model { foreign, ours: Files::new() };
        for (files, kill) in &history {
            let files = with_lock(files);
            let before = scratch.snapshot();
            if model.refuses(&files) {
                let error = scratch.put(&files).expect_err("others' files are in the way");
                prop_assert!(
                    matches!(error, DiskError::Foreign { .. } | DiskError::Blocked { .. }),
                    "{error}"
                );
                prop_assert!(scratch.snapshot() == before, "a refusal changed something");
                continue;
            }
            if let Some(n) = kill {
                set(Fault::Dead(*n));
                let _ = scratch.put(&files);
                set(Fault::None);
            }
            scratch.put(&files).expect("nothing is in the way");
            // What was there with the same bytes is ours from now on: the lock lists it.
            model.foreign.retain(|path, _| !files.contains_key(path));
            model.ours = files;
            prop_assert_eq!(on_disk(&scratch), model.all());
            prop_assert!(!scratch.staged().exists());
            prop_assert_eq!(scratch.compare(&model.ours).expect("whole"), []);
        }
    }
}
