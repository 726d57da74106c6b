//! The writers, on reports as the compiler makes them and on files that no person would write.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::*;
use crate::text::{Route, Source, Span, parse};

const ROLLOUT: &str = "\
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata:
  name: image-classifier
spec:
  models:
    - {name: resnet50, runtime: custom, image: \"registry.example/serve:1.4\"}
    - {name: resnet101, runtime: custom, image: registry.example/serve}
  stable: resnet50
  cohorts:
    - name: testers
      match:
        - headers: {x-user: {prefix: qa}}
    - name: beta-testers
      match:
        - headers: {x-user: {exact: qa-7}}
  steps:
    - name: testers
      cohorts: {testers: resnet101}
    - weight: 30
    - name: half # the größte step so far
      weights: {resnet100: 30, resnet50: 80.125}
    - weight: 100
";

fn spec() -> Route {
    Route::root().key("spec")
}

fn read(name: &str, text: &str) -> Report {
    let mut report = Report::new(Source::new(name, text));
    report.document = Some(parse(&report.source).expect("the test's text is YAML"));
    report
}

/// What a rollout with a few mistakes gives.
fn rollout() -> Report {
    let mut report = read("models/rollout.yaml", ROLLOUT);
    let weights = spec().key("steps").index(2).key("weights");
    report.push(
        Diagnostic::new(
            Code::GP101,
            Place::key(weights.key("resnet100")),
            "unknown model `resnet100`",
        )
        .label(
            Place::value(spec().key("models").index(1).key("name")),
            "this model is near",
        )
        .help("did you mean `resnet101`?"),
    );
    report.push(
        Diagnostic::new(
            Code::GP201,
            Place::value(weights.key("resnet50")),
            "the weight 80.125 has 3 decimals, and 2 are allowed",
        )
        .mark("rounds to 80.13"),
    );
    report.push(
        Diagnostic::new(
            Code::GP202,
            Place::value(spec().key("cohorts").index(1).key("name")),
            "the cohort `beta-testers` can never match, because `testers` always matches first",
        )
        .mark("never reached")
        .label(
            Place::value(spec().key("cohorts").index(0).key("match").index(0)),
            "takes every request that begins with `qa`",
        )
        .note("cohorts are matched in the order of `spec.cohorts`")
        .note("Envoy takes the first route that matches and looks at no other")
        .help("move `beta-testers` before `testers`"),
    );
    report.push(
        Diagnostic::new(
            Code::GP601,
            Place::value(spec().key("models").index(1).key("image")),
            "the image `registry.example/serve` has no tag",
        )
        .help("name a tag or a digest"),
    );
    report.push(Diagnostic::new(
        Code::GP605,
        Place::value(spec().key("models").index(0).key("resources")),
        "the model `resnet50` has no memory request",
    ));
    report
}

fn written(format: Format, reports: &[&Report], colour: bool) -> String {
    let mut out = Vec::new();
    write(format, reports, colour, &mut out).expect("memory takes everything");
    String::from_utf8(out).expect("the writers write UTF-8")
}

fn human(report: &Report) -> String {
    written(Format::Human, &[report], false)
}

fn one(text: &str, span: Span) -> Report {
    let mut report = Report::new(Source::new("rollout.yaml", text));
    report.push(
        Diagnostic::new(Code::GP001, Place::Bytes(span), "something is wrong here").mark("here"),
    );
    report
}

#[test]
fn a_rollout_for_people() {
    insta::assert_snapshot!(human(&rollout()));
}

#[test]
fn a_rollout_for_people_in_colour() {
    let text = written(Format::Human, &[&rollout()], true).replace('\u{1b}', "ESC");
    insta::assert_snapshot!(text);
}

#[test]
fn a_rollout_for_programs() {
    insta::assert_snapshot!(written(Format::Json, &[&rollout()], false));
}

#[test]
fn a_rollout_for_github() {
    insta::assert_snapshot!(written(Format::Github, &[&rollout()], false));
}

#[test]
fn a_rollout_for_code_scanning() {
    let text = written(Format::Sarif, &[&rollout()], false);
    let mut log: Value = serde_json::from_str(&text).expect("SARIF is JSON");
    for rule in log["runs"][0]["tool"]["driver"]["rules"]
        .as_array_mut()
        .expect("rules are a list")
    {
        let code: Code = rule["id"]
            .as_str()
            .and_then(|id| id.parse().ok())
            .expect("rules are codes");
        assert_eq!(rule["help"]["markdown"], code.explanation());
        rule["help"]["markdown"] = "(the page)".into();
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&log).expect("a value is JSON"));
}

#[test]
fn several_files_are_counted_together() {
    let (mut a, mut b) = (
        Report::new(Source::new("a/rollout.yaml", "")),
        Report::new(Source::new("b/rollout.yaml", "x: 1\n")),
    );
    a.push(Diagnostic::new(
        Code::GP001,
        Place::File,
        "the file holds no document",
    ));
    b.push(Diagnostic::new(
        Code::GP604,
        Place::Bytes(Span::new(0, 1)),
        "traffic moves without any gate",
    ));
    let clean = rollout_without_complaints();
    insta::assert_snapshot!(written(Format::Human, &[&a, &clean, &b], false), @r"
    error[GP001]: the file holds no document
     --> a/rollout.yaml

    warning[GP604]: traffic moves without any gate
     --> b/rollout.yaml:1:1
      |
    1 | x: 1
      | ^

    error: 1 error, 1 warning in 2 files
    ");
    assert!(
        written(Format::Human, &[&b], false).ends_with("warning: 1 warning in b/rollout.yaml\n")
    );
}

fn rollout_without_complaints() -> Report {
    read("c/rollout.yaml", ROLLOUT)
}

#[test]
fn no_complaint_is_no_output() {
    let clean = rollout_without_complaints();
    for format in [Format::Human, Format::Json, Format::Github] {
        assert_eq!(written(format, &[&clean], true), "");
        assert_eq!(written(format, &[], true), "");
    }
    let log: Value = serde_json::from_str(&written(Format::Sarif, &[&clean], true)).expect("JSON");
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn edges_of_a_text_have_a_snippet() {
    insta::assert_snapshot!(human(&one("", Span::new(0, 0))), @r"
    error[GP001]: something is wrong here
     --> rollout.yaml:1:1
      |
    1 |
      | ^ here

    error: 1 error in rollout.yaml
    ");
    insta::assert_snapshot!(human(&one("a:\n  b\n", Span::new(7, 7))), @r"
    error[GP001]: something is wrong here
     --> rollout.yaml:3:1
      |
    3 |
      | ^ here

    error: 1 error in rollout.yaml
    ");
    insta::assert_snapshot!(human(&one("a:\r\n  böse: [x\r\n", Span::new(6, 999))), @r"
    error[GP001]: something is wrong here
     --> rollout.yaml:2:3
      |
    2 |   böse: [x
      |   ^^^^^^^^ here

    error: 1 error in rollout.yaml
    ");
    insta::assert_snapshot!(human(&one("\ta:\t'火箭' b", Span::new(4, 12))), @r"
    error[GP001]: something is wrong here
     --> rollout.yaml:1:5
      |
    1 |     a:    '火箭' b
      |           ^^^^^^ here

    error: 1 error in rollout.yaml
    ");
}

#[test]
fn a_long_line_is_shown_around_its_marks() {
    let text = format!("a: [{}]\n", "0123456789, ".repeat(9_000));
    let mut report = one(&text, Span::new(50_000, 50_004));
    report.push(
        Diagnostic::new(Code::GP001, Place::Bytes(Span::new(0, 1)), "at its start").label(
            Place::Bytes(Span::new(90_000, 90_001)),
            "beyond what is shown",
        ),
    );
    report.push(Diagnostic::new(
        Code::GP001,
        Place::Bytes(Span::new(3, text.len())),
        format!("the value `{text}` is long"),
    ));
    let shown = human(&report);
    assert!(shown.len() < 4_000, "{} bytes", shown.len());
    assert!(shown.lines().all(|line| line.chars().count() < 600));
    insta::assert_snapshot!(shown);
}

#[test]
fn a_far_label_becomes_a_note() {
    let text = format!("first: 1\n{}last: 2\n", "# filler\n".repeat(10_000));
    let at = text.find("last").expect("it is there");
    let mut report = Report::new(Source::new("rollout.yaml", text));
    report.push(
        Diagnostic::new(
            Code::GP105,
            Place::Bytes(Span::new(at, at + 4)),
            "used twice",
        )
        .label(Place::Bytes(Span::new(0, 5)), "first used here"),
    );
    insta::assert_snapshot!(human(&report), @r"
    error[GP105]: used twice
         --> rollout.yaml:10002:1
          |
    10002 | last: 2
          | ^^^^
          |
          = note: line 1: first used here

    error: 1 error in rollout.yaml
    ");
}

/// Everything that a file could say to a terminal or a runner.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]8;;https://x\u{7}a\u{9b}31m\r::error::x\r\n::set-env name=P::x\n##[add-mask]x\n\
    \u{202e}gnp\u{2028}::stop-commands::x\u{85}::warning::y\u{7f}\u{0}%0A::error::z";

fn hostile() -> Report {
    let mut report = Report::new(Source::new(
        format!("dir,a:b/{HOSTILE}.yaml"),
        format!("{HOSTILE}\nkey: {HOSTILE}\n"),
    ));
    for (start, _) in HOSTILE.char_indices() {
        report.push(
            Diagnostic::new(
                Code::GP009,
                Place::Bytes(Span::new(start, start + 9)),
                format!("the name `{HOSTILE}` is odd"),
            )
            .mark(HOSTILE)
            .label(Place::Bytes(Span::new(start + 20, start + 21)), HOSTILE)
            .label(Place::File, HOSTILE)
            .note(HOSTILE)
            .help(HOSTILE),
        );
    }
    report
}

#[test]
fn nothing_from_a_file_acts_on_a_terminal() {
    let hostile = hostile();
    for format in Format::ALL {
        let shown = written(*format, &[&hostile], false);
        let acting: Vec<char> = shown
            .chars()
            .filter(|c| c.is_control() && *c != '\n' || matches!(c, '\u{2028}'..='\u{202e}'))
            .collect();
        assert!(acting.is_empty(), "{}: {acting:?}", format.name());
    }
    let coloured = written(Format::Human, &[&hostile], true);
    for escape in coloured.split('\u{1b}').skip(1) {
        let rest = escape.strip_prefix('[').expect("only colours");
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';');
        assert_eq!(end.map(|end| &rest[end..=end]), Some("m"), "{escape:?}");
    }
}

#[test]
fn nothing_from_a_file_becomes_a_command_of_the_runner() {
    let hostile = hostile();
    let text = written(Format::Github, &[&hostile], false);
    assert_eq!(text.lines().count(), hostile.sorted().len());
    for line in text.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        // As the runner parses: the properties end at the second `::`.
        let rest = line.strip_prefix("::error ").expect("a command of ours");
        let (properties, _) = rest.split_once("::").expect("a message");
        let keys: Vec<&str> = properties
            .split(',')
            .map(|property| property.split_once('=').expect("a property").0)
            .collect();
        assert!(keys.starts_with(&["file", "line", "endLine"]), "{keys:?}");
        assert_eq!(keys.last(), Some(&"title"));
    }
    // A log that is shown to the runner as it is must hold no command either.
    for format in [Format::Human, Format::Json, Format::Sarif] {
        for line in written(format, &[&hostile], false).lines() {
            assert!(!line.trim_start().starts_with("::"), "{line}");
            assert!(!line.contains("##["), "{line}");
        }
    }
}

#[test]
fn json_lines_are_json_and_quote_faithfully() {
    let hostile = hostile();
    let text = written(Format::Json, &[&hostile], false);
    assert_eq!(text.lines().count(), hostile.sorted().len());
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).expect("each line is JSON");
        assert_eq!(line["help"], HOSTILE);
        assert_eq!(line["labels"][1]["start"], Value::Null);
    }
}

#[test]
fn sarif_uris_are_relative_references() {
    for (name, want, relative) in [
        ("./a b/röllout.yaml", "a%20b/r%C3%B6llout.yaml", true),
        ("c:d.yaml", "c%3Ad.yaml", true),
        ("/srv/rollout.yaml", "file:///srv/rollout.yaml", false),
        ("100%.yaml", "100%25.yaml", true),
    ] {
        let mut report = Report::new(Source::new(name, ""));
        report.push(Diagnostic::new(
            Code::GP001,
            Place::File,
            "odd: {0} and [x](https://example.com)",
        ));
        let text = written(Format::Sarif, &[&report], false);
        let log: Value = serde_json::from_str(&text).expect("SARIF is JSON");
        let result = &log["runs"][0]["results"][0];
        let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(artifact["uri"], want);
        assert_eq!(artifact["uriBaseId"].is_string(), relative);
        assert_eq!(
            result["message"]["text"],
            "odd: {{0}} and [x\\](https://example.com)"
        );
    }
}

/// Debug builds are many times slower than what users run, and the machine may be busy: the bound only catches writers
/// that become quadratic.
#[test]
fn thousands_of_complaints_are_written_at_once() {
    let steps = "    - weight: 300\n".repeat(2_500);
    let long = format!("{ROLLOUT}{steps}  note: \"{}\"\n", "é".repeat(100_000));
    let mut report = read("rollout.yaml", &long);
    for n in 0..2_500 {
        let at = long.len() - 3 - 2 * n;
        report.push(
            Diagnostic::new(
                Code::GP201,
                Place::value(spec().key("steps").index(n).key("weight")),
                "weights are percentages, and the sum of these is over 100",
            )
            .label(Place::Bytes(Span::new(at, at + 1)), "far"),
        );
        report.push(Diagnostic::new(
            Code::GP001,
            Place::Bytes(Span::new(at, at)),
            "on a long line",
        ));
    }
    for format in Format::ALL {
        let began = Instant::now();
        let text = written(*format, &[&report], false);
        let took = began.elapsed();
        assert!(text.len() > 300_000);
        assert!(
            took < Duration::from_secs(20),
            "{}: {took:?}",
            format.name()
        );
    }
}
