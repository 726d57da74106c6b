//! A whole rollout, forwards and backwards, and what is built on the way.

use std::collections::BTreeMap;
use std::path::Path;

use serde_yaml::Value;

use super::harness::Lab;

const STAGES: [&str; 5] = ["baseline", "deploy", "split", "weight-100", "retire"];

/// The objects of a kustomization as kustomize builds it: its resources, folders and files, in order.
fn build(folder: &Path) -> Vec<Value> {
    let read = |path: &Path| -> Value {
        let text = std::fs::read_to_string(path).expect("a file of the tree");
        serde_yaml::from_str(&text).expect("YAML")
    };
    let list = read(&folder.join("kustomization.yaml"));
    let resources = list["resources"].as_sequence().expect("resources");
    let mut objects = Vec::new();
    for resource in resources {
        let path = folder.join(resource.as_str().expect("a path"));
        if path.is_dir() {
            objects.extend(build(&path));
        } else {
            objects.push(read(&path));
        }
    }
    objects
}

fn name(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!(
        "{} {}",
        text(&object["kind"]),
        text(&object["metadata"]["name"])
    )
}

fn by_name(objects: Vec<Value>) -> BTreeMap<String, Value> {
    objects
        .into_iter()
        .map(|object| (name(&object), object))
        .collect()
}

/// What `deploy/current` builds.
fn current(lab: &Lab) -> BTreeMap<String, Value> {
    by_name(build(&lab.dir.join("app/deploy/current")))
}

/// Every value under a key, however deep.
fn under<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Mapping(map) => {
            for (name, child) in map {
                if name.as_str() == Some(key) {
                    found.push(child);
                }
                under(child, key, found);
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| under(item, key, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Tagged(_) => {}
    }
}

/// The subsets that routes send requests to, by the emitted VirtualServices.
fn routed(objects: &BTreeMap<String, Value>) -> Vec<String> {
    let mut found = Vec::new();
    for (name, object) in objects {
        if name.starts_with("VirtualService ") {
            under(object, "subset", &mut found);
        }
    }
    found
        .into_iter()
        .filter_map(|subset| subset.as_str().map(str::to_owned))
        .collect()
}

/// The subsets that have both an entry in a DestinationRule and a Deployment whose pods carry its labels.
fn served(objects: &BTreeMap<String, Value>) -> Vec<String> {
    let mut served = Vec::new();
    for rule in objects
        .iter()
        .filter(|(name, _)| name.starts_with("DestinationRule "))
    {
        for subset in rule.1["spec"]["subsets"].as_sequence().expect("subsets") {
            let labels = subset["labels"].as_mapping().expect("labels");
            let runs = objects
                .iter()
                .filter(|(name, _)| name.starts_with("Deployment "))
                .any(|(_, deployment)| {
                    let pod = &deployment["spec"]["template"]["metadata"]["labels"];
                    labels
                        .iter()
                        .all(|(key, value)| pod.get(key) == Some(value))
                });
            if runs {
                served.push(subset["name"].as_str().expect("a name").to_owned());
            }
        }
    }
    served
}

/// GP301–303 on the objects: what has traffic on either side is served on both.
fn assert_safe(before: &BTreeMap<String, Value>, after: &BTreeMap<String, Value>, what: &str) {
    for subset in routed(before).iter().chain(&routed(after)) {
        assert!(
            served(before).contains(subset),
            "{what}: {subset} is not served before"
        );
        assert!(
            served(after).contains(subset),
            "{what}: {subset} is not served after"
        );
    }
    assert!(!routed(after).is_empty(), "{what}: nothing is routed");
}

#[test]
fn a_whole_rollout_is_walked_and_rolled_back_from_every_stage() {
    let lab = Lab::new("walk");
    assert_eq!(lab.live(), "baseline");
    let mut before = current(&lab);
    for (index, stage) in STAGES.iter().enumerate() {
        if index > 0 {
            lab.promote();
        }
        assert_eq!(lab.live(), *stage);
        let now = current(&lab);
        let stream = lab.ok(&["render", "app", "--stdout", "--stage", stage]);
        let want = stream
            .split("---\n")
            .map(|document| serde_yaml::from_str(document).expect("YAML"))
            .collect();
        assert_eq!(now, by_name(want), "{stage}");
        assert_safe(&before, &now, stage);

        let status = lab.status();
        assert_eq!(status["live"]["stage"], *stage);
        assert_eq!(status["commit"], lab.head());
        assert_eq!(status["stale"], false);
        assert_eq!(
            status["next"]["stage"].as_str(),
            STAGES.get(index + 1).copied()
        );

        let plan: serde_json::Value =
            serde_json::from_str(&lab.read("app/deploy/plan.json")).expect("the lock");
        let target = plan["stages"][index]["rollback"]
            .as_str()
            .map(str::to_owned);
        assert_eq!(status["rollback"]["stage"].as_str(), target.as_deref());
        let here = lab.head();
        if let Some(target) = target {
            lab.ok(&["rollback", "app", "--reason", "5xx"]);
            assert_eq!(lab.live(), target, "back from {stage}");
            assert_safe(&now, &current(&lab), &format!("{stage} back to {target}"));
            assert!(
                lab.read("app/deploy/hold.yaml")
                    .contains(&format!("stage: {stage}"))
            );
            // One line of the pointer, and the hold.
            let numbers = lab.git(&["show", "--numstat", "--format="]);
            assert!(
                numbers.contains("1\t1\tapp/deploy/current/kustomization.yaml"),
                "{numbers}"
            );
            assert_eq!(numbers.lines().count(), 2, "{numbers}");
            lab.git(&["reset", "--quiet", "--hard", &here]);
        } else if *stage == "retire" {
            assert_eq!(status["longWayBack"]["first"]["stage"], "weight-100");
            assert_eq!(status["longWayBack"]["moves"], 2);
            let said = lab.ok(&["status", "app"]);
            let wanted =
                "rollback  2 moves, by 03-weight-100: `glidepath rollback --to weight-100` first\n";
            assert!(said.contains(wanted), "{said}");
            lab.refused(
                &["rollback", "app"],
                1,
                "`glidepath rollback --to weight-100`",
            );
            lab.ok(&["rollback", "app", "--to", "weight-100"]);
            assert_safe(&now, &current(&lab), "retire back to weight-100");
            lab.ok(&["rollback", "app"]);
            assert_eq!(lab.live(), "deploy");
            lab.git(&["reset", "--quiet", "--hard", &here]);
        } else {
            assert_eq!(lab.run(&["rollback", "app"]).code, 0);
            assert_eq!(lab.head(), here, "nothing to go back from in {stage}");
        }
        before = now;
    }
    assert_eq!(lab.run(&["promote", "app"]).code, 0);
    assert_eq!(lab.live(), "retire");
    lab.fsck();
}

#[test]
fn the_ledger_is_read_back_and_bears_foreign_commits() {
    let lab = Lab::new("ledger");
    lab.promote();
    lab.promote();
    lab.commit_all("something else");
    // Somebody moves the pointer by hand.
    let pointer = lab.read("app/deploy/current/kustomization.yaml");
    lab.write(
        "app/deploy/current/kustomization.yaml",
        &pointer.replace("02-split", "01-deploy"),
    );
    lab.commit_all("by hand");
    let reason = "known to be good";
    lab.ok(&["promote", "app", "--force", "--resume", "--reason", reason]);
    lab.promote();
    lab.ok(&["rollback", "app", "--reason", "slow"]);
    let trailers = lab.git(&["log", "-1", "--format=%(trailers:only)"]);
    for line in [
        "Rollout: image-classifier",
        "Stage-From: weight-100",
        "Stage-To: deploy",
        "Spec-Digest: sha256:",
        "Rollback-Reason: slow",
    ] {
        assert!(trailers.contains(line), "{trailers}");
    }
    let trailers = lab.git(&["log", "-1", "--format=%(trailers:only)", "HEAD~1"]);
    assert!(
        trailers.contains("Gate: availability=99.93%>=99.5% (n=18234)"),
        "{trailers}"
    );
    let trailers = lab.git(&["log", "-1", "--format=%(trailers:only)", "HEAD~2"]);
    assert!(
        trailers.contains("Forced-By-Reason: known to be good"),
        "{trailers}"
    );
    let ledger = lab.json(&["history", "app", "--format", "json"]);
    let stays = ledger["stays"].as_array().expect("stays");
    let column =
        |key: &str| -> Vec<String> { stays.iter().map(|stay| stay[key].to_string()).collect() };
    assert_eq!(
        column("stage").join(" "),
        r#""baseline" "deploy" "split" "deploy" "split" "weight-100" "deploy""#
    );
    assert_eq!(
        column("foreign").join(" "),
        "true false false true false false false"
    );
    assert_eq!(stays[4]["forced"], "known to be good");
    assert_eq!(
        stays[4]["gates"][0],
        "availability=99.93%>=99.5% (n=18234), handed in by a load test"
    );
    assert_eq!(stays[6]["rollback"], "slow");
    assert_eq!(
        stays[0]["seconds"],
        stays[0]["seconds"].as_u64().expect("seconds") / 86_400 * 86_400
    );
    let table = lab.ok(&["history", "app"]);
    for word in [
        "forced: known to be good",
        "rolled back: slow",
        "not by glidepath",
        "went back without a hold",
        "live",
        "Ada",
    ] {
        assert!(table.contains(word), "{table}");
    }
}

#[test]
fn squash_rebase_and_merge_commits_tell_the_same() {
    for way in ["merge", "squash", "rebase"] {
        let lab = Lab::new(&format!("way-{way}"));
        lab.ok(&["promote", "app", "--branch"]);
        assert_eq!(lab.live(), "baseline", "the work tree is left alone");
        let branch = "glidepath/image-classifier/deploy";
        assert_eq!(lab.stage_at(branch), "deploy");
        lab.write("other.txt", way);
        lab.commit_all("meanwhile");
        match way {
            "merge" => drop(lab.git(&["merge", "--quiet", "--no-ff", "-m", "Merge", branch])),
            "squash" => {
                lab.git(&["merge", "--quiet", "--squash", branch]);
                let message = lab.git(&["log", "-1", "--format=%B", branch]);
                lab.git(&["commit", "--quiet", "-m", &format!("{message}\n(#3)\n")]);
            }
            _ => drop(lab.git(&["cherry-pick", branch])),
        }
        lab.commit_all("later");
        assert_eq!(lab.live(), "deploy");
        let status = lab.status();
        assert_eq!(status["commit"], lab.git(&["rev-parse", "HEAD~1"]), "{way}");
        let ledger = lab.json(&["history", "app", "--format", "json"]);
        assert_eq!(ledger["stays"][1]["foreign"], false, "{way}: {ledger:#}");
        assert_eq!(ledger["stays"][1]["from"], "baseline", "{way}");
        // The branch is there still, and in nobody's way.
        lab.promote();
        assert_eq!(lab.live(), "split", "{way}");
    }
}
