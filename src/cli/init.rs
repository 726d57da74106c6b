//! `glidepath init`

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::units::{DnsLabel, names};

use super::output::Output;
use super::{Exit, Failure};

/// Write a commented, valid rollout.yaml to start from; never over an existing file
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The folder that it is written into; its name becomes the rollout's
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// What serves the models
    #[arg(long, value_enum, default_value_t = Starter::TensorflowServing)]
    runtime: Starter,
}

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
    let path = args.folder.join(names::SPEC_FILE);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Failure::new(
                Exit::Conflict,
                format!("`{}` is there already", path.display()),
            )
            .help("name another folder"));
        }
        Err(error) => return Err(Failure::io("write", &path, &error)),
    }
    output.note(format_args!(
        "{}: written; next: `glidepath plan {}`",
        path.display(),
        args.folder.display()
    ));
    output.finish(Exit::Done)
}
