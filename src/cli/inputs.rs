//! Which files a command is about, and their compilation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use rayon::prelude::*;

use crate::compile::{Claim, Compiled, Environment, compile};
use crate::diag::words::count;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::promotion::Committed;
use crate::sink::files::Folder;
use crate::text::{Route, Source};
use crate::units::names;

use super::files::{find, read};
use super::output::Output;
use super::{Exit, Failure};

/// The files that a command is about.
#[derive(Debug, Args)]
pub(super) struct Paths {
    /// rollout.yaml files, or folders with any number of them below
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
}

/// The one file that a command is about.
#[derive(Debug, Args)]
pub(super) struct OnePath {
    /// A rollout.yaml, or a folder with one of them below
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
}

/// A file that compiles.
pub(super) struct Input {
    /// The file's path.
    pub(super) path: PathBuf,
    /// What the file compiles to.
    pub(super) compiled: Compiled,
}

impl Input {
    /// The folder of the tree beside the file.
    pub(super) fn tree_folder(&self) -> PathBuf {
        folder_of(&self.path).join(&self.compiled.environment.tree)
    }
}

impl Paths {
    /// Where the files are, whatever they hold.
    pub(super) fn locate(&self) -> Result<Vec<PathBuf>, Failure> {
        find(&self.paths)
    }

    /// Compiles every file in parallel. Warnings are written; on errors, every file's are, and the run ends.
    pub(super) fn compile(&self, output: &mut Output<'_>) -> Result<Vec<Input>, Failure> {
        compile_paths(&self.paths, output)
    }
}

/// Compiles every file of these paths in parallel: see [`Paths::compile`].
pub(super) fn compile_paths(
    paths: &[PathBuf],
    output: &mut Output<'_>,
) -> Result<Vec<Input>, Failure> {
    let files = find(paths)?;
    let sources = files
        .iter()
        .map(|path| Ok((path.as_path(), read(path)?)))
        .collect::<Result<Vec<_>, Failure>>()?;
    for file in &files {
        output.detail(2, format_args!("{}: read", file.display()));
    }
    let progress = output.progress(files.len(), "compiling");
    let compiled = in_parallel(sources, &progress, |(path, source)| {
        source.and_then(|source| compile_at(path, &source))
    });
    if compiled.iter().any(Result::is_err) {
        let reports: Vec<&Report> = compiled
            .iter()
            .map(|result| match result {
                Ok(compiled) => &compiled.report,
                Err(report) => report,
            })
            .collect();
        output.reports(&reports);
        return Err(Failure::said(Exit::Wrong));
    }
    let compiled = compiled.into_iter().filter_map(Result::ok);
    let mut inputs: Vec<Input> = files
        .iter()
        .zip(compiled)
        .map(|(path, compiled)| Input {
            path: path.clone(),
            compiled,
        })
        .collect();
    let claims = inputs
        .iter()
        .map(|input| claims(&input.compiled, files.len()));
    let clashes = clashes(&files, claims);
    if !clashes.is_empty() {
        for (index, clash) in clashes {
            inputs[index].compiled.report.push(clash);
        }
        let reports: Vec<&Report> = inputs.iter().map(|input| &input.compiled.report).collect();
        output.reports(&reports);
        return Err(Failure::said(Exit::Wrong));
    }
    let reports: Vec<&Report> = inputs.iter().map(|input| &input.compiled.report).collect();
    output.reports(&reports);
    Ok(inputs)
}

/// Compiles every file in parallel and hands each on to `work` at once, so that no more of them are in memory than are worked on.
/// Gives what `work` made of each, in order. Warnings are written; on errors, every file's are, what was made is dropped, and the
/// run ends.
pub(super) fn each<T: Send>(
    files: &[PathBuf],
    output: &mut Output<'_>,
    work: impl Fn(&Input) -> T + Sync,
) -> Result<Vec<T>, Failure> {
    for file in files {
        output.detail(2, format_args!("{}: read", file.display()));
    }
    let several = files.len();
    let worked = in_parallel(
        files.iter().collect(),
        &output.progress(several, "compiling"),
        |path| {
            let compiled = match read(path)?.and_then(|source| compile_at(path, &source)) {
                Ok(compiled) => compiled,
                Err(report) => return Ok::<_, Failure>(Err(report)),
            };
            let input = Input {
                path: path.clone(),
                compiled,
            };
            let made = work(&input);
            let claims = claims(&input.compiled, several);
            let report = input.compiled.report;
            let report = (!report.is_empty()).then_some(report);
            Ok(Ok((made, claims, report)))
        },
    );
    let (mut made, mut known, mut reports, mut broken) = (vec![], vec![], vec![], false);
    for result in worked {
        match result? {
            Ok((one, claims, report)) => {
                made.push(one);
                known.push(claims);
                reports.push(report);
            }
            Err(report) => {
                broken = true;
                reports.push(Some(report));
            }
        }
    }
    if !broken {
        for (index, clash) in clashes(files, known) {
            broken = true;
            let mut report = match reports[index].take() {
                Some(report) => report,
                None => report_again(&files[index])?,
            };
            report.push(clash);
            reports[index] = Some(report);
        }
    }
    output.reports(&reports.iter().flatten().collect::<Vec<_>>());
    if broken {
        return Err(Failure::said(Exit::Wrong));
    }
    Ok(made)
}

/// The report of a file that has none because it had no complaint.
fn report_again(path: &Path) -> Result<Report, Failure> {
    let compiled = read(path)?.and_then(|source| compile_at(path, &source));
    Ok(compiled.map_or_else(|report| report, |compiled| compiled.report))
}

/// What `work` makes of each item, in their order. A single item is worked on here; only several are worth a thread each.
pub(super) fn in_parallel<I: Send, T: Send>(
    all: Vec<I>,
    progress: &ProgressBar,
    work: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let one = |item: I| {
        let made = work(item);
        progress.inc(1);
        made
    };
    let made = match all.len() {
        1 => all.into_iter().map(one).collect(),
        _ => all.into_par_iter().map(one).collect(),
    };
    progress.finish_and_clear();
    made
}

/// Compiles the text of a file, with what lies beside it on the disk.
pub(super) fn compile_at(path: &Path, source: &Source) -> Result<Compiled, Report> {
    let folder = Folder::new(folder_of(path));
    compile(source, &folder, &Environment::default())
}

impl OnePath {
    /// Compiles the one file; several are wrong usage.
    pub(super) fn compile(&self, output: &mut Output<'_>) -> Result<Input, Failure> {
        compile_one(&self.path, output)
    }

    /// Where the one file is, whatever it holds.
    pub(super) fn locate(&self) -> Result<PathBuf, Failure> {
        locate_one(&self.path)
    }

    /// Compiles the one file without a word; an error is one sentence.
    pub(super) fn compile_alone(&self) -> Result<Compiled, String> {
        let broken = || format!("{} does not compile", names::SPEC_FILE);
        let path = self.locate().map_err(|failure| failure.message)?;
        let source = read(&path).map_err(|failure| failure.message)?;
        source
            .and_then(|source| compile_at(&path, &source))
            .map_err(|_| broken())
    }
}

/// Where the one file of a path is, whatever it holds.
pub(super) fn locate_one(path: &Path) -> Result<PathBuf, Failure> {
    let mut files = find(&[path.to_owned()])?;
    match (files.pop(), files.len()) {
        (Some(file), 0) => Ok(file),
        (_, others) => Err(several(others + 1)),
    }
}

/// Compiles the one file of a path.
pub(super) fn compile_one(path: &Path, output: &mut Output<'_>) -> Result<Input, Failure> {
    sole(compile_paths(&[path.to_owned()], output)?)
}

/// The folder of a rollout.yaml, as the repository is opened at it.
pub(super) fn folder_of(spec: &Path) -> &Path {
    spec.parent().unwrap_or_else(|| Path::new(""))
}

/// What is committed for the rollout of this file. `heal` completes a promotion that was killed.
pub(super) fn committed(
    spec: &Path,
    heal: bool,
    output: &mut Output<'_>,
) -> Result<Committed, Failure> {
    let folder = folder_of(spec);
    if heal && Committed::heal(folder)? {
        output.note("an interrupted promotion has been completed: the work tree is at the committed stage again");
    }
    Ok(Committed::read(folder)?)
}

/// The only one of several inputs, where a command takes no more.
pub(super) fn sole(inputs: Vec<Input>) -> Result<Input, Failure> {
    let found = inputs.len();
    let Ok([input]) = <[Input; 1]>::try_from(inputs) else {
        return Err(several(found));
    };
    Ok(input)
}

fn several(found: usize) -> Failure {
    Failure::new(
        Exit::Usage,
        format!(
            "this takes one rollout, and {} were found",
            count(found, "file")
        ),
    )
    .help(format!("name one {}", names::SPEC_FILE))
}

/// What only this rollout may have, and where its file asks for it; none where it is the only one, which cannot clash.
fn claims(compiled: &Compiled, files: usize) -> Claims {
    if files == 1 {
        return Claims::new();
    }
    compiled.claims()
}

type Claims = BTreeMap<Claim, Route>;

/// What two rollouts claim at once: the complaints, with the file that each is about.
fn clashes(
    files: &[PathBuf],
    claims: impl IntoIterator<Item = Claims>,
) -> Vec<(usize, Diagnostic)> {
    let mut known: BTreeMap<Claim, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for (index, claims) in claims.into_iter().enumerate() {
        for (claim, origin) in claims {
            let Some(first) = known.get(&claim) else {
                known.insert(claim, index);
                continue;
            };
            found.push((index, clash(&claim, origin, &files[*first])));
        }
    }
    found
}

fn clash(claim: &Claim, origin: Route, other: &Path) -> Diagnostic {
    let (other, place) = (other.display(), Place::value(origin));
    match claim {
        Claim::Object(id) => Diagnostic::new(
            Code::GP108,
            place,
            format!("{id} is an object of `{other}` too"),
        )
        .help("give one of the rollouts another name or namespace"),
        Claim::Host(host) => Diagnostic::new(
            Code::GP318,
            place,
            format!("{host} is routed by `{other}` too"),
        )
        .note("Istio makes one list of both, and the last route of the one that comes first takes every request")
        .help("give one of the rollouts another host or gateway, or put both in one rollout with a route for each path"),
    }
}
