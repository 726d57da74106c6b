//! Wrong documents, each with the code, place and words that it must get; and right ones that look odd.

mod kube;
mod refused;
mod refused_gates;

use crate::diag::Report;
use crate::text::Source;

use super::{GateKind, Read, read};

/// The smallest document: what a test adds to it stands under `spec`.
const BASE: &str = "\
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: x}
spec:
  stable: a
";
const MODELS: &str = "  models: [{name: a, runtime: custom, image: i}]\n";
const STEPS: &str = "  steps: [{weight: 1}]\n";

/// `BASE` with `lines` under `spec`, and the required fields that they do not name.
fn document(lines: &str) -> String {
    let has = |key: &str| lines.lines().any(|line| line.starts_with(key));
    let mut text = BASE.to_owned();
    for line in lines.lines() {
        text.extend(["  ", line, "\n"]);
    }
    for (key, default) in [("models:", MODELS), ("steps:", STEPS)] {
        if !has(key) {
            text += default;
        }
    }
    text
}

/// `line:column CODE message [marked text] (help)` of every complaint.
fn told(text: &str, report: &Report) -> Vec<String> {
    let source = Source::new("rollout.yaml", text);
    report
        .sorted()
        .into_iter()
        .map(|found| {
            let span = found.place.span(&source, report.document.as_ref());
            let at = source.line_column(span.start);
            let help = found.help.as_deref().unwrap_or_default();
            format!(
                "{}:{} {} {} [{}] ({help})",
                at.line,
                at.column,
                found.code,
                found.message,
                &text[span.start..span.end]
            )
        })
        .collect()
}

fn accept(text: &str) -> Read {
    match read(&Source::new("rollout.yaml", text)) {
        Ok(read) => read,
        Err(report) => panic!("{text}\n{}", told(text, &report).join("\n")),
    }
}

/// What is said of a document that must be refused.
fn refuse(text: &str) -> Vec<String> {
    match read(&Source::new("rollout.yaml", text)) {
        Ok(_) => panic!("accepted:\n{text}"),
        Err(report) => told(text, &report),
    }
}

/// One complaint is enough: each line under `spec`, the `line:column CODE` (lines counted from the first added one) and a
/// part of what is said.
fn check(cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (lines, at, part) in cases {
        let text = document(lines);
        let said = refuse(&text);
        let (line, rest) = at.split_once(':').expect("line:column CODE");
        let line: usize = line.parse().expect("a line");
        let at = format!("{}:{rest} ", line + BASE.lines().count());
        let hits = said
            .iter()
            .filter(|said| said.starts_with(&at) && said.contains(part))
            .count();
        if hits != 1 || said.len() != 1 {
            wrong.push(format!("{lines}\n  wanted {at}{part}\n  said {said:#?}"));
        }
        for said in &said {
            for jargon in [
                "schema",
                "valid under",
                "oneOf",
                "anyOf",
                "instance",
                "serde",
                "invalid type",
            ] {
                assert!(!said.contains(jargon), "{said}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_smallest_document_is_read() {
    let read = accept(&document(""));
    assert_eq!(read.document.metadata.name, "x");
    assert_eq!(read.document.spec.steps[0].weight, Some(1.0));
}

#[test]
fn null_takes_a_rule_away_and_only_where_that_means_something() {
    let read = accept(&document(
        "steps:\n- {mirror: null, cohorts: {c: null}}\n- {mirror: {to: a}}\n- {weight: 1}",
    ));
    let steps = &read.document.spec.steps;
    assert_eq!(steps[0].mirror, Some(None));
    assert_eq!(steps[0].cohorts["c"], None);
    assert!(steps[1].mirror.as_ref().is_some_and(Option::is_some));
    assert_eq!(steps[2].mirror, None);
}

#[test]
fn integral_floats_are_integers() {
    let read = accept(&document(
        "models: [{name: a, runtime: custom, image: i, replicas: 3.0, model: {name: m, uri: '', version: 1e3}}]",
    ));
    let model = &read.document.spec.models[0];
    assert_eq!(model.count(), Some(3));
    assert_eq!(
        model.model.as_ref().and_then(|model| model.version),
        Some(1_000)
    );
}

/// Whatever is written as a number is read or refused, and is no fault of the program's.
#[test]
fn large_floats_are_integers_or_refused() {
    for (text, version) in [
        ("1e16", Some(10_000_000_000_000_000)),
        ("9007199254740992.0", Some(9_007_199_254_740_992)),
        ("9.2e18", Some(9_200_000_000_000_000_000)),
        ("9223372036854775807", Some(9_223_372_036_854_775_807)),
        ("9223372036854775807.0", None),
        ("9223372036854775808", None),
        ("1e19", None),
        ("1e300", None),
        ("-1e16", None),
    ] {
        let text = document(&format!(
            "models: [{{name: a, runtime: custom, image: i, model: {{name: m, uri: '', version: {text}}}}}]"
        ));
        match (version, read(&Source::new("rollout.yaml", text.clone()))) {
            (Some(version), Ok(read)) => {
                let model = read.document.spec.models[0].model.as_ref();
                assert_eq!(
                    model.and_then(|model| model.version),
                    Some(version),
                    "{text}"
                );
            }
            (None, Err(report)) => {
                let told = format!("{report:?}");
                assert!(!told.contains("internal error"), "{text}: {told}");
            }
            (_, found) => panic!("{text}: {}", found.is_ok()),
        }
    }
}

#[test]
fn anchors_merges_and_line_ends_of_windows_are_read() {
    let text = document("models:\n- &m {name: a, runtime: custom, image: i}\n- {<<: *m, name: b}");
    let read = accept(&text.replace('\n', "\r\n"));
    assert_eq!(read.document.spec.models[1].image, Some("i".to_owned()));
    assert_eq!(read.document.spec.models[1].name, "b");
}

#[test]
fn every_field_of_the_language_is_read() {
    let read = accept(include_str!("tests/everything.yaml"));
    let spec = &read.document.spec;
    assert_eq!(spec.gates.len(), 19);
    assert!(matches!(spec.gates[0].kind, GateKind::Availability(_)));
    assert_eq!(spec.gates[0].early_failure.as_deref(), Some("1%"));
    let resources = spec.models[0].resources.as_ref().expect("resources");
    let requests = resources.requests.as_ref().expect("requests");
    assert_eq!(requests["cpu"].0, "3");
    assert_eq!(requests["memory"].0, "4Gi");
}

#[test]
fn all_faults_of_a_file_are_told_at_once() {
    let said = refuse(&document(
        "stabel: b\nmodels:\n- {name: A, runtime: custom, image: i, replicas: many, env: [{nam: x}], resources: {requests: {cpu: 3 cores}}}\nsteps: []",
    ));
    assert_eq!(said.len(), 7, "{said:#?}");
}

#[test]
fn a_file_that_is_no_document_is_refused_with_its_own_code() {
    for (text, expected) in [
        ("", "1:1 GP001 the file holds no document"),
        ("# only a comment\n", "1:1 GP001 the file holds no document"),
        ("a: [1\n", "1:4 GP001 the bracket `[` is not closed"),
        ("a:\n\tb: 1\n", "2:1 GP001 a tab stands in the indentation"),
        (
            "a: 1\na: 2\n",
            "2:1 GP003 the key `a` is in this mapping twice",
        ),
        (
            "a: 1\n---\nb: 1\n",
            "2:1 GP004 a second document begins here",
        ),
        ("a: \"\\u0000\"\n", "1:4 GP009 the control character U+0000"),
        (
            "- a\n",
            "1:1 GP006 the document is a list, and must be a mapping",
        ),
        ("hello\n", "1:1 GP006 the document is the string `hello`"),
    ] {
        let said = refuse(text);
        assert!(
            said.len() == 1 && said[0].starts_with(expected),
            "{text:?}: {said:?}"
        );
    }
    let said = refuse(&"x".repeat((1 << 20) + 1));
    assert!(
        said[0].contains("GP002 the file has 1048577 bytes"),
        "{}",
        &said[0][..200]
    );
}

#[test]
fn an_empty_mapping_lacks_every_required_field() {
    let said = refuse("{}\n");
    assert_eq!(said.len(), 4, "{said:#?}");
    assert!(said[0].starts_with(
        "1:1 GP007 the required field `apiVersion` is missing at the top of the file"
    ));
}

/// Thousands of faults are told by the first thousand, and in time.
#[test]
fn hostile_documents_are_refused_in_time() {
    let keys: Vec<String> = (0..40_000).map(|i| format!("stpes{i}: 1")).collect();
    let many = |unit: &str, n: usize| vec![unit; n].join(",");
    for lines in [
        format!("steps: [{}]", many("1", 90_000)),
        format!("policy: {{{}}}", keys.join(",")),
        format!("steps: [{{gates: [{}]}}]", many("g", 90_000)),
        format!(
            "models: [{{name: a, runtime: custom, image: i, env: [{}]}}]",
            many("{nam: x}", 20_000)
        ),
        format!(
            "models: [{{name: a, runtime: custom, image: i, resources: {{requests: {{{}}}}}}}]",
            keys.join(",")
        ),
        format!("stable: {}", "x".repeat(900_000)),
        format!("retire: {}", "x".repeat(900_000)),
    ] {
        let text = document(&lines);
        let begun = std::time::Instant::now();
        let said = read(&Source::new("rollout.yaml", text.clone()))
            .map_or_else(|report| told(&text, &report), |_| Vec::new());
        assert!(
            begun.elapsed().as_secs() < 60,
            "{:?}: {}",
            begun.elapsed(),
            &lines[..60]
        );
        assert!(said.len() <= 2_100, "{}: {}", said.len(), &lines[..60]);
    }
}
