//! In: arguments and streams. Out: an exit code, the result on stdout, everything else on stderr.
//! One file a command; its arguments' documentation is its help.
//! Never decides, and nobody imports this room.

mod action;
mod argo;
mod clock;
mod cmp;
mod cost_table;
mod diff;
mod doctor;
mod environment;
mod evidence_table;
mod exit;
mod failure;
mod files;
mod gate;
mod gate_explain;
mod gate_metrics;
mod gate_report;
mod history;
mod init;
mod inputs;
mod moved;
mod next;
mod output;
mod plan;
mod plan_table;
mod promote;
mod prove;
mod reference;
mod render;
mod results;
mod revision;
mod rollback;
mod series;
mod signing;
mod site;
mod status;
mod streams;
mod table;
mod telemetry;
mod trace;
mod validate;

use std::ffi::OsString;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use exit::Exit;
pub use streams::Streams;

use crate::diag::Format;

use failure::Failure;
use output::Output;

/// Compiles one rollout.yaml into every stage of a progressive model rollout on Kubernetes and Istio.
///
/// Every command takes rollout.yaml files and folders; in a folder it finds every rollout.yaml below it.
#[derive(Debug, Parser)]
#[command(name = "glidepath", version, max_term_width = 100, after_help = exit::TABLE)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// The heading of the options of every command, apart from a command's own.
const COMMON: &str = "Options of every command";

/// Options of every command.
#[derive(Clone, Debug, Args)]
struct Global {
    /// How diagnostics are written
    #[arg(long, global = true, help_heading = COMMON, value_enum, default_value_t = MessageFormat::Human, value_name = "FORMAT")]
    message_format: MessageFormat,
    /// When to colour
    #[arg(long, global = true, help_heading = COMMON, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    color: Colour,
    /// Say nothing but errors on stderr
    #[arg(long, short, global = true, help_heading = COMMON, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more on stderr: -v every file that changes, -vv every file that is read too
    #[arg(long, short, global = true, help_heading = COMMON, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// How diagnostics are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MessageFormat {
    /// For people
    Human,
    /// One JSON object a line
    Json,
    /// GitHub workflow annotations
    Github,
    /// One SARIF 2.1.0 log
    Sarif,
}

impl From<MessageFormat> for Format {
    fn from(format: MessageFormat) -> Self {
        match format {
            MessageFormat::Human => Self::Human,
            MessageFormat::Json => Self::Json,
            MessageFormat::Github => Self::Github,
            MessageFormat::Sarif => Self::Sarif,
        }
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::InitArgs),
    Validate(validate::ValidateArgs),
    Plan(plan::PlanArgs),
    Render(render::RenderArgs),
    Diff(diff::DiffArgs),
    Action(action::ActionArgs),
    Status(status::StatusArgs),
    Promote(promote::PromoteArgs),
    Rollback(rollback::RollbackArgs),
    History(history::HistoryArgs),
    Next(next::NextArgs),
    Series(series::SeriesArgs),
    Gate(gate::GateArgs),
    Doctor(doctor::DoctorArgs),
    Trace(trace::TraceArgs),
    Prove(prove::ProveArgs),
    Cmp(cmp::CmpArgs),
    Schema(reference::SchemaArgs),
    Explain(reference::ExplainArgs),
    Completions(reference::CompletionsArgs),
    Man(reference::ManArgs),
}

/// Adds the arguments of a command.
type Augment = fn(clap::Command) -> clap::Command;

/// The commands that machines run for every refresh and every commit, by name, with what adds their arguments.
const HOT: [(&str, Augment); 2] = [
    ("cmp", cmp::CmpArgs::augment_args),
    ("render", render::RenderArgs::augment_args),
];

/// Reads the command line. Building the arguments of all commands is a sixth of the plugin's run and most of its memory, so a command
/// of [`HOT`] is parsed alone; what it does not take, mistakes and calls for help, the whole answers.
fn parse(args: &[OsString]) -> Result<Cli, clap::Error> {
    let hot = HOT
        .iter()
        .find(|(name, _)| args.get(1).is_some_and(|arg| arg == name));
    if let Some((name, augment)) = hot {
        let alone = Global::augment_args(clap::Command::new(env!("CARGO_PKG_NAME")));
        let mut alone = alone.subcommand(augment(clap::Command::new(*name)));
        let matches = alone.try_get_matches_from_mut(args);
        // The process ends soon; giving the memory back piece by piece would take longer than all of the parsing.
        std::mem::forget(alone);
        if let Ok(matches) = matches
            && let Ok(cli) = Cli::from_arg_matches(&matches)
        {
            std::mem::forget(matches);
            return Ok(cli);
        }
    }
    Cli::try_parse_from(args)
}

/// Runs the program: `main` without the process around it.
pub fn run(args: impl IntoIterator<Item = OsString>, streams: &mut Streams) -> Exit {
    let args: Vec<OsString> = args.into_iter().collect();
    let cli = match parse(&args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, streams),
    };
    let mut output = Output::new(&cli.global, streams);
    let done = match cli.command {
        Command::Init(args) => init::run(&args, &mut output),
        Command::Validate(args) => validate::run(&args, &mut output),
        Command::Plan(args) => plan::run(&args, &mut output),
        Command::Render(args) => render::run(&args, &mut output),
        Command::Diff(args) => diff::run(&args, &mut output),
        Command::Action(args) => action::run(&args, &mut output),
        Command::Status(args) => status::run(&args, &mut output),
        Command::History(args) => history::run(&args, &mut output),
        Command::Next(args) => next::run(&args, &mut output),
        Command::Series(args) => series::run(&args, &mut output),
        Command::Promote(args) => promote::run(&args, &mut output),
        Command::Rollback(args) => rollback::run(&args, &mut output),
        Command::Gate(args) => gate::run(&args, &mut output),
        Command::Doctor(args) => doctor::run(&args, &mut output),
        Command::Trace(args) => trace::run(&args, &mut output),
        Command::Prove(args) => prove::run(&args, &mut output),
        Command::Cmp(args) => cmp::run(&args, &mut output),
        Command::Schema(args) => reference::schema(&args, &mut output),
        Command::Explain(args) => reference::explain(&args, &mut output),
        Command::Completions(args) => reference::completions(&args, Cli::command(), &mut output),
        Command::Man(args) => reference::man(&args, &Cli::command(), &mut output),
    };
    match done {
        Ok(exit) => exit,
        Err(failure) => output.fail(&failure),
    }
}

/// Help and version are results; anything else that clap says is wrong usage.
fn usage(error: &clap::Error, streams: &mut Streams) -> Exit {
    let (text, exit) = (
        error.render(),
        if error.use_stderr() {
            Exit::Usage
        } else {
            Exit::Done
        },
    );
    let written = match (exit, streams.is_coloured(Colour::Auto, exit == Exit::Usage)) {
        (Exit::Done, true) => write!(streams.out, "{}", text.ansi()),
        (Exit::Done, false) => write!(streams.out, "{text}"),
        (_, true) => write!(streams.err, "{}", text.ansi()),
        (_, false) => write!(streams.err, "{text}"),
    };
    match written {
        Ok(()) => exit,
        Err(error) => Failure::stream(&error).exit,
    }
}
