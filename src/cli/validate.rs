//! `glidepath validate`

use clap::Args;

use crate::diag::words::count;

use super::inputs::Paths;
use super::output::Output;
use super::{Exit, Failure};

/// Check rollouts: structure, names, routes, and every transition between stages
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    #[command(flatten)]
    paths: Paths,
}

pub(super) fn run(args: &ValidateArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let inputs = args.paths.compile(output)?;
    for input in &inputs {
        let plan = &input.compiled.plan;
        let stages = count(plan.stages.len(), "stage");
        output.note(format_args!(
            "{}: {stages}, {}, no errors",
            input.path.display(),
            count(plan.models.len(), "model")
        ));
    }
    output.finish(Exit::Done)
}
