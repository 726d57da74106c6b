//! `glidepath action`: what `action.yml` hands over to. Reads the workflow's environment, and says what it did by outputs, a
//! summary and annotations.

mod check;
mod comment;
mod event;
mod inputs;
mod moves;
mod runner;

use clap::Args;

use crate::diag::Format;

use super::output::Output;
use super::{Exit, Failure};

use inputs::{Command, FailOn, Inputs};
use runner::Runner;

/// Run as a step of a GitHub workflow; everything is read from the environment
#[derive(Debug, Args)]
#[command(hide = true)]
pub(super) struct ActionArgs {}

pub(super) fn run(_: &ActionArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    // Whatever is said goes to a log that is parsed for commands.
    output.set_format(Format::Github);
    let mut runner = Runner::of_environment();
    let inputs = Inputs::of_environment()?;
    let done = match inputs.command {
        Command::Check => check::run(&inputs, &mut runner, output),
        Command::Promote => moves::promote(&inputs, &mut runner, output),
        Command::Rollback => moves::rollback(&inputs, &mut runner, output),
        Command::Gate => moves::gate(&inputs, &mut runner, output),
    };
    runner.finish()?;
    match done {
        Ok(exit) if is_red(exit, inputs.fail_on) => output.finish(exit),
        Ok(exit) => {
            if exit != Exit::Done {
                runner::notice(
                    output,
                    &format!(
                        "ended with {}, which is no failure here (`fail-on`)",
                        exit.code()
                    ),
                )?;
            }
            output.finish(Exit::Done)
        }
        Err(failure) if is_red(failure.exit, inputs.fail_on) => Err(failure),
        Err(failure) => {
            runner::notice(output, &failure.message)?;
            output.finish(Exit::Done)
        }
    }
}

/// Whether an outcome turns the job red.
fn is_red(exit: Exit, fail_on: FailOn) -> bool {
    match exit {
        Exit::Done => false,
        Exit::GateFailed => fail_on != FailOn::Error,
        Exit::NotYet => fail_on == FailOn::Pending,
        Exit::Wrong | Exit::Usage | Exit::Conflict | Exit::Outside => true,
    }
}
