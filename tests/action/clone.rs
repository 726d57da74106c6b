//! Pull requests from a clone, and the evidence that they carry.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::fake::TOKEN;
use super::rollout::{PATH, PROMOTE, body, created, nothing_happens, title};
use super::world::{World, git};
use crate::support::http::serve;
use crate::support::telemetry::all_is_well;

/// Runs glidepath in the person's clone; gives its code, stdout and stderr.
fn run(world: &World, args: &[&str], token: &str) -> (Option<i32>, String, String) {
    let done = Command::new(crate::support::GLIDEPATH)
        .args(args)
        .arg("rollouts/ranker")
        .current_dir(world.root.join("human"))
        .env("GITHUB_TOKEN", token)
        .env("GITHUB_REPOSITORY", "acme/models")
        .env("GITHUB_API_URL", world.fake.api())
        .env("GIT_AUTHOR_NAME", "Ann")
        .env("GIT_AUTHOR_EMAIL", "ann@example.com")
        .env("GIT_COMMITTER_NAME", "Ann")
        .env("GIT_COMMITTER_EMAIL", "ann@example.com")
        .output()
        .expect("glidepath");
    let said = [done.stdout, done.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    assert!(!said.concat().contains(TOKEN), "{said:?}");
    (done.status.code(), said[0].clone(), said[1].clone())
}

fn is_clean(world: &World) {
    let clean = git(&world.root.join("human"), &["status", "--porcelain"]);
    assert_eq!(clean, "");
}

#[test]
fn a_clone_does_the_same() {
    let world = World::new("clone");
    let run = |args: &[&str], token: &str| run(&world, args, token);
    let (code, url, said) = run(&["promote", "--pull-request"], TOKEN);
    assert_eq!(code, Some(0), "{said}");
    assert!(url.trim_end().ends_with("/pull/1"), "{url}");
    assert!(said.contains("#1 created"), "{said}");
    is_clean(&world);
    let (code, _, said) = run(&["promote", "--pull-request"], TOKEN);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("#1 none"), "{said}");
    world.merge(1);
    let (code, _, said) = run(&["rollback", "--pull-request"], TOKEN);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("nothing to go back from"), "{said}");
    let (code, _, said) = run(&["promote", "--pull-request"], "");
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("GITHUB_TOKEN"), "{said}");
}

#[test]
fn a_way_back_is_proposed_from_a_clone() {
    let world = World::new("back");
    for number in 1..=2 {
        let (code, _, said) = run(&world, &["promote", "--pull-request"], TOKEN);
        assert_eq!(code, Some(0), "{said}");
        world.merge(number);
    }
    assert_eq!(world.live(), "02-split");
    let before = world.tip("main");
    let back = ["rollback", "--pull-request", "--reason", "5xx @ann"];
    let (code, url, said) = run(&world, &back, TOKEN);
    assert_eq!(code, Some(0), "{said}");
    assert!(url.trim_end().ends_with("/pull/3"), "{url}");
    assert!(said.contains("#3 created"), "{said}");
    // Nothing moves before the merge: neither the clone, nor the branch that people merge into.
    is_clean(&world);
    assert_eq!(
        (world.live(), world.tip("main")),
        ("02-split".to_owned(), before)
    );
    let branch = "refs/heads/glidepath/ranker/deploy";
    let changed = git(
        &world.bare,
        &["diff", "--name-only", "refs/heads/main", branch],
    );
    assert_eq!(
        changed.lines().collect::<Vec<_>>(),
        [
            "rollouts/ranker/deploy/current/kustomization.yaml",
            "rollouts/ranker/deploy/hold.yaml"
        ]
    );
    let message = git(&world.bare, &["log", "-1", "--format=%B", branch]);
    assert!(
        message.contains("Stage-From: split\nStage-To: deploy\n")
            && message.contains("Rollback-Reason: 5xx @ann"),
        "{message}"
    );
    assert!(
        title(&world, 3).contains("01-deploy"),
        "{}",
        title(&world, 3)
    );
    assert!(!body(&world, 3).contains("@ann"), "nobody is called");
    // A second time, nothing is written, and the way on waits for it.
    let tip = world.tip("glidepath/ranker/deploy");
    world.fake.forget_log();
    let (code, _, said) = run(&world, &back, TOKEN);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("#3 none"), "{said}");
    assert_eq!(world.fake.writes(), [""; 0]);
    assert_eq!(world.tip("glidepath/ranker/deploy"), tip);
    let evidence = world.root.join("verdicts.json");
    world.judge("human", "split", "pass", "x");
    fs::rename(world.root.join("human/evidence.json"), &evidence).expect("a move");
    let verdicts = evidence.display().to_string();
    let on = ["promote", "--pull-request", "--evidence", &verdicts];
    let (code, _, said) = run(&world, &on, TOKEN);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("#3 proposes to go back"), "{said}");
    world.merge(3);
    assert_eq!(world.live(), "01-deploy");
    let (code, _, said) = run(&world, &["promote", "--pull-request"], TOKEN);
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("`split` is on hold"), "{said}");
}

#[test]
fn a_pull_request_carries_the_evidence_where_that_is_asked_for() {
    let world = World::new("recorded");
    // Stages without gates have none, and need no file either.
    for (number, input) in [
        (1, ("record-evidence", "true")),
        (2, ("evidence", "rollouts")),
    ] {
        let ran = world.run(&[PROMOTE, PATH, input]);
        assert_eq!(ran.code, 0, "{}", ran.log);
        world.merge(number);
    }
    let port = serve(|request| Some(all_is_well(request, 5_000)));
    let server = format!("http://127.0.0.1:{port}");
    let inputs = [
        PROMOTE,
        PATH,
        ("prometheus-url", server.as_str()),
        ("record-evidence", "true"),
    ];
    let ran = world.run(&inputs);
    created(&ran, "3", "02-split", "03-weight-100");
    // What actions/attest takes: once, for evidence that is new.
    assert_eq!(ran.output("evidence-subject"), "ranker/split");
    let predicate = ran.output("evidence-predicate-path").to_owned();
    let predicate = std::fs::read_to_string(predicate).expect("the predicate");
    let predicate: Value = serde_json::from_str(&predicate).expect("JSON");
    let digest = predicate["contentDigest"].as_str().expect("a digest");
    assert_eq!(ran.output("evidence-digest"), digest);
    // Asked again again, the evidence is the same but for the time.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    nothing_happens(&world, &inputs);
    world.judge("work", "split", "pass", "x");
    let ran = world.run(&[&inputs[..], &[("evidence", "evidence.json")]].concat());
    assert_eq!(ran.code, 2, "{}", ran.log);
    world.merge(3);
    assert_eq!(world.live(), "03-weight-100");
    let folder = "rollouts/ranker/deploy/evidence/";
    let listed = git(
        &world.bare,
        &["ls-tree", "--name-only", "refs/heads/main", folder],
    );
    assert_eq!(listed.lines().count(), 1, "{listed}");
    let text = git(&world.bare, &["show", &format!("refs/heads/main:{listed}")]);
    let found: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(found["predicate"], predicate);
    let found = &found["predicate"];
    assert_eq!(
        (&found["stage"], &found["verdict"], &found["stageStartedBy"]),
        (&"split".into(), &"pass".into(), &"commit".into())
    );
    assert!(!text.contains("127.0.0.1"), "{text}");
}
