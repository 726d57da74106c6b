//! How Argo CD is asked, by the command line and the environment.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::argocd::Server;
use crate::promotion::request::ArgoCd;
use crate::promotion::{Refusal, Why};

use super::Failure;
use super::environment::variable;

/// How Argo CD is asked.
#[derive(Debug, Args)]
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
#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Ask Argo CD that the application is Synced and Healthy at the live stage; the bake counts from its deployment
    #[arg(long)]
    require_healthy: bool,
    #[command(flatten)]
    argo: ArgoArgs,
}

impl HealthArgs {
    pub(super) fn argocd(&self) -> ArgoCd {
        ArgoCd {
            require_healthy: self.require_healthy,
            ..self.argo.argocd()
        }
    }
}

impl ArgoArgs {
    pub(super) fn argocd(&self) -> ArgoCd {
        ArgoCd {
            require_healthy: false,
            is_named: self.server.is_some(),
            server: server(self.server.as_deref(), self.token_file.as_deref()),
            application: self.app.clone(),
        }
    }
}

/// How Argo CD is asked where only the environment says so.
pub(super) fn of_environment() -> ArgoCd {
    ArgoCd {
        require_healthy: false,
        is_named: false,
        server: server(None, None),
        application: None,
    }
}

fn server(address: Option<&str>, token_file: Option<&Path>) -> Result<Server, Refusal> {
    let missing = |what: &str, help: &str| {
        let message = format!("Argo CD is to be asked, and {what} is not known");
        Refusal::new(Why::Usage, message).help(help)
    };
    let address = address.map(str::to_owned);
    let address = address.or_else(|| variable("ARGOCD_SERVER"));
    let address = address.ok_or_else(|| {
        missing(
            "its address",
            "set ARGOCD_SERVER, or give `--argocd-server`",
        )
    })?;
    let token = match token_file {
        Some(path) => fs::read_to_string(path)
            .map_err(|error| Refusal::new(Why::Outside, Failure::io("read", path, &error).message))?,
        None => variable("ARGOCD_AUTH_TOKEN").ok_or_else(|| {
            missing(
                "the token",
                "set ARGOCD_AUTH_TOKEN to a token that may read applications, or give `--argocd-token-file`",
            )
        })?,
    };
    Ok(Server { address, token })
}
