//! Gates that are handed in: what keeps a rollout in `deploy`, and what lets it go on, where nobody knows a Prometheus.

use serde_json::Value;

use super::harness::Lab;

const GATE: &str = "    - {name: eval, result: {junit: evidence/eval.xml, minTests: 2}}\n";
const GOOD: &str = "<testsuite><testcase/><testcase/></testsuite>";

/// A rollout that is live in `deploy`, whose gate reads a report; no stage has another gate.
fn deployed(name: &str) -> Lab {
    let lab = Lab::bare_bones(name);
    let text = lab.with_one_gate();
    let text = text
        .replace(
            "    - {name: availability, availability: {objective: 99.5%}}\n",
            GATE,
        )
        .replace("gates: [availability]", "gates: [eval]")
        .replace("  steps:\n", "  deployGates: [eval]\n  steps:\n");
    lab.write("app/rollout.yaml", &text);
    lab.ok(&["render", "app"]);
    lab.commit_all("begin");
    lab.ok(&["promote", "app", "--quiet"]);
    assert_eq!(lab.live(), "deploy");
    lab
}

#[test]
fn deploy_is_left_when_its_gates_have_passed() {
    let lab = deployed("results-deploy");
    lab.run(&["promote", "app"])
        .exits(4)
        .says(&["`eval` (`app/evidence/eval.xml` is not there) needs more evidence"]);
    lab.write(
        "app/evidence/eval.xml",
        "<testsuite><testcase><failure/></testcase></testsuite>",
    );
    lab.run(&["promote", "app"])
        .exits(3)
        .says(&["`eval`", "failed"]);
    // What is handed in counts in place of what lies there, and no Prometheus is asked for.
    lab.write("out.xml", GOOD);
    lab.run(&["promote", "app", "--result", "evil=out.xml"])
        .exits(2)
        .says(&["there is no `result` gate `evil`"]);
    lab.commit_all("reports");
    lab.ok(&["promote", "app", "--result", "eval=out.xml"]);
    assert_eq!(lab.live(), "split");
    // A file that nobody has rendered makes no tree stale.
    lab.ok(&["render", "--check", "app"]);
}

#[test]
fn what_was_read_is_recorded_and_judged_again() {
    let lab = deployed("results-recorded");
    lab.write("app/evidence/eval.xml", GOOD);
    lab.ok(&["promote", "app", "--record-evidence", "--quiet"]);
    let folder = lab.dir.join("app/deploy/evidence");
    let mut files = std::fs::read_dir(folder).expect("a folder");
    let file = files.next().expect("a file").expect("an entry").path();
    let text = std::fs::read_to_string(&file).expect("text");
    let body: Value = serde_json::from_str(&text).expect("JSON");
    let document = &body["predicate"]["gates"][0]["document"];
    assert_eq!(document["file"], "app/evidence/eval.xml");
    assert_eq!(document["tests"]["ran"], 2);
    lab.write("app/evidence/eval.xml", "gone");
    let path = file.display().to_string();
    lab.ok(&["gate", "app", "--replay", &path]);
}

#[test]
fn a_stage_with_one_model_to_judge_says_which() {
    let lab = deployed("results-gate");
    lab.write("app/evidence/eval.xml", GOOD);
    let told = lab.ok(&["gate", "app", "--format", "json"]);
    let body: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(body["stage"], "deploy");
    assert_eq!(body["gates"][0]["model"], "resnet101");
    assert_eq!(body["gates"].as_array().map(Vec::len), Some(1));
}
