//! When a stage went live, by what GitHub knows of it.

use glidepath::units::Timestamp;
use serde_json::json;

use super::fake::Failure;
use super::rollout::{PATH, PROMOTE, body};
use super::world::{World, git, two_days_ago};
use crate::support::{GLIDEPATH, Run};

const PENDING: [(&str, &str); 4] = [
    PROMOTE,
    PATH,
    ("evidence", "evidence.json"),
    ("fail-on", "pending"),
];

fn a_minute_ago() -> i64 {
    two_days_ago() + 2 * 86_400 - 60
}

/// A rollout whose live stage is `split` since two days, by its commits.
fn split(name: &str) -> World {
    let world = World::new(name);
    for number in 1..=2 {
        assert_eq!(world.run(&[PROMOTE, PATH]).code, 0);
        world.merge(number);
    }
    world.judge("work", "split", "pass", "99.9%>=99.5% (n=18234)");
    world
}

#[test]
fn a_pull_request_that_is_merged_later_than_it_is_dated_counts_from_then() {
    let world = split("merged-later");
    let merged = Timestamp::from_seconds(a_minute_ago()).to_string();
    world
        .fake
        .with(|state| state.pulls[1]["merged_at"] = merged.clone().into());
    let ran = world.run(&PENDING);
    assert_eq!(ran.code, 4, "{}", ran.log);
    let says = format!("live since {merged} (merged as #2)");
    assert!(ran.log.contains(&says), "{}", ran.log);
    let gate = [("command", "gate"), PATH, ("evidence", "evidence.json")];
    let ran = world.run(&gate);
    assert!(ran.summary.contains("merged as"), "{}", ran.summary);
    // Into another branch it says nothing of this one.
    world
        .fake
        .with(|state| state.pulls[1]["base"]["ref"] = "release".into());
    let ran = world.run(&PENDING);
    assert_eq!(ran.code, 0, "{}", ran.log);
}

#[test]
fn a_push_counts_from_when_it_came() {
    let world = split("pushed");
    let tip = world.tip("main").expect("a commit");
    let before = git(&world.bare, &["rev-parse", "main^"]);
    let pushed = Timestamp::from_seconds(a_minute_ago()).to_string();
    let moved = |from: &str, to: &str, at: &str| {
        json!({"id": 1, "node_id": "x", "before": from, "after": to, "ref": "refs/heads/main",
            "timestamp": at, "activity_type": "push", "actor": null})
    };
    world.fake.with(|state| {
        // Nobody knows of a pull request.
        state.pulls[1]["merge_commit_sha"] = json!(null);
        state.moves = vec![
            moved(&before, &tip, &pushed),
            moved(&"0".repeat(40), &before, "2026-01-01T00:00:00Z"),
        ];
    });
    let ran = world.run(&PENDING);
    assert_eq!(ran.code, 4, "{}", ran.log);
    let says = format!("live since {pushed} (pushed)");
    assert!(ran.log.contains(&says), "{}", ran.log);
    // An older server does not keep what moved a branch.
    let gone = json!({"message": "Not Found"});
    world.fake.fail(Failure::new("GET", "/activity", 404, gone));
    let ran = world.run(&PENDING);
    assert_eq!(ran.code, 0, "{}", ran.log);
}

#[test]
fn a_forge_that_does_not_answer_stops_a_promotion() {
    let world = split("unanswered");
    let refused = json!({"message": "Resource not accessible by integration"});
    let pulls = "/pulls";
    world.fake.with(|state| state.failures.clear());
    let tip = world.tip("main").expect("a commit");
    let path: &'static str = Box::leak(format!("/commits/{tip}{pulls}").into_boxed_str());
    world.fake.fail(Failure::new("GET", path, 403, refused));
    let ran = world.run(&PENDING);
    assert_eq!(ran.code, 6, "{}", ran.log);
    assert!(ran.log.contains("pull-requests: read"), "{}", ran.log);
}

#[test]
fn a_pull_request_says_what_began_the_stay_again() {
    let world = split("restarted");
    let human = world.root.join("human");
    let spec = human.join("rollouts/ranker/rollout.yaml");
    let text = std::fs::read_to_string(&spec).expect("the rollout");
    std::fs::write(&spec, text.replace("weight: 30", "weight: 29")).expect("a file");
    let render = ["render", "--quiet", "--restart", "rollouts"];
    let mut command = std::process::Command::new(GLIDEPATH);
    Run::to_the_end(command.args(render).current_dir(&human)).exits(0);
    world.publish("another share");
    world.checkout("work");
    world.judge("work", "split", "pass", "99.9%>=99.5% (n=18234)");
    let ran = world.run(&PENDING);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let body = body(&world, 3);
    let tip = world.tip("main").expect("a commit");
    let says = format!("restarted by {}", &tip[..7]);
    assert!(body.contains(&says) && body.contains("weights"), "{body}");
    assert!(body.contains("handed in by a load test"), "{body}");
}
