//! What somebody measured elsewhere.

use crate::gate::answer::{Fault, said};
use crate::gate::documents::{Found, Part, Place, Tests, Wanted};
use crate::gate::query::Query;
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Report, ResultFile};

use super::{Answers, Context, Gauge, Judgement, Kind, Numbers, expected};

impl Kind for ResultFile {
    fn questions(&self, _: &Context<'_>) -> Vec<Query> {
        Vec::new()
    }

    fn document(&self, context: &Context<'_>) -> Option<Wanted> {
        Some(Wanted {
            place: Place::File {
                gate: context.gate.name.clone(),
                path: self.path.clone(),
            },
            part: match &self.report {
                Report::Tests(_) => Part::Tests,
                Report::Value(path, _) => Part::Value(path.clone()),
            },
        })
    }

    fn is_timeless(&self) -> bool {
        true
    }

    fn judge(&self, _: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let document = answers.document()?;
        let other = || {
            Err(Fault::Question(format!(
                "`{}` was read as something else",
                document.place
            )))
        };
        let judged = match (&document.found, &self.report) {
            (Found::NoFile, _) => {
                Judgement::no_data(said(&format!("`{}` is not there", document.place)))
            }
            (Found::Tests(tests), Report::Tests(least)) => tests_of(*tests, *least),
            (Found::Values(values), Report::Value(_, wanted)) => {
                expected::judge(wanted, values)?.evidence(said(&document.place))
            }
            (Found::Tests(_), Report::Value(..)) | (Found::Values(_), Report::Tests(_)) => {
                return other();
            }
        };
        Ok(judged.limit(self.limit()))
    }

    fn meaning(&self, gate: &Gate) -> Vec<String> {
        let mut lines = match &self.report {
            Report::Tests(least) => vec![format!(
                "pass: no failure and no error, and at least {} ran; fail: a failure or an error; with fewer tests it is inconclusive",
                words::count(*least, "test")
            )],
            Report::Value(path, wanted) => vec![
                format!(
                    "pass: the value is {}; fail: it is not",
                    expected::limit(wanted)
                ),
                format!(
                    "`{path}` has to lead to one value: none, or `null`, is no data; several, or one of another type, are an error"
                ),
            ],
        };
        lines.push(format!(
            "it reads `{}` beside rollout.yaml, or what `--result {}=FILE` hands in; without the file there is no data",
            self.path, gate.name
        ));
        lines.push(
            "it decides as soon as the file is there, because no traffic changes it; the stage bakes all the same"
                .to_owned(),
        );
        lines
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        match &self.report {
            Report::Tests(_) => {
                let bad = numbers.get("failures")? + numbers.get("errors")?;
                Some(Gauge::at_most(bad, 0.0))
            }
            Report::Value(_, wanted) => expected::gauge(wanted, numbers),
        }
    }

    fn limit(&self) -> String {
        match &self.report {
            Report::Tests(least) => {
                format!("no failure in at least {}", words::count(*least, "test"))
            }
            Report::Value(_, wanted) => expected::limit(wanted),
        }
    }

    fn need(&self, _: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        None
    }
}

fn tests_of(tests: Tests, least: u64) -> Judgement {
    let failures = words::count(tests.failures, "failure");
    let errors = words::count(tests.errors, "error");
    let ran = words::count(tests.ran, "test");
    let judged = if tests.failures + tests.errors > 0 {
        Judgement::new(Verdict::Fail, format!("{failures} and {errors} in {ran}"))
    } else if tests.ran == 0 {
        Judgement::no_data("no test ran")
    } else if tests.ran < least {
        let why = format!("too few tests: {} are needed", words::whole(least));
        Judgement::new(Verdict::Inconclusive, why)
    } else {
        Judgement::new(Verdict::Pass, "every test that ran has passed")
    };
    judged
        .value(format!("{failures}, {errors}"))
        .evidence(format!("{ran}, {} skipped", words::whole(tests.skipped)))
        .numbers([
            ("tests", tests.ran as f64),
            ("failures", tests.failures as f64),
            ("errors", tests.errors as f64),
            ("skipped", tests.skipped as f64),
        ])
}
