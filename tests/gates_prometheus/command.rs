//! The command itself: exit codes, formats, replay, V2, V4, V6.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use glidepath::units::Timestamp;

use super::server::server;
use super::{BEGAN, folder, glidepath};

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn fifty_gates_take_a_second_at_most() {
    let gates: Vec<String> = (0..50)
        .map(|at| format!("{{name: g{at}, availability: {{objective: 99.{at:02}%}}}}"))
        .collect();
    let folder = folder("fifty", &format!("[{}]", gates.join(", ")));
    let began = BEGAN.to_string();
    let args = [
        "gate",
        "--stage",
        "canary",
        "--stage-started-at",
        &began,
        "--prometheus-url",
        &server().url,
    ];
    // The least of five runs: a busy machine delays one, and hardly all.
    let run = || {
        let start = Instant::now();
        let (exit, text, _) = glidepath(&folder, &args);
        assert_eq!(exit, 0, "{text}");
        start.elapsed()
    };
    let least = (0..5).map(|_| run()).min().expect("five runs");
    assert!(least < Duration::from_secs(1), "{least:?}");
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn the_command_says_it_by_its_exit_code_and_can_judge_again() {
    let began = BEGAN.to_string();
    let url = server().url.as_str();
    for (name, gates, wanted) in [
        (
            "pass",
            "[{name: a, failFast: false, availability: {objective: 99.5%}}]",
            0,
        ),
        (
            "fail",
            "[{name: a, failFast: false, availability: {objective: 99.99%}}]",
            3,
        ),
        ("none", "[{name: t, threshold: {query: absent, max: 1}}]", 4),
        ("two", "[{name: t, threshold: {query: queue, max: 1}}]", 6),
    ] {
        let folder = folder(name, gates);
        let args = [
            "gate",
            "--stage",
            "canary",
            "--stage-started-at",
            &began,
            "--prometheus-url",
            url,
            "--quiet",
            "--format",
        ];
        for format in ["text", "markdown", "junit"] {
            let (exit, text, _) = glidepath(&folder, &[&args[..], &[format]].concat());
            assert_eq!(exit, wanted, "{name} {format}: {text}");
            if format == "junit" {
                is_junit(&text);
            }
        }
        let (_, json, _) = glidepath(&folder, &[&args[..], &["json"]].concat());
        let file = folder.join("evidence.json");
        fs::write(&file, &json).expect("a file");
        let replay = file.display().to_string();
        let (exit, again, _) = glidepath(
            &folder,
            &["gate", "--quiet", "--format", "json", "--replay", &replay],
        );
        assert_eq!((exit, &again), (wanted, &json), "{name}");
    }
}

/// What Jenkins and the reporters of GitHub and GitLab have in common: which element stands in which, which attributes it must
/// have and may have, and sums that are right.
const JUNIT: &str = r#"
import sys
from xml.etree import ElementTree
parts = {
    "testsuites": ({"testsuite"}, set(), {"name", "time", "tests", "failures", "errors"}),
    "testsuite": ({"properties", "testcase", "system-out", "system-err"}, {"name", "tests", "failures", "errors"},
                  {"skipped", "time", "timestamp", "hostname", "id", "package"}),
    "properties": ({"property"}, set(), set()),
    "property": (set(), {"name", "value"}, set()),
    "testcase": ({"skipped", "error", "failure", "system-out", "system-err"}, {"name"}, {"classname", "time"}),
    "failure": (set(), set(), {"type", "message"}),
    "error": (set(), set(), {"type", "message"}),
    "skipped": (set(), set(), {"type", "message"}),
    "system-out": (set(), set(), set()),
}
def check(element):
    inside, must, may = parts[element.tag]
    have = set(element.attrib)
    assert must <= have <= must | may, (element.tag, have)
    for child in element:
        assert child.tag in inside, (element.tag, child.tag)
        check(child)
root = ElementTree.fromstring(sys.stdin.buffer.read())
assert root.tag == "testsuites"
check(root)
for suite in root:
    assert "Z" not in suite.get("timestamp", ""), "a time zone is not allowed"
    cases = suite.findall("testcase")
    assert cases and len(cases) == int(suite.get("tests")) == int(root.get("tests"))
    for word, tag in [("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]:
        assert sum(case.find(tag) is not None for case in cases) == int(suite.get(word)), word
    for case in cases:
        assert len([one for one in case if one.tag != "system-out"]) <= 1
        float(case.get("time"))
"#;

#[track_caller]
fn is_junit(text: &str) {
    let mut python = Command::new("python3")
        .args(["-c", JUNIT])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is missing");
    let mut stdin = python.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = python.wait_with_output().expect("it ends");
    assert!(
        output.status.success(),
        "{}\n{text}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The stage as CI asks for it.
fn args(began: &str) -> [&str; 7] {
    [
        "gate",
        "--stage",
        "canary",
        "--stage-started-at",
        began,
        "--prometheus-url",
        &server().url,
    ]
}

/// V4: reports hold what was decided and why, in the order of the spec, for every kind at once.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn reports_say_value_limit_evidence_verdict_and_why() {
    let gates = "[{name: up, failFast: false, availability: {objective: 99.5%}},
          {name: strict, failFast: false, availability: {objective: 99.99%}},
          {name: hint, advisory: true, threshold: {query: 'max(queue)', max: 1}},
          {name: absent, threshold: {query: absent, max: 1}},
          {name: many, threshold: {query: 'queue{pod!~\"<&\\\"\"}', max: 1}}]";
    let folder = folder("reports", gates);
    let began = BEGAN.to_string();
    let say = |format: &str| {
        let (exit, text, _) = glidepath(
            &folder,
            &[&args(&began)[..], &["--quiet", "--format", format]].concat(),
        );
        assert_eq!(exit, 3, "{text}");
        text
    };
    let text = say("text");
    let rows: Vec<&str> = text.lines().filter(|line| !line.starts_with(' ')).collect();
    let at = |name: &str| rows.iter().position(|row| row.starts_with(name));
    let order = ["up", "strict", "hint", "absent", "many"].map(at);
    assert!(order.is_sorted() && order[0].is_some(), "{text}");
    for words in ["99.92 %", "≥ 99.99 %", "5 bad of", "fail (advisory)"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let markdown = say("markdown");
    assert!(markdown.contains("| Gate | Verdict | Value | Limit | Evidence | Why |"));
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let rows: Vec<&str> = markdown
        .lines()
        .filter(|line| line.starts_with('|'))
        .collect();
    assert_eq!(rows.len(), 7, "{markdown}");
    assert!(rows.iter().all(|row| cells(row) == 7), "{markdown}");
    is_junit(&say("junit"));
    let json: serde_json::Value = serde_json::from_str(&say("json")).expect("JSON");
    assert_eq!(json["verdict"], "fail");
    let names = json["gates"].as_array().expect("gates").iter();
    let names: Vec<&str> = names.filter_map(|gate| gate["gate"].as_str()).collect();
    assert_eq!(names, ["up", "strict", "hint", "absent", "many"]);
}

/// The doctor's exit codes: 4 where a gate could not tell, 6 where nobody answers.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn the_doctors_exit_code_says_how_it_went() {
    let folder = folder("doctor", "[{name: a, availability: {objective: 99.5%}}]");
    let doctor = |url: &str| {
        let args = ["doctor", "--stage", "canary", "--prometheus-url", url];
        glidepath(&folder, &args)
    };
    // The history ended years ago.
    let (exit, text, _) = doctor(&server().url);
    assert_eq!(exit, 4, "{text}");
    assert!(text.contains("no request of the Deployment"), "{text}");
    let (exit, _, told) = doctor("http://127.0.0.1:1");
    assert_eq!(exit, 6, "{told}");
    assert!(told.contains("unreachable"), "{told}");
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_promotion_asks_since_the_commit_and_keeps_what_it_was_told() {
    let folder = folder(
        "kept",
        "[{name: a, availability: {objective: 99.5%}}, {name: l, latency: {percentile: 95, max: 500ms}}]",
    );
    let file = folder.join("rollout.yaml");
    let spec = fs::read_to_string(&file).expect("the rollout") + "    - {weight: 100}\n";
    fs::write(&file, spec).expect("a file");
    for made in [".git", "deploy"] {
        let _ = fs::remove_dir_all(folder.join(made));
    }
    let run = |program: &str, args: &[&str]| {
        let output = Command::new(program)
            .args(args)
            .current_dir(&folder)
            .env("GLIDEPATH_PROMETHEUS_URL", &server().url)
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Ada")))
            .envs(
                ["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "ada@example.com")),
            )
            .envs(
                ["AUTHOR", "COMMITTER"]
                    .map(|who| (format!("GIT_{who}_DATE"), format!("@{BEGAN} +0000"))),
            )
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let glidepath = crate::support::GLIDEPATH;
    run("git", &["init", "--quiet", "--initial-branch=main"]);
    run(glidepath, &["render", "--quiet"]);
    let pointer = folder.join("deploy/current/kustomization.yaml");
    let text = fs::read_to_string(&pointer).expect("the pointer");
    fs::write(&pointer, text.replace("00-baseline", "02-canary")).expect("a file");
    run("git", &["add", "--all"]);
    run("git", &["commit", "--quiet", "--message", "live"]);
    let began = Timestamp::from_seconds(BEGAN).to_string();
    assert!(run(glidepath, &["gate"]).contains(&format!("canary since {began} (commit ")));
    run(glidepath, &["promote", "--quiet", "--record-evidence"]);
    let kept = run("git", &["ls-files", "deploy/evidence"]);
    let kept = kept.trim();
    let text = run("git", &["show", &format!("HEAD:{kept}")]);
    let again = ["gate", "--quiet", "--format", "json", "--replay", kept];
    let statement: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut predicate = statement["predicate"].clone();
    predicate.as_object_mut().expect("a map").remove("issuer");
    assert_eq!(run(glidepath, &again), format!("{predicate:#}\n"));
    assert!(
        text.contains("istio_request_duration_milliseconds_bucket"),
        "{text}"
    );
}
