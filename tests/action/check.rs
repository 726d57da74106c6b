//! `check` on pull requests.

use std::fs;

use serde_json::{Value, json};

use super::fake::Failure;
use super::runner::Ran;
use super::world::{World, git};

const CHECK: (&str, &str) = ("command", "check");

fn event(world: &World) -> Value {
    json!({"pull_request": {"number": 9, "base": {"sha": world.tip("main")}}})
}

fn check(world: &World, event: &Value) -> Ran {
    world.run_in("work", "pull_request", event, &[CHECK])
}

/// A change on top of the base, as a pull request's checkout has it.
fn change(world: &World, path: &str, what: impl Fn(String) -> String, render: bool) {
    let file = world.root.join("work").join(path);
    let text = fs::read_to_string(&file).unwrap_or_default();
    fs::write(&file, what(text)).expect("a file");
    let work = world.root.join("work");
    if render {
        let done = std::process::Command::new(crate::support::GLIDEPATH)
            .args(["render", "--quiet", "rollouts"])
            .current_dir(&work)
            .output()
            .expect("glidepath");
        assert!(done.status.success());
    }
    git(&work, &["add", "--all"]);
    git(&work, &["commit", "--quiet", "--message", "a change"]);
}

const SPEC: &str = "rollouts/ranker/rollout.yaml";

#[test]
fn one_comment_says_what_a_pull_request_changes() {
    let world = World::new("check");
    let event = event(&world);
    change(&world, "README", |_| "x".to_owned(), false);
    let ran = check(&world, &event);
    assert_eq!(
        (ran.code, ran.output("changed")),
        (0, "false"),
        "{}",
        ran.log
    );
    assert_eq!(world.fake.writes(), [""; 0]);
    change(
        &world,
        SPEC,
        |text| text.replace("weight: 30", "weight: 31"),
        true,
    );
    for _ in 0..2 {
        let ran = check(&world, &event);
        assert_eq!(
            (ran.code, ran.output("changed")),
            (0, "true"),
            "{}",
            ran.log
        );
        assert!(ran.summary.contains("31 %"), "{}", ran.summary);
    }
    assert_eq!(world.fake.writes(), ["POST /issues/9/comments"]);
    change(
        &world,
        SPEC,
        |text| text.replace("replicas: 3", "replicas: 4"),
        true,
    );
    check(&world, &event);
    world.fake.with(|state| {
        let body = state.comments[0]["body"].as_str().expect("a text");
        assert!(
            body.contains("**The live stage `00-baseline` changes with this merge:**"),
            "{body}"
        );
        assert!(body.contains("+  replicas: 4"), "{body}");
    });
}

#[test]
fn a_stale_tree_and_errors_are_red() {
    let world = World::new("stale");
    let event = event(&world);
    change(
        &world,
        SPEC,
        |text| text.replace("weight: 30", "weight: 31"),
        false,
    );
    let ran = check(&world, &event);
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.log.contains("would change"), "{}", ran.log);
    change(
        &world,
        SPEC,
        |text| {
            text.replace("replicas:", "replica:")
                .replace("weight:", "wait:")
        },
        false,
    );
    let ran = check(&world, &event);
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(
        ran.log
            .contains("::error file=rollouts/ranker/rollout.yaml,line="),
        "{}",
        ran.log
    );
}

#[test]
fn many_errors_are_nine_and_a_number() {
    let world = World::new("many");
    let event = event(&world);
    change(
        &world,
        SPEC,
        |text| (0..30).fold(text, |text, n| text + &format!("  wrong{n}: 1\n")),
        false,
    );
    let ran = check(&world, &event);
    let errors = ran
        .log
        .lines()
        .filter(|line| line.starts_with("::error"))
        .count();
    assert_eq!((ran.code, errors), (1, 10), "{}", ran.log);
    assert!(ran.log.contains("21 more like these"), "{}", ran.log);
}

#[test]
fn a_fork_gets_the_summary_and_no_failure() {
    let world = World::new("fork");
    let event = event(&world);
    change(
        &world,
        SPEC,
        |text| text.replace("weight: 30", "weight: 31"),
        true,
    );
    let mut failure = Failure::new(
        "POST",
        "/issues/9/comments",
        403,
        json!({"message": "Resource not accessible by integration"}),
    );
    failure.times = 9;
    world.fake.fail(failure);
    let ran = check(&world, &event);
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(
        ran.summary.contains("31 %") && ran.summary.contains("No comment"),
        "{}",
        ran.summary
    );
}
