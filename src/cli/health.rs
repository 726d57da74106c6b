//! Asking Argo CD whether the live stage has arrived, for the commands that wait for it.

use std::env;
use std::fs;
use std::path::PathBuf;

use clap::Args;

use crate::argocd::{self, Server};
use crate::promotion::decide::Refusal;
use crate::promotion::health::arrived;
use crate::units::Moment;

use super::{Exit, Failure};

/// Whether and how Argo CD is asked.
#[derive(Debug, Default, Args)]
pub(super) struct HealthArgs {
    /// Ask Argo CD that the application is Synced and Healthy at the live stage; the bake counts from its deployment
    #[arg(long)]
    require_healthy: bool,
    /// Argo CD's address; default: ARGOCD_SERVER. The token is read from ARGOCD_AUTH_TOKEN
    #[arg(long, value_name = "URL")]
    argocd_server: Option<String>,
    /// The file with the token, instead of ARGOCD_AUTH_TOKEN
    #[arg(long, value_name = "FILE")]
    argocd_token_file: Option<PathBuf>,
    /// The application's name; default: the rollout's
    #[arg(long, value_name = "NAME")]
    argocd_app: Option<String>,
}

impl HealthArgs {
    /// Whether Argo CD is asked; `policy` is what the spec says.
    pub(super) fn is_asked(&self, policy: bool) -> bool {
        self.require_healthy || policy
    }

    /// When the live stage was deployed, or why it may not be left; `commits` are those of the stage.
    pub(super) fn ask(
        &self,
        rollout: &str,
        commits: &[String],
    ) -> Result<Result<Option<Moment>, Refusal>, Failure> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let missing = |what: &str, help: &str| {
            Failure::new(
                Exit::Usage,
                format!("Argo CD is to be asked, and {what} is not known"),
            )
            .help(help)
        };
        let address = self
            .argocd_server
            .clone()
            .or_else(|| variable("ARGOCD_SERVER"));
        let address = address.ok_or_else(|| {
            missing(
                "its address",
                "set ARGOCD_SERVER, or give `--argocd-server`",
            )
        })?;
        let token = match &self.argocd_token_file {
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
        let name = self.argocd_app.as_deref().unwrap_or(rollout);
        let seen = argocd::ask(&Server { address, token }, name).map_err(|why| {
            Failure::new(Exit::Outside, why).help(
                "check address, token and `--argocd-app`; `--force --reason` goes on without Argo CD where only the policy asks for it",
            )
        })?;
        Ok(arrived(name, &seen, commits))
    }
}
