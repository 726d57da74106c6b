//! Which files a command is about, and their compilation.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::ProgressBar;
use rayon::prelude::*;

use crate::compile::{Compiled, Environment, compile};
use crate::diag::words::count;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::objects::ObjectId;
use crate::sink::files::Folder;
use crate::text::{MAX_BYTES, Source, Span};
use crate::units::names;

use super::committed::folder_of;
use super::output::Output;
use super::{Exit, Failure};

/// Folders that no rollout is looked for in.
const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];
/// The deepest folder that is looked into.
const MAX_DEPTH: usize = 64;

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
    /// The file.
    pub(super) path: PathBuf,
    /// What it compiles to.
    pub(super) compiled: Compiled,
}

impl Input {
    /// The folder of the tree beside the file.
    pub(super) fn tree_folder(&self) -> PathBuf {
        folder_of(&self.path).join(&self.compiled.environment.tree)
    }
}

impl Paths {
    /// One path, as a file or folder.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            paths: vec![path.to_owned()],
        }
    }

    /// Where the files are, whatever they hold.
    pub(super) fn locate(&self) -> Result<Vec<PathBuf>, Failure> {
        find(&self.paths)
    }

    /// Compiles every file in parallel. Warnings are written; on errors, every file's are, and the run ends.
    pub(super) fn compile(&self, output: &mut Output<'_>) -> Result<Vec<Input>, Failure> {
        let inputs = self.compile_quietly(output)?;
        let reports: Vec<&Report> = inputs.iter().map(|input| &input.compiled.report).collect();
        output.reports(&reports);
        Ok(inputs)
    }

    /// Like [`compile`](Self::compile), but keeps warnings back.
    pub(super) fn compile_quietly(&self, output: &mut Output<'_>) -> Result<Vec<Input>, Failure> {
        let files = find(&self.paths)?;
        let sources = files
            .iter()
            .map(|path| Ok((path.as_path(), read(path)?)))
            .collect::<Result<Vec<_>, Failure>>()?;
        for file in &files {
            output.detail(2, format_args!("{}: read", file.display()));
        }
        let compiled = compile_all(sources, &output.progress(files.len(), "compiling"));
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
            .into_iter()
            .zip(compiled)
            .map(|(path, compiled)| Input { path, compiled })
            .collect();
        if find_clashes(&mut inputs) {
            let reports: Vec<&Report> = inputs.iter().map(|input| &input.compiled.report).collect();
            output.reports(&reports);
            return Err(Failure::said(Exit::Wrong));
        }
        Ok(inputs)
    }
}

/// One file is compiled here; only several are worth a thread each.
fn compile_all(
    sources: Vec<(&Path, Result<Source, Report>)>,
    progress: &ProgressBar,
) -> Vec<Result<Compiled, Report>> {
    let one = |(path, source): (&Path, Result<Source, Report>)| {
        let compiled = source.and_then(|source| compile_at(path, &source));
        progress.inc(1);
        compiled
    };
    let compiled = match sources.len() {
        1 => sources.into_iter().map(one).collect(),
        _ => sources.into_par_iter().map(one).collect(),
    };
    progress.finish_and_clear();
    compiled
}

/// Compiles the text of a file, with what lies beside it on the disk.
pub(super) fn compile_at(path: &Path, source: &Source) -> Result<Compiled, Report> {
    let folder = Folder::new(folder_of(path));
    compile(source, &folder, &Environment::default())
}

impl OnePath {
    /// A file or folder.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Compiles the one file; several are wrong usage.
    pub(super) fn compile(&self, output: &mut Output<'_>) -> Result<Input, Failure> {
        let inputs = Paths {
            paths: vec![self.path.clone()],
        }
        .compile(output)?;
        sole(inputs)
    }
}

impl OnePath {
    /// Where the one file is, whatever it holds.
    pub(super) fn locate(&self) -> Result<PathBuf, Failure> {
        let mut files = find(std::slice::from_ref(&self.path))?;
        match (files.pop(), files.len()) {
            (Some(file), 0) => Ok(file),
            (_, others) => Err(several(others + 1)),
        }
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

/// Two rollouts with an object of one identity would overwrite each other.
fn find_clashes(inputs: &mut [Input]) -> bool {
    let mut known: BTreeMap<ObjectId, usize> = BTreeMap::new();
    let mut found = false;
    for index in 0..inputs.len() {
        if inputs.len() == 1 {
            break;
        }
        for (id, origin) in inputs[index].compiled.identities() {
            let Some(first) = known.get(&id) else {
                known.insert(id, index);
                continue;
            };
            found = true;
            let other = inputs[*first].path.display().to_string();
            let clash = Diagnostic::new(
                Code::GP108,
                Place::value(origin),
                format!("{id} is an object of `{other}` too"),
            )
            .help("give one of the rollouts another name or namespace");
            inputs[index].compiled.report.push(clash);
        }
    }
    found
}

/// Every file that the paths mean, each once, in order.
fn find(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let meta = fs::metadata(path).map_err(|error| Failure::io("read", path, &error))?;
        if !meta.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        walk(path, 0, &mut files)?;
        if files.len() == before {
            return Err(Failure::new(
                Exit::Wrong,
                format!("no {} in `{}` or below", names::SPEC_FILE, path.display()),
            )
            .help("write one with `glidepath init`, or name another folder"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.clone()));
    Ok(files)
}

/// Finds the rollouts below a folder. Links are not followed: they would lead in circles, or out.
fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let fail = |error: &std::io::Error| Failure::io("read", folder, error);
    let mut entries = fs::read_dir(folder)
        .map_err(|error| fail(&error))?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| fail(&error))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type().map_err(|error| fail(&error))?;
        let name = entry.file_name();
        // `./x` and `x` are one file to people.
        let path = if folder == Path::new(".") {
            PathBuf::from(&name)
        } else {
            entry.path()
        };
        if name == names::SPEC_FILE {
            files.push(path);
        } else if kind.is_dir()
            && depth < MAX_DEPTH
            && !SKIPPED.iter().any(|skipped| name == *skipped)
        {
            walk(&path, depth + 1, files)?;
        }
    }
    Ok(())
}

/// Reads a file as a source; what is no text is a report about it.
pub(super) fn read(path: &Path) -> Result<Result<Source, Report>, Failure> {
    let fail = |error: &std::io::Error| Failure::io("read", path, error);
    let meta = fs::metadata(path).map_err(|error| fail(&error))?;
    if !meta.is_file() {
        let what = if meta.is_dir() {
            "a folder"
        } else {
            "no regular file"
        };
        return Err(Failure::new(
            Exit::Outside,
            format!("cannot read `{}`: it is {what}", path.display()),
        ));
    }
    let mut bytes = Vec::new();
    // One byte over the limit is enough to know that it is over.
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) + 1;
    fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| fail(&error))?;
    let name = path.display().to_string();
    Ok(String::from_utf8(bytes)
        .map(|text| Source::new(name.clone(), text))
        .map_err(|error| not_utf8(name, &error)))
}

fn not_utf8(name: String, error: &std::string::FromUtf8Error) -> Report {
    let at = error.utf8_error().valid_up_to();
    let byte = error.as_bytes()[at];
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let mut report = Report::new(Source::new(name, text));
    report.push(
        Diagnostic::new(
            Code::GP001,
            Place::Bytes(Span::new(at, at + char::REPLACEMENT_CHARACTER.len_utf8())),
            format!("the byte 0x{byte:02X} is not UTF-8"),
        )
        .help("save the file as UTF-8"),
    );
    report
}
