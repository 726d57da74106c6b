//! `result`: reports and values that somebody measured elsewhere.

use std::fs;
use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::Place;

use super::{LONG_AGO, gate, place};

const EVAL: (&str, &str) = ("eval", "result: {junit: evidence/eval.xml, minTests: 3}");
const ACCURACY: (&str, &str) = (
    "accuracy",
    "result: {json: evidence/eval.json, path: $.accuracy, min: 0.92}",
);
const GOOD: &str = "<testsuites><testsuite><testcase/><testcase/><testcase/><testcase><skipped/></testcase></testsuite></testsuites>";

/// Now, as seconds since 1970: the stage has just begun.
fn now() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("after 1970").as_secs().to_string()
}

/// One gate's verdict and reason on this file.
fn judged(path: &str, kind: (&str, &str), text: &str) -> (i32, String) {
    let place = place(&[kind]);
    place.write(path, text);
    let run = gate(&place, LONG_AGO, &["--format", "json"], &[]);
    let body: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.shown()));
    let why = body["gates"][0]["why"].as_str().expect("a reason");
    (run.code, why.to_owned())
}

#[test]
fn a_report_decides_at_once_and_asks_nobody() {
    let place = place(&[EVAL, ACCURACY]);
    let missing = gate(&place, &now(), &[], &[]).exits(4);
    assert!(
        missing
            .stdout
            .contains("`[HERE]/evidence/eval.xml` is not there")
            || missing.stdout.contains("`evidence/eval.xml` is not there"),
        "{}",
        missing.shown()
    );
    place.write("evidence/eval.xml", GOOD);
    place.write("evidence/eval.json", r#"{"accuracy": 0.95}"#);
    let passed = gate(&place, &now(), &[], &[]).exits(0);
    assert!(
        passed.stdout.contains("3 tests, 1 skipped"),
        "{}",
        passed.shown()
    );
    assert!(!passed.stdout.contains("next look"), "{}", passed.shown());
    place.write("evidence/eval.json", r#"{"accuracy": 0.91}"#);
    let failed = gate(&place, &now(), &[], &[]).exits(3);
    assert!(
        failed.stdout.contains("0.91 is below 0.92"),
        "{}",
        failed.shown()
    );
}

#[test]
fn reports_are_judged_by_failures_errors_and_how_many_ran() {
    let suite = |cases: &str| format!("<testsuite>{cases}</testsuite>");
    let mut entities = "<!ENTITY a 'ha'>".to_owned();
    for (next, one) in ('b'..='j').zip('a'..) {
        let many = format!("&{one};").repeat(10);
        entities.extend(["<!ENTITY ", &next.to_string(), " '", &many, "'>"]);
    }
    let laughs = format!("<!DOCTYPE z [{entities}]><testsuite><testcase/>&j;</testsuite>");
    for (text, code, why) in [
        (GOOD.to_owned(), 0, "every test that ran has passed"),
        (
            suite("<testcase/><testcase/>"),
            4,
            "too few tests: 3 are needed",
        ),
        (suite("<testcase><skipped/></testcase>"), 4, "no test ran"),
        (
            suite(
                "<testcase/><testcase/><testcase><failure/></testcase><testcase><error/></testcase>",
            ),
            3,
            "1 failure and 1 error in 4 tests",
        ),
        (laughs, 6, "DOCTYPE"),
        ("<html/>".to_owned(), 6, "it is no JUnit report"),
        ("<testsuite><testcase/>".to_owned(), 6, "it is cut off"),
        (String::new(), 6, "it is no JUnit report"),
    ] {
        let (exit, said) = judged("evidence/eval.xml", EVAL, &text);
        assert_eq!(exit, code, "{text}: {said}");
        assert!(said.contains(why), "{text}: {said}");
    }
}

#[test]
fn values_are_judged_by_their_type_too() {
    let equals = |wanted: &str| {
        let kind =
            format!("result: {{json: evidence/eval.json, path: $.accuracy, equals: {wanted}}}");
        ("accuracy", kind)
    };
    for (text, code, why) in [
        (r#"{"accuracy": 0.92}"#, 0, "0.92 is within the limits"),
        (r#"{"accuracy": 1}"#, 0, "1 is within the limits"),
        (
            r#"{"accuracy": "0.95"}"#,
            6,
            "the value is the text `0.95`, and a number is needed",
        ),
        (
            r#"{"accuracy": [0.95]}"#,
            6,
            "the value is a list, and a number is needed",
        ),
        (
            r#"{"accuracy": true}"#,
            6,
            "the value is the boolean `true`, and a number is needed",
        ),
        (r#"{"accuracy": NaN}"#, 6, "it is no JSON"),
        (r#"{"accuracy": 1e999}"#, 6, "it is no JSON"),
        (r#"{"accuracy": null}"#, 4, "the path leads to `null`"),
        (r#"{"precision": 1}"#, 4, "the path leads to nothing"),
        ("[]", 4, "the path leads to nothing"),
        ("", 6, "it is no JSON"),
    ] {
        let (exit, said) = judged("evidence/eval.json", ACCURACY, text);
        assert_eq!(exit, code, "{text}: {said}");
        assert!(said.contains(why), "{text}: {said}");
    }
    let many = (
        "accuracy",
        "result: {json: evidence/eval.json, path: $..accuracy, min: 0.92}",
    );
    let (exit, said) = judged(
        "evidence/eval.json",
        many,
        r#"[{"accuracy": 1}, {"accuracy": 1}]"#,
    );
    assert_eq!(
        (exit, said.as_str()),
        (6, "the path leads to 2 values and not one")
    );
    for (wanted, text, code, why) in [
        ("OK", r#"{"accuracy": "OK"}"#, 0, "the wanted one"),
        ("OK", r#"{"accuracy": "ok"}"#, 3, "it is ok, and must be OK"),
        (
            "OK",
            r#"{"accuracy": 0}"#,
            6,
            "the number `0`, and must be the text `OK`",
        ),
        ("1", r#"{"accuracy": 1.0}"#, 0, "the wanted one"),
        ("true", r#"{"accuracy": true}"#, 0, "the wanted one"),
        (
            "true",
            r#"{"accuracy": false}"#,
            3,
            "it is false, and must be true",
        ),
        (
            "true",
            r#"{"accuracy": "true"}"#,
            6,
            "the text `true`, and must be the boolean `true`",
        ),
    ] {
        let (name, kind) = equals(wanted);
        let (exit, said) = judged("evidence/eval.json", (name, &kind), text);
        assert_eq!(exit, code, "{wanted} {text}: {said}");
        assert!(said.contains(why), "{wanted} {text}: {said}");
    }
}

#[test]
fn only_a_small_regular_file_of_the_folder_is_read() {
    let outside = Place::new();
    outside.write("eval.json", r#"{"accuracy": 1}"#);
    let place = place(&[ACCURACY]);
    fs::create_dir(place.path("evidence")).expect("a folder");
    let file = place.path("evidence/eval.json");
    let verdict = || gate(&place, LONG_AGO, &[], &[]);
    symlink(outside.path("eval.json"), &file).expect("a link");
    let told = verdict().exits(6);
    assert!(
        told.stdout.contains("leads out of the folder"),
        "{}",
        told.shown()
    );
    fs::remove_file(&file).expect("a link");
    place.write("evidence/eval.json", " ".repeat(10 << 20));
    let told = verdict().exits(6);
    assert!(
        told.stdout.contains("it has 10485760 bytes"),
        "{}",
        told.shown()
    );
    place.write("evidence/eval.json", b"{\"accuracy\": \"\xff\"}");
    let told = verdict().exits(6);
    assert!(told.stdout.contains("is not UTF-8"), "{}", told.shown());
    fs::remove_file(&file).expect("a file");
    fs::create_dir(&file).expect("a folder");
    let told = verdict().exits(6);
    assert!(told.stdout.contains("it is a folder"), "{}", told.shown());
}

#[test]
fn another_file_is_handed_in_by_the_gates_name() {
    let place = place(&[ACCURACY, EVAL]);
    place.write("evidence/eval.json", r#"{"accuracy": 0.5}"#);
    place.write("evidence/eval.xml", GOOD);
    place.write("out.json", r#"{"accuracy": 0.99}"#);
    let given = |results: &[&str]| {
        let more: Vec<&str> = results.iter().flat_map(|one| ["--result", one]).collect();
        gate(&place, LONG_AGO, &more, &[])
    };
    given(&[]).exits(3);
    given(&["accuracy=out.json"]).exits(0);
    let absent = given(&["accuracy=absent.json"]).exits(4);
    assert!(
        absent.stdout.contains("`absent.json` is not there"),
        "{}",
        absent.shown()
    );
    given(&["acuracy=out.json"])
        .exits(2)
        .says(&["there is no `result` gate `acuracy`", "`accuracy`"]);
    given(&["accuracy=out.json", "accuracy=out.json"])
        .exits(2)
        .says(&["two files are handed in for the gate `accuracy`"]);
    for wrong in ["accuracy", "=out.json", "accuracy="] {
        given(&[wrong]).exits(2).says(&["write it as NAME=FILE"]);
    }
}

#[test]
fn a_recording_is_judged_again_without_the_files() {
    let place = place(&[ACCURACY, EVAL]);
    place.write("evidence/eval.json", r#"{"accuracy": 0.99, "secret": "x"}"#);
    place.write("out.xml", GOOD);
    let handed = ["--format", "json", "--result", "eval=out.xml"];
    let recorded = gate(&place, LONG_AGO, &handed, &[]).exits(0).stdout;
    let body: Value = serde_json::from_str(&recorded).expect("JSON");
    let document = &body["gates"][0]["document"];
    assert_eq!(document["value"], 0.99, "{recorded}");
    let digest = document["digest"].as_str().expect("a digest");
    assert!(
        digest.starts_with("sha256:") && digest.len() == 71,
        "{digest}"
    );
    assert_eq!(body["gates"][1]["document"]["file"], "out.xml");
    assert_eq!(body["gates"][1]["document"]["tests"]["ran"], 3);
    assert!(!recorded.contains("secret"), "no more than what is judged");
    fs::remove_dir_all(place.path("evidence")).expect("a folder");
    fs::remove_file(place.path("out.xml")).expect("a file");
    place.write("recorded.json", &recorded);
    let again = place
        .run(&["gate", "--replay", "recorded.json", "--format", "json"])
        .exits(0);
    assert_eq!(again.stdout, recorded);
    place.write(
        "recorded.json",
        recorded
            .replace("\"value\": 0.99,", "\"value\": 0.5,")
            .replace("\"value\": 0.99\n", "\"value\": 0.5\n"),
    );
    let other = place.run(&["gate", "--replay", "recorded.json"]).exits(3);
    assert!(
        other.stderr.contains("its answers say"),
        "{}",
        other.shown()
    );
    // What was not there, and what could not be read, is so again.
    place.write("evidence/eval.json", "{");
    let recorded = gate(&place, LONG_AGO, &["--format", "json"], &[])
        .exits(6)
        .stdout;
    place.write("recorded.json", &recorded);
    let again = place
        .run(&["gate", "--replay", "recorded.json", "--format", "json"])
        .exits(6);
    assert_eq!(again.stdout, recorded);
}

#[test]
fn a_gate_that_asks_prometheus_still_needs_one() {
    let place = place(&[ACCURACY, ("up", "threshold: {query: max(up), min: 1}")]);
    place.write("evidence/eval.json", r#"{"accuracy": 0.99}"#);
    gate(&place, LONG_AGO, &[], &[])
        .exits(2)
        .says(&["it is not known where Prometheus is"]);
}
