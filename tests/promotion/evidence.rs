//! When a stage began, by git and by Argo CD, and the evidence that a promotion leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use glidepath::compile::{Environment, NoFiles, Source, compile};
use glidepath::gate::Verdict;
use glidepath::promotion::replayed::verify;
use glidepath::units::{Timestamp, sha256_hex};
use serde_json::Value;

use crate::support::Run;

use super::harness::Lab;
use super::health::{application, serve};
use super::telemetry::telemetry;

const SECRET: &str = "s3cret-t0ken";

/// A rollout whose one gate is that of availability, live in `split`.
fn split(name: &str) -> Lab {
    let lab = Lab::bare_bones(name);
    lab.write("app/rollout.yaml", &lab.with_one_gate());
    lab.ok(&["render", "app"]);
    lab.commit_all("begin");
    for _ in 0..2 {
        lab.ok(&["promote", "app", "--quiet"]);
    }
    assert_eq!(lab.live(), "split");
    lab
}

/// Runs where Prometheus is known and has a secret; nobody ever sees it.
fn asking(lab: &Lab, url: &str, args: &[&str]) -> Run {
    let mut command = lab.prepare(args);
    command
        .env("GLIDEPATH_PROMETHEUS_URL", url)
        .env("GLIDEPATH_PROMETHEUS_TOKEN", SECRET)
        .env("ARGOCD_AUTH_TOKEN", SECRET)
        // Wherever the temporary folder lies, it is in no repository.
        .env("GIT_CEILING_DIRECTORIES", std::env::temp_dir());
    let ran = lab.finish(&mut command);
    assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET));
    ran
}

fn judged(lab: &Lab, url: &str, more: &[&str]) -> Value {
    let args = [&["gate", "app", "--format", "json", "--quiet"], more].concat();
    let ran = asking(lab, url, &args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

#[test]
fn a_gate_asks_git_when_the_live_stage_began() {
    let lab = split("began");
    let (url, entered) = (telemetry(5_000), lab.head());
    let status = lab.status();
    lab.write("other.txt", "x");
    lab.commit_all("something else");
    // What is not committed is not live.
    let pointer = lab.read("app/deploy/current/kustomization.yaml");
    lab.write(
        "app/deploy/current/kustomization.yaml",
        &pointer.replace("02-split", "03-weight-100"),
    );
    for more in [&[][..], &["--stage", "split"]] {
        let found = judged(&lab, &url, more);
        assert_eq!(found["stage"], "split");
        assert_eq!(found["stageStartedAt"], status["since"]);
        assert_eq!(found["stageStartedBy"], "commit");
        assert_eq!(found["commit"], entered);
    }
    let since = status["since"].as_str().expect("a time");
    let shown = format!("stage split since {since} (commit {}): pass", &entered[..7]);
    for format in ["text", "markdown"] {
        let ran = asking(&lab, &url, &["gate", "app", "--format", format]);
        let wanted = match format {
            "text" => shown.clone(),
            _ => format!("Stage since {since} (commit {}), evaluated", &entered[..7]),
        };
        assert!(ran.stdout.contains(&wanted), "{}", ran.stdout);
    }
    let found = judged(&lab, &url, &["--stage-started-at", since]);
    assert_eq!(
        (&found["stage"], &found["stageStartedBy"]),
        (&Value::from("split"), &Value::from("given"))
    );
    assert_eq!(found["commit"], Value::Null);
}

#[test]
fn where_nobody_knows_when_a_stage_began_the_gate_says_what_to_give() {
    let lab = split("unknown");
    let url = telemetry(5_000);
    let refused = |args: &[&str], code: i32, says: &[&str]| {
        let ran = asking(&lab, &url, args);
        assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
        for part in says {
            assert!(ran.stderr.contains(part), "{args:?}: {}", ran.stderr);
        }
    };
    refused(
        &["gate", "app", "--stage", "weight-100"],
        2,
        &[
            "`weight-100` is not live, and git only says when the live stage `split` began",
            "--stage-started-at",
        ],
    );
    refused(
        &["gate", "app", "--stage-started-at", "2999-01-01T00:00:00Z"],
        2,
        &["begins in the future"],
    );
    for n in 0..3 {
        lab.write("other.txt", &n.to_string());
        lab.commit_all("other");
    }
    let source = format!("file://{}", lab.dir.display());
    lab.git(&["clone", "--quiet", "--depth", "2", &source, "short"]);
    refused(
        &["gate", "short/app"],
        6,
        &["fetch-depth: 0", "`--stage` and `--stage-started-at`"],
    );
    // No repository at all.
    let outside = std::env::temp_dir().join(format!("glidepath-gate-{}", std::process::id()));
    fs::create_dir_all(&outside).expect("a folder");
    fs::copy(
        lab.dir.join("app/rollout.yaml"),
        outside.join("rollout.yaml"),
    )
    .expect("a copy");
    let path = outside.display().to_string();
    refused(
        &["gate", &path],
        6,
        &["in no git repository", "`--stage` and `--stage-started-at`"],
    );
    let both = ["--stage", "split", "--stage-started-at", "1577836800"];
    let given = asking(&lab, &url, &[&["gate", path.as_str()], &both[..]].concat());
    fs::remove_dir_all(&outside).expect("it is ours");
    assert_eq!(given.code, 0, "{}", given.stderr);
    assert!(
        given.stdout.contains("(as given): pass"),
        "{}",
        given.stdout
    );
}

#[test]
fn a_gate_counts_from_the_deployment_where_argo_cd_is_asked() {
    const DEPLOYED: &str = "2020-02-01T00:00:00Z";
    let lab = split("deployed");
    let (url, live) = (telemetry(5_000), lab.head());
    // What became of the application since does not change when the stage began.
    for health in ["Healthy", "Degraded"] {
        let (argo, _) = serve(200, application("Synced", health, &live, DEPLOYED));
        let found = judged(&lab, &url, &["--argocd-server", &argo]);
        assert_eq!(found["stageStartedAt"], DEPLOYED);
        assert_eq!(found["stageStartedBy"], "argocd");
    }
    let base = lab.git(&["rev-parse", "HEAD^"]);
    let (argo, _) = serve(200, application("Synced", "Healthy", &base, DEPLOYED));
    let ran = asking(&lab, &url, &["gate", "app", "--argocd-server", &argo]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("which is no commit of the live stage"),
        "{}",
        ran.stderr
    );
    // A port that was free a moment ago.
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let nobody = format!("http://{}", nobody.expect("a port"));
    let ran = asking(&lab, &url, &["gate", "app", "--argocd-server", &nobody]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("does not answer") && ran.stderr.contains("--stage-started-at"),
        "{}",
        ran.stderr
    );
    // A promotion counts from it, too, and no policy is needed for that.
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time");
    let now = Timestamp::from_seconds(i64::try_from(now.as_secs()).expect("a time")).to_string();
    let (argo, _) = serve(200, application("Synced", "Degraded", &live, &now));
    let ran = asking(&lab, &url, &["promote", "app", "--argocd-server", &argo]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("`split` bakes for 1h, and ") && !ran.stderr.contains("Degraded"),
        "{}",
        ran.stderr
    );
}

/// The one file of evidence, and its path.
fn recorded(lab: &Lab) -> (String, String) {
    let folder = lab.dir.join("app/deploy/evidence");
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().into_string())
        .collect::<Result<_, _>>()
        .expect("UTF-8");
    let name = names.pop().expect("a file");
    assert_eq!(names, Vec::<String>::new());
    let path = format!("app/deploy/evidence/{name}");
    (lab.read(&path), path)
}

#[test]
fn evidence_is_part_of_the_commit_and_is_judged_again_to_the_same() {
    let lab = split("recorded");
    let url = telemetry(5_000);
    let entered = lab.status()["since"].as_str().expect("a time").to_owned();
    let ran = asking(&lab, &url, &["promote", "app", "--record-evidence"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(lab.live(), "weight-100");
    let (text, path) = recorded(&lab);
    let stay: String = entered
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    assert_eq!(path, format!("app/deploy/evidence/split-{stay}.json"));
    let changed = lab.git(&["show", "--format=", "--name-only", "HEAD"]);
    assert_eq!(
        changed.lines().collect::<Vec<_>>(),
        ["app/deploy/current/kustomization.yaml", path.as_str()]
    );
    assert_eq!(
        lab.git(&["show", &format!("HEAD:{path}")]) + "\n",
        text,
        "the commit and the work tree agree"
    );
    let message = lab.git(&["log", "-1", "--format=%B"]);
    assert!(
        message.ends_with(&format!("\nEvidence: {path}")),
        "{message}"
    );
    let stays = lab.json(&["history", "app", "--format", "json"]);
    assert_eq!(stays["stays"][2]["evidence"], path);
    assert_eq!(stays["stays"][1]["evidence"], Value::Null);
    // Whoever judges it again asks nobody, and comes to the same, byte by byte.
    let again = lab.ok(&[
        "gate", "app", "--replay", &path, "--format", "json", "--quiet",
    ]);
    let statement: Value = serde_json::from_str(&text).expect("JSON");
    let mut body = statement["predicate"].clone();
    let issuer = body.as_object_mut().expect("a map").remove("issuer");
    assert_eq!(issuer, Some("Ada <ada@example.com>".into()));
    assert_eq!(again, format!("{body:#}\n"));
    is_a_statement(&lab, &statement);
    assert_eq!(
        (&body["verdict"], &body["stage"]),
        (&"pass".into(), &"split".into())
    );
    for hidden in [SECRET, "127.0.0.1", "http:"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
    // Rendering owns none of it.
    lab.ok(&["render", "app", "--check"]);
    let spec = lab.read("app/rollout.yaml");
    lab.write(
        "app/rollout.yaml",
        &spec.replace("replicas: 3", "replicas: 4"),
    );
    lab.ok(&["render", "app"]);
    lab.ok(&["render", "app", "--force"]);
    assert_eq!(recorded(&lab).0, text);
}

/// An in-toto statement about what `split` serves: <https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md>.
fn is_a_statement(lab: &Lab, statement: &Value) {
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(
        statement["predicateType"],
        "https://glidepath.dev/evidence/v1"
    );
    let plan = lab.json(&["plan", "app", "--format", "json"]);
    let content = plan["stages"][2]["contentDigest"]
        .as_str()
        .expect("a digest");
    let hex = content.strip_prefix("sha256:").expect("its algorithm");
    assert_eq!(
        statement["subject"],
        serde_json::json!([{"name": "image-classifier/split", "digest": {"sha256": hex}}])
    );
    let predicate = &statement["predicate"];
    assert_eq!(predicate["contentDigest"], content);
    let asked = &predicate["gates"][0]["asked"][0];
    assert!(asked["answerDigest"].is_string(), "{asked}");
    // Whoever has the objects has the subject's bytes.
    let bytes = lab.ok(&["plan", "app", "--content", "split"]);
    assert_eq!(sha256_hex(bytes.as_bytes()), hex);
}

#[test]
fn recorded_evidence_is_held_against_its_own_answers() {
    let lab = split("held-against");
    let ran = asking(
        &lab,
        &telemetry(5_000),
        &["promote", "app", "--record-evidence"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (text, _) = recorded(&lab);
    let source = Source::new("rollout.yaml", lab.read("app/rollout.yaml"));
    let compiled = compile(&source, &NoFiles, &Environment::default()).expect("it compiles");
    let lock = compiled.lock();
    let stage = |name: &str| lock.stage(lock.stage_named(name).expect(name));
    let verify = |name: &str, text: &str| {
        let judged = verify(&compiled.plan, stage(name), text, &BTreeMap::new());
        judged.map(|record| record.verdict())
    };
    assert_eq!(verify("split", &text), Ok(Verdict::Pass));
    let content = stage("split").content_digest.clone().expect("a digest");
    let hex = content.strip_prefix("sha256:").expect("its algorithm");
    for (from, to, says) in [
        ("\"pass\"", "\"fail\"", "and its answers say \"pass\""),
        ("\"5000\"", "\"9000\"", "is not the one of its digest"),
        (hex, &"0".repeat(64), "serves"),
        ("Statement/v1", "Statement/v0", "is understood"),
        ("evidence/v1", "evidence/v9", "is understood"),
        (
            "image-classifier/split",
            "image-classifier/retire",
            "its predicate is about",
        ),
        ("_type", "type", "it is no in-toto statement"),
    ] {
        let other = text.replace(from, to);
        assert_ne!(other, text, "{from}");
        let why = verify("split", &other).expect_err(from);
        assert!(why.contains(says), "{from}: {why}");
    }
    let why = verify("weight-100", &text).expect_err("another stage");
    assert!(
        why.contains("`image-classifier/weight-100` is left"),
        "{why}"
    );
}

#[test]
fn evidence_is_recorded_only_where_somebody_was_asked() {
    let lab = split("unrecorded");
    lab.refused(
        &["promote", "app", "--record-evidence"],
        2,
        "it is not known where Prometheus is",
    );
    let handed_in = lab.evidence("split", "pass");
    let ran = lab.run(&[
        "promote",
        "app",
        "--record-evidence",
        "--evidence",
        &handed_in,
    ]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    // Too few requests to tell: whoever goes on all the same leaves on record that it was so.
    let url = telemetry(7);
    let ran = asking(&lab, &url, &["promote", "app", "--record-evidence"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(!Path::new(&lab.dir.join("app/deploy/evidence")).exists());
    let forced = [
        "promote",
        "app",
        "--record-evidence",
        "--force",
        "--reason",
        "x",
    ];
    let ran = asking(&lab, &url, &forced);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(recorded(&lab).0.contains(r#""verdict": "inconclusive""#));
    assert_eq!(lab.live(), "weight-100");
    lab.ok(&["rollback", "app"]);
    let ran = asking(
        &lab,
        &url,
        &["promote", "app", "--resume", "--record-evidence"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("no gate watches `deploy`, and so there is no evidence"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_branch_with_the_same_evidence_is_left_alone() {
    let lab = split("branched");
    let url = telemetry(5_000);
    let args = ["promote", "app", "--branch", "--record-evidence"];
    let branch = "glidepath/image-classifier/weight-100";
    let ran = asking(&lab, &url, &args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let tip = lab.git(&["rev-parse", branch]);
    let first = lab.git(&["show", "--format=", "--name-only", branch]);
    assert_eq!(first.lines().count(), 2, "{first}");
    // The time of asking is another one.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let ran = asking(&lab, &url, &args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("is there already"), "{}", ran.stderr);
    assert_eq!(lab.git(&["rev-parse", branch]), tip);
    // More requests are other evidence, and the branch is still ours to change.
    let ran = asking(&lab, &telemetry(6_000), &args);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_ne!(lab.git(&["rev-parse", branch]), tip);
    // Without it, the branch is one line again.
    lab.clock.set(lab.clock.get() + 1);
    let ran = asking(&lab, &url, &["promote", "app", "--branch"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let last = lab.git(&["show", "--format=", "--name-only", branch]);
    assert_eq!(last, "app/deploy/current/kustomization.yaml");
    assert_eq!(lab.live(), "split");
    lab.fsck();
}

#[test]
fn evidence_is_not_written_through_a_link() {
    let lab = split("linked-evidence");
    let outside = lab.dir.join(".git/outside");
    fs::create_dir(&outside).expect("a folder");
    std::os::unix::fs::symlink(&outside, lab.dir.join("app/deploy/evidence")).expect("a link");
    let args = ["promote", "app", "--record-evidence"];
    let ran = asking(&lab, &telemetry(5_000), &args);
    ran.exits(5).says(&["is a symbolic link"]);
    assert_eq!(fs::read_dir(&outside).expect("a folder").count(), 0);
}
