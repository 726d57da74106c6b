//! `fixtures/adoption`: what runs, as a server prints it, against the stages of the rollout that takes it over.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::git::program;
use crate::support::{GLIDEPATH, Place, ROOT, Run};

/// `kubectl get … -o yaml | glidepath prove --from - --to deploy/stages/STAGE`, where a server printed `live.yaml`.
fn prove(case: &str, stage: &str) -> Run {
    prove_with(case, stage, "")
}

/// The same, where the server has these items first.
fn prove_with(case: &str, stage: &str, items: &str) -> Run {
    let place = Place::new();
    let folder = Path::new(ROOT).join("fixtures/adoption").join(case);
    let document = fs::read_to_string(folder.join("rollout.yaml")).expect("the rollout");
    place.write("rollout.yaml", &document);
    let mut render = Command::new(GLIDEPATH);
    Run::to_the_end(render.args(["render"]).current_dir(place.root())).exits(0);
    let live = fs::read_to_string(folder.join("live.yaml")).expect("what runs");
    assert!(live.contains("items:\n"), "a list");
    place.write(
        "live.yaml",
        live.replacen("items:\n", &format!("items:\n{items}"), 1),
    );
    let live = fs::File::open(place.path("live.yaml")).expect("what runs");
    let mut prove = Command::new(GLIDEPATH);
    prove
        .args(["prove", "--from", "-", "--to"])
        .arg(format!("deploy/stages/{stage}"))
        .current_dir(place.root())
        .stdin(Stdio::from(live));
    // What a kustomization lists above its folder is read only in a repository.
    let mut init = program("git", place.root(), place.root(), 0);
    Run::to_the_end(init.args(["init", "--quiet"])).exits(0);
    Run::to_the_end(&mut prove)
}

#[test]
fn what_runs_is_taken_over_without_a_lost_request() {
    for (case, stage) in [
        ("labels-that-tell", "00-baseline"),
        ("no-label-that-tells", "00-adopt"),
    ] {
        prove(case, stage).exits(0).says(&["safe in every order"]);
    }
}

#[test]
fn what_others_run_beside_it_is_nobodys_fault() {
    let others = "- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: other, namespace: vision, uid: 0f8fad5b-d9cb-469f-a165-70867728950e}
  spec:
    replicas: 4
    selector: {matchLabels: {app: other}}
    template:
      metadata: {labels: {app: other}}
      spec: {containers: [{name: other, image: other}]}
- apiVersion: autoscaling/v2
  kind: HorizontalPodAutoscaler
  metadata: {name: other, namespace: vision, uid: 7c9e6679-7425-40de-944b-e07fc1f90ae7}
  spec: {maxReplicas: 9, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: other}}
";
    let found = prove_with("labels-that-tell", "00-baseline", others).exits(0);
    assert!(!found.stderr.contains("GP407"), "{}", found.shown());
}

#[test]
fn a_label_that_the_running_pods_lack_is_found() {
    let found = prove("no-label-that-tells", "01-baseline").exits(1);
    found.says(&["GP303", "GP314", "stages/01-baseline/virtual-service.yaml"]);
}
