//! `glidepath gate --explain`

use crate::diag::words::suggestion;
use crate::gate::{EvaluationContext, When, chances, needs, preview};
use crate::plan::Plan;

use super::output::Output;
use super::{Exit, Failure};

/// Prints what a gate asks in a stage, and what each answer would mean.
pub(super) fn explain(
    plan: &Plan,
    context: &EvaluationContext<'_>,
    name: &str,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let gate = plan.gates.iter().find(|gate| gate.name == name);
    let gate = gate.ok_or_else(|| {
        let known = plan.gates.iter().map(|gate| gate.name.as_str());
        let failure = Failure::new(Exit::Usage, format!("there is no gate `{name}`"));
        match suggestion(name, known) {
            Some(help) => failure.help(help),
            None => failure,
        }
    })?;
    let source = plan.source(gate.source);
    let by = if source.is_default() {
        String::new()
    } else {
        format!(" by `{}`", source.name)
    };
    for asked in preview(plan, context, gate) {
        let (model, window) = (&asked.model, asked.window);
        output.result(format_args!("{name} ({}) of {model}{by}", gate.word()))?;
        if asked.queries.is_empty() {
            output.result("\n")?;
        } else {
            output.result(format_args!(", from {} to {}\n", window.start, window.end))?;
        }
        if let Some(wanted) = asked.document {
            output.result(format_args!("\n  {}\n", wanted.place))?;
        }
        for query in asked.queries {
            let when = match query.when {
                When::At(time) => format!("at {time}"),
                When::Over { start, end, step } => format!("from {start} to {end}, every {step} s"),
            };
            output.result(format_args!(
                "\n  {} {when}\n    {}\n",
                query.name, query.promql
            ))?;
        }
        output.result("\n")?;
        if !asked.is_timeless {
            let early = asked
                .fails_from
                .map_or_else(String::new, |from| format!("; it may fail from {from} on"));
            output.result(format_args!(
                "  it is decided at {}, on all of the window{early}\n",
                asked.decides
            ))?;
        }
        for line in asked.meaning {
            output.result(format_args!("  {line}\n"))?;
        }
        let known = chances(plan, context.stage).into_iter();
        for chances in known.filter(|one| one.gate == name && one.model == *model) {
            output.result(format_args!("  {}\n", chances.words()))?;
        }
        let needs = needs(plan, context.stage).into_iter();
        for need in needs.filter(|need| need.gate == name && need.model == *model) {
            if let Some(words) = need.words() {
                output.result(format_args!("  {words}\n"))?;
            }
        }
    }
    output.finish(Exit::Done)
}
