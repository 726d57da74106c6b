//! `diff --against` a commit: what has become of every stage since.

use serde_json::Value;

use super::harness::Lab;

fn against(lab: &Lab, revision: &str) -> Value {
    lab.json(&[
        "diff",
        "app",
        "--against",
        revision,
        "--format",
        "json",
        "--quiet",
    ])
}

fn names(found: &Value) -> Vec<(&str, &str)> {
    let changes = found["changes"].as_array().expect("a list").iter();
    changes
        .map(|one| {
            let text = |key: &str| one[key].as_str().expect("a text");
            (text("change"), text("name"))
        })
        .collect()
}

#[test]
fn every_stage_is_compared_with_what_it_was_at_a_commit() {
    let lab = Lab::new("revisions");
    let begin = lab.head();
    lab.git(&["tag", "v1"]);
    for same in ["HEAD", "main", "v1", &begin, &begin[..10]] {
        let found = against(&lab, same);
        assert_eq!(found["changes"], Value::Array(Vec::new()), "{same}");
        assert_eq!(
            (&found["from"], &found["to"]),
            (&same.into(), &"rollout.yaml".into())
        );
    }
    // One weight more, one stage renamed; and the tree on the disk counts for nothing.
    let spec = lab.read("app/rollout.yaml");
    let changed = spec.replace("weight: 30", "weight: 40").replace(
        "    - weight: 100\n",
        "    - name: all\n      weight: 100\n",
    );
    lab.write("app/rollout.yaml", &changed);
    let before = (lab.git(&["status", "--porcelain"]), lab.head());
    assert_eq!(before.0, " M app/rollout.yaml");
    let found = against(&lab, "v1");
    let service = "VirtualService/vision/image-classifier";
    let found = names(&found);
    assert!(
        found.contains(&("changed", &format!("02-split/{service}"))),
        "{found:?}"
    );
    // A stage that only its weight or somebody renamed is the same stage, and asks the cluster for the same.
    assert!(found.iter().all(|(_, name)| !name.starts_with("03-")));
    assert_eq!(found.last(), Some(&("changed", "PLAN.md")));
    for unchanged in ["00-baseline", "01-deploy", "04-retire", "argocd"] {
        assert!(
            found.iter().all(|(_, name)| !name.starts_with(unchanged)),
            "{unchanged}: {found:?}"
        );
    }
    let text = lab.ok(&["diff", "app", "--against", "v1"]);
    assert!(
        text.contains(&format!(
            "--- a/02-split/{service}\n+++ b/02-split/{service}\n"
        )) && text.contains("-      weight: 30\n+      weight: 40\n"),
        "{text}"
    );
    assert_eq!(
        lab.run(&["diff", "app", "--against", "v1", "--exit-code"])
            .code,
        1
    );
    assert_eq!((lab.git(&["status", "--porcelain"]), lab.head()), before);
    // What is committed later is compared with what it was then.
    lab.ok(&["render", "app"]);
    lab.commit_all("more");
    assert_eq!(against(&lab, "HEAD")["changes"], Value::Array(Vec::new()));
    assert_eq!(names(&against(&lab, "HEAD~1")), found);
}

/// No object tells of a gate that is gone, and that is what a reviewer must not miss.
#[test]
fn bakes_and_gates_are_compared_in_the_plan() {
    let lab = Lab::new("revisions-plan");
    let spec = lab.read("app/rollout.yaml");
    let changed = spec.replacen("bake: 1h", "bake: 5m", 1);
    assert_ne!(changed, spec);
    lab.write("app/rollout.yaml", &changed);
    let found = against(&lab, "HEAD");
    assert_eq!(names(&found), [("changed", "PLAN.md")]);
    let diff = found["changes"][0]["diff"].as_str().expect("a diff");
    let line = |sign: char, bake: &str| {
        diff.lines()
            .any(|line| line.starts_with(sign) && line.contains(bake))
    };
    assert!(line('-', "| 1h |") && line('+', "| 5m |"), "{diff}");
    // A default name has the weight in it, and a new weight makes no new stage.
    lab.write(
        "app/rollout.yaml",
        &spec.replace("- weight: 100", "- weight: 90"),
    );
    let found = against(&lab, "HEAD");
    let found = names(&found);
    let of = |stage: &str| {
        found
            .iter()
            .filter(|(_, name)| name.starts_with(stage))
            .count()
    };
    let changed = found.iter().filter(|(how, _)| *how == "changed").count();
    assert_eq!(
        (of("03-weight-90"), of("03-weight-100")),
        (2, 0),
        "{found:?}"
    );
    // The two routes and the plan: `retire` is gone with the last tenth.
    assert_eq!(
        (changed, found.len()),
        (3, 3 + of("04-retire")),
        "{found:?}"
    );
}

#[test]
fn a_revision_that_says_nothing_is_named() {
    let lab = Lab::bare_bones("no-revision");
    lab.refused(
        &["diff", "app", "--against", "main"],
        2,
        "`main` names no commit",
    );
    lab.commit_all("begin");
    for wrong in ["nowhere", "HEAD~9", "--all", "HEAD^{tree}", ""] {
        let argument = format!("--against={wrong}");
        lab.refused(&["diff", "app", &argument], 2, "names no commit");
    }
    lab.refused(
        &["diff", "app", "--against", "main", "--from", "split"],
        2,
        "cannot be used with",
    );
    // A file that was not there yet, or did not compile.
    lab.add_rollout("other");
    let spec = lab.read("other/rollout.yaml");
    lab.write(
        "other/rollout.yaml",
        &spec.replace("name: image-classifier\n", "name: other\n"),
    );
    let ran = lab.run(&["diff", "other", "--against", "main", "--format", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("and so all of it is new"),
        "{}",
        ran.stderr
    );
    let found: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert!(names(&found).iter().all(|(change, _)| *change == "added"));
    assert!(names(&found).len() > 10, "{found}");
    lab.write("other/rollout.yaml", "spec: [");
    lab.commit_all("broken");
    lab.write("other/rollout.yaml", &spec);
    lab.refused(
        &["diff", "other", "--against", "main"],
        1,
        "main:other/rollout.yaml",
    );
}

#[test]
fn a_hash_that_several_objects_share_is_ambiguous() {
    let lab = Lab::new("ambiguous");
    for n in 0..1_500 {
        lab.write(&format!("many/{n}"), &n.to_string());
    }
    lab.commit_all("many");
    let list = lab.git(&["ls-files", "--format=%(objectname)", "many"]);
    let mut starts: Vec<&str> = list.lines().map(|hash| &hash[..4]).collect();
    starts.sort_unstable();
    let shared = starts.windows(2).find(|pair| pair[0] == pair[1]);
    let start = shared.expect("two hashes of 1500 begin alike")[0];
    lab.refused(
        &["diff", "app", "--against", start],
        2,
        &format!("`{start}` is ambiguous"),
    );
}
