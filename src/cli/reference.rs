//! `glidepath schema`, `explain`, `completions`, `man`: what the program knows of itself.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use crate::diag::Code;
use crate::diag::words::near_miss;
use crate::spec::SCHEMA;

use super::output::Output;
use super::{Exit, Failure};

/// Print the JSON Schema of rollout.yaml
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {}

pub(super) fn schema(_: &SchemaArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    output.exactly(SCHEMA)?;
    output.finish(Exit::Done)
}

/// Say what a diagnostic means, with a wrong and a right example
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// A code such as GP301; without one, all of them are listed
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

pub(super) fn explain(args: &ExplainArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let Some(name) = &args.code else {
        for code in Code::ALL {
            output.result(format_args!(
                "{code}  {:<7}  {}\n",
                code.severity().name(),
                code.title()
            ))?;
        }
        return output.finish(Exit::Done);
    };
    let Ok(code) = name.parse::<Code>() else {
        let failure = Failure::new(Exit::Usage, format!("there is no code `{name}`"));
        return Err(
            match near_miss(
                &name.to_uppercase(),
                Code::ALL.iter().map(|code| code.name()),
            ) {
                Some(near) => failure.help(format!(
                    "did you mean `{near}`? `glidepath explain` lists them all"
                )),
                None => failure.help("`glidepath explain` lists them all"),
            },
        );
    };
    output.result(code.explanation())?;
    output.finish(Exit::Done)
}

/// Print a completion script for a shell
#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn completions(
    args: &CompletionsArgs,
    mut command: clap::Command,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "glidepath", &mut script);
    output.result_with(|out| out.write_all(&script))?;
    output.finish(Exit::Done)
}

/// Print the manual page, or write one for every command into a folder
#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// The folder for the pages of every command
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn man(
    args: &ManArgs,
    command: &clap::Command,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    match &args.out {
        Some(folder) => {
            std::fs::create_dir_all(folder)
                .and_then(|()| clap_mangen::generate_to(command.clone(), folder))
                .map_err(|error| Failure::io("write to", folder, &error))?;
        }
        None => {
            output
                .result_with(|out| clap_mangen::Man::new(command.clone()).render(&mut { out }))?;
        }
    }
    output.finish(Exit::Done)
}
