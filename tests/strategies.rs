//! Strategies, ramps and step defaults: what `plan --expand` prints is the same rollout, written as steps.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Place, ROOT, files_below};

/// Every rollout of the fixtures and examples that compiles, with the folder that it lies in.
fn rollouts() -> Vec<PathBuf> {
    let folders = ["fixtures/cases", "examples"].map(|folder| Path::new(ROOT).join(folder));
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"));
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let compiles = |folder: &PathBuf| {
        let is_there = |name: &str| folder.join(name).exists();
        is_there("rollout.yaml") && !is_there("report.txt")
    };
    folders.filter(compiles).collect()
}

/// Whether a rollout says anything that is written as steps only.
fn is_expanded(folder: &Path) -> bool {
    let text = fs::read_to_string(folder.join("rollout.yaml")).expect("text");
    let words = ["  strategy:", "linear:", "stepDefaults:"];
    words.iter().any(|word| text.contains(word))
}

/// A tree without the digest of the file that it was made of.
fn tree(place: &Place) -> BTreeMap<String, String> {
    let digest = place.run(&["plan", "--format", "json"]).stdout;
    let digest: serde_json::Value = serde_json::from_str(&digest).expect("JSON");
    let digest = digest["specDigest"].as_str().expect("a digest").to_owned();
    let files = files_below(&place.path("deploy")).into_iter();
    files
        .map(|(path, bytes)| {
            let text = String::from_utf8(bytes).expect("text");
            (path, text.replace(&digest, "[digest of rollout.yaml]"))
        })
        .collect()
}

fn copied(folder: &Path) -> Place {
    let place = Place::new();
    for (path, bytes) in files_below(folder) {
        if !path.starts_with("deploy/") {
            place.write(&path, &bytes);
        }
    }
    place
}

#[test]
fn what_plan_expand_prints_has_the_same_tree_byte_for_byte() {
    let expanded: Vec<PathBuf> = rollouts()
        .into_iter()
        .filter(|folder| is_expanded(folder))
        .collect();
    assert!(expanded.len() >= 13, "only {} rollouts", expanded.len());
    for folder in expanded {
        let [written, printed] = [copied(&folder), copied(&folder)];
        let text = written.run(&["plan", "--expand"]).exits(0).stdout;
        assert!(!text.contains("strategy:"), "{text}");
        assert!(!text.contains("stepDefaults:"), "{text}");
        assert!(!text.contains("linear:"), "{text}");
        printed.write("rollout.yaml", &text);
        for place in [&written, &printed] {
            place.run(&["render"]).exits(0);
        }
        assert_eq!(
            tree(&written),
            tree(&printed),
            "{}\n{text}",
            folder.display()
        );
        let again = printed.run(&["plan", "--expand"]).exits(0).stdout;
        assert_eq!(again, text, "{}", folder.display());
    }
}

#[test]
fn a_rollout_of_steps_is_printed_as_it_is() {
    let place = Place::with(crate::support::GOOD);
    let printed = place.run(&["plan", "--expand"]).exits(0).stdout;
    assert_eq!(printed, crate::support::GOOD);
    place
        .run(&["plan", "--expand", "--cost"])
        .exits(2)
        .says(&["--expand", "--cost"]);
}
