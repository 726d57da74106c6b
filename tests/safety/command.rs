//! `glidepath prove`: where its two sides may come from, and how its findings are written.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::git::program;
use crate::support::{GLIDEPATH, Place, ROOT, Run};

const BREAKS: &str = "a-subset-removed-with-its-pods-breaks";

fn case(file: &str) -> String {
    let path = Path::new(ROOT)
        .join("fixtures/moves")
        .join(BREAKS)
        .join(file);
    fs::read_to_string(path).expect("a fixture")
}

/// A repository whose first commit has the folder `overlay` as it was, and whose work tree has it as it is to be.
fn overlays(list: &str) -> Place {
    let place = Place::new();
    let git = |args: &[&str]| {
        let mut git = program("git", place.root(), place.root(), 1_700_000_000);
        Run::to_the_end(git.args(args)).exits(0);
    };
    git(&["init", "--quiet", "--initial-branch", "main"]);
    place.write("base/all.yaml", case("from.yaml"));
    place.write("overlay/kustomization.yaml", list);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "-m", "as it was"]);
    place.write("base/all.yaml", case("to.yaml"));
    place
}

fn prove(place: &Place, args: &[&str]) -> Run {
    let mut prove = Command::new(GLIDEPATH);
    prove.arg("prove").args(args).current_dir(place.root());
    Run::to_the_end(prove.stdin(Stdio::null()))
}

const LIST: &str = "resources: [../base/all.yaml]\n";

#[test]
fn a_revision_is_held_against_the_work_tree() {
    let place = overlays(LIST);
    for from in ["main:overlay", "HEAD:./overlay/", "HEAD:base/all.yaml"] {
        let found = prove(&place, &["--from", from, "--to", "overlay"]).exits(1);
        found.says(&["GP302", "GP303", ":base/all.yaml:"]);
    }
    prove(&place, &["--from", "overlay", "--to", "base"]).exits(0);
    prove(&place, &["--from", "nowhere:overlay", "--to", "overlay"])
        .exits(2)
        .says(&["`nowhere` names no commit"]);
    prove(&place, &["--from", "main:absent", "--to", "overlay"])
        .exits(1)
        .says(&["there is no `absent`"]);
}

#[test]
fn what_needs_building_is_said_and_not_guessed() {
    let place = overlays("resources: [../base/all.yaml]\nnamePrefix: x-\n");
    prove(&place, &["--from", "base", "--to", "overlay"])
        .exits(1)
        .says(&[
            "`overlay` has a kustomization with `namePrefix`",
            "kubectl kustomize overlay",
        ]);
    place.write(
        "overlay/kustomization.yaml",
        "resources: ['https://example.com/x']\n",
    );
    prove(&place, &["--from", "base", "--to", "overlay"])
        .exits(1)
        .says(&["needs building"]);
}

#[test]
fn nothing_outside_the_repository_is_read() {
    let place = overlays(LIST);
    for outside in ["../../../etc/hostname", "/etc/hostname"] {
        place.write(
            "overlay/kustomization.yaml",
            format!("resources: [{outside}]\n"),
        );
        prove(&place, &["--from", "base", "--to", "overlay"])
            .exits(1)
            .says(&["leads out of the folder"]);
    }
    // Nor by a link in the place of a side.
    let secret = Place::new();
    secret.write("secret.yaml", "password: hunter2\n");
    std::os::unix::fs::symlink(secret.root(), place.path("link")).expect("a link");
    for side in ["link", "link/secret.yaml", ".git/config"] {
        let run = prove(&place, &["--from", "base", "--to", side]).exits(1);
        assert!(!run.stderr.contains("hunter2"), "{}", run.shown());
        run.says(&["leads out of the folder"]);
    }
    // Without a repository, nothing above the folder is.
    let alone = Place::new();
    alone.write("secret.yaml", "x: 1\n");
    alone.write(
        "overlay/kustomization.yaml",
        "resources: [../secret.yaml]\n",
    );
    prove(&alone, &["--from", "overlay", "--to", "overlay"])
        .exits(1)
        .says(&["leads out of the folder"]);
}

#[test]
fn wrong_sides_are_refused() {
    let place = overlays(LIST);
    prove(&place, &["--from", "-", "--to", "-"]).exits(2);
    prove(&place, &["--from", "-", "--to", "base"])
        .exits(1)
        .says(&["`-` holds no manifests"]);
    prove(&place, &["--from", "absent.yaml", "--to", "base"]).exits(6);
    prove(
        &place,
        &["--from", "base", "--to", "base", "--canary", "101"],
    )
    .exits(2);
    place.write("bad.yaml", "apiVersion: v1\nkind: Service\n---\na: [\n");
    prove(&place, &["--from", "base", "--to", "bad.yaml"])
        .exits(1)
        .says(&["GP001", "bad.yaml:"]);
    place.write("bad.yaml", "apiVersion: v1\nkind: Service\n");
    prove(&place, &["--from", "base", "--to", "bad.yaml"])
        .exits(1)
        .says(&["GP007", "no `metadata.name`"]);
    place.write(
        "twice.yaml",
        format!("{}---\n{}", case("to.yaml"), case("to.yaml")),
    );
    prove(&place, &["--from", "base", "--to", "twice.yaml"])
        .exits(1)
        .says(&["GP108"]);
}

#[test]
fn objects_without_a_namespace_are_where_the_command_says() {
    let place = Place::new();
    place.write("from.yaml", case("from.yaml"));
    place.write("to.yaml", case("from.yaml").replace(", namespace: ml", ""));
    let sides = ["--from", "from.yaml", "--to", "to.yaml"];
    prove(&place, &sides).exits(1);
    prove(&place, &[&sides[..], &["--namespace", "ml"]].concat()).exits(0);
}

#[test]
fn findings_are_written_for_people_and_programs() {
    let place = Place::new();
    place.write("from.yaml", case("from.yaml"));
    place.write("to.yaml", case("to.yaml"));
    let said = |format: &str| {
        let args = [
            "--message-format",
            format,
            "--from",
            "from.yaml",
            "--to",
            "to.yaml",
        ];
        prove(&place, &args).exits(1).stderr
    };
    let lines: Vec<Value> = said("json")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["file"], "from.yaml");
    assert_eq!(lines[0]["code"], "GP302");
    assert_eq!(lines[0]["start"]["line"], 53);
    let log: Value = serde_json::from_str(&said("sarif")).expect("a log");
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), 2);
    assert_eq!(results[0]["level"], "error");
    assert!(said("github").contains("::error "), "an annotation");
}

#[test]
fn a_json_stream_of_a_server_is_read() {
    let place = Place::new();
    place.write("to.yaml", case("to.yaml"));
    let list = r#"{"apiVersion": "v1", "kind": "List", "items": []}"#;
    place.write("live.json", list);
    // Nothing runs, and so nobody could ask.
    prove(&place, &["--from", "live.json", "--to", "to.yaml"]).exits(0);
}
