//! What somebody asks for, and what the world around says: all that a move takes from outside, as plain values.

use std::collections::{BTreeMap, BTreeSet};

use crate::argocd::Server;
use crate::gate::prometheus::Settings;
use crate::gate::{ResultText, WebSettings};
use crate::plan::SourceId;
use crate::sink::git::Signing;
use crate::units::{Duration, Timestamp};

use super::Refusal;

/// What somebody wants beside the default.
#[derive(Clone, Debug, Default)]
pub struct MoveRequest {
    /// The stage to go to, by name or folder.
    pub to: Option<String>,
    /// The reason for which gates and bake do not count, or for going back.
    pub reason: Option<String>,
    /// Whether the reason overrides gates and bake.
    pub force: bool,
    /// Whether to lift a hold, and to open again what somebody closed; whoever asks for a rollback by hand means it.
    pub resume: bool,
    /// Verdicts that somebody else came to.
    pub evidence: Option<EvidenceFile>,
    /// The text of recorded evidence that a pull request carries, for where no telemetry can be asked.
    pub carried: Option<String>,
    /// Whether to commit what the gates were asked, and what was answered, beside the pointer.
    pub record: bool,
    /// Who vouches for it, such as the address of a workflow's run; whoever commits where there is none.
    pub issuer: Option<String>,
    /// Whether to write nothing, and to say what would change.
    pub dry_run: bool,
    /// Who signs the commit.
    pub signing: Signing,
}

/// What a failed gate leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFail {
    /// The report alone.
    Report,
    /// The proposal of a rollback, where the live stage can go back.
    Rollback,
}

/// A file of verdicts that somebody hands in.
#[derive(Clone, Debug)]
pub struct EvidenceFile {
    /// The file's path, for messages.
    pub path: String,
    /// The file's text, or why it could not be read; that only counts where the gates are asked for.
    pub text: Result<String, Refusal>,
}

/// What the world around says to a promotion. Where something fails, it is told only if it is needed.
#[derive(Debug)]
pub struct Facts {
    /// The time of asking.
    pub now: Timestamp,
    /// Whether and how Argo CD is asked.
    pub argocd: ArgoCd,
    /// Whether and how the telemetry is asked.
    pub telemetry: Telemetry,
}

/// Whether and how Argo CD is asked.
#[derive(Debug)]
pub struct ArgoCd {
    /// Whether the command line asks that the application is Synced and Healthy.
    pub require_healthy: bool,
    /// Whether the command line names a server: the environment alone asks for nothing.
    pub is_named: bool,
    /// The server and its token, or what is not known of them.
    pub server: Result<Server, Refusal>,
    /// The application's name; the rollout's where there is none.
    pub application: Option<String>,
}

/// How the telemetry is asked.
#[derive(Debug)]
pub struct Telemetry {
    /// The sources of which the command line, the environment or the spec says where they are.
    pub known: BTreeSet<SourceId>,
    /// Each source of the plan in its order: the server and who asks it, or what is not known of them.
    pub sources: Vec<Result<Settings, Refusal>>,
    /// The time for all questions together.
    pub deadline: Duration,
    /// The files for `result` gates, by the gates' names.
    pub results: BTreeMap<String, ResultText>,
    /// Who may be asked for `web` gates, or what is not known of that.
    pub web: Result<WebSettings, Refusal>,
    /// The files that drift gates hold the candidate against, path to text.
    pub references: BTreeMap<String, String>,
}
