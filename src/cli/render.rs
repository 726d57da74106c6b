//! `glidepath render`

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Args;
use indicatif::ProgressBar;

use crate::diag::words::count;
use crate::promotion::live::{self, Live};
use crate::promotion::reverted::lifted_by_render;
use crate::promotion::stages;
use crate::sink::disk::{self, Change, ChangeKind, Comparison, Staged, Wanted};
use crate::tree::{Lock, Tree, stream, unified};
use crate::units::names::{LOCK_FILE, POINTER_FILE};

use super::inputs::{Input, Paths, each, folder_of, in_parallel, sole};
use super::output::Output;
use super::{Exit, Failure};

/// Write the tree: every stage as manifests, the diffs between them, the plan
#[derive(Debug, Args)]
pub(super) struct RenderArgs {
    #[command(flatten)]
    paths: Paths,
    /// Write nothing; show what would change, and exit with 1 where anything would
    #[arg(long, conflicts_with_all = ["stdout", "force"])]
    check: bool,
    /// Print the built objects of one stage as a YAML stream, and write nothing
    #[arg(long, requires = "stage", conflicts_with_all = ["out", "force", "restart"])]
    stdout: bool,
    /// The stage that --stdout prints, such as `weight-10`
    #[arg(long, value_name = "NAME", requires = "stdout")]
    stage: Option<String>,
    /// Write to this folder instead of `deploy` beside rollout.yaml
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Overwrite files that somebody edited or that glidepath did not write
    #[arg(long)]
    force: bool,
    /// Accept that the live stage changes in a way that may answer requests with 503
    #[arg(long)]
    restart: bool,
}

/// The most bytes of trees that wait in memory for each other: what is more waits on the disk, beside its folder.
const HELD: usize = 16 << 20;
/// How a tree is prepared.
#[derive(Clone, Copy)]
struct How<'a> {
    /// The folder that it goes to; the one beside the file where there is none.
    out: Option<&'a Path>,
    /// Nothing is written, and so what an interrupted render left is not completed.
    only_looks: bool,
    /// The live stage may change in a way that answers requests with 503.
    restart: bool,
}

impl RenderArgs {
    fn how(&self) -> How<'_> {
        How {
            out: self.out.as_deref(),
            only_looks: self.check,
            restart: self.restart,
        }
    }
}

/// A tree that is to be written.
struct Job {
    folder: PathBuf,
    tree: Tree,
    live: Live,
    stages: usize,
}

impl Job {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            files: &self.tree.files,
            pointer: self.live.pointer.as_deref(),
        }
    }

    fn stage(self, args: &RenderArgs) -> Result<Ready, Failure> {
        let staged = disk::stage(&self.folder, &self.wanted(), args.force)?;
        Ok(self.ready(Some(staged)))
    }

    fn ready(self, staged: Option<Staged>) -> Ready {
        Ready {
            staged,
            folder: self.folder,
            notes: self.live.notes,
            stages: self.stages,
            files: self.tree.files.len() + 1,
        }
    }
}

/// A tree that may be written, and waits until all of them may.
enum Waiting {
    InMemory(Box<Job>),
    OnDisk(Box<Ready>),
}

/// A tree whose new files wait to take their places. It holds no text.
struct Ready {
    folder: PathBuf,
    /// None where the tree is as it is wanted.
    staged: Option<Staged>,
    notes: Vec<String>,
    stages: usize,
    files: usize,
}

pub(super) fn run(args: &RenderArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    if let Some(stage) = &args.stage {
        return print_stage(&sole(args.paths.compile(output)?)?, stage, output);
    }
    if args.check {
        return check(args, output);
    }
    let files = args.paths.locate()?;
    disk::allow_waiting(files.len())?;
    let held = AtomicUsize::new(0);
    let waiting = each(&files, output, |input| {
        let job = prepare(args.how(), input)?;
        let waits = if held.load(Ordering::Relaxed) > HELD {
            Waiting::OnDisk(Box::new(job.stage(args)?))
        } else if disk::permit(&job.folder, &job.wanted(), args.force)? {
            held.fetch_add(job.tree.weight(), Ordering::Relaxed);
            Waiting::InMemory(Box::new(job))
        } else {
            Waiting::OnDisk(Box::new(job.ready(None)))
        };
        Ok(waits)
    })?;
    one_folder(args, waiting.len())?;
    // One tree that may not be written keeps all of them from being written, and all are staged before the first one changes.
    let waiting = waiting.into_iter().collect::<Result<Vec<_>, Failure>>()?;
    let ready = in_parallel(waiting, &ProgressBar::hidden(), |one| match one {
        Waiting::InMemory(job) => job.stage(args),
        Waiting::OnDisk(ready) => Ok(*ready),
    });
    for ready in ready.into_iter().collect::<Result<Vec<_>, _>>()? {
        ready.write(output)?;
    }
    output.finish(Exit::Done)
}

fn one_folder(args: &RenderArgs, rollouts: usize) -> Result<(), Failure> {
    if args.out.is_some() && rollouts > 1 {
        return Err(
            Failure::new(Exit::Usage, "`--out` takes the tree of one rollout")
                .help("name one rollout.yaml"),
        );
    }
    Ok(())
}

impl Ready {
    fn write(mut self, output: &mut Output<'_>) -> Result<(), Failure> {
        let changes = match &mut self.staged {
            Some(staged) => {
                staged.commit()?;
                staged.changes()
            }
            None => &[],
        };
        for note in &self.notes {
            output.note(note);
        }
        for change in changes {
            let path = self.folder.join(&change.path);
            output.detail(1, format_args!("{}: {}", path.display(), verb(change.kind)));
        }
        output.note(format_args!(
            "{}: {}, {} ({})",
            self.folder.display(),
            count(self.stages, "stage"),
            count(self.files, "file"),
            summary(changes)
        ));
        Ok(())
    }
}

/// Lays out a tree and settles what it means for the live stage.
fn prepare(how: How<'_>, input: &Input) -> Result<Job, Failure> {
    let folder = how.out.map_or_else(|| input.tree_folder(), Path::to_owned);
    if input.compiled.plan.live.is_some() && how.out.is_none() {
        return Err(Failure::new(
            Exit::Wrong,
            "`spec.stage` is for a rollout without a tree; in a tree, `deploy/current` says which stage is live",
        )
        .help("remove `stage:` from the file, or leave the rendering to the Argo CD plugin"));
    }
    let mut tree = input.compiled.tree();
    let read = |path: &str| {
        if how.only_looks {
            disk::read_file(&folder, path)
        } else {
            disk::read_file_to_complete(&folder, path)
        }
    };
    let lock = read(LOCK_FILE)?.and_then(|text| Lock::read(&text).ok());
    let pointer = read(POINTER_FILE)?;
    if let Some(lock) = &lock {
        tree.keep_generator(lock);
    }
    let mut live = live::settle(
        &input.compiled,
        &tree,
        &folder,
        lock.as_ref(),
        pointer.as_deref(),
        &read,
        how.restart,
    )?;
    if let Some(lock) = &lock {
        let folder = folder_of(&input.path);
        live.notes
            .extend(lifted_by_render(folder, lock, tree.lock()));
    }
    Ok(Job {
        folder,
        stages: input.compiled.plan.stages.len(),
        tree,
        live,
    })
}

fn print_stage(input: &Input, stage: &str, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let index = stages::in_plan(&input.compiled.plan, stage)?;
    output.exactly(stream(&input.compiled.objects(index)))?;
    output.finish(Exit::Done)
}

fn check(args: &RenderArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let compared = each(&args.paths.locate()?, output, |input| {
        let job = prepare(args.how(), input)?;
        let changes = disk::compare(&job.folder, &job.wanted())?;
        let diff: String = changes.iter().map(file_diff).collect();
        Ok::<_, Failure>((job.folder, changes.len(), diff))
    })?;
    one_folder(args, compared.len())?;
    let mut exit = Exit::Done;
    for (folder, changes, diff) in compared.into_iter().collect::<Result<Vec<_>, _>>()? {
        if changes == 0 {
            output.note(format_args!("{}: up to date", folder.display()));
            continue;
        }
        exit = Exit::Wrong;
        output.result(diff)?;
        output.note(format_args!(
            "{}: {} would change; run `glidepath render`",
            folder.display(),
            count(changes, "file")
        ));
    }
    output.finish(exit)
}

/// What a render of the tree beside a file would change.
pub(super) fn pending(input: &Input) -> Result<Vec<Comparison>, Failure> {
    let how = How {
        out: None,
        only_looks: true,
        restart: false,
    };
    let job = prepare(how, input)?;
    Ok(disk::compare(&job.folder, &job.wanted())?)
}

/// A change of one file as a unified diff, as git writes it.
fn file_diff(one: &Comparison) -> String {
    let (before, after) = (one.before.as_deref(), one.after.as_deref());
    let name = |side: &str, text: Option<&str>| text.map(|_| format!("{side}/{}", one.change.path));
    unified(
        name("a", before).as_deref(),
        name("b", after).as_deref(),
        before.unwrap_or_default(),
        after.unwrap_or_default(),
    )
}

/// What happened to a file.
pub(super) fn verb(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Added => "added",
        ChangeKind::Changed => "changed",
        ChangeKind::Removed => "removed",
    }
}

/// `3 added, 2 changed`, or `unchanged`.
fn summary(changes: &[Change]) -> String {
    let words: Vec<String> = [ChangeKind::Added, ChangeKind::Changed, ChangeKind::Removed]
        .into_iter()
        .map(|kind| {
            let of_kind = changes.iter().filter(|change| change.kind == kind);
            (of_kind.count(), verb(kind))
        })
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    if words.is_empty() {
        "unchanged".to_owned()
    } else {
        words.join(", ")
    }
}
