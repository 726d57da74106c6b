//! The clock that a bake goes by: the latest that anybody knows of, whoever set another one back.

use super::harness::Lab;
use super::stay::now;
use crate::support::Run;

const DAY: i64 = 86_400;
/// 3000-01-01T00:00:00Z
const FUTURE: i64 = 32_503_680_000;

fn live_in(name: &str, stage: &str) -> Lab {
    let lab = Lab::new(name);
    lab.promote_to(stage);
    lab
}

/// The bake of `split` has only just begun, by this.
fn bakes(lab: &Lab, by: &str) {
    let status = lab.status();
    assert_eq!(status["live"]["stage"], "split");
    assert_eq!(status["sinceBy"], by, "{status}");
    assert_ne!(status["bakeLeftSeconds"], 0, "{status}");
    let evidence = lab.evidence("split", "pass");
    lab.refused(
        &["promote", "app", "--evidence", &evidence],
        4,
        "`split` bakes for 1h, and ",
    );
}

/// A branch that proposes `split`, made long ago.
fn proposed(name: &str) -> (Lab, &'static str) {
    let lab = live_in(name, "deploy");
    lab.ok(&["promote", "app", "--branch"]);
    (lab, "glidepath/image-classifier/split")
}

#[test]
fn a_commit_that_is_dated_back_counts_from_those_that_it_follows() {
    let lab = live_in("dated-back", "deploy");
    lab.write("other.txt", "x");
    let other = lab.commit_at("somebody else", now() - 60);
    lab.clock.set(now() - 3 * DAY);
    lab.promote();
    bakes(&lab, "ancestor");
    let text = lab.ok(&["status", "app"]);
    let says = format!("before {}, which it follows", &other[..7]);
    assert!(text.contains(&says), "{text}");
    // A merge from elsewhere is among those that it follows, too.
    let (lab, branch) = proposed("dated-back-merge");
    lab.git(&["checkout", "--quiet", "-b", "feature"]);
    lab.write("other.txt", "x");
    lab.commit_at("a feature", now() - 60);
    lab.git(&["checkout", "--quiet", "main"]);
    lab.clock.set(now() - 3 * DAY);
    lab.git(&["merge", "--quiet", "--no-ff", "-m", "a merge", "feature"]);
    lab.git(&["merge", "--quiet", "--no-ff", "-m", "on we go", branch]);
    bakes(&lab, "ancestor");
}

#[test]
fn a_branch_that_is_merged_later_counts_from_then() {
    let (lab, branch) = proposed("fast-forward");
    lab.clock.set(now() - 60);
    lab.git(&["merge", "--quiet", "--ff-only", branch]);
    bakes(&lab, "branch");
}

#[test]
fn a_merge_the_wrong_way_round_counts_from_the_merge() {
    let (lab, branch) = proposed("wrong-way");
    lab.write("other.txt", "x");
    lab.commit_all("meanwhile");
    lab.git(&["checkout", "--quiet", branch]);
    lab.clock.set(now() - 60);
    lab.git(&["merge", "--quiet", "--no-edit", "main"]);
    lab.git(&["checkout", "--quiet", "main"]);
    lab.git(&["merge", "--quiet", "--ff-only", branch]);
    assert_eq!(
        lab.git(&["rev-parse", "HEAD^2"]),
        lab.git(&["rev-parse", "HEAD@{1}"])
    );
    bakes(&lab, "branch");
}

#[test]
fn an_orphan_squash_counts_from_when_the_branch_became_it() {
    let lab = live_in("orphan", "split");
    lab.git(&["checkout", "--quiet", "--orphan", "squashed"]);
    lab.commit_all("all of it");
    lab.clock.set(now() - 60);
    lab.git(&["branch", "--quiet", "-M", "main"]);
    bakes(&lab, "branch");
}

#[test]
fn what_comes_from_elsewhere_was_there_before() {
    let lab = live_in("pulled", "split");
    let source = format!("file://{}", lab.dir.display());
    lab.clock.set(now() - 60);
    lab.git(&["clone", "--quiet", &source, "clone"]);
    let status = lab.json(&["status", "clone/app", "--format", "json"]);
    assert_eq!(
        (&status["sinceBy"], &status["bakeLeftSeconds"]),
        (&"commit".into(), &0.into())
    );
}

#[test]
fn nobody_dates_a_move() {
    let lab = live_in("undated", "deploy");
    lab.refused(&["promote", "app", "--date", "@1577836800"], 2, "--date");
    lab.refused(&["rollback", "app", "--date", "@1577836800"], 2, "--date");
    let before = now();
    for command in ["promote", "rollback"] {
        // The environment says 2020.
        Run::to_the_end(&mut lab.prepare(&[command, "app"])).exits(0);
        let dated: i64 = lab
            .git(&["log", "-1", "--format=%ct"])
            .parse()
            .expect("seconds");
        assert!(dated >= before, "{command}: {dated}");
    }
}

#[test]
fn a_date_in_the_future_says_nothing() {
    let lab = live_in("future", "deploy");
    lab.clock.set(FUTURE);
    lab.promote();
    let evidence = lab.evidence("split", "pass");
    let promote = ["promote", "app", "--evidence", &evidence];
    lab.refused(&promote, 4, "made `split` live, and is dated 3000-01-0");
    lab.refused(&promote, 4, "--force --reason");
    let url = super::telemetry::telemetry(5_000);
    let gate = ["gate", "app", "--prometheus-url", &url];
    lab.refused(&gate, 4, "made `split` live, and is dated 3000-01-0");
    lab.refused(&gate, 4, "--stage-started-at");
    let text = lab.ok(&["status", "app"]);
    assert!(text.contains("in the future"), "{text}");
    // Where only a commit before it is, everything goes on.
    lab.clock.set(now() - 2 * DAY);
    lab.ok(&["promote", "app", "--force", "--reason", "a wrong clock"]);
    let status = lab.status();
    assert_eq!(
        (&status["sinceBy"], &status["bakeLeftSeconds"]),
        (&"commit".into(), &0.into()),
        "{status}"
    );
    let warning = status["warnings"][0].as_str().expect("a warning");
    assert!(warning.ends_with("that date is ignored"), "{warning}");
    let evidence = lab.evidence("weight-100", "pass");
    let ran = lab.run(&["promote", "app", "--evidence", &evidence]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("that date is ignored"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_bake_counts_from_the_candidate_s_first_sample_where_gates_are_asked() {
    let lab = live_in("first-sample", "split");
    lab.write("app/rollout.yaml", &lab.with_one_gate());
    lab.ok(&["render", "app"]);
    lab.commit_all("one gate");
    assert_eq!(lab.status()["bakeLeftSeconds"], 0);
    let began = lab.status()["since"].as_str().expect("a time").to_owned();
    let began: glidepath::units::Timestamp = began.parse().expect("a time");
    // The applier took its time: the first request came hours later, and so every look is later.
    let first = began.seconds() + 7_200;
    let url = super::telemetry::telemetry_since(5_000, first);
    let gate = ["gate", "app", "--prometheus-url", &url, "--format", "json"];
    let found = lab.json(&gate);
    assert_eq!(found["stageStartedBy"], "sample", "{found}");
    let first = glidepath::units::Timestamp::from_seconds(first).to_string();
    assert_eq!(found["stageStartedAt"], first);
    // One that came just now lets nobody go on.
    let url = super::telemetry::telemetry_since(5_000, now() - 60);
    lab.clock.set(now() - 7_200);
    lab.write(
        "app/rollout.yaml",
        &lab.read("app/rollout.yaml")
            .replace("weight: 30", "weight: 29"),
    );
    lab.ok(&["render", "app"]);
    lab.commit_at("another share", now() - 7_200);
    assert_eq!(lab.status()["bakeLeftSeconds"], 0);
    let mut promote = lab.prepare(&["promote", "app"]);
    let ran = lab.finish(promote.env("GLIDEPATH_PROMETHEUS_URL", &url));
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("(first sample)"), "{}", ran.stderr);
}
