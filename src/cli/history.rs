//! `glidepath history`

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::promotion::history::{self, Move};
use crate::promotion::ledger::Trailers;
use crate::sink::git::Repo;
use crate::units::names::POINTER_FILE as POINTER;
use crate::units::{Duration, Timestamp};

use super::committed::{folder_of, in_tree, now};
use super::inputs::OnePath;
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

/// A stage that has been live.
struct Stay<'a> {
    stage: &'a str,
    entered: &'a Move,
    left: Option<&'a Move>,
}

impl Stay<'_> {
    /// Seconds in the stage; up to now where it is live.
    fn seconds(&self) -> u64 {
        let until = self.left.map_or_else(now, |left| left.commit.committed);
        until.since(self.entered.commit.committed).seconds()
    }

    fn left_at(&self) -> Option<Timestamp> {
        self.left.map(|left| left.commit.committed)
    }

    /// What the gates said when the stage was left, by whoever left it forwards.
    fn gates(&self) -> &[String] {
        let entry = self.left.and_then(|left| left.entry.as_ref());
        entry
            .filter(|entry| entry.from == self.stage)
            .map_or(&[], |entry| &entry.gates)
    }

    /// The file with their evidence, where whoever left the stage recorded it.
    fn evidence(&self) -> Option<&str> {
        let entry = self.left.and_then(|left| left.entry.as_ref());
        entry
            .filter(|entry| entry.from == self.stage)
            .and_then(|entry| entry.evidence.as_deref())
    }

    /// Why and how it was entered, where that was not the plain way.
    fn note(&self) -> String {
        match &self.entered.entry {
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
}

pub(super) fn run(args: &HistoryArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let spec = args.path.locate()?;
    let repo = Repo::open(folder_of(&spec))?;
    let moves = match repo.head()? {
        Some(head) => history::moves(&repo, head.tip, &in_tree(POINTER))?,
        None => Vec::new(),
    };
    let stays: Vec<Stay<'_>> = moves
        .iter()
        .enumerate()
        .filter_map(|(at, entered)| {
            Some(Stay {
                stage: entered.stage.as_deref()?,
                entered,
                left: moves.get(at + 1),
            })
        })
        .collect();
    match args.format {
        LedgerFormat::Text => output.result(table(&stays))?,
        LedgerFormat::Json => {
            let stays: Vec<_> = stays.iter().map(record).collect();
            let body = json!({"version": 1, "stays": stays});
            output.result(format_args!("{body:#}\n"))?;
        }
    }
    output.finish(Exit::Done)
}

fn table(stays: &[Stay<'_>]) -> String {
    let row = |stay: &Stay<'_>| {
        let gates = stay.gates().join("; ");
        [
            stay.stage.to_owned(),
            stay.entered.commit.committed.to_string(),
            stay.left_at()
                .map_or_else(|| "live".to_owned(), |at| at.to_string()),
            Duration::from_seconds(stay.seconds()).to_string(),
            if gates.is_empty() {
                "–".to_owned()
            } else {
                gates
            },
            stay.entered.commit.author.name.clone(),
            stay.entered.commit.id.short(),
            stay.note(),
        ]
    };
    columns(
        [
            "STAGE", "ENTERED", "LEFT", "FOR", "GATES", "BY", "COMMIT", "NOTE",
        ],
        stays.iter().map(row),
    )
}

fn record(stay: &Stay<'_>) -> serde_json::Value {
    let entry = stay.entered.entry.as_ref();
    json!({
        "stage": stay.stage,
        "entered": stay.entered.commit.committed.to_string(),
        "left": stay.left_at().map(|at| at.to_string()),
        "seconds": stay.seconds(),
        "gates": stay.gates(),
        "evidence": stay.evidence(),
        "commit": stay.entered.commit.id.to_string(),
        "by": {"name": stay.entered.commit.author.name, "email": stay.entered.commit.author.email},
        "from": entry.map(|entry| entry.from.as_str()),
        "specDigest": entry.map(|entry| entry.digest.as_str()),
        "forced": entry.and_then(|entry| entry.forced.as_deref()),
        "rollback": entry.and_then(|entry| entry.reason.as_deref()),
        "foreign": entry.is_none(),
    })
}
