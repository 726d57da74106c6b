//! `results`: reports that a workflow hands in, where no gate asks Prometheus.

use std::fs;

use serde_json::json;

use super::fake::{NAME, OWNER};
use super::rollout::{PATH, PROMOTE, created};
use super::world::{SPEC, World, git};

const GOOD: &str = "<testsuite><testcase/><testcase/></testsuite>";
const BAD: &str = "<testsuite><testcase><failure/></testcase></testsuite>";

/// A rollout that is live in `split`, whose one gate reads a report.
fn world(name: &str) -> World {
    let spec = SPEC
        .replace(
            "availability, availability: {objective: 99.5%}",
            "eval, result: {junit: evidence/eval.xml}",
        )
        .replace("gates: [availability]", "gates: [eval]");
    let world = World::with(name, "main", &spec);
    for number in 1..=2 {
        let ran = world.run(&[PROMOTE, PATH]);
        assert_eq!(ran.code, 0, "{}", ran.log);
        world.merge(number);
    }
    assert_eq!(world.live(), "02-split");
    world
}

#[test]
fn a_report_that_is_handed_in_decides() {
    let world = world("results");
    let work = world.root.join("work");
    let handed = |results: &str| world.run(&[PROMOTE, PATH, ("results", results)]);
    let ran = handed("eval=out.xml");
    assert!(ran.summary.contains("is not there"), "{}", ran.summary);
    assert_eq!(ran.output("pull-request-operation"), "none");
    for (results, says) in [
        ("evil=out.xml", "there is no `result` gate `evil`"),
        ("eval=/etc/passwd", "is outside the workspace"),
        ("eval=out.xml\neval=out.xml", "two files are handed in"),
        ("out.xml", "the input `results` has the line `out.xml`"),
    ] {
        fs::write(work.join("out.xml"), BAD).expect("a file");
        let ran = handed(results);
        assert_eq!(ran.code, 2, "{results}: {}", ran.log);
        assert!(ran.log.contains(says), "{results}: {}", ran.log);
    }
    let ran = handed("eval=out.xml");
    assert_eq!(ran.output("gate-verdict"), "fail", "{}", ran.log);
    fs::write(work.join("out.xml"), GOOD).expect("a file");
    let ran = handed("\n  eval=out.xml\n");
    created(&ran, "3", "02-split", "03-weight-100");
}

#[test]
fn nobody_hands_in_results_on_their_own_pull_request() {
    let world = world("own-results");
    let human = world.root.join("human");
    // A report that the base has already, outside of the rollout's folder, speaks for the move.
    fs::write(human.join("out.xml"), GOOD).expect("a file");
    world.publish("a report");
    world.checkout("work");
    let work = world.root.join("work");
    let pointer = work.join("rollouts/ranker/deploy/current/kustomization.yaml");
    let text = fs::read_to_string(&pointer).expect("a pointer");
    fs::write(&pointer, text.replace("02-split", "03-weight-100")).expect("a file");
    git(&work, &["commit", "--quiet", "--all", "--message", "on"]);
    let check = || {
        let full = format!("{OWNER}/{NAME}");
        let event = json!({"pull_request": {
            "number": 9, "body": "", "user": {"login": "ann"},
            "base": {"sha": world.tip("main"), "ref": "main", "repo": {"full_name": full}},
            "head": {"sha": git(&work, &["rev-parse", "HEAD"]), "repo": {"full_name": full}},
        }});
        let inputs = [("command", "check"), ("results", "eval=out.xml")];
        world.run_in("work", "pull_request", &event, &inputs)
    };
    let ran = check();
    assert_eq!(ran.code, 0, "{}\n{}", ran.log, ran.summary);
    fs::write(work.join("out.xml"), format!("{GOOD}\n")).expect("a file");
    git(
        &work,
        &["commit", "--quiet", "--all", "--message", "better"],
    );
    let ran = check();
    assert_eq!(ran.code, 1, "{}", ran.summary);
    assert!(
        ran.summary
            .contains("the pull request that it would speak for changes it"),
        "{}",
        ran.summary
    );
}
