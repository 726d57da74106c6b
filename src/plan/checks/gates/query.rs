//! What the team's queries ask: that they are PromQL, and that their windows hold enough samples.

use promql_parser::parser::{Expr, parse};
use promql_parser::util::{ExprVisitor, walk_expr};

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Gate;
use crate::plan::template::{Variable, fill};
use crate::units::PromDuration;

use super::field;
use super::scrapes::{is_thin, thin};

pub(super) fn check(gate: &Gate, at: &Route, report: &mut Report) {
    let facts = gate.kind.facts();
    if let Some(points) = facts.points()
        && is_thin(points.step.seconds())
    {
        report.push(thin(field(gate, at, "step"), "a step", points.step));
    }
    if let Some(template) = facts.address() {
        filled(template, &field(gate, at, "url"), report);
    }
    let Some(template) = facts.template() else {
        return;
    };
    let place = field(gate, at, "query");
    let Some(query) = filled(template, &place, report) else {
        return;
    };
    let expression = match parse(&query) {
        Ok(expression) => expression,
        Err(why) => {
            let why = why.lines().next().unwrap_or_default().to_owned();
            report.push(
                Diagnostic::new(Code::GP502, place, "this is no PromQL")
                    .note(why)
                    .note(format!("it was read as `{query}`")),
            );
            return;
        }
    };
    let mut ranges = Ranges(Vec::new());
    // The visitor never fails.
    let _ = walk_expr(&mut ranges, &expression);
    for range in ranges.0 {
        let span = PromDuration::from_seconds(range);
        if let Some(points) = facts.points()
            && !template.contains("{{window}}")
            && range > points.step.seconds()
        {
            report.push(
                Diagnostic::new(
                    Code::GP508,
                    place.clone(),
                    format!("points every {} share the samples of a window of {span}", points.step),
                )
                .note("a test on points that are not independent raises a false alarm in a third of the runs, not in a twentieth")
                .help(format!("set `step: {span}`, or write the window as `[{{{{window}}}}]`, which is the step")),
            );
        }
        if is_thin(range) {
            report.push(thin(place.clone(), "a window", span));
        }
    }
}

/// A template with a value for each of its variables; one that does not exist is a complaint.
fn filled(template: &str, place: &Place, report: &mut Report) -> Option<String> {
    let value = |variable: Variable| {
        if variable == Variable::Window {
            "5m".to_owned()
        } else {
            variable.name().to_lowercase()
        }
    };
    match fill(template, &value) {
        Ok(text) => Some(text),
        Err(name) => {
            let known = Variable::ALL.iter().map(|variable| variable.name());
            let message = format!("there is no variable `{name}`");
            let found = Diagnostic::new(Code::GP503, place.clone(), message);
            report.push(found.maybe_help(suggestion(&name, known)));
            None
        }
    }
}

/// The ranges of a query, in seconds.
struct Ranges(Vec<u64>);

impl ExprVisitor for Ranges {
    type Error = ();

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, ()> {
        if let Expr::MatrixSelector(selector) = expression {
            self.0.push(selector.range.as_secs());
        }
        Ok(true)
    }
}
