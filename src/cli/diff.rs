//! `glidepath diff`

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde_json::json;
use similar::{ChangeTag, TextDiff};

use crate::diag::visible_page;
use crate::promotion::{live, stages};
use crate::sink::disk::{self, Wanted};
use crate::tree::{Lock, diff, unified};
use crate::units::names::{LOCK_FILE, POINTER_FILE, SPEC_FILE};

use super::inputs::{Input, OnePath};
use super::output::Output;
use super::render::verb;
use super::revision;
use super::{Exit, Failure};

/// Columns of a side-by-side diff where the terminal does not say.
const WIDTH: u16 = 160;
/// What `--against` calls the files beside rollout.yaml; a branch of this name is `refs/heads/tree`.
const TREE: &str = "tree";

/// Show what changes from one stage to another, or what a render would change
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    #[command(flatten)]
    path: OnePath,
    /// The stage before; default: the live one
    #[arg(long, value_name = "STAGE", conflicts_with = "against")]
    from: Option<String>,
    /// The stage after; default: the one after --from
    #[arg(long, value_name = "STAGE", conflicts_with = "against")]
    to: Option<String>,
    /// `tree`: compare the files that are there with the ones that render would write. A branch, tag or commit: compare every stage
    /// that rollout.yaml compiled to there with what it compiles to now
    #[arg(long, value_name = "tree|REVISION")]
    against: Option<String>,
    /// How the diff is written
    #[arg(long, value_enum, default_value_t = DiffFormat::Unified)]
    format: DiffFormat,
    /// Exit with 1 where there are differences
    #[arg(long)]
    exit_code: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DiffFormat {
    /// As `diff -u` and git write it
    Unified,
    /// Two columns
    SideBySide,
    /// A list of what changes, and a fenced diff for each
    Markdown,
    /// One JSON object
    Json,
}

/// One thing that is not the same on both sides.
pub(super) struct Difference {
    pub(super) name: String,
    pub(super) verb: &'static str,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
    pub(super) old: String,
    pub(super) new: String,
}

pub(super) fn run(args: &DiffArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let input = args.path.compile(output)?;
    let (from, to, changes) = match args.against.as_deref() {
        Some(against @ TREE) => (
            against.to_owned(),
            SPEC_FILE.to_owned(),
            against_tree(&input)?,
        ),
        Some(revision) => (
            revision.to_owned(),
            SPEC_FILE.to_owned(),
            revision::changes(&input, revision, output)?,
        ),
        None => between_stages(args, &input)?,
    };
    match args.format {
        DiffFormat::Unified => {
            let coloured = output.is_coloured();
            for change in &changes {
                let text = unified(
                    change.from.as_deref(),
                    change.to.as_deref(),
                    &change.old,
                    &change.new,
                );
                let text = visible_page(&text);
                output.exactly(if coloured { paint(&text) } else { text })?;
            }
        }
        DiffFormat::SideBySide => {
            let width = usize::from(output.width().unwrap_or(WIDTH));
            for change in &changes {
                output.result(side_by_side(change, width))?;
            }
        }
        DiffFormat::Markdown => output.result(markdown(&from, &to, &changes))?,
        DiffFormat::Json => {
            let items = changes.iter().map(|change| {
                json!({"name": change.name, "change": change.verb, "before": change.old, "after": change.new,
                       "diff": unified(change.from.as_deref(), change.to.as_deref(), &change.old, &change.new)})
            });
            let body =
                json!({"version": 1, "from": from, "to": to, "changes": items.collect::<Vec<_>>()});
            output.json(&body)?;
        }
    }
    let differs = args.exit_code && !changes.is_empty();
    output.finish(if differs { Exit::Wrong } else { Exit::Done })
}

fn between_stages(
    args: &DiffArgs,
    input: &Input,
) -> Result<(String, String, Vec<Difference>), Failure> {
    let plan = &input.compiled.plan;
    let from = match &args.from {
        Some(name) => stages::in_plan(plan, name)?,
        None => stages::live_on_disk(&input.tree_folder(), plan)?,
    };
    let to = match &args.to {
        Some(name) => stages::in_plan(plan, name)?,
        None => plan.stage_after(from).ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                format!(
                    "`{}` is the last stage, and nothing comes after it",
                    plan.stage(from).name
                ),
            )
            .help("name two stages with `--from` and `--to`")
        })?,
    };
    let (from_name, to_name) = (plan.numbered(from), plan.numbered(to));
    let changes = diff(&input.compiled.objects(from), &input.compiled.objects(to));
    let changes = changes.into_iter().map(|change| Difference {
        name: change.id().to_string(),
        verb: change.verb(),
        from: change.before.as_ref().map(|id| format!("{from_name}/{id}")),
        to: change.after.as_ref().map(|id| format!("{to_name}/{id}")),
        old: change.old,
        new: change.new,
    });
    let changes = changes.collect();
    Ok((from_name, to_name, changes))
}

fn against_tree(input: &Input) -> Result<Vec<Difference>, Failure> {
    let folder = input.tree_folder();
    let mut tree = input.compiled.tree();
    let read = |path: &str| disk::read_file(&folder, path);
    let lock = read(LOCK_FILE)?.and_then(|text| Lock::read(&text).ok());
    if let Some(lock) = &lock {
        tree.keep_generator(lock);
    }
    let pointer = read(POINTER_FILE)?;
    // What a render would refuse is still worth a look: the pointer then stays as it is.
    let live = live::settle(
        &input.compiled,
        &tree,
        &folder,
        lock.as_ref(),
        pointer.as_deref(),
        &read,
        false,
    )
    .unwrap_or_default();
    let wanted = Wanted {
        files: &tree.files,
        pointer: live.pointer.as_deref(),
    };
    let changes = disk::compare(&folder, &wanted)?;
    let changes = changes.into_iter().map(|change| Difference {
        verb: verb(change.change.kind),
        from: change
            .before
            .as_ref()
            .map(|_| format!("a/{}", change.change.path)),
        to: change
            .after
            .as_ref()
            .map(|_| format!("b/{}", change.change.path)),
        old: change.before.unwrap_or_default(),
        new: change.after.as_deref().unwrap_or_default().to_owned(),
        name: change.change.path,
    });
    Ok(changes.collect())
}

/// Git's colours: bold headers, cyan places, green and red lines.
fn paint(text: &str) -> String {
    text.lines().fold(String::new(), |mut painted, line| {
        let style = match line.as_bytes() {
            [b'-', b'-', b'-', ..] | [b'+', b'+', b'+', ..] => "1",
            [b'@', ..] => "36",
            [b'+', ..] => "32",
            [b'-', ..] => "31",
            _ => "0",
        };
        writeln!(painted, "\u{1b}[{style}m{line}\u{1b}[0m")
            .expect("writing to a string cannot fail");
        painted
    })
}

fn side_by_side(change: &Difference, width: usize) -> String {
    let column = (width.saturating_sub(3) / 2).max(20);
    let cell = |text: &str| {
        let text: String = text.trim_end_matches('\n').chars().take(column).collect();
        format!("{text:<column$}")
    };
    let mut text = format!("{} {}\n", change.name, change.verb);
    let mut line = |left: &str, mark: char, right: &str| {
        writeln!(
            text,
            "{}",
            format!("{} {mark} {}", cell(left), cell(right)).trim_end()
        )
        .expect("writing to a string cannot fail");
    };
    let lines = TextDiff::from_lines(&change.old, &change.new);
    for group in lines.grouped_ops(3) {
        for op in group {
            let (mut old, mut new) = (Vec::new(), Vec::new());
            for found in lines.iter_changes(&op) {
                match found.tag() {
                    ChangeTag::Equal => line(found.value(), ' ', found.value()),
                    ChangeTag::Delete => old.push(found.value()),
                    ChangeTag::Insert => new.push(found.value()),
                }
            }
            for index in 0..old.len().max(new.len()) {
                match (old.get(index), new.get(index)) {
                    (Some(left), Some(right)) => line(left, '|', right),
                    (Some(left), None) => line(left, '<', ""),
                    (None, right) => line("", '>', right.copied().unwrap_or_default()),
                }
            }
        }
    }
    text.push('\n');
    text
}

fn markdown(from: &str, to: &str, changes: &[Difference]) -> String {
    let mut text = format!("### `{from}` → `{to}`\n\n");
    if changes.is_empty() {
        text.push_str("Nothing changes.\n");
    }
    for change in changes {
        writeln!(text, "- {} `{}`", change.verb, change.name)
            .expect("writing to a string cannot fail");
    }
    for change in changes {
        let body = unified(
            change.from.as_deref(),
            change.to.as_deref(),
            &change.old,
            &change.new,
        );
        let fence = fence(&body);
        writeln!(text, "\n{fence}diff\n{body}{fence}").expect("writing to a string cannot fail");
    }
    text
}

/// A fence longer than any run of backticks in the text, so that nothing in it ends the block.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat((longest + 1).max(3))
}
