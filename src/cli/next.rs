//! `glidepath next`

use clap::Args;

use crate::next::{Refused, Release, decide, is_test, next};
use crate::promotion::Committed;
use crate::sink::disk::{read_file, replace};
use crate::sink::files::Folder;
use crate::tree::unified;
use crate::units::DnsLabel;
use crate::units::names::{LOCK_FILE, TREE_FOLDER};

use super::inputs::{OnePath, folder_of};
use super::output::Output;
use super::{Exit, Failure};

/// Write the next rollout into rollout.yaml, in place: the winner becomes stable
///
/// The other models go, a copy of the winner's entry is the new model, and the steps and gates go on with the names that take their
/// parts; `adopt` and the winner of an A/B test go, and the Service's selector stays. Only what must change does: comments, order and layout stay. The rollout must be over. What cannot be carried over is an
/// error that leaves the file as it was. With `--winner`, the A/B test of this rollout is decided instead.
#[derive(Debug, Args)]
pub(super) struct NextArgs {
    #[command(flatten)]
    path: OnePath,
    /// The new model's name, which takes the winner's place in the steps
    #[arg(long, value_name = "NAME", required_unless_present = "winner")]
    model: Option<String>,
    /// The new model's image; default: the winner's
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// The address of the new model's files; default: the winner's
    #[arg(long, value_name = "URI")]
    uri: Option<String>,
    /// In place of `--model`, for an A/B test: the model that gets all requests after it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["model", "image", "uri"])]
    winner: Option<String>,
    /// Write nothing; show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &NextArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let given = args.winner.as_ref().or(args.model.as_ref());
    let given = given.map_or("", String::as_str);
    let model: DnsLabel = given.parse().map_err(|()| {
        let message = format!("`{given}` is no name of a model");
        Failure::new(Exit::Usage, message).help(
            "lower-case letters, digits and `-` are allowed, a letter first, at most 63 characters",
        )
    })?;
    let input = args.path.compile(output)?;
    let folder = folder_of(&input.path);
    // Without a tree nothing is live; with one, only what is committed says what is.
    if read_file(&folder.join(TREE_FOLDER), LOCK_FILE)?.is_some()
        || Committed::is_committed(folder)?
    {
        let committed = Committed::read(folder)?;
        let refusal = if args.winner.is_some() && is_test(&input.compiled) {
            committed.decided()
        } else if args.winner.is_some() {
            None
        } else {
            committed.unfinished(&input.compiled)?
        };
        if let Some(refusal) = refusal {
            return Err(refusal.into());
        }
    }
    let before = input.compiled.report.source.text();
    let files = Folder::new(folder);
    let (after, what) = if args.winner.is_some() {
        (decide(&input.compiled, &model, &files), "wins")
    } else {
        let release = Release {
            model: model.clone(),
            image: args.image.clone(),
            uri: args.uri.clone(),
        };
        (next(&input.compiled, &release, &files), "is new")
    };
    let after = match after {
        Ok(after) => after,
        Err(Refused::Because(message, help)) => {
            return Err(Failure::new(Exit::Wrong, message).help(help));
        }
        Err(Refused::Broken(report)) => {
            output.reports(&[&report]);
            let message = "the file would not compile any more, and nothing was written";
            return Err(Failure::new(Exit::Wrong, message)
                .help("correct what the complaints are about in this rollout, or write the change by hand"));
        }
    };
    let path = input.path.display().to_string();
    if args.dry_run {
        output.result(unified(
            Some(&format!("a/{path}")),
            Some(&format!("b/{path}")),
            before,
            &after,
        ))?;
        return output.finish(Exit::Done);
    }
    replace(&input.path, before, &after)?;
    output.note(format_args!(
        "{path}: `{model}` {what}; next: `glidepath render {}`, read the difference, commit",
        if folder.as_os_str().is_empty() {
            ".".to_owned()
        } else {
            folder.display().to_string()
        }
    ));
    output.finish(Exit::Done)
}
