//! `glidepath series`

use std::fs;

use clap::Args;

use crate::promotion::branch::short_name;
use crate::promotion::series::{self, SeriesSource};
use crate::units::{Timestamp, names};

use super::inputs::{OnePath, folder_of};
use super::output::Output;
use super::signing::SigningArgs;
use super::{Exit, Failure};

/// Write the stages as a branch: one commit a stage, fully built, with a tag
///
/// For those who pin `targetRevision` to a commit or a tag. The files are those of Argo CD's source hydrator. Touches neither
/// the work tree nor the index.
#[derive(Debug, Args)]
pub(super) struct SeriesArgs {
    #[command(flatten)]
    path: OnePath,
    /// The branch; commits on it that glidepath did not make are never overwritten
    #[arg(long, value_name = "NAME")]
    branch: String,
    /// The folder that the manifests are in; default: the rollout's name
    #[arg(long, value_name = "FOLDER")]
    folder: Option<String>,
    #[command(flatten)]
    signing: SigningArgs,
    /// When, in RFC 3339 or as `@SECONDS`; default: GIT_AUTHOR_DATE and GIT_COMMITTER_DATE, then now
    #[arg(long, value_name = "DATE", value_parser = moment)]
    date: Option<Timestamp>,
}

pub(super) fn run(args: &SeriesArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let branch = short_name(&args.branch)?;
    let input = args.path.compile(output)?;
    let rollout = input.compiled.plan.name.as_str();
    let folder = args.folder.as_deref().unwrap_or(rollout);
    let name = input.path.file_name().map_or_else(
        || names::SPEC_FILE.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let text = fs::read_to_string(&input.path)
        .map_err(|error| Failure::io("read", &input.path, &error))?;
    let from = SeriesSource {
        folder: folder_of(&input.path),
        name: &name,
        text: &text,
        shown: &input.path.display().to_string(),
    };
    let signing = args.signing.signing(args.date);
    let (stages, written) = series::publish(&from, &input.compiled, &branch, folder, &signing)?;
    for (stage, commit) in stages.iter().zip(&written.commits) {
        output.result(format_args!("{commit} {rollout}/{}\n", stage.name))?;
    }
    output.note(format_args!(
        "{branch}: {} commits, {} of them new",
        written.commits.len(),
        written.commits.len() - written.kept
    ));
    output.finish(Exit::Done)
}

fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|()| "write it as `2026-01-31T12:00:00Z` or `@1767225600`".to_owned())
}
