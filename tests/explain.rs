//! Every code has a page, and every page shows the rule: a rollout that breaks it, and one that does not.

use std::collections::BTreeSet;

use glidepath::adopt::{Wanted, adopt};
use glidepath::compile::{Environment, FileError, Files, compile};
use glidepath::diag::{Code, Report, Severity};
use glidepath::manifests::Manifests;
use glidepath::safety::{Conditions, prove};
use glidepath::text::{Source, parse};

/// A page of `glidepath explain`, taken apart.
struct Page {
    /// What the rule is and why.
    prose: String,
    /// A rollout that breaks the rule.
    wrong: String,
    /// The same rollout, corrected.
    right: String,
}

/// The page of a code; it has a title, prose, and one example of each kind, and nothing else.
fn page(code: Code) -> Page {
    let text = code.explanation();
    let title = format!("# {code}: {}\n\n", code.title());
    let rest = text
        .strip_prefix(&title)
        .unwrap_or_else(|| panic!("{code}.md begins with its title, `{}`", title.trim_end()));
    let (prose, rest) = rest
        .split_once("\n\n## Wrong\n\n")
        .unwrap_or_else(|| panic!("{code}.md has a section `## Wrong`"));
    let (wrong, right) = rest
        .split_once("\n\n## Right\n\n")
        .unwrap_or_else(|| panic!("{code}.md has a section `## Right`"));
    Page {
        prose: prose.to_owned(),
        wrong: block(code, wrong),
        right: block(code, right.strip_suffix('\n').unwrap_or(right)),
    }
}

/// The text of the one fenced block that a section is.
fn block(code: Code, section: &str) -> String {
    let inside = section
        .strip_prefix("```yaml\n")
        .and_then(|rest| rest.strip_suffix("```"))
        .unwrap_or_else(|| panic!("a section of {code}.md is one block of yaml:\n{section}"));
    assert!(
        !inside.contains("```"),
        "a section of {code}.md has one block"
    );
    inside.to_owned()
}

#[test]
fn every_page_explains_and_shows_its_rule() {
    for code in Code::ALL.iter().copied() {
        let page = page(code);
        let paragraphs = page.prose.split("\n\n").count();
        assert!(
            (1..=4).contains(&paragraphs) && page.prose.len() > 150,
            "{code}.md says what the rule is, why, and how to fix it"
        );
        assert!(
            !page.prose.contains("\n#"),
            "{code}.md has no further section"
        );
        assert_ne!(page.wrong, page.right, "{code}.md corrects its example");
    }
}

/// The two sides of an example that is a move between manifests, and no rollout.
fn sides(example: &str) -> Option<[Manifests; 2]> {
    let (before, after) = example
        .strip_prefix("# before\n")?
        .split_once("# after\n")?;
    Some([before, after].map(|text| {
        let read = Manifests::read(&Source::new("manifests", text), None);
        read.unwrap_or_else(|report| panic!("{:?}", report.sorted()))
    }))
}

#[test]
fn every_move_between_manifests_breaks_its_rule_or_none() {
    let mut moves = 0;
    for code in Code::ALL.iter().copied() {
        let page = page(code);
        let (Some(wrong), Some(right)) = (sides(&page.wrong), sides(&page.right)) else {
            continue;
        };
        moves += 1;
        for ([before, after], wanted) in [(wrong, BTreeSet::from([code])), (right, BTreeSet::new())]
        {
            let found = prove(&before.applied, &after.applied, &Conditions::default());
            let codes: BTreeSet<Code> = found.iter().map(|found| found.code).collect();
            assert_eq!(codes, wanted, "{code}.md: {found:#?}");
        }
    }
    assert!(moves >= 8, "{moves}");
}

/// What runs, in an example that is to be taken over.
fn running(example: &str) -> Option<Source> {
    let text = example.strip_prefix("# running\n")?;
    Some(Source::new("manifests", text))
}

#[test]
fn every_adoption_breaks_its_rule_or_none() {
    let mut adoptions = 0;
    for code in Code::ALL.iter().copied() {
        let page = page(code);
        let (Some(wrong), Some(right)) = (running(&page.wrong), running(&page.right)) else {
            continue;
        };
        adoptions += 1;
        let reports = adopt(&[wrong], Wanted::default()).expect_err("it breaks a rule");
        let found = reports.iter().flat_map(Report::complaints);
        let found: BTreeSet<Code> = found.map(|found| found.code).collect();
        assert_eq!(found, BTreeSet::from([code]), "{code}.md: {reports:#?}");
        let taken = adopt(&[right], Wanted::default());
        assert!(taken.is_ok(), "{code}.md: {taken:#?}");
    }
    assert!(adoptions >= 4, "{adoptions}");
}

/// The codes whose examples are rollouts.
fn of_rollouts() -> impl Iterator<Item = Code> {
    let all = Code::ALL.iter().copied();
    all.filter(|code| {
        let wrong = page(*code).wrong;
        sides(&wrong).is_none() && running(&wrong).is_none()
    })
}

#[test]
fn every_right_example_is_a_whole_document() {
    for code in of_rollouts() {
        let right = page(code).right;
        let source = Source::new(format!("{code}.md"), parts(&right).0);
        let document = parse(&source).unwrap_or_else(|fault| panic!("{code}.md: {fault:?}"));
        let json = document.to_json();
        assert_eq!(json["kind"], "ModelRollout", "{code}.md");
        let spec = &json["spec"];
        let has_steps = spec["steps"].is_array() || spec["strategy"].is_object();
        assert!(has_steps, "{code}.md");
    }
}

/// The codes of the complaints of this weight or more, and all that is said.
fn codes(report: &Report, least: Severity) -> (BTreeSet<Code>, String) {
    let found = report.complaints();
    let codes = found
        .iter()
        .filter(|found| found.severity <= least)
        .map(|found| found.code)
        .collect();
    let said: Vec<String> = found
        .iter()
        .map(|found| format!("{}: {}", found.code, found.message))
        .collect();
    (codes, said.join("\n"))
}

/// The files beside an example, each behind a line `# in NAME`.
struct Beside<'a>(Vec<(&'a str, &'a str)>);

/// The example itself, and the files that it names.
fn parts(example: &str) -> (&str, Beside<'_>) {
    let mut parts = example.split("# in ");
    let rollout = parts.next().unwrap_or_default();
    let beside = parts.filter_map(|part| part.split_once('\n'));
    (rollout, Beside(beside.collect()))
}

impl Files for Beside<'_> {
    fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
        let mut files = self.0.iter();
        let found = files.find(|(name, _)| *name == path);
        Ok(found.map(|(name, text)| Source::new(*name, *text)))
    }

    fn list(&self, _: &str) -> Result<Option<Vec<String>>, FileError> {
        Ok(None)
    }
}

/// What compiling one example finds.
fn compiled(code: Code, text: &str) -> Report {
    let (rollout, beside) = parts(text);
    match compile(
        &Source::new(format!("{code}.md"), rollout),
        &beside,
        &Environment::default(),
    ) {
        Ok(compiled) => compiled.report,
        Err(report) => report,
    }
}

#[test]
fn every_wrong_example_breaks_its_rule_and_no_other() {
    // GP307 is about a tree that is there already; `tests/lifecycle.rs` shows it.
    for code in of_rollouts().filter(|code| *code != Code::GP307) {
        let report = compiled(code, &page(code).wrong);
        // What breaks a rule may deserve a warning beside it, but no second error.
        let (found, said) = codes(&report, code.severity());
        assert_eq!(found, BTreeSet::from([code]), "{code}.md:\n{said}");
        let is_refused = code.severity() == Severity::Error;
        assert_eq!(report.has_errors(), is_refused, "{code}.md:\n{said}");
    }
}

#[test]
fn every_right_example_is_without_complaint() {
    for code in of_rollouts() {
        let (found, said) = codes(&compiled(code, &page(code).right), Severity::Warning);
        assert!(found.is_empty(), "{code}.md:\n{said}");
    }
}
