//! What glidepath tells a model server, against what the server knows: `fixtures/servers` has the options of each, with their source.
//! `tests/conformance/run servers` holds the lists that a package can confirm against the package.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::ROOT;

/// The options of every server, by the name of its runtime.
fn known() -> BTreeMap<String, BTreeSet<String>> {
    let folder = Path::new(ROOT).join("fixtures/servers");
    let entries = fs::read_dir(folder).expect("the lists");
    let read = |path: &Path| {
        let text = fs::read_to_string(path).expect("a list");
        assert!(text.starts_with("# "), "{}: no source", path.display());
        let options = text.lines().filter(|line| !line.starts_with('#'));
        let name = path.file_stem().and_then(|name| name.to_str());
        let options = options.map(str::to_owned).collect();
        (name.expect("a name").to_owned(), options)
    };
    entries
        .map(|entry| read(&entry.expect("an entry").path()))
        .collect()
}

/// The containers that serve in every case that compiles, by the name of their runtime, with the case's name.
fn containers() -> Vec<(String, String, Value)> {
    let cases = Path::new(ROOT).join("fixtures/cases");
    let mut found = Vec::new();
    for case in fs::read_dir(cases).expect("the cases") {
        let case = case.expect("a case");
        let Ok(text) = fs::read_to_string(case.path().join("tree.txt")) else {
            continue;
        };
        let name = case.file_name().to_string_lossy().into_owned();
        for section in text.split("--- # ") {
            let Some((path, manifest)) = section.split_once('\n') else {
                continue;
            };
            if !path.contains("/deployment-") {
                continue;
            }
            let object: Value = serde_yaml::from_str(manifest).expect(path);
            let containers = object.pointer("/spec/template/spec/containers");
            for container in containers.and_then(Value::as_array).into_iter().flatten() {
                let runtime = container["name"].as_str().unwrap_or_default().to_owned();
                found.push((name.clone(), runtime, container.clone()));
            }
        }
    }
    found
}

#[test]
fn every_option_is_one_that_the_server_knows() {
    let known = known();
    let mut told = BTreeSet::new();
    for (case, runtime, container) in containers() {
        let Some(options) = known.get(&runtime) else {
            continue;
        };
        let args = container["args"].as_array();
        for arg in args.into_iter().flatten().filter_map(Value::as_str) {
            let Some(option) = arg.split('=').next().filter(|name| name.starts_with('-')) else {
                continue;
            };
            assert!(
                options.contains(option),
                "{case}: {runtime} knows no `{option}`"
            );
            told.insert((runtime.clone(), option.to_owned()));
        }
    }
    for runtime in known.keys().filter(|runtime| *runtime != "mlserver") {
        let count = told.iter().filter(|(told, _)| told == runtime).count();
        assert!(count > 2, "no case shows what `{runtime}` is told");
    }
}
