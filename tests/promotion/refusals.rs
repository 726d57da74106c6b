//! What stops a promotion, with which exit code, and what lifts it.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::http::{Response, serve};

use super::harness::Lab;

fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock");
    i64::try_from(since.as_secs()).expect("a time")
}

#[test]
fn bake_time_and_the_least_bake_are_waited_for() {
    let lab = Lab::new("bake");
    lab.clock.set(now() - 100 - 86_400);
    lab.promote();
    // A generated stage has no bake of its own: `minBake` counts.
    lab.refused(&["promote", "app"], 4, "`deploy` bakes for 5m, and 3m");
    assert_eq!(lab.status()["bakeSeconds"], 300);
    lab.refused(&["promote", "app", "--to", "split"], 4, "is left");
    assert_eq!(lab.live(), "deploy");
    // The committer's date counts, not the author's.
    lab.clock.set(now() - 1_800);
    lab.git(&["commit", "--quiet", "--amend", "--no-edit"]);
    lab.clock.set(now() - 1_700 - 86_400);
    lab.promote();
    let evidence = lab.evidence("split", "pass");
    lab.refused(
        &["promote", "app", "--evidence", &evidence],
        4,
        "`split` bakes for 1h, and 31m",
    );
    lab.ok(&[
        "promote",
        "app",
        "--evidence",
        &evidence,
        "--force",
        "--reason",
        "hurry",
    ]);
    assert_eq!(lab.live(), "weight-100");
}

#[test]
fn telemetry_that_is_known_is_asked_and_an_error_is_no_verdict() {
    let lab = Lab::new("telemetry");
    lab.promote_to("split");
    // Not one that is down: that is asked again for seconds, and `gates_faults` has it.
    let port = serve(|_| Some(Response::new(403, "")));
    let ran = lab
        .prepare(&["promote", "app"])
        .env(
            "GLIDEPATH_PROMETHEUS_URL",
            format!("http://127.0.0.1:{port}"),
        )
        .output()
        .expect("glidepath runs");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(6), "{said}");
    assert!(said.contains("could not be judged"), "{said}");
}

#[test]
fn gates_need_evidence() {
    let lab = Lab::new("gates");
    lab.promote_to("split");
    lab.refused(
        &["promote", "app"],
        4,
        "the gates `availability` and `latency` of `split` have not been judged",
    );
    for (verdict, code, says) in [
        ("fail", 3, "failed"),
        ("inconclusive", 4, "needs more evidence"),
        ("error", 6, "could not be judged"),
    ] {
        let evidence = lab.evidence("split", verdict);
        lab.refused(&["promote", "app", "--evidence", &evidence], code, says);
        lab.refused(
            &["promote", "app", "--evidence", &evidence, "--dry-run"],
            code,
            says,
        );
    }
    let partial = r#"{"name": "latency", "verdict": "pass", "summary": ""}"#;
    let path = lab.evidence_with("split", partial);
    lab.refused(
        &["promote", "app", "--evidence", &path],
        4,
        "the gate `availability` of `split` has not been judged",
    );
    let other = lab.evidence("weight-100", "pass");
    lab.refused(
        &["promote", "app", "--evidence", &other],
        1,
        "is no evidence: its `stage` is `weight-100`, and `split` is live",
    );
    lab.refused(
        &["promote", "app", "--evidence", "app/rollout.yaml"],
        1,
        "is no evidence",
    );
    lab.refused(
        &["promote", "app", "--evidence", "nowhere.json"],
        6,
        "cannot read",
    );
    assert_eq!(lab.live(), "split");
    let evidence = lab.evidence("split", "fail");
    lab.ok(&[
        "promote",
        "app",
        "--evidence",
        &evidence,
        "--force",
        "--reason",
        "the gate\nis broken",
    ]);
    let message = lab.git(&["log", "-1", "--format=%B"]);
    let gate = "Gate: availability=fail 99.93%>=99.5% (n=18234), handed in by a load test\n";
    assert!(message.contains(gate), "{message}");
    let text = lab.ok(&["history", "app"]);
    assert!(text.contains(", handed in by a load test"), "{text}");
    assert!(
        message.contains("Forced-By-Reason: the gate is broken"),
        "{message}"
    );
}

#[test]
fn force_needs_a_reason() {
    let lab = Lab::new("reason");
    assert_eq!(lab.run(&["promote", "app", "--force"]).code, 2);
    assert_eq!(lab.run(&["promote", "app", "--reason", "x"]).code, 2);
    lab.refused(
        &["promote", "app", "--force", "--reason", " \n"],
        2,
        "`--reason` is empty",
    );
}

#[test]
fn nobody_skips_deploy_and_only_force_skips_a_bake() {
    let lab = Lab::new("jumps");
    lab.refused(
        &["promote", "app", "--to", "split"],
        1,
        "GP301: VirtualService/vision/image-classifier sends requests to the subset `resnet101`",
    );
    lab.refused(
        &[
            "promote", "app", "--to", "split", "--force", "--reason", "x",
        ],
        1,
        "GP301",
    );
    lab.refused(
        &["promote", "app", "--to", "spilt"],
        2,
        "did you mean `split`?",
    );
    lab.promote();
    lab.refused(
        &["promote", "app", "--to", "weight-100"],
        1,
        "`split` would be skipped",
    );
    lab.refused(
        &["promote", "app", "--to", "baseline"],
        1,
        "does not come after",
    );
    lab.ok(&["promote", "app", "--to", "02-split"]);
    lab.ok(&["rollback", "app"]);
    lab.refused(
        &["rollback", "app", "--to", "split"],
        1,
        "comes after the live stage",
    );
    lab.ok(&[
        "promote",
        "app",
        "--to",
        "weight-100",
        "--resume",
        "--force",
        "--reason",
        "x",
    ]);
    lab.refused(
        &["promote", "app", "--to", "deploy"],
        1,
        "glidepath rollback --to deploy",
    );
    lab.refused(&["rollback", "app", "--to", "baseline"], 1, "GP302");
    assert_eq!(lab.live(), "weight-100");
}

#[test]
fn a_hold_is_lifted_by_another_content_or_by_resume_and_not_by_force() {
    let lab = Lab::new("hold");
    lab.promote_to("split");
    lab.ok(&["rollback", "app", "--reason", "5xx: \"many\" # 30%"]);
    let hold = lab.read("app/deploy/hold.yaml");
    for word in [
        "stage: split",
        "Ada <ada@example.com>",
        "contents:\n  retire: sha256:",
    ] {
        assert!(hold.contains(word), "{hold}");
    }
    assert!(hold.contains(&lab.git(&["rev-parse", "HEAD~1"])), "{hold}");
    assert_eq!(lab.status()["hold"]["reason"], "5xx: \"many\" # 30%");
    lab.refused(
        &["promote", "app"],
        4,
        "`split` is on hold: Ada <ada@example.com> rolled back from it: 5xx",
    );
    lab.refused(
        &["promote", "app", "--force", "--reason", "x"],
        4,
        "`split` is on hold",
    );
    // Stages before the held one may be walked.
    lab.ok(&["rollback", "app", "--to", "baseline"]);
    lab.refused(&["promote", "app"], 4, "`deploy` is on hold");
    lab.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
    lab.git(&["tag", "held"]);

    lab.ok(&["promote", "app", "--resume"]);
    assert_eq!(lab.live(), "split");
    assert!(!lab.dir.join("app/deploy/hold.yaml").exists());

    lab.git(&["reset", "--quiet", "--hard", "held"]);
    // A comment changes nothing, nor do a new bake and a later stage.
    let spec = lab.read("app/rollout.yaml");
    lab.write("app/rollout.yaml", &format!("{spec}# a comment\n"));
    lab.commit_all("comment");
    lab.refused(&["promote", "app"], 4, "`split` is on hold");
    let longer = spec.replace("bake: 1h", "bake: 2h");
    let later = longer.replace("- weight: 100", "- weight: 90");
    let renamed = later.replace("name: split", "name: halves");
    for (text, held) in [(longer, "split"), (later, "split"), (renamed, "split")] {
        lab.write("app/rollout.yaml", &text);
        let ran = lab.run(&["render", "app"]);
        assert!(!ran.stderr.contains("lifts"), "{}", ran.stderr);
        lab.commit_all("nothing that anybody is served");
        lab.refused(&["promote", "app"], 4, &format!("`{held}` is on hold"));
    }
    lab.write(
        "app/rollout.yaml",
        &spec.replace("weight: 30", "weight: 20"),
    );
    let ran = lab.run(&["render", "app"]);
    assert!(
        ran.stderr
            .contains("the hold on `split` lifts with this render"),
        "{}",
        ran.stderr
    );
    lab.commit_all("another share");
    assert_eq!(lab.status()["hold"], serde_json::Value::Null);
    let text = lab.ok(&["status", "app"]);
    assert!(
        text.contains("lifted: `split` is not what it was"),
        "{text}"
    );
    lab.ok(&["promote", "app"]);
    assert_eq!(lab.live(), "split");
    assert!(!lab.dir.join("app/deploy/hold.yaml").exists());
    // Without a hold, `--resume` is no error.
    let evidence = lab.evidence("split", "pass");
    lab.ok(&["promote", "app", "--resume", "--evidence", &evidence]);
}

#[test]
fn a_stale_tree_stops_a_promotion_and_no_rollback() {
    let lab = Lab::new("stale");
    lab.promote_to("split");
    let spec = lab.read("app/rollout.yaml");
    for (text, code) in [
        (spec.replace("bake: 1h", "bake: 2h"), 5),
        ("kind: [".to_owned(), 1),
    ] {
        lab.write("app/rollout.yaml", &text);
        lab.commit_all("change");
        let evidence = lab.evidence("split", "pass");
        let force = [
            "promote",
            "app",
            "--evidence",
            &evidence,
            "--force",
            "--reason",
            "x",
        ];
        assert_eq!(lab.run(&force).code, code);
        assert_eq!(lab.status()["stale"], true);
        let here = lab.head();
        let ran = lab.run(&["rollback", "app"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("warning: "), "{}", ran.stderr);
        assert_eq!(lab.live(), "deploy");
        lab.git(&["reset", "--quiet", "--hard", &here]);
    }
    lab.write("app/rollout.yaml", &spec);
    lab.commit_all("as before");
    // A hand-edited file, a tree that is rendered but not committed, and a missing one.
    let service = "app/deploy/base/service.yaml";
    let evidence = lab.evidence("split", "pass");
    let promote = ["promote", "app", "--evidence", &evidence];
    let text = lab.read(service);
    lab.write(service, &format!("{text}# mine\n"));
    lab.refused(
        &promote,
        5,
        "the tree is stale: `base/service.yaml` is not what rollout.yaml compiles to",
    );
    lab.commit_all("edit");
    lab.write(service, &text);
    lab.refused(
        &promote,
        5,
        "the tree is not committed: `base/service.yaml`",
    );
    lab.commit_all("undo");
    fs::create_dir_all(lab.dir.join("app/.deploy.staged")).expect("a folder");
    lab.write("app/.deploy.staged/journal", "{\"files\": {}}");
    let ran = lab.run(&promote);
    fs::remove_dir_all(lab.dir.join("app/.deploy.staged")).expect("the folder");
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    lab.ok(&promote);
}

#[test]
fn what_is_not_committed_is_never_overwritten() {
    let lab = Lab::new("dirty");
    let pointer = "app/deploy/current/kustomization.yaml";
    let text = lab.read(pointer);
    for staged in [false, true] {
        lab.write(pointer, &format!("{text}namePrefix: x-\n"));
        if staged {
            lab.git(&["add", pointer]);
            lab.write(pointer, &text);
        }
        lab.refused(&["promote", "app"], 5, "has changes that are not committed");
        assert_eq!(lab.status()["uncommitted"], true);
        // A branch takes nothing from the work tree.
        let status = lab.git(&["status", "--porcelain"]);
        lab.ok(&["promote", "app", "--branch"]);
        assert_eq!(lab.git(&["status", "--porcelain"]), status);
        lab.git(&["reset", "--quiet", "--hard"]);
    }
    // Other changes are nobody's business, and stay.
    lab.write("notes.txt", "mine");
    lab.git(&["add", "notes.txt"]);
    lab.promote();
    assert_eq!(lab.git(&["status", "--porcelain"]), "A  notes.txt");
    assert_eq!(lab.git(&["show", "--name-only", "--format="]), pointer);
    // What people added to the pointer stays.
    let text = lab.read(pointer);
    lab.write(pointer, &format!("{text}commonAnnotations:\n  a: b\n"));
    lab.commit_all("annotate");
    lab.promote();
    assert!(lab.read(pointer).ends_with("commonAnnotations:\n  a: b\n"));
}

#[test]
fn a_dry_run_shows_the_line_and_what_it_means_and_writes_nothing() {
    let lab = Lab::new("dry");
    lab.promote();
    let here = lab.head();
    let text = lab.ok(&["promote", "app", "--dry-run"]);
    for line in [
        "-- ../stages/01-deploy",
        "+- ../stages/02-split",
        "+      weight: 30",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    lab.ok(&["promote", "app"]);
    let text = lab.ok(&["rollback", "app", "--dry-run"]);
    assert!(
        text.contains("+- ../stages/01-deploy") && text.contains("+stage: split"),
        "{text}"
    );
    assert_eq!(lab.git(&["rev-parse", "HEAD~1"]), here);
    assert_eq!(lab.live(), "split");
}

#[test]
fn a_branch_is_rebuilt_but_commits_of_others_are_kept() {
    let lab = Lab::new("branch");
    let branch = "glidepath/image-classifier/deploy";
    lab.ok(&["promote", "app", "--branch"]);
    let first = lab.git(&["rev-parse", branch]);
    assert_eq!(lab.git(&["rev-parse", &format!("{branch}^")]), lab.head());
    lab.ok(&["promote", "app", "--branch"]);
    lab.write("other.txt", "x");
    lab.commit_all("meanwhile");
    lab.ok(&["promote", "app", "--branch"]);
    assert_ne!(lab.git(&["rev-parse", branch]), first);
    assert_eq!(lab.git(&["rev-parse", &format!("{branch}^")]), lab.head());
    assert_eq!(lab.live(), "baseline");

    // Somebody adds to it: with a message of their own, or under ours.
    for amend in [false, true] {
        lab.git(&["checkout", "--quiet", branch]);
        lab.write("fix.txt", "x");
        lab.git(&["add", "fix.txt"]);
        if amend {
            lab.git(&["commit", "--quiet", "--amend", "--no-edit"]);
        } else {
            lab.git(&["commit", "--quiet", "-m", "fix"]);
        }
        let theirs = lab.head();
        lab.git(&["checkout", "--quiet", "main"]);
        lab.refused(
            &["promote", "app", "--branch"],
            5,
            "commits that glidepath did not make",
        );
        assert_eq!(lab.git(&["rev-parse", branch]), theirs);
        lab.git(&["branch", "--quiet", "-D", branch]);
        lab.ok(&["promote", "app", "--branch"]);
    }
    lab.git(&["worktree", "add", "--quiet", ".git/side", branch]);
    lab.refused(
        &["promote", "app", "--branch"],
        5,
        "is checked out in a work tree",
    );
    lab.fsck();
}

#[test]
fn one_promotion_is_open_at_a_time() {
    let lab = Lab::new("open");
    lab.promote();
    lab.ok(&["promote", "app", "--branch"]);
    let to = [
        "promote",
        "app",
        "--to",
        "weight-100",
        "--force",
        "--reason",
        "x",
    ];
    lab.refused(
        &to,
        5,
        "the branch `glidepath/image-classifier/split` already proposes another stage",
    );
    lab.git(&["branch", "-D", "glidepath/image-classifier/split"]);
    lab.ok(&to);
}

#[test]
fn an_unchanged_proposal_is_nothing_to_do() {
    let lab = Lab::new("unchanged");
    let args = ["promote", "app", "--branch"];
    lab.ok(&args);
    lab.promote();
    lab.ok(&["promote", "app", "--branch"]);
    let first = lab.git(&["rev-parse", "glidepath/image-classifier/split"]);
    lab.ok(&["promote", "app", "--branch"]);
    assert_eq!(
        lab.git(&["rev-parse", "glidepath/image-classifier/split"]),
        first
    );
}
