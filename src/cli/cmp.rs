//! `glidepath cmp generate`, `parameters`, `discover`, `manifests`: the config-management plugin of Argo CD.

use std::path::Path;

use clap::{Args, Subcommand};

use crate::cmp::{self, Invocation, PluginError, Settings, Sidecar};
use crate::compile::Files as _;
use crate::sink::files::Folder;

use super::output::Output;
use super::{Exit, Failure};

/// Serve Argo CD as its config-management plugin
///
/// Argo CD runs these in the sidecar of its repo server, in the folder of an Application. Errors are plain lines on stderr,
/// the most important one first.
#[derive(Debug, Args)]
pub(super) struct CmpArgs {
    #[command(subcommand)]
    command: CmpCommand,
}

#[derive(Debug, Subcommand)]
enum CmpCommand {
    /// Print the objects of the live stage, as JSON, one a line
    ///
    /// The stage is the parameter `stage`, else ARGOCD_ENV_GLIDEPATH_STAGE, else what deploy/current points at, else
    /// `spec.stage` of rollout.yaml. Without any of these, nothing is printed and the exit code is 1.
    Generate(FileArgs),
    /// Print the parameters that an Application may set, as Argo CD's JSON list
    Parameters(FileArgs),
    /// Print the rollout's path where there is one, and nothing where there is none
    Discover(FileArgs),
    /// Print the ConfigMap and the patch of the repo server that an admin applies
    Manifests(ManifestsArgs),
}

#[derive(Debug, Args)]
struct FileArgs {
    /// The rollout's path below the working directory; the parameter `file` replaces it
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
}

#[derive(Debug, Args)]
struct ManifestsArgs {
    /// The image that holds the plugin
    #[arg(long, value_name = "IMAGE", default_value = cmp::DEFAULT_IMAGE)]
    image: String,
    /// Where Argo CD runs
    #[arg(long, value_name = "NAMESPACE", default_value = "argocd")]
    namespace: String,
}

pub(super) fn run(args: &CmpArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    // Argo CD runs it in the application's folder.
    let folder = Folder::new(Path::new(""));
    let printed = match &args.command {
        CmpCommand::Generate(args) => {
            invocation(args).and_then(|invocation| cmp::generate(&invocation, &folder))
        }
        CmpCommand::Parameters(args) => {
            invocation(args).and_then(|invocation| cmp::announce(&invocation, &folder))
        }
        CmpCommand::Discover(args) => {
            invocation(args).and_then(|invocation| discover(&invocation, &folder))
        }
        CmpCommand::Manifests(args) => Ok(cmp::manifests(&Sidecar {
            image: args.image.clone(),
            namespace: args.namespace.clone(),
        })),
    };
    match printed {
        Ok(text) => output.result_or_fail(&text),
        Err(refusal) => Err(output.refuse(refusal)),
    }
}

/// For Argo CD, a failed probe is an error of the Application, so whatever is no rollout is just not found.
fn discover(invocation: &Invocation, folder: &Folder) -> Result<String, PluginError> {
    let file = Settings::read(invocation)?.file;
    Ok(match folder.read(&file) {
        Ok(Some(source)) if cmp::discover(source.text()) => format!("{file}\n"),
        Ok(_) | Err(_) => String::new(),
    })
}

/// What the process was started with.
fn invocation(args: &FileArgs) -> Result<Invocation, PluginError> {
    let variable = |name: &str| match std::env::var(name) {
        Ok(value) => Ok(Some(value)),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(PluginError::new(format!("`{name}` is not UTF-8")))
        }
    };
    Ok(Invocation {
        parameters: variable("ARGOCD_APP_PARAMETERS")?,
        stage: variable("ARGOCD_ENV_GLIDEPATH_STAGE")?,
        file: args.file.clone(),
    })
}
