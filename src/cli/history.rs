//! `glidepath history`

use clap::{Args, ValueEnum};
use serde::{Serialize, Serializer};
use serde_json::json;

use crate::diag::visible_line;
use crate::promotion::history::Stay;
use crate::promotion::ledger::Trailers;
use crate::units::{Duration, Timestamp};

use super::clock::now;
use super::inputs::{OnePath, folder_of};
use super::output::Output;
use super::table::columns;
use super::{Exit, Failure};

/// Show every stage that was live: when, for how long, on what evidence, by whom
#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    #[command(flatten)]
    path: OnePath,
    /// How the ledger is written
    #[arg(long, value_enum, default_value_t = LedgerFormat::Text)]
    format: LedgerFormat,
}

/// How a list of records is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LedgerFormat {
    /// A table
    Text,
    /// JSON
    Json,
}

pub(super) fn run(args: &HistoryArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let spec = args.path.locate()?;
    let (stays, now) = (Stay::read(folder_of(&spec))?, now());
    match args.format {
        LedgerFormat::Text => output.result(table(&stays, now))?,
        LedgerFormat::Json => {
            output.json(&Ledger {
                version: 1,
                stays: Records(&stays, now),
            })?;
        }
    }
    output.finish(Exit::Done)
}

/// The whole ledger; each record is made when it is written.
#[derive(Serialize)]
struct Ledger<'a> {
    version: u8,
    stays: Records<'a>,
}

struct Records<'a>(&'a [Stay], Timestamp);

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|stay| record(stay, self.1)))
    }
}

fn table(stays: &[Stay], now: Timestamp) -> String {
    let row = |stay: &Stay| {
        let gates = stay.gates().join("; ");
        [
            stay.stage.clone(),
            models(stay),
            stay.entered.commit.committed.to_string(),
            stay.left_at()
                .map_or_else(|| "live".to_owned(), |at| at.to_string()),
            Duration::from_seconds(stay.seconds(now)).to_string(),
            if gates.is_empty() {
                "–".to_owned()
            } else {
                gates
            },
            stay.entered.commit.author.name.clone(),
            stay.entered.commit.id.short(),
            note(stay),
        ]
    };
    columns(
        [
            "STAGE", "MODELS", "ENTERED", "LEFT", "FOR", "GATES", "BY", "COMMIT", "NOTE",
        ],
        stays.iter().map(row),
    )
}

/// `v1, v2`; the names are a commit's, whoever wrote it.
fn models(stay: &Stay) -> String {
    match &stay.entered.models[..] {
        [] => "–".to_owned(),
        models => visible_line(&models.join(", ")),
    }
}

fn record(stay: &Stay, now: Timestamp) -> serde_json::Value {
    let told = stay.entered.trailers.as_ref();
    json!({
        "stage": stay.stage,
        "models": stay.entered.models,
        "entered": stay.entered.commit.committed.to_string(),
        "left": stay.left_at().map(|at| at.to_string()),
        "seconds": stay.seconds(now),
        "gates": stay.gates(),
        "evidence": stay.evidence(),
        "commit": stay.entered.commit.id.to_string(),
        "by": {"name": stay.entered.commit.author.name, "email": stay.entered.commit.author.email},
        "from": told.map(|told| told.from.as_str()),
        "specDigest": told.map(|told| told.digest.as_str()),
        "forced": told.and_then(|told| told.forced.as_deref()),
        "rollback": told.and_then(|told| told.reason.as_deref()),
        "restarted": stay.entered.changed,
        "reverted": stay.entered.reverted,
        "foreign": told.is_none() && stay.entered.changed.is_none(),
    })
}

/// Why and how a stage was entered, where that was not the plain way.
fn note(stay: &Stay) -> String {
    if let Some(what) = &stay.entered.changed {
        return format!("restarted: {}", visible_line(what));
    }
    if stay.entered.reverted {
        return "went back without a hold: counts as one".to_owned();
    }
    match &stay.entered.trailers {
        None => "not by glidepath".to_owned(),
        Some(Trailers {
            forced: Some(why), ..
        }) => format!("forced: {why}"),
        Some(Trailers {
            reason: Some(why), ..
        }) => format!("rolled back: {why}"),
        Some(_) => String::new(),
    }
}
