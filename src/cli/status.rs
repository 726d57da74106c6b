//! `glidepath status`

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use serde_json::{Value, json};

use crate::diag::visible_line;
use crate::promotion::Committed;
use crate::promotion::decide::Position;
use crate::promotion::hold::lifted;
use crate::promotion::ledger::traffic_words;
use crate::promotion::status::Status;
use crate::tree::LockedStageId;
use crate::units::Duration;

use super::clock::now;
use super::files;
use super::history::LedgerFormat;
use super::inputs::{Paths, compile_at, folder_of};
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

pub(super) fn run(args: &StatusArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let mut bodies = Vec::new();
    for (index, spec) in args.paths.locate()?.iter().enumerate() {
        let status = Said(read(spec)?);
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
        output.json(&body)?;
    }
    output.finish(Exit::Done)
}

fn read(spec: &Path) -> Result<Status, Failure> {
    let committed = Committed::read(folder_of(spec))?;
    let compiled = files::read(spec)?.and_then(|source| compile_at(spec, &source));
    Ok(Status::of(committed, compiled.ok().as_ref(), now())?)
}

/// What is said of a status.
struct Said(Status);

impl Said {
    fn position(&self) -> Position<'_> {
        self.0.position()
    }

    /// The folder of the stage that a rollback goes to.
    fn back(&self) -> Option<&str> {
        let lock = &self.0.committed.lock;
        lock.rollback_target(self.0.committed.live)
            .map(|stage| lock.stage(stage).folder.as_str())
    }

    /// Why the hold that is there does not count any more.
    fn lifted(&self) -> Option<String> {
        lifted(&self.0.committed.lock, self.0.holding.hold()?)
    }

    /// What is odd about the dates, and what this clone does not see.
    fn warnings(&self) -> Vec<String> {
        let odd = self.0.start.beginning.warnings.iter().cloned();
        odd.chain(self.0.holding.unseen()).collect()
    }

    fn text(&self) -> String {
        let (lock, position) = (&self.0.committed.lock, self.position());
        let stage = self.0.committed.stage();
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
        let start = &self.0.start;
        line(
            "since",
            format!(
                "{}, for {} ({})",
                start.beginning.at,
                Duration::from_seconds(self.0.elapsed),
                start.beginning.origin.words()
            ),
        );
        if let Some(restarted) = start.restarted() {
            line("", restarted);
        }
        for warning in self.warnings() {
            line("warning", warning);
        }
        line(
            "bake",
            match (position.bake(), position.left()) {
                (bake, Duration::ZERO) => format!("{bake}, done"),
                (bake, left) => format!("{bake}, {left} left"),
            },
        );
        line(
            "gates",
            if stage.gates.is_empty() {
                "none".to_owned()
            } else {
                format!(
                    "{} to be judged when the bake is over, and may fail before",
                    stage.gates.join(", ")
                )
            },
        );
        line(
            "next",
            match position.next() {
                Some(next) => {
                    let next = lock.stage(next);
                    format!("{} ({})", next.folder, traffic_words(lock, next))
                }
                None => "nothing: the rollout is complete; `glidepath next --model NAME` writes the next one".to_owned(),
            },
        );
        line(
            "rollback",
            match (self.back(), lock.long_way_back(self.0.committed.live)) {
                (Some(back), _) => format!("to {back}"),
                (None, Some((first, moves))) => {
                    let first = lock.stage(first);
                    format!(
                        "{moves} moves, by {}: `glidepath rollback --to {}` first",
                        first.folder, first.name
                    )
                }
                (None, None) if lock.is_past_return(self.0.committed.live) => {
                    "none: the point of no return has passed".to_owned()
                }
                (None, None) => "not needed: all traffic is on stable".to_owned(),
            },
        );
        if let Some(stage) = lock.point_of_no_return() {
            line("no return", format!("from {} on", lock.stage(stage).folder));
        }
        if let Some(hold) = self.0.holding.standing(lock) {
            line(
                "hold",
                format!("{}: {}", hold.stage, self.0.holding.words()),
            );
        }
        if let Some(lifted) = self.lifted() {
            line("hold", lifted);
        }
        line(
            "tree",
            self.0.stale.clone().unwrap_or_else(|| "current".to_owned()),
        );
        if self.0.is_uncommitted {
            line(
                "pointer",
                "changed in the work tree and not committed".to_owned(),
            );
        }
        text
    }

    fn json(&self) -> Value {
        let (lock, position) = (&self.0.committed.lock, self.position());
        let stage = self.0.committed.stage();
        let start = &self.0.start;
        let stay = start.stay.as_ref();
        let named = |stage: LockedStageId| {
            let stage = lock.stage(stage);
            json!({"stage": stage.name, "folder": stage.folder})
        };
        json!({
            "version": 1,
            "rollout": lock.rollout,
            "specDigest": lock.spec_digest,
            "live": named(self.0.committed.live),
            "contentDigest": stage.content_digest,
            "since": start.beginning.at.to_string(),
            "sinceBy": start.beginning.origin.name(),
            "commit": stay.map(|stay| stay.began().id.to_string()),
            "restarted": stay.and_then(|stay| stay.changed.as_deref()),
            "warnings": self.warnings(),
            "head": self.0.committed.head.tip.to_string(),
            "elapsedSeconds": self.0.elapsed,
            "bakeSeconds": position.bake().seconds(),
            "bakeLeftSeconds": position.left().seconds(),
            "gates": stage.gates,
            "next": position.next().map(named),
            "rollback": lock.rollback_target(self.0.committed.live).map(named),
            "longWayBack": lock.long_way_back(self.0.committed.live).map(|(first, moves)| {
                json!({"first": named(first), "moves": moves})
            }),
            "pointOfNoReturn": lock.point_of_no_return().map(named),
            "pastReturn": lock.is_past_return(self.0.committed.live),
            "hold": self.0.holding.standing(lock).map(|hold| json!({
                "stage": hold.stage, "reason": hold.reason, "by": hold.by, "commit": hold.commit,
                "words": self.0.holding.words(),
            })),
            "holdLifted": self.lifted(),
            "stale": self.0.stale.is_some(),
            "staleWhy": self.0.stale,
            "uncommitted": self.0.is_uncommitted,
        })
    }
}
