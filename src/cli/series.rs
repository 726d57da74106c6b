//! `glidepath series`

use std::fmt::Write as _;

use clap::Args;

use crate::compile::Compiled;
use crate::plan::StageId;
use crate::promotion::decide::bake;
use crate::promotion::history;
use crate::promotion::ledger::traffic_words;
use crate::promotion::series::{self, Dry, Planned, Wanted};
use crate::sink::git::Repo;
use crate::tree::{Lock, LockedStageId, stream};
use crate::units::names;

use super::committed::folder_of;
use super::inputs::OnePath;
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
}

pub(super) fn run(args: &SeriesArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    if !Repo::is_branch_name(&args.branch) {
        let message = format!("`{}` is no name for a branch", args.branch);
        return Err(Failure::new(Exit::Usage, message));
    }
    let input = args.path.compile(output)?;
    let compiled = &input.compiled;
    let rollout = compiled.plan.name.as_str();
    let folder = args.folder.as_deref().unwrap_or(rollout);
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && part != ".git";
    if !folder.split('/').all(is_plain) || folder.contains(|c: char| c.is_control() || c == '\\') {
        let message = format!("`{folder}` is no path inside the branch");
        return Err(Failure::new(Exit::Usage, message).help("write it as `manifests/prod`"));
    }
    let repo = Repo::open(folder_of(&input.path))?;
    let dry = dry(&repo, &input.path)?;
    let stages = stages(compiled);
    let wanted = Wanted {
        rollout,
        branch: &args.branch,
        folder,
        stages: &stages,
        dry: &dry,
    };
    let written = series::write(&repo, &wanted, &args.signing.signing())?;
    for (stage, commit) in stages.iter().zip(&written.commits) {
        output.result(format_args!("{commit} {rollout}/{}\n", stage.name))?;
    }
    output.note(format_args!(
        "{}: {} commits, {} of them new",
        args.branch,
        written.commits.len(),
        written.commits.len() - written.kept
    ));
    output.finish(Exit::Done)
}

/// The commit that rollout.yaml comes from; what is not committed comes from nowhere.
fn dry(repo: &Repo, spec: &std::path::Path) -> Result<Dry, Failure> {
    let name = spec.file_name().map_or_else(
        || names::SPEC_FILE.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    let uncommitted = || {
        Failure::new(
            Exit::Conflict,
            format!("`{}` has changes that are not committed", spec.display()),
        )
        .help("commit it first: every commit of the series names the commit that it comes from")
    };
    let Some(head) = repo.head()? else {
        return Err(uncommitted());
    };
    let committed = repo.file(head.tip, &name)?;
    let text = std::fs::read_to_string(spec).map_err(|error| Failure::io("read", spec, &error))?;
    let unix = |text: &str| text.replace("\r\n", "\n");
    if committed.map(|text| unix(&text)) != Some(unix(&text)) {
        return Err(uncommitted());
    }
    let commit = history::last_change(repo, head.tip, &name)?;
    let (subject, body) = commit
        .message
        .split_once("\n\n")
        .unwrap_or((&commit.message, ""));
    Ok(Dry {
        repo_url: repo.origin(),
        dry_sha: commit.id.to_string(),
        commands: Vec::new(),
        author: commit.author.to_string(),
        date: commit.authored.to_string(),
        subject: subject.trim().to_owned(),
        body: body.trim().to_owned(),
    })
}

fn stages(compiled: &Compiled) -> Vec<Planned> {
    let lock = Lock::of(&compiled.plan, compiled.digest());
    let one = |(at, of_plan): (LockedStageId, StageId)| {
        let stage = lock.stage(at);
        let mut body = String::new();
        let mut line = |key: &str, value: &str| {
            writeln!(body, "{key}: {value}").expect("writing to a string cannot fail");
        };
        let running: Vec<&str> = stage.running.keys().map(String::as_str).collect();
        line("Runs", &running.join(", "));
        line("Bakes", &bake(&lock, stage).to_string());
        if !stage.gates.is_empty() {
            line("Gates", &stage.gates.join(", "));
        }
        if let Some(back) = lock.rollback_target(at) {
            line("Rollback", &lock.stage(back).folder);
        }
        Planned {
            name: stage.name.clone(),
            subject: format!(
                "{}: {} ({})",
                lock.rollout,
                stage.folder,
                traffic_words(&lock, stage)
            ),
            body,
            manifest: stream(&compiled.objects(of_plan)),
        }
    };
    // The lock is that of this very plan.
    lock.stage_ids()
        .zip(compiled.plan.stage_ids())
        .map(one)
        .collect()
}
