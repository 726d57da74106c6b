//! `--format openmetrics`: what gates say, for a graph.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::process::{Command, Stdio};

use crate::support::Place;

use super::{LONG_AGO, gate, place};

/// A stage with a value, a report, a text and a file that is not there.
fn evaluated() -> Place {
    let place = place(&[
        (
            "accuracy",
            "result: {json: eval.json, path: $.accuracy, min: 0.92, max: 1}",
        ),
        ("eval", "result: {junit: eval.xml}"),
        (
            "state",
            "result: {json: eval.json, path: $.state, equals: OK}",
        ),
        ("absent", "advisory: true, result: {junit: absent.xml}"),
    ]);
    place.write("eval.json", r#"{"accuracy": 0.9375, "state": "OK"}"#);
    place.write(
        "eval.xml",
        "<testsuite><testcase><failure/></testcase></testsuite>",
    );
    place
}

const METRICS: [&str; 2] = ["--format", "openmetrics"];

#[test]
fn every_gate_has_its_verdict_and_what_is_a_number_has_its_limits() {
    let text = gate(&evaluated(), LONG_AGO, &METRICS, &[]).exits(3).stdout;
    let of = |gate: &str| {
        format!("rollout=\"churn\",namespace=\"ml\",stage=\"canary\",gate=\"{gate}\",model=\"v2\"")
    };
    let (accuracy, eval, state, absent) = (of("accuracy"), of("eval"), of("state"), of("absent"));
    for line in [
        "glidepath_stage_verdict{rollout=\"churn\",namespace=\"ml\",stage=\"canary\",verdict=\"fail\"} 1".to_owned(),
        "glidepath_stage_verdict{rollout=\"churn\",namespace=\"ml\",stage=\"canary\",verdict=\"pass\"} 0".to_owned(),
        format!("glidepath_gate_verdict{{{accuracy},verdict=\"pass\"}} 1"),
        format!("glidepath_gate_verdict{{{accuracy},verdict=\"fail\"}} 0"),
        format!("glidepath_gate_verdict{{{absent},verdict=\"inconclusive\"}} 1"),
        format!("glidepath_gate_value{{{accuracy}}} 0.9375"),
        format!("glidepath_gate_limit{{{accuracy},bound=\"min\"}} 0.92"),
        format!("glidepath_gate_limit{{{accuracy},bound=\"max\"}} 1"),
        format!("glidepath_gate_value{{{eval}}} 1"),
        format!("glidepath_gate_limit{{{eval},bound=\"max\"}} 0"),
    ] {
        assert!(text.lines().any(|known| known == line), "{line}\n{text}");
    }
    for gate in [state, absent] {
        assert!(
            !text.contains(&format!("glidepath_gate_value{{{gate}")),
            "{text}"
        );
    }
    assert!(text.ends_with("\n# EOF\n"), "{text}");
}

#[test]
#[ignore = "needs promtool; tests/conformance/run gates"]
fn promtool_finds_nothing_wrong() {
    let text = gate(&evaluated(), LONG_AGO, &METRICS, &[]).exits(3).stdout;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed");
    let mut stdin = promtool.stdin.take().expect("it is piped");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let ended = promtool.wait_with_output().expect("it ends");
    let said = [ended.stdout, ended.stderr].concat();
    assert!(
        ended.status.success() && said.is_empty(),
        "{}\n{text}",
        String::from_utf8_lossy(&said)
    );
}

#[test]
fn a_file_is_written_all_at_once_or_not_at_all() {
    let place = evaluated();
    let path = place.path("churn.prom").display().to_string();
    let to = |file: &str| {
        let more = [&METRICS[..], &["--output", file]].concat();
        gate(&place, LONG_AGO, &more, &[])
    };
    to(&path).exits(3).without_result();
    let before = fs::metadata(&path).expect("a file").ino();
    assert!(place.read("churn.prom").ends_with("# EOF\n"));
    to(&path).exits(3).without_result();
    assert_ne!(before, fs::metadata(&path).expect("a file").ino());
    let left = fs::read_dir(place.root()).expect("a folder");
    let names = left.map(|entry| entry.expect("an entry").file_name());
    assert!(
        !names
            .into_iter()
            .any(|name| name.to_string_lossy().starts_with('.'))
    );
    // A pipe stays a pipe, and a link to a device leads to it still.
    symlink("/dev/stdout", place.path("out")).expect("a link");
    let run = to(&place.path("out").display().to_string()).exits(3);
    assert!(run.stdout.ends_with("# EOF\n"), "{}", run.shown());
    to(&place.path("nowhere/x.prom").display().to_string())
        .exits(6)
        .says(&["nowhere/x.prom"]);
}
