//! JUnit reports, as many tools write them: <https://github.com/testmoapp/junitxml>. No entity is ever expanded.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Tests;

/// An element that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// `testsuites` or `testsuite`.
    Suite,
    /// `testcase`.
    Case,
    /// Any other one.
    Other,
}

/// What is known so far.
#[derive(Default)]
struct Counts {
    tests: Tests,
    /// Failures and errors that the suites' own attributes claim; of nested ones the outer has the sum.
    claimed: Tests,
    /// Whether the open test case did not run.
    is_skipped: bool,
    /// Whether the open test case has a failure or an error.
    is_bad: bool,
    open: Vec<Open>,
    has_root: bool,
}

/// Counts the tests of a report, or says in one sentence why it is none. Several reports in one file are one.
pub(super) fn read(text: &str) -> Result<Tests, String> {
    let mut reader = Reader::from_str(text);
    let mut counts = Counts::default();
    loop {
        let event = reader.read_event().map_err(|error| {
            let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            no_xml(text, at, &error.to_string())
        })?;
        match event {
            Event::Start(element) => counts.open(&element)?,
            Event::Empty(element) => {
                counts.open(&element)?;
                counts.close();
            }
            Event::End(_) => counts.close(),
            // It could define entities, and nobody needs it.
            Event::DocType(_) => return Err("it has a DOCTYPE, which is not read".to_owned()),
            Event::Eof => break,
            Event::Text(_)
            | Event::CData(_)
            | Event::Comment(_)
            | Event::Decl(_)
            | Event::PI(_)
            | Event::GeneralRef(_) => {}
        }
    }
    if !counts.open.is_empty() {
        return Err("it is cut off".to_owned());
    }
    if !counts.has_root {
        return Err("it is no JUnit report: it has no `testsuite`".to_owned());
    }
    // Who counts what broke around the tests does so in the attributes alone.
    let (tests, claimed) = (counts.tests, counts.claimed);
    Ok(Tests {
        failures: tests.failures.max(claimed.failures),
        errors: tests.errors.max(claimed.errors),
        ..tests
    })
}

impl Counts {
    fn open(&mut self, element: &BytesStart<'_>) -> Result<(), String> {
        let parent = self.open.last().copied();
        let local = element.local_name();
        let name = local.as_ref();
        let opened = match name {
            "testsuites" | "testsuite" => Open::Suite,
            "testcase" if parent == Some(Open::Suite) => Open::Case,
            _ => Open::Other,
        };
        match (parent, opened) {
            (None, Open::Case | Open::Other) => {
                let name = super::said(name);
                return Err(format!("it is no JUnit report: it begins with `{name}`"));
            }
            (_, Open::Suite) => {
                self.has_root = true;
                self.claimed.failures = self.claimed.failures.max(count(element, "failures")?);
                self.claimed.errors = self.claimed.errors.max(count(element, "errors")?);
            }
            (_, Open::Case) => {
                self.is_bad = false;
                // GoogleTest has no element for it.
                self.is_skipped = attribute(element, "status")?.is_some_and(|it| it == "notrun");
            }
            (Some(Open::Suite | Open::Case), Open::Other) => match name {
                "failure" => self.bad(|tests| &mut tests.failures),
                "error" => self.bad(|tests| &mut tests.errors),
                "skipped" => self.is_skipped = true,
                _ => {}
            },
            (Some(Open::Other), Open::Other) => {}
        }
        self.open.push(opened);
        Ok(())
    }

    fn bad(&mut self, of: fn(&mut Tests) -> &mut u64) {
        self.is_bad = true;
        *of(&mut self.tests) += 1;
    }

    fn close(&mut self) {
        if self.open.pop() == Some(Open::Case) {
            if self.is_skipped && !self.is_bad {
                self.tests.skipped += 1;
            } else {
                self.tests.ran += 1;
            }
        }
    }
}

/// An attribute that is a count; 0 where there is none.
fn count(element: &BytesStart<'_>, name: &str) -> Result<u64, String> {
    match attribute(element, name)?.as_deref().map(str::trim) {
        None | Some("") => Ok(0),
        Some(text) => text
            .parse()
            .map_err(|_| format!("its `{name}` is `{}`, and no number", super::said(text))),
    }
}

/// The value of an attribute as it is written.
fn attribute(element: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let mut value = None;
    for found in element.attributes() {
        let found = found
            .map_err(|error| super::said(&format!("its attributes cannot be read: {error}")))?;
        if found.key.as_ref() == name {
            value = Some(found.value.into_owned());
        }
    }
    Ok(value)
}

fn no_xml(text: &str, at: usize, why: &str) -> String {
    let line = text.get(..at).unwrap_or(text).matches('\n').count() + 1;
    super::said(&format!("it is no XML, by line {line}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(text: &str) -> [u64; 4] {
        let tests = read(text).unwrap_or_else(|why| panic!("{why}: {text}"));
        [tests.ran, tests.failures, tests.errors, tests.skipped]
    }

    #[test]
    fn tests_are_counted_by_their_elements() {
        for (text, wanted) in [
            ("<testsuites/>", [0, 0, 0, 0]),
            (
                "<?xml version='1.0'?><testsuite tests='9'><testcase name='a'/><testcase/></testsuite>",
                [2, 0, 0, 0],
            ),
            (
                "<testsuites><testsuite><testcase><failure/></testcase></testsuite>
                 <testsuite><testsuite><testcase><error message='x'>y</error></testcase></testsuite>
                 <testcase><skipped/></testcase><testcase status='notrun'/></testsuite></testsuites>",
                [2, 1, 1, 2],
            ),
            // Several reports, one after another.
            (
                "<testsuite><testcase/></testsuite>\n<testsuite><testcase><failure/></testcase></testsuite>",
                [2, 1, 0, 0],
            ),
            // What a test printed is no element, and what it nests is no failure of ours.
            (
                "<testsuite><testcase><system-out><![CDATA[<failure/>]]></system-out><properties><failure/></properties></testcase></testsuite>",
                [1, 0, 0, 0],
            ),
            // The attributes say more, or another namespace.
            (
                "<testsuites failures='3' errors=''><testsuite failures='2' errors='1'><testcase/></testsuite></testsuites>",
                [1, 3, 1, 0],
            ),
            ("<j:testsuite xmlns:j='x'><j:testcase/></j:testsuite>", [1, 0, 0, 0]),
            ("<testsuite><error/><testcase><rerunFailure/></testcase></testsuite>", [1, 0, 1, 0]),
            // A failed test that says that it is skipped has failed.
            ("<testsuite><testcase><skipped/><failure/></testcase></testsuite>", [1, 1, 0, 0]),
        ] {
            assert_eq!(counts(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_report_is_told() {
        let laughs = "<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><testsuite>&b;</testsuite>";
        for (text, wanted) in [
            ("", "it is no JUnit report: it has no `testsuite`"),
            ("ok", "it is no JUnit report: it has no `testsuite`"),
            (
                "{\"tests\": 3}",
                "it is no JUnit report: it has no `testsuite`",
            ),
            (
                "<html><body/></html>",
                "it is no JUnit report: it begins with `html`",
            ),
            (
                "<testcase/>",
                "it is no JUnit report: it begins with `testcase`",
            ),
            (laughs, "it has a DOCTYPE, which is not read"),
            ("<testsuite><testcase/>", "it is cut off"),
            (
                "<testsuite failures='-1'/>",
                "its `failures` is `-1`, and no number",
            ),
            (
                "<testsuite>\n<testcase></testsuite>",
                "it is no XML, by line 2: ",
            ),
            ("<testsuite>\n<testcase", "it is no XML, by line 2: "),
            (
                "<testsuite a='1' a='2'/>",
                "its attributes cannot be read: ",
            ),
        ] {
            let why = read(text).expect_err(text);
            assert!(why.starts_with(wanted), "{text}: {why}");
        }
    }

    #[test]
    fn a_report_as_deep_as_a_file_may_be_is_counted() {
        let deep = 40_000;
        let text = format!(
            "{}<testcase/>{}",
            "<testsuite>".repeat(deep),
            "</testsuite>".repeat(deep)
        );
        assert_eq!(counts(&text), [1, 0, 0, 0]);
        // An entity that nobody defines stays what it is.
        assert_eq!(
            counts("<testsuite><testcase>&a;</testcase></testsuite>"),
            [1, 0, 0, 0]
        );
    }
}
