//! `glidepath status`

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use crate::compile::Compiled;
use crate::diag::visible_line;
use crate::promotion::decide::{self, standing_hold};
use crate::promotion::ledger::traffic_words;
use crate::tree::LockedStageId;
use crate::units::{Duration, Timestamp};

use super::committed::{Committed, in_tree, now};
use super::files;
use super::history::LedgerFormat;
use super::inputs::{Paths, compile_at};
use super::output::Output;
use super::{Exit, Failure};

/// Show where a rollout stands: the live stage, bake left, gates, what comes next
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    paths: Paths,
    /// How it is written
    #[arg(long, value_enum, default_value_t = LedgerFormat::Text)]
    format: LedgerFormat,
}

/// Everything that is said about one rollout.
struct Status {
    committed: Committed,
    since: Option<(Timestamp, String)>,
    elapsed: u64,
    stale: Option<String>,
    uncommitted: bool,
}

pub(super) fn run(args: &StatusArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let mut bodies = Vec::new();
    for (index, spec) in args.paths.locate()?.iter().enumerate() {
        let status = read(spec, output)?;
        match args.format {
            LedgerFormat::Text => {
                let gap = if index > 0 { "\n" } else { "" };
                output.result(format_args!("{gap}{}", status.text()))?;
            }
            LedgerFormat::Json => bodies.push(status.json()),
        }
    }
    if args.format == LedgerFormat::Json {
        let body = match &mut bodies[..] {
            [one] => one.take(),
            _ => Value::Array(bodies),
        };
        output.result(format_args!("{body:#}\n"))?;
    }
    output.finish(Exit::Done)
}

fn read(spec: &Path, output: &mut Output<'_>) -> Result<Status, Failure> {
    let committed = Committed::read(spec, false, output)?;
    let commits = committed.since()?;
    let entered = commits.last();
    let stale = match files::read(spec)?.and_then(|source| compile_at(spec, &source)) {
        Ok(compiled) => staleness(&committed, &compiled)?,
        Err(_) => Some("rollout.yaml does not compile".to_owned()),
    };
    let pointer = in_tree(crate::units::names::POINTER_FILE);
    let dirty = committed.repo.dirty(committed.head.tip, &[&pointer])?;
    Ok(Status {
        since: entered.map(|commit| (commit.committed, commit.id.to_string())),
        elapsed: entered.map_or(0, |commit| now().since(commit.committed).seconds()),
        stale,
        uncommitted: !dirty.is_empty(),
        committed,
    })
}

fn staleness(committed: &Committed, compiled: &Compiled) -> Result<Option<String>, Failure> {
    Ok(committed
        .staleness(compiled)?
        .map(|refusal| refusal.message))
}

impl Status {
    fn state(&self) -> decide::Position<'_> {
        decide::Position {
            lock: &self.committed.lock,
            live: self.committed.live,
            elapsed: self.elapsed,
            hold: self.committed.hold.as_ref(),
            judged: &[],
        }
    }

    /// The folder of the stage that a rollback goes to.
    fn back(&self) -> Option<&str> {
        let lock = &self.committed.lock;
        lock.rollback_target(self.committed.live)
            .map(|stage| lock.stage(stage).folder.as_str())
    }

    fn text(&self) -> String {
        let (lock, state) = (&self.committed.lock, self.state());
        let stage = self.committed.stage();
        let mut text = String::new();
        let mut line = |key: &str, value: String| {
            writeln!(text, "{key:<9} {}", visible_line(&value))
                .expect("writing to a string cannot fail");
        };
        line("rollout", lock.rollout.clone());
        line(
            "live",
            format!("{} ({})", stage.folder, traffic_words(lock, stage)),
        );
        if let Some((at, commit)) = &self.since {
            let short: String = commit.chars().take(7).collect();
            line(
                "since",
                format!(
                    "{at}, for {} ({short})",
                    Duration::from_seconds(self.elapsed)
                ),
            );
        }
        line(
            "bake",
            match (state.bake(), state.left()) {
                (bake, Duration::ZERO) => format!("{bake}, done"),
                (bake, left) => format!("{bake}, {left} left"),
            },
        );
        line(
            "gates",
            if stage.gates.is_empty() {
                "none".to_owned()
            } else {
                format!("{} to be judged", stage.gates.join(", "))
            },
        );
        line(
            "next",
            match state.next() {
                Some(next) => {
                    let next = lock.stage(next);
                    format!("{} ({})", next.folder, traffic_words(lock, next))
                }
                None => "nothing: the rollout is complete".to_owned(),
            },
        );
        line(
            "rollback",
            match self.back() {
                Some(back) => format!("to {back}"),
                None if lock.is_past_return(self.committed.live) => {
                    "none in one step: the point of no return has passed".to_owned()
                }
                None => "not needed: all traffic is on stable".to_owned(),
            },
        );
        if let Some(stage) = lock.point_of_no_return() {
            line("no return", format!("from {} on", lock.stage(stage).folder));
        }
        if let Some(hold) = standing_hold(lock, self.committed.hold.as_ref()) {
            line(
                "hold",
                format!("{}, by {}: {}", hold.stage, hold.by, hold.reason),
            );
        }
        line(
            "tree",
            self.stale.clone().unwrap_or_else(|| "current".to_owned()),
        );
        if self.uncommitted {
            line(
                "pointer",
                "changed in the work tree and not committed".to_owned(),
            );
        }
        text
    }

    fn json(&self) -> Value {
        let (lock, state) = (&self.committed.lock, self.state());
        let stage = self.committed.stage();
        let named = |stage: LockedStageId| {
            let stage = lock.stage(stage);
            json!({"stage": stage.name, "folder": stage.folder})
        };
        json!({
            "version": 1,
            "rollout": lock.rollout,
            "specDigest": lock.spec_digest,
            "live": named(self.committed.live),
            "since": self.since.as_ref().map(|(at, _)| at.to_string()),
            "commit": self.since.as_ref().map(|(_, commit)| commit),
            "head": self.committed.head.tip.to_string(),
            "elapsedSeconds": self.elapsed,
            "bakeSeconds": state.bake().seconds(),
            "bakeLeftSeconds": state.left().seconds(),
            "gates": stage.gates,
            "next": state.next().map(named),
            "rollback": lock.rollback_target(self.committed.live).map(named),
            "pointOfNoReturn": lock.point_of_no_return().map(named),
            "pastReturn": lock.is_past_return(self.committed.live),
            "hold": standing_hold(lock, self.committed.hold.as_ref()).map(|hold| json!({
                "stage": hold.stage, "reason": hold.reason, "by": hold.by, "commit": hold.commit,
            })),
            "stale": self.stale.is_some(),
            "staleWhy": self.stale,
            "uncommitted": self.uncommitted,
        })
    }
}
