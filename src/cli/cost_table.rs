//! What the stages ask the cluster for, stage by stage and at the peak.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::plan::{Amount, Between, Plan, StageId};
use crate::units::amount_words;

use super::table::{self, Cell, Line, cell, number};

/// Seconds of an hour.
const HOUR: i128 = 3_600;
/// What is said below the table.
const NOTE: &str = "Requests of the pods' own containers, autoscaled models from their least to their most. Extra: the peak beyond the larger of the first\nand the last stage.";

/// A column: a resource, or the pods.
struct Column {
    name: String,
    stages: Vec<Between>,
    ends: Between,
}

impl Column {
    fn all(plan: &Plan) -> Vec<Self> {
        let last = StageId(plan.stages.len() - 1);
        let pods = Self {
            name: "pods".to_owned(),
            stages: plan.stage_ids().map(|stage| plan.pods_in(stage)).collect(),
            ends: plan.pods_in(StageId::FIRST).or(plan.pods_in(last)),
        };
        let resources: BTreeSet<String> = plan.resources();
        let resources = resources.into_iter().map(|name| Self {
            stages: plan
                .stage_ids()
                .map(|stage| plan.asked_of(stage, &name))
                .collect(),
            ends: plan.at_the_ends(&name),
            name,
        });
        [pods].into_iter().chain(resources).collect()
    }

    fn peak(&self) -> Between {
        let stages = self.stages.iter().copied();
        stages.fold(self.ends, Between::or)
    }

    fn extra(&self) -> Between {
        let peak = self.peak();
        let beyond = |peak: Amount, ends: Amount| peak?.checked_sub(ends?);
        Between {
            least: beyond(peak.least, self.ends.least),
            most: beyond(peak.most, self.ends.most),
        }
    }

    /// Whether it is a device, which costs by the hour: a resource with a domain.
    fn is_device(&self) -> bool {
        self.name.contains('/')
    }

    /// What runs from the first move to the last, each stage for as long as it bakes, in hours.
    fn hours(&self, plan: &Plan) -> Between {
        let sum = |of: fn(&Between) -> Amount| {
            let stages = plan.stages.iter().zip(&self.stages);
            let between = stages.take(plan.stages.len() - 1).skip(1);
            between.into_iter().try_fold(0_i128, |sum, (stage, asked)| {
                let seconds = stage.bake.max(plan.policy.min_bake).seconds();
                sum.checked_add(of(asked)?.checked_mul(seconds.into())? / HOUR)
            })
        };
        Between {
            least: sum(|asked| asked.least),
            most: sum(|asked| asked.most),
        }
    }

    fn words(&self, asked: Between) -> String {
        match (asked.least, asked.most) {
            (Some(least), Some(most)) if least == most => amount_words(&self.name, least),
            (Some(least), Some(most)) => format!(
                "{}–{}",
                amount_words(&self.name, least),
                amount_words(&self.name, most)
            ),
            (None, _) | (_, None) => "unknown".to_owned(),
        }
    }
}

/// The rows: a name, and what is asked for by column.
fn rows(plan: &Plan, columns: &[Column]) -> Vec<(String, Vec<String>)> {
    let row = |name: String, of: &dyn Fn(&Column) -> Between| {
        let cells = columns.iter().map(|column| column.words(of(column)));
        (name, cells.collect())
    };
    let stages = plan.stage_ids();
    let stages = stages.map(|id| row(plan.numbered(id), &|column| column.stages[id.0]));
    let sums = [
        row("peak".to_owned(), &Column::peak),
        row("first or last".to_owned(), &|column| column.ends),
        row("extra".to_owned(), &Column::extra),
    ];
    stages.chain(sums).collect()
}

/// `nvidia.com/gpu-hours of the moves, with the bakes: 12–40`
fn hours(plan: &Plan, columns: &[Column]) -> Vec<String> {
    let devices = columns.iter().filter(|column| column.is_device());
    let lines = devices.map(|column| {
        let hours = column.words(column.hours(plan));
        format!(
            "{} hours from the first move to the last, each stage for its bake: {hours}",
            column.name
        )
    });
    lines.collect()
}

/// A table for the terminal.
pub(super) fn text(plan: &Plan, coloured: bool) -> String {
    let columns = Column::all(plan);
    let names = columns
        .iter()
        .map(|column| number(column.name.to_uppercase()));
    let mut lines = vec![Line::heading([cell("STAGE")].into_iter().chain(names))];
    for (name, cells) in rows(plan, &columns) {
        let cells = cells.into_iter().map(number);
        lines.push(Line::Cells(
            [cell(name)].into_iter().chain(cells).collect::<Vec<Cell>>(),
        ));
    }
    let mut text = table::print(&lines, coloured);
    text.push('\n');
    for line in hours(plan, &columns) {
        text.push_str(&line);
        text.push('\n');
    }
    format!("{text}{NOTE}\n")
}

/// The same in Markdown.
pub(super) fn markdown(plan: &Plan) -> String {
    let columns = Column::all(plan);
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let mut lines = vec![
        format!("| Stage | {} |", names.join(" | ")),
        format!("| :-- |{}", " --: |".repeat(names.len())),
    ];
    let rows = rows(plan, &columns).into_iter();
    lines.extend(rows.map(|(name, cells)| format!("| {name} | {} |", cells.join(" | "))));
    lines.push(String::new());
    let hours = hours(plan, &columns).into_iter();
    lines.extend(hours.map(|line| format!("{line}  ")));
    lines.push(NOTE.replace('\n', " "));
    format!("{}\n", lines.join("\n"))
}

/// The same for machines: decimals as strings, in the resource's own unit; `null` where it is unknown.
pub(super) fn describe(plan: &Plan) -> Value {
    let columns = Column::all(plan);
    let row = |of: &dyn Fn(&Column) -> Between| -> Value {
        let each = columns.iter().map(|column| {
            let asked = of(column);
            let between = json!({"least": decimal(asked.least), "most": decimal(asked.most)});
            (column.name.clone(), between)
        });
        Value::Object(each.collect())
    };
    let stages = plan.stage_ids().map(|id| {
        let asked = row(&|column| column.stages[id.0]);
        json!({"name": plan.stage(id).name.as_str(), "asks": asked})
    });
    let devices = columns.iter().filter(|column| column.is_device());
    let hours = devices.map(|column| {
        let hours = column.hours(plan);
        let between = json!({"least": decimal(hours.least), "most": decimal(hours.most)});
        (column.name.clone(), between)
    });
    json!({
        "stages": stages.collect::<Vec<Value>>(),
        "peak": row(&Column::peak),
        "ends": row(&|column| column.ends),
        "extra": row(&Column::extra),
        "hours": Value::Object(hours.collect()),
    })
}

/// An amount in billionths as an exact decimal.
fn decimal(amount: Amount) -> Option<String> {
    const ONE: u128 = 1_000_000_000;
    let amount = amount?;
    let (whole, part) = (amount.unsigned_abs() / ONE, amount.unsigned_abs() % ONE);
    let sign = if amount < 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{part:09}");
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}
