//! In: a server, a token, an application's name. Out: what Argo CD says of the application, or one sentence why it does not.
//! One read-only request. The token appears in no message.
//! Never knows stages or commits, and never changes anything.

use std::time::Duration;

use serde::Deserialize;

use crate::http::{Client, Limits, Method};
use crate::units::Timestamp;

/// The longest that the server may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// A server, and the token for it.
#[derive(Clone, Debug)]
pub struct Server {
    /// `https://argocd.example.com`, or without a scheme, as `ARGOCD_SERVER` has it.
    pub address: String,
    /// The token, which may read the application.
    pub token: String,
}

/// What Argo CD says of an application.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Application {
    /// The sync status: `Synced`, `OutOfSync` or `Unknown`.
    pub sync: String,
    /// The health: `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing` or `Unknown`.
    pub health: String,
    /// The commits that its sources are at.
    pub revisions: Vec<String>,
    /// The revisions that were deployed and when, in the order of the server.
    pub deployed: Vec<(String, Timestamp)>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    sync: Sync,
    health: Health,
    history: Vec<Deployment>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sync {
    status: String,
    revision: String,
    revisions: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Health {
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Deployment {
    revision: String,
    revisions: Vec<String>,
    deployed_at: String,
}

/// Asks for an application. An error is one lower-case sentence.
pub fn ask(server: &Server, name: &str) -> Result<Application, String> {
    let address = server.address.trim_end_matches('/');
    let base = if address.contains("://") {
        address.to_owned()
    } else {
        format!("https://{address}")
    };
    if !name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
    {
        return Err(format!("`{name}` is no name of an application"));
    }
    let client = Client::new(Limits {
        whole: Some(TIMEOUT),
        ..Limits::default()
    });
    let mut answer = client
        .send(
            &Method::GET,
            &format!("{base}/api/v1/applications/{name}"),
            &[("authorization", &format!("Bearer {}", server.token.trim()))],
            None,
        )
        .map_err(|error| format!("Argo CD at `{base}` does not answer: {error}"))?;
    match answer.status {
        200 => {}
        401 => return Err("Argo CD does not accept the token (401)".to_owned()),
        403 => {
            return Err(format!(
                "the token may not read the application `{name}`, or Argo CD has none of this name (403)"
            ));
        }
        404 => return Err(format!("Argo CD has no application `{name}` (404)")),
        code => return Err(format!("Argo CD at `{base}` answers with status {code}")),
    }
    let body: Body = answer
        .json()
        .map_err(|error| format!("Argo CD's answer cannot be read: {error}"))?;
    Ok(body.status.into())
}

impl From<Status> for Application {
    fn from(status: Status) -> Self {
        let all = |one: String, more: Vec<String>| {
            std::iter::once(one)
                .chain(more)
                .filter(|revision| !revision.is_empty())
                .collect::<Vec<_>>()
        };
        let deployed = status.history.into_iter().flat_map(|deployment| {
            let at = deployment.deployed_at.parse::<Timestamp>();
            all(deployment.revision, deployment.revisions)
                .into_iter()
                .filter_map(move |revision| Some((revision, at.ok()?)))
        });
        Self {
            deployed: deployed.collect(),
            sync: status.sync.status,
            health: status.health.status,
            revisions: all(status.sync.revision, status.sync.revisions),
        }
    }
}
