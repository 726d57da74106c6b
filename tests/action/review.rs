//! `check` on pull requests that move the pointer, lift a hold, or come from a clone that does not see enough.

use std::fs;

use serde_json::{Value, json};

use super::fake::{NAME, OWNER};
use super::rollout::{PATH, PROMOTE};
use super::runner::Ran;
use super::world::{World, git, now};
use crate::support::http::serve;
use crate::support::telemetry::all_is_well;

const CHECK: (&str, &str) = ("command", "check");
const POINTER: &str = "rollouts/ranker/deploy/current/kustomization.yaml";
const PASSED: &str = "99.9%>=99.5% (n=18234)";
const HOLD: &str = "rollouts/ranker/deploy/hold.yaml";

/// A rollout whose live stage was reached by so many merged promotions.
fn world(name: &str, merged: usize) -> World {
    let world = World::new(name);
    for number in 1..=merged {
        let ran = world.run(&[PROMOTE, PATH]);
        assert_eq!(ran.code, 0, "{}", ran.log);
        world.merge(number);
    }
    world.fake.forget_log();
    world
}

/// A pull request of somebody with these rights, whose head is what the clone `work` has.
fn event(world: &World, body: &str) -> Value {
    let full = format!("{OWNER}/{NAME}");
    json!({"pull_request": {
        "number": 9, "body": body, "user": {"login": "ann"},
        "base": {"sha": world.tip("main"), "ref": "main", "repo": {"full_name": full}},
        "head": {"sha": head(world), "repo": {"full_name": full}},
    }})
}

fn head(world: &World) -> String {
    git(&world.root.join("work"), &["rev-parse", "HEAD"])
}

/// Commits in the clone `work` what somebody does there by hand.
fn commit(world: &World, message: &str, what: impl FnOnce(&std::path::Path)) {
    let work = world.root.join("work");
    what(&work);
    git(&work, &["add", "--all"]);
    git(&work, &["commit", "--quiet", "--message", message]);
}

fn move_pointer(world: &World, from: &str, to: &str) {
    commit(world, "a hot fix", |work| {
        let text = fs::read_to_string(work.join(POINTER)).expect("a pointer");
        fs::write(work.join(POINTER), text.replace(from, to)).expect("a file");
    });
}

fn check(world: &World, event: &Value) -> Ran {
    world.run_in("work", "pull_request", event, &[CHECK])
}

/// What the statuses of a commit say: the newest of `glidepath/ranker`.
fn status(world: &World, sha: &str) -> Option<(String, String)> {
    world.fake.with(|state| {
        let of = |one: &&Value| one["sha"] == sha && one["context"] == "glidepath/ranker";
        let newest = state.statuses.iter().rev().find(of)?;
        let text = |key: &str| newest[key].as_str().unwrap_or_default().to_owned();
        Some((text("state"), text("description")))
    })
}

fn comment(world: &World) -> String {
    world.fake.with(|state| {
        let newest = state.comments.last().expect("a comment");
        newest["body"].as_str().expect("a text").to_owned()
    })
}

fn may(world: &World, login: &str, permission: &str) {
    world.fake.with(|state| {
        state
            .permissions
            .insert(login.to_owned(), permission.to_owned());
    });
}

#[test]
fn a_pointer_moved_by_hand_past_a_stage_with_gates_is_red() {
    let world = world("by-hand", 1);
    move_pointer(&world, "01-deploy", "03-weight-100");
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}\n{}", ran.log, ran.summary);
    for text in [&comment(&world), &ran.summary] {
        assert!(text.contains("> [!CAUTION]"), "{text}");
        assert!(text.contains("`01-deploy` to `03-weight-100`"), "{text}");
        assert!(text.contains("would be skipped"), "{text}");
        assert!(!text.contains("stays as it is"), "{text}");
        assert!(text.contains("`Glidepath-Override: why`"), "{text}");
        // What the merge changes in the cluster.
        assert!(text.contains("+++ b/"), "{text}");
        assert!(text.contains("weight: 100"), "{text}");
    }
    let (state, words) = status(&world, &head(&world)).expect("a status");
    assert_eq!(state, "failure", "{words}");
    assert!(ran.log.contains("would be skipped"), "{}", ran.log);
}

#[test]
fn the_move_that_is_due_is_green_whoever_wrote_it() {
    let world = world("due", 1);
    move_pointer(&world, "01-deploy", "02-split");
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 0, "{}\n{}", ran.log, ran.summary);
    assert!(ran.summary.contains("`01-deploy` to `02-split`"));
    assert_eq!(
        status(&world, &head(&world)).expect("a status").0,
        "success"
    );
    // With anything beside it, it is no promotion.
    commit(&world, "more", |work| {
        let spec = work.join("rollouts/ranker/rollout.yaml");
        let text = fs::read_to_string(&spec).expect("a spec");
        fs::write(&spec, text.replace("DESCRIPTION", "another")).expect("a file");
        let done = std::process::Command::new(crate::support::GLIDEPATH)
            .args(["render", "--quiet", "rollouts"])
            .current_dir(work)
            .output()
            .expect("glidepath");
        assert!(done.status.success());
    });
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("rollout.yaml"), "{}", ran.summary);
    assert!(ran.summary.contains("no promotion"), "{}", ran.summary);
}

#[test]
fn bake_that_is_left_and_gates_that_nobody_judged_are_red() {
    let world = world("not-yet", 1);
    world.fake.with(|state| {
        let at = glidepath::units::Timestamp::from_seconds(now() - 60);
        state.pulls[0]["merged_at"] = at.to_string().into();
    });
    move_pointer(&world, "01-deploy", "02-split");
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("bakes for 5m"), "{}", ran.summary);
    assert_eq!(
        status(&world, &head(&world)).expect("a status").0,
        "pending"
    );

    let world = self::world("not-judged", 2);
    move_pointer(&world, "02-split", "03-weight-100");
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("not been judged"), "{}", ran.summary);
    assert!(
        ran.summary.contains("say where Prometheus is"),
        "{}",
        ran.summary
    );
    // Another system may judge them, and the pull request itself may not.
    world.judge("work", "split", "pass", PASSED);
    let inputs = [CHECK, ("evidence", "evidence.json")];
    let run = || world.run_in("work", "pull_request", &event(&world, ""), &inputs);
    let ran = run();
    assert_eq!(ran.code, 1, "{}", ran.summary);
    assert!(ran.summary.contains("is no evidence"), "{}", ran.summary);
    let work = world.root.join("work");
    let moved = head(&world);
    git(&work, &["checkout", "--quiet", "--detach", "origin/main"]);
    world.judge("work", "split", "pass", PASSED);
    git(&work, &["checkout", "--quiet", "--detach", &moved]);
    assert_eq!(run().code, 0);
    commit(&world, "verdicts", |_| {});
    let ran = run();
    assert_eq!(ran.code, 1, "{}", ran.summary);
    assert!(ran.summary.contains("not been judged"), "{}", ran.summary);
}

#[test]
fn an_override_counts_by_whom_github_knows_and_lifts_no_proof() {
    let world = world("override", 2);
    move_pointer(&world, "02-split", "03-weight-100");
    let line = "We must.\n\nGlidepath-Override: the gate is broken @everyone\n";
    // Whoever may only read says nothing.
    may(&world, "ann", "read");
    let ran = check(&world, &event(&world, line));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("does not count"), "{}", ran.summary);
    may(&world, "ann", "write");
    let ran = check(&world, &event(&world, line));
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(ran.summary.contains("> [!CAUTION]"), "{}", ran.summary);
    assert!(ran.summary.contains("the gate is broken"));
    assert!(!ran.summary.contains("@everyone"));
    let (state, words) = status(&world, &head(&world)).expect("a status");
    assert_eq!(state, "success");
    assert!(words.contains("override by ann"), "{words}");
    // From a fork nobody may.
    let mut fork = event(&world, line);
    fork["pull_request"]["head"]["repo"]["full_name"] = "mallory/models".into();
    assert_eq!(check(&world, &fork).code, 1);
    // In a comment, by somebody else: whoever wrote the comment counts.
    may(&world, "ann", "read");
    may(&world, "bob", "admin");
    world.fake.with(|state| {
        for (login, id) in [("mallory", 1), ("bob", 2)] {
            state.comments.insert(0, json!({"id": id, "issue": 9, "body": "Glidepath-Override: by me", "user": {"login": login}}));
        }
    });
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(ran.summary.contains("bob"), "{}", ran.summary);
    // A trailer of a commit counts for whoever opened the pull request.
    world.fake.with(|state| state.comments.clear());
    commit(&world, "x\n\nGlidepath-Override: by a commit", |work| {
        fs::write(work.join("NOTE"), "x").expect("a file");
    });
    assert_eq!(check(&world, &event(&world, "")).code, 1);
    may(&world, "ann", "maintain");
    assert_eq!(check(&world, &event(&world, "")).code, 0);

    let world = self::world("override-unsafe", 0);
    may(&world, "ann", "admin");
    move_pointer(&world, "00-baseline", "03-weight-100");
    let ran = check(&world, &event(&world, line));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("unsafe"), "{}", ran.summary);
    assert!(ran.summary.contains("lifts no"), "{}", ran.summary);
    let ran = check(&world, &event(&world, ""));
    assert!(
        !ran.summary.contains("Glidepath-Override"),
        "{}",
        ran.summary
    );
}

#[test]
fn what_a_clone_does_not_have_is_red() {
    let world = world("shallow-check", 1);
    move_pointer(&world, "01-deploy", "02-split");
    let work = world.root.join("work");
    let event = event(&world, "");
    let shallow = |depth: &str| {
        let from = format!("file://{}", work.display());
        let to = world.root.join("shallow");
        let _ = fs::remove_dir_all(&to);
        git(
            &world.root,
            &["clone", "--quiet", "--depth", depth, &from, "shallow"],
        );
        world.run_in("shallow", "pull_request", &event, &[CHECK])
    };
    git(&work, &["checkout", "--quiet", "-B", "topic"]);
    // Nothing but the head: the base is not there. Two commits: since when the stage is live is not.
    for depth in ["1", "2"] {
        let ran = shallow(depth);
        assert_ne!(ran.code, 0, "{depth}: {}", ran.summary);
        assert!(ran.log.contains("fetch-depth: 0"), "{depth}: {}", ran.log);
        assert!(ran.summary.contains("fetch-depth: 0"), "{}", ran.summary);
        assert!(comment(&world).contains("fetch-depth: 0"));
    }
    let ran = shallow("100");
    assert_eq!(ran.code, 0, "{}", ran.log);
}

#[test]
fn a_branch_is_judged_by_where_it_was_cut_and_by_what_a_merge_makes() {
    let world = world("stale-branch", 1);
    // Cut before the rollout moved on, and about something else: it moves nothing.
    commit(&world, "elsewhere", |work| {
        fs::write(work.join("README"), "x").expect("a file");
    });
    let topic = head(&world);
    assert_eq!(
        world
            .run_in("human", "schedule", &json!({}), &[PROMOTE, PATH])
            .code,
        0
    );
    let old = git(&world.root.join("work"), &["rev-parse", "HEAD"]);
    assert_eq!(old, topic);
    let keep = world.root.join("work");
    git(&keep, &["branch", "--force", "topic", &topic]);
    git(
        &keep,
        &[
            "push",
            "--quiet",
            "--no-verify",
            world.bare.to_str().expect("UTF-8"),
            "topic:refs/heads/topic",
        ],
    );
    world.merge(2);
    assert_eq!(world.live(), "02-split");
    let work = world.root.join("work");
    git(&work, &["checkout", "--quiet", "--detach", "origin/topic"]);
    let ran = check(&world, &event(&world, ""));
    assert_eq!(
        (ran.code, ran.output("changed")),
        (0, "false"),
        "{}",
        ran.log
    );
    // Cut before, and about the rollout: what a merge makes of both is not in the checkout.
    move_pointer(&world, "01-deploy", "02-split");
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.summary);
    assert!(ran.summary.contains("has moved on"), "{}", ran.summary);
    // As the runner checks it out, it is the merge itself, and moves nothing.
    let sha = head(&world);
    git(&work, &["checkout", "--quiet", "--detach", "origin/main"]);
    git(
        &work,
        &["merge", "--quiet", "--no-ff", "--message", "Merge", &sha],
    );
    let mut event = event(&world, "");
    event["pull_request"]["head"]["sha"] = sha.into();
    let ran = check(&world, &event);
    assert_eq!(
        (ran.code, ran.output("changed")),
        (0, "false"),
        "{}",
        ran.log
    );
}

#[test]
fn a_revert_counts_as_a_hold_until_somebody_resumes() {
    let world = world("revert", 2);
    move_pointer(&world, "02-split", "01-deploy");
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(ran.summary.contains("counts as a hold"), "{}", ran.summary);
    git(
        &world.root.join("work"),
        &[
            "push",
            "--quiet",
            "--no-verify",
            world.bare.to_str().expect("UTF-8"),
            "HEAD:refs/heads/main",
        ],
    );
    world.checkout("work");
    let short: String = head(&world).chars().take(7).collect();
    let says = format!("`split` is on hold: reverted by {short}");
    let ran = world.run(&[PROMOTE, PATH, ("fail-on", "pending")]);
    assert_eq!(
        (ran.code, ran.output("pull-request-operation")),
        (4, "none"),
        "{}",
        ran.log
    );
    assert!(ran.log.contains(&says), "{}", ran.log);
    // By hand it is no less on hold.
    move_pointer(&world, "01-deploy", "02-split");
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("is on hold"), "{}", ran.summary);
    world.checkout("work");
    let ran = world.run(&[PROMOTE, PATH, ("resume", "true")]);
    assert_eq!(
        ran.output("pull-request-operation"),
        "created",
        "{}",
        ran.log
    );
    // The pull request says that it lifts the hold, and so it may.
    let branch = ran.output("pull-request-branch").to_owned();
    let work = world.root.join("work");
    git(
        &work,
        &[
            "fetch",
            "--quiet",
            world.bare.to_str().expect("UTF-8"),
            &branch,
        ],
    );
    git(&work, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(
        ran.summary.contains("this lifts the hold"),
        "{}",
        ran.summary
    );
}

#[test]
fn a_hold_that_somebody_removes_by_hand_is_red() {
    let world = world("unhold", 2);
    let ran = world.run(&[("command", "rollback"), PATH]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    world.merge(3);
    commit(&world, "tidy up", |work| {
        fs::remove_file(work.join(HOLD)).expect("a hold");
    });
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("hold"), "{}", ran.summary);
    assert!(ran.summary.contains("--resume"), "{}", ran.summary);
    // Said in the commit, as `promote --resume` says it, it is an act.
    commit(&world, "x\n\nHold-Lifted: split", |work| {
        fs::write(work.join("NOTE"), "x").expect("a file");
    });
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 0, "{}", ran.log);
    // A hold that is rewritten to be about nothing is lifted, too; one that is damaged is no hold.
    for (index, text) in ["stage: retire\n", "stage: [\n"].into_iter().enumerate() {
        world.checkout("work");
        commit(&world, "rewrite", |work| {
            let hold = fs::read_to_string(work.join(HOLD)).expect("a hold");
            fs::write(work.join(HOLD), hold.replace("stage: split\n", text)).expect("a file");
        });
        let ran = check(&world, &event(&world, ""));
        assert_ne!(ran.code, 0, "{index}: {}", ran.log);
    }
}

#[test]
fn a_pointer_without_its_rollout_is_red() {
    let world = world("orphan", 1);
    commit(&world, "hidden", |work| {
        let text = fs::read_to_string(work.join(POINTER)).expect("a pointer");
        fs::write(work.join(POINTER), text.replace("01-deploy", "04-retire")).expect("a file");
        fs::remove_file(work.join("rollouts/ranker/rollout.yaml")).expect("a spec");
        fs::create_dir_all(work.join("rollouts/other")).expect("a folder");
        fs::write(
            work.join("rollouts/other/rollout.yaml"),
            super::world::SPEC.replace("name: ranker, namespace", "name: other, namespace"),
        )
        .expect("a spec");
        let done = std::process::Command::new(crate::support::GLIDEPATH)
            .args(["render", "--quiet", "rollouts/other"])
            .current_dir(work)
            .output()
            .expect("glidepath");
        assert!(done.status.success());
    });
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.summary);
    assert!(ran.summary.contains(POINTER), "{}", ran.summary);
    // A pointer that is no longer one is not silent, either.
    world.checkout("work");
    commit(&world, "broken", |work| {
        fs::remove_file(work.join(POINTER)).expect("a pointer");
    });
    let ran = check(&world, &event(&world, ""));
    assert_ne!(ran.code, 0, "{}", ran.summary);
}

#[test]
fn a_promotion_carries_its_verdict_on_its_head() {
    let world = world("verdict", 2);
    let evidence = ("evidence", "evidence.json");
    let promote = [PROMOTE, PATH, evidence];
    world.judge("work", "split", "pass", PASSED);
    let ran = world.run(&promote);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let sha = ran.output("pull-request-head-sha").to_owned();
    assert_ne!(sha, head(&world));
    assert_eq!(status(&world, &sha).expect("a status").0, "success");
    for (verdict, state) in [
        ("fail", "failure"),
        ("inconclusive", "pending"),
        ("error", "error"),
        ("pass", "success"),
    ] {
        world.judge("work", "split", verdict, PASSED);
        world.run(&promote);
        let (found, words) = status(&world, &sha).expect("a status");
        assert_eq!(found, state, "{words}");
        // Asked again, the same is not said twice: GitHub keeps a thousand of them.
        world.fake.forget_log();
        world.run(&promote);
        assert_eq!(world.fake.writes(), [""; 0], "{verdict}");
        // A gate alone says the same, in the same place.
        let gate = [("command", "gate"), PATH, evidence, ("status", "true")];
        world.run(&gate);
        assert_eq!(status(&world, &sha).expect("a status").0, state);
        assert_eq!(status(&world, &head(&world)), None);
        world.run(&promote);
    }
    // A tree that is not what it should be any more is told there, too.
    let spec = world.root.join("human/rollouts/ranker/rollout.yaml");
    let text = fs::read_to_string(&spec).expect("a spec");
    fs::write(&spec, text.replace("weight: 30", "weight: 31")).expect("a file");
    world.publish("stale");
    world.checkout("work");
    let ran = world.run(&[PROMOTE, PATH, ("reason", "x")]);
    assert_eq!(ran.code, 5, "{}", ran.log);
    let (state, words) = status(&world, &sha).expect("a status");
    assert_eq!(state, "failure", "{words}");
    assert!(words.contains("stale"), "{words}");
    fs::write(&spec, text).expect("a file");
    world.publish("current");
    world.checkout("work");
    // A token that may not is no failure.
    world.judge("work", "split", "inconclusive", "x");
    world.fake.with(|state| state.no_statuses = true);
    let ran = world.run(&promote);
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert!(ran.log.contains("statuses: write"), "{}", ran.log);
}

#[test]
fn evidence_that_a_promotion_carries_is_judged_again() {
    let world = world("carried", 2);
    let port = serve(|request| Some(all_is_well(request, 5_000)));
    let server = format!("http://127.0.0.1:{port}");
    let ran = world.run(&[
        PROMOTE,
        PATH,
        ("prometheus-url", server.as_str()),
        ("record-evidence", "true"),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let branch = ran.output("pull-request-branch").to_owned();
    let work = world.root.join("work");
    let bare = world.bare.to_str().expect("UTF-8");
    git(&work, &["fetch", "--quiet", bare, &branch]);
    git(&work, &["checkout", "--quiet", "--detach", "FETCH_HEAD"]);
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 0, "{}\n{}", ran.log, ran.summary);
    assert!(
        ran.summary.contains("nobody was asked again"),
        "{}",
        ran.summary
    );
    // Its own answers must lead to what it says.
    let folder = work.join("rollouts/ranker/deploy/evidence");
    let file = fs::read_dir(&folder)
        .expect("a folder")
        .next()
        .expect("a file");
    let file = file.expect("a file").path();
    let good = fs::read_to_string(&file).expect("evidence");
    let old = glidepath::units::Timestamp::from_seconds(now() - 2 * 86_400);
    let at = good
        .lines()
        .find(|line| line.contains("\"evaluatedAt\""))
        .expect("a time")
        .to_owned();
    let forged = [
        ("forged", good.replace("5000", "50")),
        ("other", good.replace("ranker/split", "ranker/weight-100")),
        (
            "old",
            good.replace(&at, &format!("\"evaluatedAt\": \"{old}\",")),
        ),
        ("broken", "{}".to_owned()),
    ];
    for (name, text) in forged {
        assert_ne!(text, good, "{name}");
        commit(&world, name, |_| fs::write(&file, &text).expect("a file"));
        let ran = check(&world, &event(&world, ""));
        assert_eq!(ran.code, 1, "{name}: {}", ran.summary);
        assert!(
            ran.summary.contains("does not count"),
            "{name}: {}",
            ran.summary
        );
    }
}

#[test]
fn what_is_live_is_proved_and_never_patched_unseen() {
    let world = world("patched", 2);
    // Other lines of the pointer's file are nobody's render.
    commit(&world, "a patch", |work| {
        let text = fs::read_to_string(work.join(POINTER)).expect("a pointer");
        fs::write(work.join(POINTER), format!("{text}nameSuffix: -x\n")).expect("a file");
    });
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("nameSuffix"), "{}", ran.summary);
    // Another image for who has traffic, forced through by a restart, is seen here.
    world.checkout("work");
    commit(&world, "another image", |work| {
        let spec = work.join("rollouts/ranker/rollout.yaml");
        let text = fs::read_to_string(&spec).expect("a spec");
        let text = text.replacen("serving:2.8.0", "serving:2.14.1", 1);
        fs::write(&spec, text).expect("a file");
        let done = std::process::Command::new(crate::support::GLIDEPATH)
            .args(["render", "--quiet", "--restart", "rollouts"])
            .current_dir(work)
            .output()
            .expect("glidepath");
        assert!(done.status.success(), "{done:?}");
    });
    let ran = check(&world, &event(&world, ""));
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("unsafely"), "{}", ran.summary);
    // Which a person may take on them, as with `--restart`.
    may(&world, "ann", "write");
    let ran = check(&world, &event(&world, "Glidepath-Override: at night"));
    assert_eq!(ran.code, 0, "{}\n{}", ran.log, ran.summary);
}

#[test]
fn a_merge_queue_is_judged_as_well() {
    let world = world("queue", 1);
    move_pointer(&world, "01-deploy", "03-weight-100");
    let group = json!({"merge_group": {
        "base_sha": world.tip("main"), "base_ref": "refs/heads/main", "head_sha": head(&world),
    }});
    let ran = world.run_in("work", "merge_group", &group, &[CHECK]);
    assert_eq!(ran.code, 1, "{}", ran.log);
    assert!(ran.summary.contains("would be skipped"), "{}", ran.summary);
    assert_eq!(
        status(&world, &head(&world)).expect("a status").0,
        "failure"
    );
    // A status that a branch requires is on every pull request, where that is asked for.
    world.checkout("work");
    commit(&world, "elsewhere", |work| {
        fs::write(work.join("README"), "x").expect("a file");
    });
    for (every, is_there) in [("false", false), ("true", true)] {
        let inputs = [CHECK, ("status", every)];
        let ran = world.run_in("work", "pull_request", &event(&world, ""), &inputs);
        assert_eq!(ran.code, 0, "{}", ran.log);
        assert_eq!(status(&world, &head(&world)).is_some(), is_there);
    }
}
