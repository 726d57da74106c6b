//! Rollouts through pull requests.

use std::fs;

use serde_json::json;

use super::fake::{Failure, tip};
use super::runner::Ran;
use super::world::{World, git};
use crate::support::http::{Response, serve};
use crate::support::telemetry::all_is_well;

pub(crate) const PROMOTE: (&str, &str) = ("command", "promote");
pub(crate) const PATH: (&str, &str) = ("path", "rollouts/ranker");
const EVIDENCE: (&str, &str) = ("evidence", "evidence.json");

pub(crate) fn body(world: &World, number: usize) -> String {
    world.fake.with(|state| {
        state.pulls[number - 1]["body"]
            .as_str()
            .expect("a body")
            .to_owned()
    })
}

pub(crate) fn title(world: &World, number: usize) -> String {
    world.fake.with(|state| {
        state.pulls[number - 1]["title"]
            .as_str()
            .expect("a title")
            .to_owned()
    })
}

/// The same again: nothing is pushed, nothing is written to GitHub.
pub(crate) fn nothing_happens(world: &World, inputs: &[(&str, &str)]) {
    let heads = || {
        git(
            &world.bare,
            &["for-each-ref", "--format=%(refname) %(objectname)"],
        )
    };
    let before = heads();
    world.fake.forget_log();
    let ran = world.run(inputs);
    assert_eq!(ran.code, 0, "{}", ran.log);
    assert_eq!(world.fake.writes(), [""; 0]);
    assert_eq!(heads(), before);
    assert_eq!(
        (ran.output("pull-request-operation"), ran.output("changed")),
        ("none", "false")
    );
}

pub(crate) fn created(ran: &Ran, number: &str, stage: &str, next: &str) {
    assert_eq!(ran.code, 0, "{}", ran.log);
    let found = [
        "pull-request-operation",
        "pull-request-number",
        "stage",
        "next-stage",
        "changed",
    ]
    .map(|name| ran.output(name));
    assert_eq!(
        found,
        ["created", number, stage, next, "true"],
        "{}",
        ran.log
    );
}

/// The first pull request of a rollout: its candidate's pods.
fn deploy_is_proposed(world: &World) {
    let ran = world.run(&[PROMOTE, PATH]);
    created(&ran, "1", "00-baseline", "01-deploy");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one rollout is one story")]
fn a_whole_rollout_goes_through_pull_requests() {
    let world = World::new("whole");
    let plain = [PROMOTE, PATH];
    let judged = [PROMOTE, PATH, EVIDENCE];

    let ran = world.run(&plain);
    created(&ran, "1", "00-baseline", "01-deploy");
    assert_eq!(ran.output("pull-request-branch"), "glidepath/ranker/deploy");
    assert_eq!(
        Some(ran.output("pull-request-head-sha").to_owned()),
        world.tip("glidepath/ranker/deploy")
    );
    assert!(
        fs::read_to_string(ran.output("plan-json-path"))
            .expect("a plan")
            .contains("\"rollout\": \"ranker\"")
    );
    assert_eq!(title(&world, 1), "ranker: 01-deploy (all traffic on a)");
    nothing_happens(&world, &plain);
    world.merge(1);
    assert_eq!(world.live(), "01-deploy");

    created(&world.run(&plain), "2", "01-deploy", "02-split");
    assert_eq!(title(&world, 2), "ranker: 02-split (b 30%, cohort testers)");
    nothing_happens(&world, &plain);
    world.merge(2);

    // The gate fails: back, with a hold.
    world.judge("work", "split", "fail", "99.1%<99.5% (n=18234)");
    let back = [PROMOTE, PATH, EVIDENCE, ("on-fail", "rollback")];
    let ran = world.run(&back);
    created(&ran, "3", "02-split", "01-deploy");
    assert_eq!(ran.output("gate-verdict"), "fail");
    assert_eq!(
        title(&world, 3),
        "ranker: back to 01-deploy (all traffic on a)"
    );
    assert!(body(&world, 3).contains("99.1%"), "{}", body(&world, 3));
    nothing_happens(&world, &back);
    // What passes meanwhile does not go around the way back.
    world.judge("work", "split", "pass", "99.9%>=99.5% (n=18234)");
    let ran = world.run(&[PROMOTE, PATH, EVIDENCE, ("fail-on", "pending")]);
    assert_eq!(ran.code, 4, "{}", ran.log);
    assert!(ran.log.contains("#3 proposes to go back"), "{}", ran.log);
    world.merge(3);
    assert_eq!(world.live(), "01-deploy");

    // On hold until somebody says so.
    let ran = world.run(&[PROMOTE, PATH, ("fail-on", "pending")]);
    assert_eq!(
        (ran.code, ran.output("pull-request-operation")),
        (4, "none"),
        "{}",
        ran.log
    );
    assert!(ran.log.contains("on hold"), "{}", ran.log);
    nothing_happens(&world, &plain);
    let ran = world.run(&[PROMOTE, PATH, ("resume", "true")]);
    created(&ran, "4", "01-deploy", "02-split");
    world.merge(4);
    let hold = "rollouts/ranker/deploy/hold.yaml";
    assert!(!git(&world.bare, &["ls-tree", "-r", "--name-only", "main"]).contains(hold));

    world.judge("work", "split", "pass", "99.93%>=99.5% (n=18234)");
    created(&world.run(&judged), "5", "02-split", "03-weight-100");
    let message = git(
        &world.bare,
        &["log", "-1", "--format=%B", "glidepath/ranker/weight-100"],
    );
    for trailer in [
        "Rollout: ranker",
        "Stage-From: split",
        "Stage-To: weight-100",
        "Gate: availability=99.93%>=99.5% (n=18234)",
    ] {
        assert!(message.contains(trailer), "{message}");
    }
    let author = git(
        &world.bare,
        &["log", "-1", "--format=%an", "glidepath/ranker/weight-100"],
    );
    assert_eq!(author, "github-actions[bot]");
    let changed = git(
        &world.bare,
        &["diff", "--numstat", "main", "glidepath/ranker/weight-100"],
    );
    assert_eq!(
        changed,
        "1\t1\trollouts/ranker/deploy/current/kustomization.yaml"
    );
    nothing_happens(&world, &judged);
    // Better numbers are told, without a push.
    world.judge("work", "split", "pass", "99.95%>=99.5% (n=20001)");
    world.fake.forget_log();
    let ran = world.run(&judged);
    assert_eq!(ran.output("pull-request-operation"), "updated");
    // The trailers name the numbers, so the head is another one, and is told so.
    let told = format!("POST /statuses/{}", ran.output("pull-request-head-sha"));
    assert_eq!(world.fake.writes(), ["PATCH /pulls/5".to_owned(), told]);
    // And so are worse ones: whoever looks at it must not merge it.
    world.judge("work", "split", "fail", "98%<99.5% (n=20001)");
    let ran = world.run(&[PROMOTE, PATH, EVIDENCE, ("fail-on", "fail")]);
    assert_eq!(ran.code, 3, "{}", ran.log);
    assert!(body(&world, 5).contains("**Do not merge:**"));
    world.judge("work", "split", "pass", "99.95%>=99.5% (n=20001)");
    assert_eq!(world.run(&judged).code, 0);
    assert!(!body(&world, 5).contains("Do not merge"));
    world.merge(5);

    world.judge("work", "weight-100", "pass", "99.95%>=99.5% (n=20001)");
    created(&world.run(&judged), "6", "03-weight-100", "04-retire");
    assert!(body(&world, 6).contains("point of no return"));
    world.merge(6);
    assert_eq!(world.live(), "04-retire");
    let ran = world.run(&plain);
    assert_eq!((ran.code, ran.output("next-stage")), (0, ""), "{}", ran.log);
    nothing_happens(&world, &plain);
}

#[test]
fn a_pull_request_that_is_overtaken_is_closed_and_its_branch_deleted() {
    let world = World::new("superseded");
    deploy_is_proposed(&world);
    // Somebody moves the pointer by hand.
    let human = world.root.join("human");
    let pointer = human.join("rollouts/ranker/deploy/current/kustomization.yaml");
    let text = fs::read_to_string(&pointer).expect("a pointer");
    fs::write(&pointer, text.replace("00-baseline", "01-deploy")).expect("a file");
    world.publish("by hand");
    world.checkout("work");
    created(&world.run(&[PROMOTE, PATH]), "2", "01-deploy", "02-split");
    world.fake.with(|state| {
        assert_eq!(state.pulls[0]["state"], "closed");
        assert!(
            state.comments[0]["body"]
                .as_str()
                .expect("a text")
                .contains("is live now")
        );
    });
    assert_eq!(world.tip("glidepath/ranker/deploy"), None);

    // Another stage is asked for: the older one gives way.
    let mut spec = fs::read_to_string(human.join("rollouts/ranker/rollout.yaml")).expect("a spec");
    spec = spec.replace(
        "    - name: split\n",
        "    - name: first\n      cohorts: {testers: b}\n    - name: split\n",
    );
    fs::write(human.join("rollouts/ranker/rollout.yaml"), spec).expect("a file");
    world.render();
    world.publish("another step");
    world.checkout("work");
    created(&world.run(&[PROMOTE, PATH]), "3", "01-deploy", "02-first");
    world
        .fake
        .with(|state| assert_eq!(state.pulls[1]["state"], "closed"));
    assert_eq!(world.tip("glidepath/ranker/split"), None);
}

#[test]
fn a_no_is_respected_until_somebody_says_otherwise() {
    let world = World::new("closed");
    deploy_is_proposed(&world);
    world
        .fake
        .with(|state| state.pulls[0]["state"] = "closed".into());
    for _ in 0..2 {
        nothing_happens(&world, &[PROMOTE, PATH]);
    }
    let ran = world.run(&[PROMOTE, PATH]);
    assert!(
        ran.log.contains("#1 was closed without a merge"),
        "{}",
        ran.log
    );
    created(
        &world.run(&[PROMOTE, PATH, ("resume", "true")]),
        "2",
        "00-baseline",
        "01-deploy",
    );
    // The same for a way back that was proposed, and not for one that somebody asks for.
    world.merge(2);
    world.run(&[PROMOTE, PATH]);
    world.merge(3);
    world.judge("work", "split", "fail", "98%<99.5%");
    let back = [PROMOTE, PATH, EVIDENCE, ("on-fail", "rollback")];
    created(&world.run(&back), "4", "02-split", "01-deploy");
    world
        .fake
        .with(|state| state.pulls[3]["state"] = "closed".into());
    nothing_happens(&world, &back);
    let ran = world.run(&[("command", "rollback"), PATH]);
    created(&ran, "5", "02-split", "01-deploy");
}

#[test]
fn two_workflows_at_once_make_one_pull_request() {
    let world = World::new("race");
    for round in 0..4 {
        world.checkout("one");
        world.checkout("two");
        let ran: Vec<Ran> = std::thread::scope(|scope| {
            let both = ["one", "two"].map(|work| {
                let world = &world;
                scope.spawn(move || world.run_in(work, "schedule", &json!({}), &[PROMOTE, PATH]))
            });
            both.map(|run| run.join().expect("it ends")).into()
        });
        let done = ran.iter().filter(|one| one.code == 0).count();
        assert!(done >= 1, "{ran:?}");
        for one in ran.iter().filter(|one| one.code != 0) {
            assert_eq!(one.code, 5, "{}", one.log);
            assert!(one.log.contains("was faster"), "{}", one.log);
        }
        let open = world.fake.with(|state| {
            state
                .pulls
                .iter()
                .filter(|pull| pull["state"] == "open")
                .count()
        });
        assert_eq!(open, 1, "round {round}");
        let commits = git(
            &world.bare,
            &["rev-list", "--count", "main..glidepath/ranker/deploy"],
        );
        assert_eq!(commits, "1");
        git(
            &world.bare,
            &["update-ref", "-d", "refs/heads/glidepath/ranker/deploy"],
        );
        world.fake.with(|state| state.pulls.clear());
    }
}

#[test]
fn commits_of_others_are_never_overwritten() {
    let world = World::new("foreign");
    deploy_is_proposed(&world);
    let human = world.root.join("human");
    git(&human, &["fetch", "--quiet", "origin"]);
    git(
        &human,
        &[
            "checkout",
            "--quiet",
            "-b",
            "fix",
            "origin/glidepath/ranker/deploy",
        ],
    );
    fs::write(human.join("note"), "x").expect("a file");
    git(&human, &["add", "note"]);
    git(&human, &["commit", "--quiet", "--message", "a fix"]);
    git(
        &human,
        &[
            "push",
            "--quiet",
            "origin",
            "fix:refs/heads/glidepath/ranker/deploy",
        ],
    );
    let before = tip(&world.bare, "glidepath/ranker/deploy");
    world.checkout("work");
    let ran = world.run(&[PROMOTE, PATH]);
    assert_eq!(ran.code, 5, "{}", ran.log);
    assert!(
        ran.log.contains("commits that glidepath did not make"),
        "{}",
        ran.log
    );
    assert_eq!(tip(&world.bare, "glidepath/ranker/deploy"), before);
}

#[test]
fn an_old_checkout_proposes_nothing() {
    let world = World::new("old");
    let human = world.root.join("human");
    // Another file may change: that is no reason to wait.
    fs::write(human.join("README"), "x").expect("a file");
    world.publish("elsewhere");
    deploy_is_proposed(&world);
    let parent = git(&world.bare, &["rev-parse", "glidepath/ranker/deploy^"]);
    assert_eq!(Some(parent), world.tip("main"));
    // The base moves on elsewhere: the branch stays, and nobody is notified.
    fs::write(human.join("README"), "y").expect("a file");
    world.publish("elsewhere again");
    world.checkout("work");
    nothing_happens(&world, &[PROMOTE, PATH]);
    // The rollout itself has moved on: what was decided here no longer holds.
    let spec = human.join("rollouts/ranker/rollout.yaml");
    let text = fs::read_to_string(&spec).expect("a spec");
    fs::write(&spec, text.replace("weight: 30", "weight: 31")).expect("a file");
    world.render();
    world.publish("another weight");
    let ran = world.run(&[PROMOTE, PATH]);
    assert_eq!(ran.code, 5, "{}", ran.log);
    assert!(
        ran.log.contains("run again on the newest commit"),
        "{}",
        ran.log
    );
}

#[test]
fn github_says_no_and_the_log_says_what_to_do() {
    let world = World::new("refused");
    let refused =
        json!({"message": "GitHub Actions is not permitted to create or approve pull requests."});
    world
        .fake
        .fail(Failure::new("POST", "/pulls", 403, refused));
    let ran = world.run(&[PROMOTE, PATH]);
    assert_eq!(ran.code, 6, "{}", ran.log);
    assert!(ran.log.contains("Workflow permissions"), "{}", ran.log);
    // The branch is there already; the next run goes on from there, and a label that fails is no reason to fail.
    world.fake.fail(Failure::new(
        "POST",
        "/issues/1/labels",
        403,
        json!({"message": "no"}),
    ));
    let ran = world.run(&[
        PROMOTE,
        PATH,
        ("labels", "rollout"),
        ("reviewers", "ann, bob"),
        ("draft", "true"),
    ]);
    created(&ran, "1", "00-baseline", "01-deploy");
    assert!(ran.log.contains("has no labels"), "{}", ran.log);
    world.fake.with(|state| {
        assert_eq!(state.pulls[0]["draft"], true);
        assert_eq!(state.pulls[0]["requested_reviewers"], json!(["ann", "bob"]));
    });
    let ran = world.run(&[PROMOTE, PATH, ("token", "ghs_wrong")]);
    assert_eq!(ran.code, 6, "{}", ran.log);
    assert!(ran.log.contains("fresh one"), "{}", ran.log);
}

#[test]
fn what_is_left_to_wait_for_is_red_only_where_it_is_asked_for() {
    let world = World::new("red");
    world.run(&[PROMOTE, PATH]);
    world.merge(1);
    world.run(&[PROMOTE, PATH]);
    world.merge(2);
    for (verdict, fail_on, code) in [
        ("inconclusive", "error", 0),
        ("inconclusive", "fail", 0),
        ("inconclusive", "pending", 4),
        ("fail", "error", 0),
        ("fail", "fail", 3),
        ("error", "error", 6),
    ] {
        world.judge("work", "split", verdict, "x");
        for command in ["promote", "gate"] {
            let ran = world.run(&[("command", command), PATH, EVIDENCE, ("fail-on", fail_on)]);
            assert_eq!(ran.code, code, "{command} {verdict} {fail_on}: {}", ran.log);
            assert_eq!(ran.output("gate-verdict"), verdict);
            assert!(ran.summary.contains("availability"), "{}", ran.summary);
        }
    }
    world.judge("work", "split", "pass", "x");
    let ran = world.run(&[("command", "gate"), PATH, EVIDENCE, ("status", "true")]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    world
        .fake
        .with(|state| assert_eq!(state.statuses[0]["state"], "success"));
}

#[test]
fn a_rollback_needs_no_spec_that_compiles() {
    let world = World::new("broken");
    world.run(&[PROMOTE, PATH]);
    world.merge(1);
    world.run(&[PROMOTE, PATH]);
    world.merge(2);
    fs::write(
        world.root.join("human/rollouts/ranker/rollout.yaml"),
        "broken: [",
    )
    .expect("a file");
    world.publish("oops");
    world.checkout("work");
    let ran = world.run(&[
        ("command", "rollback"),
        PATH,
        ("reason", "5xx @everyone\n::error::x"),
    ]);
    created(&ran, "3", "02-split", "01-deploy");
    let text = body(&world, 3);
    let prose: String = text.split("```").step_by(2).collect();
    assert!(
        prose.contains("goes by the tree alone") && !prose.contains("@everyone"),
        "{text}"
    );
    world.merge(3);
    assert_eq!(world.live(), "01-deploy");
}

#[test]
fn gates_are_asked_by_the_action_itself() {
    let world = World::new("asked");
    world.run(&[PROMOTE, PATH]);
    world.merge(1);
    world.run(&[PROMOTE, PATH]);
    world.merge(2);
    // Nobody has asked the candidate anything yet.
    let port = serve(|request| Some(all_is_well(request, 0)));
    let here = format!("http://127.0.0.1:{port}");
    // Not one that is down: that is asked again for seconds, and `gates_faults` has it.
    let port = serve(|_| Some(Response::new(403, "")));
    let closed = format!("http://127.0.0.1:{port}");
    for (server, verdict, code) in [(here, "inconclusive", 4), (closed, "error", 6)] {
        for command in ["promote", "gate"] {
            let inputs = [
                ("command", command),
                PATH,
                ("prometheus-url", server.as_str()),
                ("fail-on", "pending"),
            ];
            let ran = world.run(&inputs);
            assert_eq!(ran.output("gate-verdict"), verdict, "{}", ran.log);
            assert_eq!(ran.code, code, "{command}: {}", ran.log);
        }
    }
    // Nobody has said where to ask.
    let ran = world.run(&[PROMOTE, PATH]);
    assert_eq!(ran.code, 2, "{}", ran.log);
}
