//! The life of a tree: rendered, moved on, changed under way, interrupted, and taken over by the next rollout.

mod releases;
mod strategies;

use std::collections::BTreeMap;

use crate::support::{GOOD, Place, files_below};
use insta::assert_snapshot;

const POINTER: &str = "deploy/current/kustomization.yaml";

/// A rendered tree.
fn rendered() -> Place {
    let place = Place::with(GOOD);
    place.run(&["render"]).exits(0);
    place
}

/// A rendered tree whose pointer is at another stage.
fn live_at(folder: &str) -> Place {
    let place = rendered();
    place.edit(POINTER, "00-baseline", folder);
    place
}

/// The rollout after [`GOOD`]: its candidate is stable now, and `c` is new.
fn next(image: &str) -> String {
    GOOD.replace("name: b\n", "name: c\n")
        .replace("ranker:1.5", "ranker:1.6")
        .replace("name: a\n", "name: b\n")
        .replace("ranker:1.4", image)
        .replace("stable: a", "stable: b")
        .replace("{testers: b}", "{testers: c}")
}

fn folders(place: &Place) -> Vec<String> {
    let tree = files_below(&place.path("deploy/stages"));
    let mut folders: Vec<String> = tree
        .keys()
        .filter_map(|path| Some(path.split_once('/')?.0.to_owned()))
        .collect();
    folders.dedup();
    folders
}

#[test]
fn the_first_render_makes_the_tree_and_points_at_the_baseline() {
    let place = Place::with(GOOD);
    let run = place.run(&["render"]).exits(0).without_result();
    let files: Vec<String> = files_below(&place.path("deploy")).into_keys().collect();
    assert_snapshot!(format!(
        "{}\n{}\n{}",
        run.shown(),
        files.join("\n"),
        place.read(POINTER)
    ));
}

#[test]
fn a_second_render_writes_nothing() {
    let place = rendered();
    let before = place.snapshot();
    place.run(&["render"]).exits(0).says(&["unchanged"]);
    place
        .run(&["render", "--check"])
        .exits(0)
        .without_result()
        .says(&["up to date"]);
    place.assert_unchanged(&before);
}

#[test]
fn a_comment_and_the_order_of_keys_change_nothing() {
    let place = rendered();
    let before = place.snapshot();
    let text = place.read("rollout.yaml").replace(
        "metadata: {name: ranker, namespace: search}\n",
        "metadata: {namespace: search, name: ranker} # said otherwise\n",
    );
    place.write("rollout.yaml", text);
    place.run(&["render", "--check"]).exits(0);
    place.run(&["render"]).exits(0);
    assert_eq!(before.changes(&place.snapshot()), ["rollout.yaml"]);
}

#[test]
fn a_stale_tree_is_exit_1_with_the_difference() {
    let place = rendered();
    place.edit("rollout.yaml", "weight: 50", "weight: 40");
    let before = place.snapshot();
    let run = place
        .run(&["render", "--check"])
        .exits(1)
        .says(&["run `glidepath render`"]);
    assert!(
        run.stdout.contains("-      weight: 50\n"),
        "{}",
        run.shown()
    );
    place.assert_unchanged(&before);
    place.run(&["render"]).exits(0);
    place.run(&["render", "--check"]).exits(0);
}

#[test]
fn a_step_more_renumbers_the_stages_and_the_pointer_follows_its_name() {
    let place = live_at("03-weight-10");
    place.edit(POINTER, "resources:", "# kept by hand\nresources:");
    let step = "    - {weight: 10,";
    place.edit(
        "rollout.yaml",
        step,
        &format!("    - {{weight: 5, bake: 1h, gates: [availability]}}\n{step}"),
    );
    place.run(&["render"]).exits(0);
    let wanted = [
        "00-baseline",
        "01-deploy",
        "02-testers",
        "03-weight-5",
        "04-weight-10",
        "05-weight-50",
        "06-weight-100",
        "07-retire",
    ];
    assert_eq!(folders(&place), wanted);
    let pointer = place.read(POINTER);
    assert!(
        pointer.contains("- ../stages/04-weight-10\n") && pointer.contains("# kept by hand\n"),
        "{pointer}"
    );
    place.run(&["render", "--check"]).exits(0);
}

#[test]
fn a_live_stage_that_is_gone_is_refused() {
    let place = live_at("03-weight-10");
    place.edit("rollout.yaml", "weight: 10,", "weight: 20,");
    let before = place.snapshot();
    assert_snapshot!(place.run(&["render"]).exits(5).without_result().shown());
    place.assert_unchanged(&before);
    place.run(&["render", "--restart"]).exits(0);
    assert!(place.read(POINTER).contains("../stages/00-baseline"));
}

#[test]
fn a_change_of_the_live_stage_is_shown() {
    let place = live_at("03-weight-10");
    place.edit("rollout.yaml", "weight: 10,", "name: weight-10, weight: 9,");
    let run = place.run(&["render"]).exits(0).without_result();
    assert_snapshot!(run.shown());
    assert!(place.read(POINTER).contains("../stages/03-weight-10"));
}

/// The live stage is edited in one place; whether `--restart` accepts it.
fn refused_while_live(stage: &str, from: &str, to: &str, says: &[&str], is_acceptable: bool) {
    let place = live_at(stage);
    place.edit("rollout.yaml", from, to);
    let before = place.snapshot();
    place.run(&["render"]).exits(5).without_result().says(says);
    place.run(&["render", "--check"]).exits(5);
    place.assert_unchanged(&before);
    let accepted = place.run(&["render", "--restart"]);
    if is_acceptable {
        accepted
            .exits(0)
            .says(&["accepted by --restart: ", says[0]]);
    } else {
        accepted.exits(5).says(says);
        place.assert_unchanged(&before);
    }
}

#[test]
fn a_model_with_traffic_changes_by_a_step_or_not_at_all() {
    let image = [
        "GP316",
        "`spec.template.spec.containers[0].image`",
        "(10 % of the requests)",
    ];
    refused_while_live("03-weight-10", "ranker:1.5", "ranker:1.5.1", &image, true);
    // By a cohort alone, and after the rollout.
    refused_while_live("02-testers", "ranker:1.5", "ranker:1.5.1", &["GP316"], true);
    refused_while_live(
        "06-retire",
        "ranker:1.5",
        "ranker:1.6",
        &["GP316", "(100 % of the requests)", "a rollout of its own"],
        true,
    );
}

#[test]
fn what_runs_is_not_renamed_under_traffic() {
    let b = "    - name: b\n";
    let renamed = format!("{b}      workloadName: ranker-two\n");
    refused_while_live(
        "05-weight-100",
        b,
        &renamed,
        &["GP301", "Deployment/search/ranker-two"],
        true,
    );
    refused_while_live(
        "05-weight-100",
        "name: ranker,",
        "name: sorter,",
        &["GP302", "GP303"],
        true,
    );
    let selected = format!("{b}      selector: {{app: ranker, version: b, tier: gpu}}\n");
    refused_while_live(
        "05-weight-100",
        b,
        &selected,
        &["GP315", "`spec.selector` of Deployment/search/ranker-b"],
        false,
    );
}

#[test]
fn a_change_of_another_stage_is_not_shown() {
    let place = live_at("01-deploy");
    place.edit("rollout.yaml", "weight: 50", "weight: 40");
    let run = place.run(&["render"]).exits(0);
    assert!(!run.stderr.contains("live stage"), "{}", run.shown());
}

#[test]
fn an_unsafe_change_of_the_live_stage_is_refused_unless_accepted() {
    let place = live_at("02-testers");
    // The cohort is sent to a model that does not run yet.
    let models = GOOD.replace(
        "  stable: a\n",
        "    - name: c
      runtime: custom
      image: registry.example/ranker:1.6
      replicas: 2
      ports: [{name: http, containerPort: 8080}]
      readinessProbe: {httpGet: {path: /healthz, port: http}}
      resources: {requests: {memory: 2Gi}}
  stable: a
",
    );
    let steps = models
        .replace("{testers: b}", "{testers: c}")
        .replace("weight: 10,", "weights: {b: 10},");
    let steps = steps
        .replace("weight: 50,", "weights: {b: 50},")
        .replace("weight: 100,", "weights: {b: 100}, keep: [c],");
    place.write("rollout.yaml", steps);
    let before = place.snapshot();
    assert_snapshot!(place.run(&["render"]).exits(5).without_result().shown());
    place.run(&["render", "--check"]).exits(5);
    place.assert_unchanged(&before);
    place.run(&["render", "--restart"]).exits(0);
    assert!(place.read(POINTER).contains("../stages/02-testers"));
}

#[test]
fn replicas_under_requests_are_not_given_up_for_an_autoscaler() {
    let place = live_at("02-testers");
    let scaled = "autoscaling: {min: 5, max: 20, cpu: 70}";
    let requests = "requests: {cpu: '1', memory: 2Gi}";
    let stable = GOOD.replacen("replicas: 2", scaled, 1);
    place.write(
        "rollout.yaml",
        stable.replace("requests: {memory: 2Gi}", requests),
    );
    let before = place.snapshot();
    let run = place.run(&["render"]).exits(5);
    run.says(&["GP408", "no longer asks for its 2 replicas", "--restart"]);
    place.assert_unchanged(&before);
    // A model that runs nowhere yet begins with an autoscaler.
    let place = rendered();
    let candidate = GOOD.replace("replicas: 2", "replicas: 3");
    let candidate = candidate.replacen("replicas: 3", "replicas: 2", 1);
    place.write("rollout.yaml", candidate.replace("replicas: 3", scaled));
    place.run(&["render"]).exits(0);
}

#[test]
fn a_damaged_pointer_is_refused_and_begins_again_on_request() {
    let place = rendered();
    place.edit(POINTER, "../stages/00-baseline", "../../somewhere");
    let before = place.snapshot();
    place.run(&["render"]).exits(5).says(&["names no stage"]);
    place.assert_unchanged(&before);
    place.run(&["render", "--restart"]).exits(0);
    assert!(place.read(POINTER).contains("../stages/00-baseline"));
}

#[test]
fn the_next_rollout_starts_over_where_the_last_one_ended() {
    let place = live_at("06-retire");
    place.write("rollout.yaml", next("ranker:1.5"));
    let run = place.run(&["render"]).exits(0);
    run.says(&["the last rollout is complete in `retire`; this one begins at `00-baseline`"]);
    assert!(place.read(POINTER).contains("../stages/00-baseline"));
    assert_eq!(place.read("deploy/PLAN.md").matches("`b` → `c`").count(), 1);
}

#[test]
fn a_next_rollout_with_another_baseline_is_refused_unless_accepted() {
    let place = live_at("06-retire");
    place.write("rollout.yaml", next("ranker:1.5.1"));
    let before = place.snapshot();
    let run = place.run(&["render"]).exits(5).without_result();
    assert_snapshot!(run.says(&["GP307", "--restart"]).shown());
    place.assert_unchanged(&before);
    place.run(&["render", "--restart"]).exits(0);
    assert!(place.read(POINTER).contains("../stages/00-baseline"));
}

#[test]
fn the_page_of_gp307_shows_what_it_says() {
    let page = glidepath::diag::Code::GP307.explanation();
    let blocks: Vec<&str> = page
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    let [wrong, right] = blocks[..] else {
        panic!("two examples")
    };
    // The rollout before it, in which resnet101 was the candidate.
    let before = right
        .replace("resnet101", "resnet50")
        .replace("classifier:1.5\n", "classifier:1.4\n")
        .replace("resnet152", "resnet101")
        .replace("classifier:1.6\n", "classifier:1.5\n");
    for (text, code) in [(wrong, 5), (right, 0)] {
        let place = Place::with(&before);
        place.run(&["render"]).exits(0);
        place.edit(POINTER, "00-baseline", "05-retire");
        place.write("rollout.yaml", text);
        let run = place.run(&["render"]).exits(code);
        assert_eq!(run.stderr.contains("GP307"), code == 5, "{}", run.shown());
    }
}

#[test]
fn an_edited_file_is_named_and_only_force_overwrites_it() {
    let place = rendered();
    let file = "deploy/base/service.yaml";
    let original = place.read(file);
    place.edit(file, "ClusterIP", "NodePort");
    let before = place.snapshot();
    place
        .run(&["render"])
        .exits(5)
        .says(&["`deploy/base/service.yaml`", "was edited", "--force"]);
    place.run(&["render", "--check"]);
    place.assert_unchanged(&before);
    place.run(&["render", "--force"]).exits(0);
    assert_eq!(place.read(file), original);
}

#[test]
fn files_of_others_stay() {
    let place = rendered();
    place.write("deploy/stages/02-testers/mine.yaml", "a: 1\n");
    place.write("deploy/README.md", "mine\n");
    place.edit(
        "rollout.yaml",
        "name: testers, cohorts",
        "name: first, cohorts",
    );
    place.run(&["render"]).exits(0);
    assert_eq!(place.read("deploy/stages/02-testers/mine.yaml"), "a: 1\n");
    assert_eq!(place.read("deploy/README.md"), "mine\n");
}

#[test]
fn an_interrupted_render_is_said_and_completed() {
    let place = rendered();
    let whole = files_below(&place.path("deploy"));
    // What a kill between the first rename and the last leaves.
    let service = place.read("deploy/base/service.yaml");
    let sha = glidepath::units::sha256_hex(service.as_bytes());
    let journal = format!(
        "{{\"files\": {{\"base/service.yaml\": {{\"before\": null, \"after\": \"{sha}\"}}}}}}"
    );
    place.write(".deploy.staged/journal", journal);
    std::fs::remove_file(place.path("deploy/base/service.yaml")).expect("it is there");
    let before = place.snapshot();
    for arguments in [&["render", "--check"][..], &["diff", "--against", "tree"]] {
        let run = place.run(arguments).exits(5).without_result();
        run.says(&["interrupted", "run `glidepath render` to complete it"]);
    }
    place.assert_unchanged(&before);
    place.run(&["render"]).exits(0);
    assert_eq!(files_below(&place.path("deploy")), whole);
    assert!(!place.path(".deploy.staged").exists());
}

#[test]
fn a_full_disk_leaves_the_tree_as_it_was() {
    let place = rendered();
    place.edit("rollout.yaml", "weight: 50", "weight: 40");
    let before = place.snapshot().files();
    let run = place.shell("trap '' XFSZ; ulimit -f 1; \"$GLIDEPATH\" render");
    run.exits(6).without_result().says(&["error: cannot write"]);
    assert_eq!(place.snapshot().files(), before);
    place.run(&["render"]).exits(0);
}

#[test]
fn a_read_only_folder_is_said_and_left_alone() {
    let place = rendered();
    place.edit("rollout.yaml", "weight: 50", "weight: 40");
    let before = place.snapshot();
    let run = place.run_as_nobody(&["render"]).exits(6).without_result();
    run.says(&[
        "cannot create `.deploy.staged`: permission denied\n",
        "write permission",
    ]);
    place.assert_unchanged(&before);
}

#[test]
fn a_new_release_makes_no_tree_stale() {
    let place = rendered();
    let generator = concat!("glidepath ", env!("CARGO_PKG_VERSION"));
    place.edit("deploy/plan.json", generator, "glidepath 99.0.0");
    let before = place.snapshot();
    place.run(&["render", "--check"]).exits(0);
    place
        .run(&["diff", "--against", "tree", "--exit-code"])
        .exits(0);
    place.run(&["render"]).exits(0);
    place.assert_unchanged(&before);
}

#[test]
fn a_damaged_lock_is_refused() {
    let place = rendered();
    place.write(
        "deploy/plan.json",
        "{\"files\": {\"../../etc/passwd\": \"0\"}}",
    );
    let before = place.snapshot();
    place.run(&["render"]).exits(5).says(&["plan.json"]);
    place.assert_unchanged(&before);
}

#[test]
fn a_rollout_that_breaks_leaves_its_tree() {
    let place = rendered();
    place.edit("rollout.yaml", "weight: 50", "weight: 500");
    let before = place.snapshot();
    place.run(&["render"]).exits(1).without_result();
    place.run(&["render", "--check"]).exits(1).without_result();
    place.assert_unchanged(&before);
}

#[test]
fn a_tree_elsewhere_is_the_same_tree() {
    let place = rendered();
    place.run(&["render", "-o", "other/tree"]).exits(0);
    let files: [BTreeMap<String, Vec<u8>>; 2] =
        ["deploy", "other/tree"].map(|folder| files_below(&place.path(folder)));
    assert_eq!(files[0], files[1]);
}
