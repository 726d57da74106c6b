//! The stay: bake and gates are about what serves now, and begin again where that changes.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::harness::Lab;
use super::health::{application, serve};

pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.expect("a time").as_secs()).expect("a time")
}

/// Changes rollout.yaml, renders, and commits at this time.
pub(super) fn edit(lab: &Lab, from: &str, to: &str, at: i64) -> String {
    let spec = lab.read("app/rollout.yaml");
    assert!(spec.contains(from), "{spec}");
    lab.write("app/rollout.yaml", &spec.replace(from, to));
    lab.ok(&["render", "app", "--restart"]);
    lab.commit_at("an edit", at)
}

fn split(name: &str) -> Lab {
    let lab = Lab::new(name);
    lab.promote_to("split");
    lab
}

/// The image of the candidate, and of nothing else.
const CANDIDATE: &str = "image: tensorflow/serving:2.8.0\n      model: {name: image_classifier, uri: \"gs://models/resnet_101\"}";

fn candidate(image: &str, model: &str) -> String {
    CANDIDATE
        .replace("2.8.0", image)
        .replace("resnet_101", model)
}

/// The last row of the history.
fn last_row(lab: &Lab) -> Value {
    let history = lab.json(&["history", "app", "--format", "json"]);
    let stays = history["stays"].as_array().expect("rows").clone();
    stays.last().expect("a row").clone()
}

#[test]
fn a_candidate_that_changes_while_it_is_live_bakes_again() {
    for (case, to, what) in [
        (
            "image",
            candidate("2.14.1", "resnet_101"),
            "image of `resnet101`",
        ),
        (
            "model",
            candidate("2.8.0", "resnet_102"),
            "pods of `resnet101`",
        ),
    ] {
        let lab = split(&format!("changed-{case}"));
        assert_eq!(lab.status()["bakeLeftSeconds"], 0);
        let of_before = lab.evidence("split", "pass");
        let kept = lab.read(".git/evidence.json");
        let of_before = of_before.replace("evidence.json", "before.json");
        lab.write(".git/before.json", &kept);
        let commit = edit(&lab, CANDIDATE, &to, now() - 120);
        let status = lab.status();
        assert_ne!(status["bakeLeftSeconds"], 0, "{status}");
        assert_eq!(status["commit"], commit);
        assert_eq!(status["restarted"], what);
        let text = lab.ok(&["status", "app"]);
        let says = format!(" restarted by {}: {what}\n", &commit[..7]);
        assert!(text.contains(&says), "{text}");
        lab.refused(
            &["promote", "app", "--evidence", &of_before],
            1,
            "its `contentDigest` is",
        );
        let evidence = lab.evidence("split", "pass");
        lab.refused(
            &["promote", "app", "--evidence", &evidence],
            4,
            "`split` bakes for 1h, and ",
        );
        assert_eq!(lab.live(), "split");
        let row = last_row(&lab);
        assert_eq!(
            (&row["stage"], &row["restarted"]),
            (&"split".into(), &what.into())
        );
        let text = lab.ok(&["history", "app"]);
        assert!(text.contains(&format!("restarted: {what}")), "{text}");
    }
}

#[test]
fn a_weight_that_is_edited_in_place_bakes_again() {
    let lab = split("weight-in-place");
    edit(&lab, "weight: 30", "weight: 39", now());
    let status = lab.status();
    assert_eq!(status["restarted"], "weights");
    assert_ne!(status["bakeLeftSeconds"], 0);
}

#[test]
fn what_serves_nobody_else_leaves_the_stay_as_it_is() {
    let lab = split("untouched");
    let before = lab.status();
    for (from, to) in [
        ("steps:", "steps: # on we go"),
        (
            "- weight: 100\n",
            "- weight: 100\n      description: all of it\n",
        ),
        ("weight: 100\n", "weight: 90\n"),
        ("bake: 1h", "bake: 2h"),
        ("max: 500ms", "max: 400ms"),
    ] {
        edit(&lab, from, to, now());
        let status = lab.status();
        assert_eq!(status["commit"], before["commit"], "{to}");
        assert_eq!(status["restarted"], Value::Null, "{to}");
    }
    // An earlier stage more, and every number after it is another one.
    edit(
        &lab,
        "    - name: split\n",
        "    - {name: little, weight: 1}\n    - name: split\n",
        now(),
    );
    assert_eq!(lab.status()["live"]["folder"], "03-split");
    assert_eq!(lab.status()["commit"], before["commit"]);
}

#[test]
fn a_change_and_its_way_back_are_two_stays() {
    let lab = split("there-and-back");
    let other = candidate("2.14.1", "resnet_101");
    edit(&lab, CANDIDATE, &other, now());
    let back = edit(&lab, &other, CANDIDATE, now());
    let status = lab.status();
    assert_eq!(status["commit"], back);
    assert_ne!(status["bakeLeftSeconds"], 0);
}

#[test]
fn what_somebody_edits_by_hand_is_another_stay_whatever_the_lock_says() {
    let lab = split("by-hand");
    let path = "app/deploy/stages/02-split/deployment-resnet101.yaml";
    let text = lab.read(path);
    lab.write(path, &text.replace("serving:2.8.0", "serving:2.14.1"));
    let by_hand = lab.commit_at("by hand", now());
    assert_eq!(lab.status()["commit"], by_hand);
    // A patch in the pointer's own file changes what is applied, too.
    let pointer = lab.read("app/deploy/current/kustomization.yaml");
    let patched = format!("{pointer}images:\n- name: tensorflow/serving\n  newTag: 2.14.1\n");
    lab.write("app/deploy/current/kustomization.yaml", &patched);
    let patched = lab.commit_at("a patch", now());
    assert_eq!(lab.status()["commit"], patched);
    assert_eq!(lab.status()["restarted"], "`current/kustomization.yaml`");
}

#[test]
fn argo_cd_s_deployment_of_what_was_there_before_counts_for_nothing() {
    let lab = split("deployed-before");
    let before = lab.head();
    let after = edit(&lab, "weight: 30", "weight: 29", now() - 7_200);
    let deployed = "2020-02-01T00:00:00Z";
    let (argo, _) = serve(200, application("Synced", "Healthy", &before, deployed));
    let evidence = lab.evidence("split", "pass");
    let promote = |argo: &str| {
        let args = [
            "promote",
            "app",
            "--evidence",
            &evidence,
            "--argocd-server",
            argo,
        ];
        let mut command = lab.prepare(&args);
        lab.finish(command.env("ARGOCD_AUTH_TOKEN", "x"))
    };
    let ran = promote(&argo);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let says = "which is no commit of the live stage";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
    let (argo, _) = serve(200, application("Synced", "Healthy", &after, deployed));
    let ran = promote(&argo);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
