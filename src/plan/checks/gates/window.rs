//! A stage's bake against the windows of its gates.

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::Gate;
use crate::units::{Duration, PromDuration};

use super::scrapes::{is_thin, thin};

pub(super) fn check(gate: &Gate, bake: Duration, stage: &str, at: &Place, report: &mut Report) {
    let whole = gate.watch(bake);
    if gate.warmup >= bake && gate.kind.facts().asks_telemetry() {
        report.push(
            Diagnostic::new(
                Code::GP514,
                at.clone(),
                format!(
                    "`{stage}` bakes for {bake}, and `{}` judges nothing before {}",
                    gate.name, gate.warmup
                ),
            )
            .help("make the bake longer, or the `warmup` shorter"),
        );
        return;
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
    if is_thin(whole.seconds()) {
        report.push(thin(
            at.clone(),
            "what is left of the bake",
            PromDuration::from(whole),
        ));
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
