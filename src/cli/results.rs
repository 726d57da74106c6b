//! The files that `result` gates read: those beside the rollout, and those that somebody hands in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::diag::words::suggestion;
use crate::gate::ResultText;
use crate::plan::Plan;
use crate::sink::files::{Folder, read};
use crate::text::Files as _;

use super::inputs::{Input, folder_of};
use super::{Exit, Failure};

/// The files for `result` gates.
#[derive(Debug, Args)]
pub(super) struct ResultArgs {
    /// The file that the `result` gate of this name reads, in place of the one that it names; any number of times
    #[arg(long = "result", value_name = "NAME=FILE", value_parser = parse)]
    pub(super) results: Vec<HandedFile>,
}

/// A file that somebody hands in.
#[derive(Clone, Debug)]
pub(super) struct HandedFile {
    /// The gate's name.
    pub(super) gate: String,
    /// The file's path.
    pub(super) file: PathBuf,
}

/// Reads `NAME=FILE`.
pub(super) fn parse(text: &str) -> Result<HandedFile, String> {
    match text.split_once('=') {
        Some((gate, file)) if !gate.is_empty() && !file.is_empty() => Ok(HandedFile {
            gate: gate.to_owned(),
            file: PathBuf::from(file),
        }),
        Some(_) | None => {
            Err("write it as NAME=FILE: a gate's name, and the file for it".to_owned())
        }
    }
}

/// Refuses a file for a gate that reads none, and a second one for the same gate.
pub(super) fn check(plan: &Plan, given: &[HandedFile]) -> Result<(), Failure> {
    let known: BTreeSet<&str> = gates(plan).map(|(name, _)| name).collect();
    let mut seen = BTreeSet::new();
    for one in given {
        let name = one.gate.as_str();
        let usage = |message: String| Failure::new(Exit::Usage, message);
        if !known.contains(name) {
            let failure = usage(format!("there is no `result` gate `{name}`"));
            return Err(match suggestion(name, known.iter().copied()) {
                Some(help) => failure.help(help),
                None => failure,
            });
        }
        if !seen.insert(name) {
            return Err(usage(format!(
                "two files are handed in for the gate `{name}`"
            )));
        }
    }
    Ok(())
}

/// The files of all `result` gates, by the gates' names, as they are now.
pub(super) fn texts(input: &Input, given: &[HandedFile]) -> BTreeMap<String, ResultText> {
    let folder = folder_of(&input.path);
    let plan = &input.compiled.plan;
    gates(plan)
        .map(|(name, path)| {
            let handed_in = given.iter().find(|one| one.gate == name);
            let text = match handed_in {
                Some(one) => handed(&one.file),
                None => beside(folder, path),
            };
            (name.to_owned(), text)
        })
        .collect()
}

/// The names of the `result` gates, and the paths that they read.
fn gates(plan: &Plan) -> impl Iterator<Item = (&str, &str)> {
    let gates = plan.gates.iter();
    gates.filter_map(|gate| Some((gate.name.as_str(), gate.kind.facts().result_file()?)))
}

fn handed(file: &Path) -> ResultText {
    ResultText {
        path: file.display().to_string(),
        text: read(file).map_err(|why| why.to_string()),
    }
}

fn beside(folder: &Path, path: &str) -> ResultText {
    let text = Folder::new(folder).read(path);
    ResultText {
        path: folder.join(path).display().to_string(),
        text: text
            .map(|found| found.map(|source| source.text().to_owned()))
            .map_err(|why| why.to_string()),
    }
}
