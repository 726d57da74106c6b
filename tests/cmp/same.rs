//! What the plugin prints is what the tree holds: whoever changes from one way to the other changes nothing in the cluster.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::files_below;

use super::{ask, examples, repository, stage};

type Objects = BTreeMap<String, Value>;

fn key(object: &Value) -> String {
    format!("{}/{}", object["kind"], object["metadata"]["name"])
}

/// The objects of a folder of the tree, as an independent reader of YAML takes them.
fn read(folder: &Path) -> Objects {
    let mut objects = Objects::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.ends_with("kustomization.yaml") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a manifest");
        let object: Value = serde_yaml::from_str(&text).expect("YAML");
        objects.insert(key(&object), object);
    }
    objects
}

#[test]
fn every_stage_of_every_example_is_the_tree_s() {
    let mut stages = 0;
    for example in fs::read_dir(examples()).expect("examples") {
        let example = example.expect("an entry").path();
        let Ok(spec) = fs::read_to_string(example.join("rollout.yaml")) else {
            continue;
        };
        let repository = repository(&[("rollout.yaml", &spec)]);
        for (path, bytes) in files_below(&example) {
            if !path.starts_with("deploy/") && path != "rollout.yaml" {
                repository.write(&path, bytes);
            }
        }
        for folder in fs::read_dir(example.join("deploy/stages")).expect("stages") {
            let folder = folder.expect("an entry").path();
            let numbered = folder
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let name = numbered.split_once('-').expect("a number").1;
            let base = example.join("deploy/base");
            // A rollout whose Service is somebody else's has nothing in every stage.
            let mut want = if base.exists() {
                read(&base)
            } else {
                Objects::new()
            };
            want.extend(read(&folder));
            let mut previous = String::new();
            for wanted in [name, &numbered] {
                let response = ask(&repository, Some(&stage(wanted)));
                let printed = response.manifests.expect("objects");
                let got: Objects = printed
                    .iter()
                    .map(|object| (key(object), object.clone()))
                    .collect();
                assert_eq!(printed.len(), got.len(), "no object twice");
                assert!(got == want, "{}: {wanted}", example.display());
                assert!(previous.is_empty() || previous == response.stdout);
                previous = response.stdout;
            }
            stages += 1;
        }
    }
    assert!(stages >= 20, "{stages}");
}

#[test]
fn the_examples_for_argo_cd_are_what_is_printed() {
    let folder = examples().join("argocd/plugin");
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    let printed = std::process::Command::new(crate::support::GLIDEPATH)
        .args([
            "cmp",
            "manifests",
            "--image",
            "registry.example/glidepath:0.1.0",
        ])
        .output()
        .expect("it starts");
    let files = format!(
        "{}---\n{}",
        read("config-map.yaml"),
        read("repo-server-patch.yaml")
    );
    assert_eq!(String::from_utf8_lossy(&printed.stdout), files);
}
