//! Asking Argo CD whether the live stage has arrived, for the commands that wait for it.

use std::env;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::argocd::{self, Server};
use crate::promotion::health::{Arrival, arrived};

use super::stage_start::Asks;
use super::{Exit, Failure};

/// How Argo CD is asked.
#[derive(Debug, Default, Args)]
pub(super) struct ArgoArgs {
    /// Argo CD's address; default: ARGOCD_SERVER. With this option, the stage began when Argo CD deployed it. The token is read
    /// from ARGOCD_AUTH_TOKEN
    #[arg(long = "argocd-server", value_name = "URL")]
    server: Option<String>,
    /// The file with the token, instead of ARGOCD_AUTH_TOKEN
    #[arg(long = "argocd-token-file", value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The application's name; default: the rollout's
    #[arg(long = "argocd-app", value_name = "NAME")]
    app: Option<String>,
}

/// Whether and how Argo CD is asked.
#[derive(Debug, Default, Args)]
pub(super) struct HealthArgs {
    /// Ask Argo CD that the application is Synced and Healthy at the live stage; the bake counts from its deployment
    #[arg(long)]
    require_healthy: bool,
    #[command(flatten)]
    pub(super) argo: ArgoArgs,
}

impl HealthArgs {
    /// What Argo CD is asked; `policy` is what the spec says. The policy gives way to force, the flag does not.
    pub(super) fn asks(&self, policy: bool, force: bool) -> Asks {
        if self.require_healthy || (policy && !force) {
            Asks::Health
        } else if self.argo.is_given() && !force {
            Asks::When
        } else {
            Asks::Nothing
        }
    }

    /// What to do where Argo CD fails and only the policy, or an address, asks for it.
    pub(super) fn instead(&self) -> Option<&'static str> {
        (!self.require_healthy).then_some("`--force --reason` goes on without Argo CD")
    }
}

impl ArgoArgs {
    /// Whether the command line names a server: the environment alone asks for nothing.
    pub(super) fn is_given(&self) -> bool {
        self.server.is_some()
    }

    /// When the live stage was deployed, and what speaks against leaving it; `commits` are those of the stage.
    pub(super) fn ask(&self, rollout: &str, commits: &[String]) -> Result<Arrival, Failure> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let missing = |what: &str, help: &str| {
            Failure::new(
                Exit::Usage,
                format!("Argo CD is to be asked, and {what} is not known"),
            )
            .help(help)
        };
        let address = self.server.clone().or_else(|| variable("ARGOCD_SERVER"));
        let address = address.ok_or_else(|| {
            missing(
                "its address",
                "set ARGOCD_SERVER, or give `--argocd-server`",
            )
        })?;
        let token = match &self.token_file {
            Some(path) => {
                fs::read_to_string(path).map_err(|error| Failure::io("read", path, &error))?
            }
            None => variable("ARGOCD_AUTH_TOKEN").ok_or_else(|| {
                missing(
                    "the token",
                    "set ARGOCD_AUTH_TOKEN to a token that may read applications, or give `--argocd-token-file`",
                )
            })?,
        };
        let name = self.app.as_deref().unwrap_or(rollout);
        let seen = argocd::ask(&Server { address, token }, name).map_err(|why| {
            Failure::new(Exit::Outside, why).help("check address, token and `--argocd-app`")
        })?;
        Ok(arrived(name, &seen, commits))
    }
}
