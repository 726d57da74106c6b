//! `glidepath init`

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::adopt::{Wanted, adopt};
use crate::diag::words::count;
use crate::text::Source;
use crate::units::{DnsLabel, names};

use super::output::Output;
use super::prove::read_text;
use super::{Exit, Failure};

/// Write a rollout.yaml to start from, or one of what runs; never over a file
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct InitArgs {
    /// The folder that it is written into; its name becomes the rollout's
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// What serves the models
    #[arg(long, value_enum, default_value_t = Starter::TensorflowServing, conflicts_with = "from")]
    runtime: Starter,
    /// Take over what runs: manifests as `kubectl get -o yaml` prints them or a repository has them, or - for standard input
    #[arg(long, value_name = "FILE", num_args = 1..)]
    from: Vec<PathBuf>,
    /// The Service that is taken over; default: the only one that selects pods which were read
    #[arg(long, value_name = "NAME", requires = "from")]
    service: Option<String>,
}

const AFTER_HELP: &str = "\
  kubectl get deploy,svc,vs,dr,gateway,hpa,pdb -n shop -o yaml | glidepath init shop --from -

--from writes rollout.yaml and a manifest for each version that runs, and says what it took over, changed and left out. The first stage is held against what was read as `glidepath prove` does it, and field by field: where it would change what runs, nothing is written.

Exit codes: 0 written, 1 what runs cannot be taken over, 2 wrong usage, 5 a file is there already, 6 a file that cannot be read.";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Starter {
    /// TensorFlow Serving
    TensorflowServing,
    /// NVIDIA Triton
    Triton,
    /// TorchServe, which is not maintained any more
    Torchserve,
    /// vLLM
    Vllm,
    /// SGLang
    Sglang,
    /// MLServer
    Mlserver,
    /// Your own container
    Custom,
}

impl Starter {
    fn text(self) -> &'static str {
        match self {
            Self::TensorflowServing => include_str!("init/tensorflow-serving.yaml"),
            Self::Triton => include_str!("init/triton.yaml"),
            Self::Torchserve => include_str!("init/torchserve.yaml"),
            Self::Vllm => include_str!("init/vllm.yaml"),
            Self::Sglang => include_str!("init/sglang.yaml"),
            Self::Mlserver => include_str!("init/mlserver.yaml"),
            Self::Custom => include_str!("init/custom.yaml"),
        }
    }
}

/// The name in the starters that the folder's replaces.
const PLACEHOLDER: &str = "my-model";

pub(super) fn run(args: &InitArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    if !args.from.is_empty() {
        return take_over(args, output);
    }
    fs::create_dir_all(&args.folder)
        .map_err(|error| Failure::io("create", &args.folder, &error))?;
    let folder = fs::canonicalize(&args.folder)
        .map_err(|error| Failure::io("read", &args.folder, &error))?;
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .and_then(|name| name.parse::<DnsLabel>().ok());
    let text = args.runtime.text().replace(
        PLACEHOLDER,
        name.as_ref().map_or(PLACEHOLDER, DnsLabel::as_str),
    );
    write_new(
        &args.folder,
        &BTreeMap::from([(names::SPEC_FILE.to_owned(), text)]),
    )?;
    let path = args.folder.join(names::SPEC_FILE);
    output.note(format_args!(
        "{}: written; next: `glidepath plan {}`",
        path.display(),
        args.folder.display()
    ));
    output.finish(Exit::Done)
}

/// Writes a rollout of what runs.
fn take_over(args: &InitArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let mut sources = Vec::new();
    for path in &args.from {
        sources.push(manifests(path)?);
    }
    let wanted = Wanted {
        service: args.service.as_deref(),
    };
    let adopted = match adopt(&sources, wanted) {
        Ok(adopted) => adopted,
        Err(reports) => {
            output.reports(&reports.iter().collect::<Vec<_>>());
            return Err(Failure::new(Exit::Wrong, "nothing was written"));
        }
    };
    fs::create_dir_all(&args.folder)
        .map_err(|error| Failure::io("create", &args.folder, &error))?;
    write_new(&args.folder, &adopted.files)?;
    output.note(adopted.account.to_string().trim_end());
    output.note(format_args!(
        "{}: {} written; from what runs to the stage `{}` no request is lost, in whatever order it is applied; next: `glidepath plan {}`",
        args.folder.display(),
        count(adopted.files.len(), "file"),
        adopted.begins,
        args.folder.display()
    ));
    output.finish(Exit::Done)
}

/// The manifests of a file, or of standard input.
fn manifests(path: &Path) -> Result<Source, Failure> {
    if path == Path::new("-") {
        return read_text("<stdin>", io::stdin().lock());
    }
    let file = fs::File::open(path).map_err(|error| Failure::io("read", path, &error))?;
    read_text(&path.display().to_string(), file)
}

/// Writes files that are not there yet: all of them, or none.
fn write_new(folder: &Path, files: &BTreeMap<String, String>) -> Result<(), Failure> {
    let there = |name: &&String| fs::symlink_metadata(folder.join(name)).is_ok();
    if let Some(name) = files.keys().find(there) {
        return Err(is_there(&folder.join(name)));
    }
    let mut written: Vec<PathBuf> = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        let created = OpenOptions::new().write(true).create_new(true).open(&path);
        let failed = match created {
            Ok(mut file) => {
                written.push(path.clone());
                file.write_all(text.as_bytes()).err()
            }
            Err(error) => Some(error),
        };
        if let Some(error) = failed {
            for path in &written {
                // What cannot be taken back is told by the error that comes of it.
                let _ = fs::remove_file(path);
            }
            return Err(if error.kind() == io::ErrorKind::AlreadyExists {
                is_there(&path)
            } else {
                Failure::io("write", &path, &error)
            });
        }
    }
    Ok(())
}

fn is_there(path: &Path) -> Failure {
    let message = format!("`{}` is there already", path.display());
    Failure::new(Exit::Conflict, message).help("name another folder")
}
