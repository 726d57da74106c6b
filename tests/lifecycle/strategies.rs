//! Strategies in a real repository: decided, edited under way, and taken on by the next rollout.

use crate::promotion::harness::Lab;

const HEAD: &str = "\
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: ranker, namespace: search}
spec:
  models:
";

const FILE: &str = "app/rollout.yaml";

/// A repository with a rollout by this strategy, committed at its baseline.
fn began(name: &str, strategy: &str) -> Lab {
    let lab = Lab::bare_bones(name);
    std::fs::remove_dir_all(lab.dir.join("app/deploy")).expect("another rollout's tree");
    let model = |name: &str| {
        format!(
            "    - {{name: {name}, runtime: custom, image: 'r:1', ports: [{{name: http, containerPort: 8080}}]}}\n"
        )
    };
    let models = ["a", "b", "c"].map(model).concat();
    lab.write(FILE, &format!("{HEAD}{models}  stable: a\n{strategy}"));
    render(&lab);
    lab
}

/// Renders and commits.
fn render(lab: &Lab) {
    lab.ok(&["render", FILE]);
    lab.commit_all("render");
}

/// Promotes until nothing comes after, and says which stages that were.
fn walk(lab: &Lab) -> Vec<String> {
    let mut stages = Vec::new();
    while lab.json(&["status", "--format", "json", FILE])["next"].is_object() {
        lab.ok(&[
            "promote",
            "--force",
            "--reason",
            "the clock of a test",
            FILE,
        ]);
        stages.push(lab.live());
    }
    stages
}

fn edit(lab: &Lab, from: &str, to: &str) {
    let text = lab.read(FILE);
    assert!(text.contains(from), "{text}");
    lab.write(FILE, &text.replace(from, to));
}

#[test]
fn a_test_ends_when_its_winner_is_given() {
    let test = "  strategy:\n    abTest: {duration: 14d, gates: []}   # two weeks\n";
    let lab = began("strategies-winner", test);
    assert_eq!(walk(&lab), ["deploy", "test"]);
    // The winner may be given, and be another one, as long as nobody has gone on.
    lab.ok(&["next", "--winner", "c", FILE]);
    render(&lab);
    lab.ok(&["next", "--winner", "b", FILE]);
    assert!(
        lab.read(FILE)
            .contains("abTest: {winner: b, duration: 14d, gates: []}   # two weeks")
    );
    render(&lab);
    assert_eq!(lab.live(), "test");
    assert_eq!(walk(&lab), ["winner-b", "retire"]);
    lab.refused(&["next", "--winner", "c", FILE], 5, "the test is decided");
    // The winner is stable now, and the next test has none yet.
    lab.ok(&["next", "--model", "d", "--image", "r:4", FILE]);
    let text = lab.read(FILE);
    assert!(
        text.contains("abTest: {duration: 14d, gates: []}   # two weeks"),
        "{text}"
    );
    render(&lab);
    assert_eq!(lab.live(), "baseline");
    assert_eq!(walk(&lab), ["deploy", "test"]);
}

#[test]
fn stages_of_a_strategy_are_known_by_their_names_when_it_is_edited() {
    let canary = "  strategy: {canary: {model: b, weights: [5, 20, 60], gates: []}}\n  policy: {maxIncrease: 100}\n";
    let lab = began("strategies-edited", canary);
    for _ in 0..3 {
        lab.ok(&[
            "promote",
            "--force",
            "--reason",
            "the clock of a test",
            FILE,
        ]);
    }
    assert_eq!(lab.live(), "b-20");
    // What comes before and after the live stage may change.
    edit(&lab, "[5, 20, 60]", "[1, 20, 40, 80]");
    render(&lab);
    assert_eq!(lab.live(), "b-20");
    // The steps that it becomes are the same stages.
    let strategy = lab.read(FILE);
    let steps = lab.ok(&["plan", "--expand", FILE]);
    lab.write(FILE, &steps);
    render(&lab);
    assert_eq!(lab.live(), "b-20");
    lab.write(FILE, &strategy);
    render(&lab);
    // The live stage may not go.
    edit(&lab, "[1, 20, 40, 80]", "[1, 25, 40, 80]");
    lab.refused(&["render", FILE], 5, "b-20");
    edit(&lab, "[1, 25, 40, 80]", "[1, 20, 40, 80]");
    assert_eq!(walk(&lab), ["b-40", "b-80", "b-100", "retire"]);
}
