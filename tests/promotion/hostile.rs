//! What a stranger may have written into a history, an address or a file, and what is printed and committed of it.

use std::fs;

use crate::support::Run;

use super::harness::Lab;
use super::telemetry::telemetry;

const LOCK: &str = "app/deploy/plan.json";
const POINTER: &str = "app/deploy/current/kustomization.yaml";

/// Nothing but line ends acts on a terminal, nothing turns the reading order around, and nothing is a command of GitHub's runner.
fn is_harmless(text: &str) -> bool {
    let acts = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
    let is_command = |line: &str| line.contains("##[") || line.trim_start().starts_with("::");
    !text.chars().any(acts) && !text.lines().any(is_command)
}

/// The folder of the baseline.
fn baseline(lab: &Lab) -> String {
    let stages = fs::read_dir(lab.dir.join("app/deploy/stages")).expect("stages");
    let names = stages.map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("UTF-8"));
    names.min().expect("a stage")
}

#[test]
fn a_history_of_strangers_is_harmless_on_a_terminal() {
    let lab = Lab::new("strangers");
    let pointer = lab.read(POINTER);
    lab.write(POINTER, &pointer.replace(&baseline(&lab), "02-split"));
    lab.git(&["add", "--all"]);
    lab.git(&[
        "commit",
        "--quiet",
        "--author=E\u{1b}[31mve \u{9b}2J <eve\u{1b}@example.com>",
        "-m",
        "x\n\nRollout: image-classifier\nStage-From: baseline\nStage-To: split\nForced-By-Reason: a\u{1b}]0;b\u{7}c \u{202e}##[group]x",
    ]);
    for format in ["text", "json"] {
        let shown = lab.ok(&["history", "app", "--format", format]);
        assert!(is_harmless(&shown), "{shown:?}");
        assert!(
            shown.contains("E␛[31mve") && shown.contains("a␛]0;b␇c"),
            "{shown}"
        );
    }
    let lock = lab.read(LOCK);
    let named = |name: &str| format!(r#""rollout": "{name}""#);
    let renamed = lock.replace(
        &named("image-classifier"),
        &named(r"image-\u001b[31mclassifier"),
    );
    assert_ne!(renamed, lock);
    lab.write(LOCK, &renamed);
    lab.commit_all("a lock");
    let shown = lab.ok(&["status", "app"]);
    assert!(is_harmless(&shown), "{shown:?}");
    assert!(shown.contains("image-␛[31mclassifier"), "{shown}");
}

/// A manifest of the tree that somebody edited: what a dry run and a diff show of it is text.
#[test]
fn edited_manifests_give_no_commands_to_a_log() {
    let lab = Lab::new("commands");
    let path = format!("app/deploy/stages/{}/PLAN.txt", baseline(&lab));
    lab.write(&path, "a\n::add-mask::x\n  ##[group]\u{1b}[2J\u{202e}\n");
    let plan = lab.read("app/deploy/PLAN.md");
    lab.write(
        "app/deploy/PLAN.md",
        &format!("::error::x\n##[group]\u{1b}[2J\n\u{202e}{plan}"),
    );
    lab.commit_all("commands");
    for args in [
        &["diff", "app", "--against", "tree"][..],
        &["diff", "app", "--against", "tree", "--format", "json"],
        &[
            "diff",
            "app",
            "--against",
            "tree",
            "--format",
            "side-by-side",
        ],
        &["render", "app", "--check"],
        &["rollback", "app", "--to", "baseline", "--dry-run"],
        &["promote", "app", "--dry-run"],
    ] {
        let ran = lab.run(args);
        assert!(is_harmless(&ran.stdout), "{args:?}: {:?}", ran.stdout);
        assert!(is_harmless(&ran.stderr), "{args:?}: {:?}", ran.stderr);
    }
}

#[test]
fn a_dry_run_shows_only_what_would_happen() {
    let lab = Lab::new("dry");
    assert!(
        lab.ok(&["promote", "app", "--dry-run"])
            .contains("+- ../stages/01-deploy")
    );
    let pointer = lab.read(POINTER);
    lab.write(POINTER, &format!("{pointer}# edited\n"));
    let ran = lab.run(&["promote", "app", "--dry-run"]);
    ran.exits(5).without_result().says(&["not committed"]);
}

#[test]
fn a_commit_message_holds_a_short_text_of_each_gate() {
    let lab = Lab::new("long");
    lab.promote_to("split");
    let evidence = lab.evidence("split", "pass");
    let text = fs::read_to_string(&evidence).expect("evidence");
    let long = format!("99.93% {}", "9".repeat(3 << 20));
    fs::write(&evidence, text.replacen("99.93%", &long, 1)).expect("evidence");
    lab.ok(&["promote", "app", "--evidence", &evidence]);
    let message = lab.git(&["log", "-1", "--format=%B"]);
    assert!(message.len() < 2_000, "{}", message.len());
    assert!(
        message.contains("Gate: availability=99.93% 999")
            && message.contains("999…, handed in by a load test\n"),
        "{message}"
    );
}

#[test]
fn no_address_is_quoted() {
    let lab = Lab::new("addresses");
    let args = [
        "gate",
        "app",
        "--stage",
        "split",
        "--stage-started-at",
        "1577836800",
        "--namespace",
        "vision",
    ];
    for (url, says) in [
        ("user:s3cret@prom.example", "holds credentials"),
        ("https://user:s3cret@prom.example", "holds credentials"),
        (
            "https://prom.example/?token=s3cret",
            "no address of a server",
        ),
        ("https://prom.example/#s3cret", "no address of a server"),
        ("s3cret", "no address of a server"),
    ] {
        let by_option = [&args[..], &["--prometheus-url", url]].concat();
        let mut by_variable = lab.prepare(&args);
        by_variable.env("GLIDEPATH_PROMETHEUS_URL", url);
        for (by, found) in [
            ("`--prometheus-url`", lab.run(&by_option)),
            (
                "`GLIDEPATH_PROMETHEUS_URL`",
                Run::to_the_end(&mut by_variable),
            ),
        ] {
            assert_eq!(found.code, 2, "{}", found.stderr);
            assert!(
                found.stderr.contains(says) && found.stderr.contains(by),
                "{url}: {}",
                found.stderr
            );
            assert!(!found.stderr.contains("s3cret"), "{}", found.stderr);
        }
    }
}

#[test]
fn a_report_for_a_pull_request_mentions_nobody() {
    let lab = Lab::bare_bones("mentions");
    lab.write(
        "app/rollout.yaml",
        &lab.with_one_gate().replace(
            "{name: availability, ",
            "{name: availability, noData: pass, because: \"@everyone `x` #1 & y\", ",
        ),
    );
    let mut command = lab.prepare(&[
        "gate",
        "app",
        "--stage",
        "split",
        "--stage-started-at",
        "1577836800",
        "--format",
        "markdown",
    ]);
    let found = Run::to_the_end(command.env("GLIDEPATH_PROMETHEUS_URL", telemetry(0)));
    assert_eq!(found.code, 0, "{} {}", found.stdout, found.stderr);
    assert!(
        found
            .stdout
            .contains("because @&#8203;everyone \\`x\\` \\#&#8203;1 &amp; y"),
        "{}",
        found.stdout
    );
}

#[test]
fn the_live_stage_is_the_committed_one_where_there_is_one() {
    let lab = Lab::new("explained");
    let explain = ["gate", "app", "--explain", "availability"];
    let asks = || lab.ok(&explain).contains("istio_requests_total");
    assert!(!asks(), "no gate watches the baseline");
    let (pointer, baseline) = (lab.read(POINTER), baseline(&lab));
    lab.write(POINTER, &pointer.replace(&baseline, "02-split"));
    assert!(!asks(), "what is not committed is not live");
    lab.commit_all("split");
    assert!(asks());
    // Where no commit says, the folder does.
    fs::remove_dir_all(lab.dir.join(".git")).expect("it is ours");
    lab.git(&["init", "--quiet"]);
    assert!(asks());
    lab.write(POINTER, &pointer);
    assert!(!asks());
}

/// A folder of the work tree that leads elsewhere, as a branch or another user's process may have left it.
#[test]
fn no_move_writes_through_a_link_in_the_work_tree() {
    for place in ["app/deploy/current", "app/deploy", "app"] {
        let lab = Lab::new("linked");
        let evidence = lab.evidence("baseline", "pass");
        let outside = lab.dir.join(".git/outside");
        fs::rename(lab.dir.join(place), &outside).expect("moved");
        std::os::unix::fs::symlink(&outside, lab.dir.join(place)).expect("a link");
        let before = crate::support::files_below(&outside);
        let head = lab.head();
        let ran = lab.run(&["promote", "app", "--evidence", &evidence]);
        assert_ne!(ran.code, 0, "{place}: {}", ran.shown());
        if place == "app/deploy/current" {
            ran.says(&["is a symbolic link"]).exits(5);
        }
        assert_eq!(crate::support::files_below(&outside), before, "{place}");
        assert_eq!(lab.head(), head, "{place}");
    }
}

/// Somebody swaps the folder for a link and back while moves are made.
#[test]
fn no_move_is_raced_through_a_link() {
    let lab = Lab::new("raced");
    let outside = lab.dir.join(".git/outside");
    fs::create_dir(&outside).expect("a folder");
    let pointer = lab.read(POINTER);
    let (at, aside) = (
        lab.dir.join("app/deploy/current"),
        lab.dir.join(".git/aside"),
    );
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let _ = fs::write(outside.join("kustomization.yaml"), &pointer);
                let _ = fs::rename(&at, &aside);
                let _ = std::os::unix::fs::symlink(&outside, &at);
                std::thread::yield_now();
                let _ = fs::remove_file(&at);
                let _ = fs::rename(&aside, &at);
            }
        });
        for _ in 0..40 {
            let _ = Run::to_the_end(&mut lab.prepare(&["promote", "app"]));
            lab.git(&["reset", "--quiet", "--soft", "HEAD"]);
            let held = fs::read_to_string(outside.join("kustomization.yaml"));
            // Half a write of the one who swaps is possible, another stage is not.
            assert!(held.is_ok_and(|held| pointer.starts_with(&held)));
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
