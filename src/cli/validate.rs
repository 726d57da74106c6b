//! `glidepath validate`

use clap::Args;

use crate::diag::words::count;

use super::inputs::{Paths, each};
use super::output::Output;
use super::{Exit, Failure};

/// Check rollouts: structure, names, routes, and every transition between stages
#[derive(Debug, Args)]
pub(super) struct ValidateArgs {
    #[command(flatten)]
    paths: Paths,
}

pub(super) fn run(args: &ValidateArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let valid = each(&args.paths.locate()?, output, |input| {
        let plan = &input.compiled.plan;
        format!(
            "{}: {}, {}, no errors",
            input.path.display(),
            count(plan.stages.len(), "stage"),
            count(plan.models.len(), "model")
        )
    })?;
    for line in valid {
        output.note(line);
    }
    output.finish(Exit::Done)
}
