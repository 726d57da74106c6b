//! One file through release after release, in a real repository: promoted, edited under way, given up, replaced, taken on.

use serde_json::Value;

use crate::promotion::harness::Lab;

const SPEC: &str = "\
# The ranker; ask the search team.
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: ranker, namespace: search}
spec:
  models:
    - name: v1
      image: registry.example/ranker:1   # built by CI
      runtime: custom
      replicas: 2
      ports: [{name: http, containerPort: 8080}]
      readinessProbe: {httpGet: {path: /healthz, port: http}}
      resources: {requests: {memory: 2Gi}}

    # the candidate
    - name: v2
      image: registry.example/ranker:2   # built by CI
      runtime: custom
      replicas: 2
      ports: [{name: http, containerPort: 8080}]
      readinessProbe: {httpGet: {path: /healthz, port: http}}
      resources: {requests: {memory: 2Gi}}
  stable: v1
  cohorts:
    - {name: testers, share: 1%, match: [{headers: {x-user-group: testers}}]}
  steps:
    - {name: try, cohorts: {testers: v2}, gates: []}   # nobody else
    - {weight: 50, gates: []}
    - {weight: 100, gates: []}
";

const FILE: &str = "app/rollout.yaml";

/// A repository with the first rollout committed at its baseline.
fn began(name: &str) -> Lab {
    let lab = Lab::bare_bones(name);
    std::fs::remove_dir_all(lab.dir.join("app/deploy")).expect("another rollout's tree");
    lab.write(FILE, SPEC);
    render(&lab, "begin");
    lab
}

/// Renders and commits; the tree is then what the file says.
fn render(lab: &Lab, message: &str) {
    lab.ok(&["render", FILE]);
    lab.commit_all(message);
    lab.ok(&["render", "--check", FILE]);
}

/// Promotes until nothing comes after, and says which stages that were.
fn walk(lab: &Lab) -> Vec<String> {
    let mut stages = Vec::new();
    while lab.json(&["status", "--format", "json", FILE])["next"].is_object() {
        lab.ok(&["promote", "--resume", FILE]);
        stages.push(lab.live());
    }
    stages
}

fn release(lab: &Lab, model: &str) {
    let image = format!("registry.example/ranker:{}", &model[1..]);
    lab.ok(&["next", "--model", model, "--image", &image, FILE]);
}

/// The file with other names for v1 and v2.
fn spec(stable: &str, candidate: &str) -> String {
    let text = SPEC.replace("ranker:2", &format!("ranker:{}", &candidate[1..]));
    text.replace("ranker:1", &format!("ranker:{}", &stable[1..]))
        .replace("v2", candidate)
        .replace("v1", stable)
        .replace(
            &format!("glidepath.dev/{stable}alpha"),
            "glidepath.dev/v1alpha",
        )
}

/// Who has traffic in the stays of three releases, of which the second was given up once.
const STAYS: [&str; 24] = [
    "baseline v1",
    "deploy v1",
    "try v1+v2",
    "weight-10 v1+v2",
    "weight-50 v1+v2",
    "weight-100 v2",
    "retire v2",
    "baseline v2",
    "deploy v2",
    "try v2+v3",
    "weight-10 v2+v3",
    "deploy v2",
    "baseline v2",
    "deploy v2",
    "try v2+v4",
    "weight-50 v2+v4",
    "weight-100 v4",
    "retire v4",
    "baseline v4",
    "deploy v4",
    "try v4+v5",
    "weight-50 v4+v5",
    "weight-100 v5",
    "retire v5",
];

/// Every stay with its models, as the history tells it by what was committed then.
fn stays(lab: &Lab) -> Vec<String> {
    let history = lab.json(&["history", "--format", "json", FILE]);
    let stays = history["stays"].as_array().expect("rows").iter();
    let row = |stay: &Value| {
        let models = stay["models"].as_array().expect("a list").iter();
        let models: Vec<&str> = models.filter_map(Value::as_str).collect();
        format!(
            "{} {}",
            stay["stage"].as_str().expect("a name"),
            models.join("+")
        )
    };
    stays.map(row).collect()
}

#[test]
fn three_releases_in_a_row_and_one_given_up_go_through_one_file() {
    let lab = began("releases");
    lab.refused(
        &["next", "--model", "v3", FILE],
        4,
        "the rollout is not over",
    );
    lab.ok(&["promote", FILE]);
    lab.ok(&["promote", FILE]);
    assert_eq!(lab.live(), "try");
    // Half way, a step more.
    let more = SPEC.replace(
        "    - {weight: 50,",
        "    - {weight: 10, gates: []}\n    - {weight: 50,",
    );
    lab.write(FILE, &more);
    render(&lab, "one step more");
    assert_eq!(lab.live(), "try");
    assert_eq!(
        walk(&lab),
        ["weight-10", "weight-50", "weight-100", "retire"]
    );
    assert!(lab.ok(&["status", FILE]).contains("glidepath next"));

    release(&lab, "v3");
    let wanted = spec("v2", "v3").replace("    # the candidate\n", "");
    let wanted = wanted.replacen("    - name: v2", "    # the candidate\n    - name: v2", 1);
    let wanted = wanted.replace(
        "    - {weight: 50,",
        "    - {weight: 10, gates: []}\n    - {weight: 50,",
    );
    assert_eq!(lab.read(FILE), wanted);
    render(&lab, "v3 after v2");
    assert_eq!(lab.live(), "baseline");
    lab.ok(&["promote", FILE]);
    lab.ok(&["promote", FILE]);
    lab.ok(&["promote", FILE]);
    assert_eq!(lab.live(), "weight-10");
    // v3 is no good: everything goes back, and v4 takes its place in the file.
    lab.ok(&["rollback", "--reason", "worse", FILE]);
    lab.ok(&["rollback", "--to", "baseline", FILE]);
    lab.refused(
        &["next", "--model", "v4", FILE],
        4,
        "the rollout is not over",
    );
    let other = lab
        .read(FILE)
        .replace("v3", "v4")
        .replace("ranker:3", "ranker:4");
    lab.write(FILE, &other);
    render(&lab, "v4 in place of v3");
    assert_eq!(lab.live(), "baseline");
    lab.ok(&["promote", "--resume", FILE]);
    lab.ok(&["promote", FILE]);
    // The step that was added goes again, before it is reached.
    lab.write(FILE, &other.replace("    - {weight: 10, gates: []}\n", ""));
    render(&lab, "one step less");
    assert_eq!(walk(&lab), ["weight-50", "weight-100", "retire"]);
    // The file is the first one in other names; what stood above the candidate stands above who won.
    let wanted = spec("v2", "v4").replace("    # the candidate\n", "");
    let wanted = wanted.replacen("    - name: v2", "    # the candidate\n    - name: v2", 1);
    assert_eq!(lab.read(FILE), wanted);

    release(&lab, "v5");
    render(&lab, "v5 after v4");
    assert_eq!(
        walk(&lab),
        ["deploy", "try", "weight-50", "weight-100", "retire"]
    );
    let lock = lab.read("app/deploy/plan.json");
    assert!(lock.contains("\"stable\": \"v4\""));
    assert_eq!(stays(&lab), STAYS);
    assert!(
        lab.ok(&["history", FILE])
            .contains("weight-50   v4, v5  20")
    );
    let built = lab.read("app/deploy/stages/05-retire/kustomization.yaml");
    assert!(!built.contains("v4"), "{built}");
}

#[test]
fn a_live_stage_that_goes_from_the_file_is_left_by_a_rollback() {
    let lab = began("releases-gone");
    for _ in 0..3 {
        lab.ok(&["promote", FILE]);
    }
    assert_eq!(lab.live(), "weight-50");
    lab.write(FILE, &SPEC.replace("weight: 50", "weight: 40"));
    lab.refused(
        &["render", FILE],
        5,
        "go back with `glidepath rollback` (to `deploy`), or keep a step with `name: weight-50`",
    );
    lab.ok(&["rollback", FILE]);
    render(&lab, "40 in place of 50");
    assert_eq!(lab.live(), "deploy");
    walk(&lab);
    assert_eq!(lab.live(), "retire");
    // The last stage goes: the old model is brought back in more than one move.
    lab.write(
        FILE,
        &lab.read(FILE)
            .replace("  steps:", "  retire: never\n  steps:"),
    );
    lab.refused(
        &["render", FILE],
        5,
        "go back with `glidepath rollback --to weight-100`, the first of 2 moves, or keep",
    );
}

#[test]
fn a_dry_run_shows_the_difference_and_writes_nothing() {
    let lab = began("releases-dry");
    walk(&lab);
    let shown = lab.ok(&["next", "--model", "v3", "--dry-run", FILE]);
    assert!(shown.contains("-  stable: v1\n+  stable: v2\n"), "{shown}");
    assert_eq!(lab.read(FILE), SPEC);
    lab.refused(&["next", "--model", "V3", FILE], 2, "no name of a model");
    lab.refused(&["next", "--model", "v2", FILE], 1, "is the model that won");
    assert_eq!(lab.live(), "retire");
    // A file that is not what was rendered is nobody's last word.
    lab.write(FILE, &SPEC.replace("replicas: 2", "replicas: 3"));
    lab.refused(&["next", "--model", "v3", FILE], 5, "stale");
}

#[test]
fn what_could_not_begin_where_the_last_rollout_ended_is_refused_and_left() {
    let lab = began("releases-refused");
    // The number of the Service's port is the old stable model's.
    let ports = SPEC.replacen("containerPort: 8080", "containerPort: 9090", 1);
    lab.write(FILE, &ports);
    // Nobody is served yet who would miss the old one.
    lab.ok(&["render", "--restart", FILE]);
    lab.commit_all("another port");
    walk(&lab);
    lab.refused(
        &["next", "--model", "v3", FILE],
        1,
        "GP307: the next rollout would not begin",
    );
    assert_eq!(lab.read(FILE), ports);
}
