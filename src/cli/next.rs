//! `glidepath next`

use clap::Args;

use crate::next::{Refused, Release, next};
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
/// parts; `adopt` goes, and the Service's selector stays. Only what must change does: comments, order and layout stay. The rollout must be over. What cannot be carried over is an
/// error that leaves the file as it was.
#[derive(Debug, Args)]
pub(super) struct NextArgs {
    #[command(flatten)]
    path: OnePath,
    /// The new model's name, which takes the winner's place in the steps
    #[arg(long, value_name = "NAME")]
    model: String,
    /// The new model's image; default: the winner's
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
    /// The address of the new model's files; default: the winner's
    #[arg(long, value_name = "URI")]
    uri: Option<String>,
    /// Write nothing; show what would change
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &NextArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let model: DnsLabel = args.model.parse().map_err(|()| {
        let message = format!("`{}` is no name of a model", args.model);
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
        if let Some(refusal) = committed.unfinished(&input.compiled)? {
            return Err(refusal.into());
        }
    }
    let release = Release {
        model,
        image: args.image.clone(),
        uri: args.uri.clone(),
    };
    let before = input.compiled.report.source.text();
    let after = match next(&input.compiled, &release, &Folder::new(folder)) {
        Ok(after) => after,
        Err(Refused::Because(message, help)) => {
            return Err(Failure::new(Exit::Wrong, message).help(help));
        }
        Err(Refused::Broken(report)) => {
            output.reports(&[&report]);
            let message = "the next rollout would not compile, and nothing was written";
            return Err(Failure::new(Exit::Wrong, message)
                .help("correct what the complaints are about in this rollout, or write the next one by hand"));
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
        "{path}: `{}` is new; next: `glidepath render {}`, read the difference, commit",
        release.model,
        if folder.as_os_str().is_empty() {
            ".".to_owned()
        } else {
            folder.display().to_string()
        }
    ));
    output.finish(Exit::Done)
}
