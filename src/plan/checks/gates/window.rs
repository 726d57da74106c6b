//! A stage's bake against the windows of its gates.

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::Gate;
use crate::units::{Duration, PromDuration};

use super::scrapes::{is_thin, thin};

pub(super) fn check(gate: &Gate, bake: Duration, stage: &str, at: &Place, report: &mut Report) {
    let look = gate.look(bake);
    let whole = Duration::from_seconds(look.seconds() * u64::from(gate.max_looks));
    if gate.bake.is_some() && look > bake {
        report.push(
            Diagnostic::new(
                Code::GP505,
                at.clone(),
                format!(
                    "`{stage}` bakes for {bake}, and `{}` looks at {look} at least",
                    gate.name
                ),
            )
            .help("make the bake longer, or the gate's `bake` shorter"),
        );
    }
    if let Some(least) = gate.kind.facts().least_watch()
        && least > PromDuration::from(whole)
    {
        report.push(
            Diagnostic::new(
                Code::GP505,
                at.clone(),
                format!(
                    "`{stage}` is watched for {whole}, and the shortest long window of `{}` is {least}",
                    gate.name
                ),
            )
            .help("make the bake longer, or set `windows`"),
        );
    }
    if is_thin(look.seconds()) {
        report.push(thin(at.clone(), "a look", PromDuration::from(look)));
    }
    if let Some(points) = gate.kind.facts().points()
        && whole.seconds() / points.step.seconds() < points.least
    {
        report.push(
            Diagnostic::new(
                Code::GP510,
                at.clone(),
                format!(
                    "`{}` gets at most {} points in `{stage}`, and {} are needed",
                    gate.name,
                    whole.seconds() / points.step.seconds(),
                    points.least
                ),
            )
            .help("make the bake longer, or the gate's `step` shorter"),
        );
    }
}
