//! What somebody asks for, and what the world around says: all that a move takes from outside, as plain values.

use std::collections::BTreeMap;

use crate::argocd::Server;
use crate::gate::prometheus::Settings;
use crate::sink::git::Signing;
use crate::units::Timestamp;

use super::Refusal;

/// What somebody wants beside the default.
#[derive(Clone, Debug, Default)]
pub struct MoveRequest {
    /// The stage to go to, by name or folder.
    pub to: Option<String>,
    /// Why gates and bake do not count, or why to go back.
    pub reason: Option<String>,
    /// Whether the reason overrides gates and bake.
    pub force: bool,
    /// Lift a hold, and open again what somebody closed; whoever asks for a rollback by hand means it.
    pub resume: bool,
    /// Verdicts that somebody else came to.
    pub evidence: Option<EvidenceFile>,
    /// Commit what the gates were asked, and what was answered, beside the pointer.
    pub record: bool,
    /// Write nothing; say what would change.
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
    /// Its path, for messages.
    pub path: String,
    /// Its text, or why it could not be read; that only counts where the gates are asked for.
    pub text: Result<String, Refusal>,
}

/// What the world around says to a promotion. Where something fails, it is told only if it is needed.
#[derive(Debug)]
pub struct Facts {
    /// Now.
    pub now: Timestamp,
    /// Whether and how Argo CD is asked.
    pub argocd: ArgoCd,
    /// Whether and how the telemetry is asked.
    pub telemetry: Telemetry,
}

/// Whether and how Argo CD is asked.
#[derive(Debug)]
pub struct ArgoCd {
    /// The command line asks that the application is Synced and Healthy.
    pub require_healthy: bool,
    /// The command line names a server: the environment alone asks for nothing.
    pub is_named: bool,
    /// Where it is, or what is not known of it.
    pub server: Result<Server, Refusal>,
    /// The application's name; the rollout's where there is none.
    pub application: Option<String>,
}

/// How the telemetry is asked.
#[derive(Debug)]
pub struct Telemetry {
    /// Whether the environment or the spec says where it is.
    pub is_known: bool,
    /// Where it is and who asks, or what is not known of it.
    pub settings: Result<Settings, Refusal>,
    /// The files that drift gates hold the candidate against, path to text.
    pub references: BTreeMap<String, String>,
}
