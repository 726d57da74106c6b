//! Plans as tables for the terminal.

use std::fmt::Write as _;

use comfy_table::{Cell, ContentArrangement, Table, TableStyle};

use crate::plan::{Plan, Split, Stage};
use crate::units::Bake;

/// Characters of a full traffic bar.
const BAR: u32 = 10;

/// The stages as a table, a headline above and the point of no return below it.
pub(super) fn plan(plan: &Plan, width: Option<u16>) -> String {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_content_arrangement(ContentArrangement::Dynamic);
    // Without a terminal, rows stay whole: a program or a pager reads them.
    table.set_width(width.unwrap_or(u16::MAX));
    let has = |any: fn(&Stage) -> bool| plan.stages.iter().any(any);
    let (cohorts, gates) = (
        has(|stage| !stage.cohorts.is_empty()),
        has(|stage| !stage.gates.is_empty()),
    );
    let mut head = vec!["STAGE", "", "REQUESTS", "RUNNING"];
    head.extend(cohorts.then_some("COHORTS"));
    head.push("BAKE");
    head.extend(gates.then_some("GATES"));
    head.push("ROLLBACK");
    table.set_header(head);
    for (index, stage) in plan.stages.iter().enumerate() {
        let exposure = plan.exposure(index);
        let mut row = vec![
            Cell::new(plan.numbered(index)),
            Cell::new(bar(exposure.hundredths())),
            Cell::new(requests(plan, stage)),
            Cell::new(running(plan, stage)),
        ];
        if cohorts {
            row.push(Cell::new(dash(
                &stage
                    .cohorts
                    .iter()
                    .map(|(id, split)| {
                        format!("{} → {}", plan.cohort(*id).name, target(plan, split))
                    })
                    .collect::<Vec<_>>(),
            )));
        }
        row.push(Cell::new(if stage.bake == Bake::ZERO {
            "–".to_owned()
        } else {
            stage.bake.to_string()
        }));
        if gates {
            row.push(Cell::new(dash(
                &stage
                    .gates
                    .iter()
                    .map(|gate| plan.gates[*gate].name.clone())
                    .collect::<Vec<_>>(),
            )));
        }
        row.push(Cell::new(match plan.rollback_target(index) {
            Some(back) => plan.stages[back].name.to_string(),
            None if plan.is_past_return(index) => "none".to_owned(),
            None => "–".to_owned(),
        }));
        table.add_row(row);
    }
    let place = plan
        .namespace
        .as_ref()
        .map_or_else(String::new, |namespace| format!(" in {namespace}"));
    let mut text = format!(
        "{}{place}, stable {}\n\n",
        plan.name,
        plan.model(plan.stable).name
    );
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if let Some(index) = (0..plan.stages.len()).find(|index| plan.is_past_return(*index)) {
        let name = &plan.stages[index].name;
        writeln!(
            text,
            "\nPoint of no return: from {name} on, one step no longer brings the old model back."
        )
        .expect("writing to a string cannot fail");
    }
    text
}

/// A bar of ten characters; anything above nothing shows.
fn bar(hundredths: u32) -> String {
    let full = (hundredths * BAR).div_ceil(10_000);
    (0..BAR)
        .map(|at| if at < full { '█' } else { '░' })
        .collect()
}

fn dash(items: &[String]) -> String {
    if items.is_empty() {
        "–".to_owned()
    } else {
        items.join("\n")
    }
}

fn requests(plan: &Plan, stage: &Stage) -> String {
    let mut lines: Vec<String> = stage
        .split
        .shares()
        .map(|(model, share)| {
            let load = plan
                .traffic
                .expected_per_minute
                .map_or_else(String::new, |expected| {
                    format!(" ({:.0}/min)", expected * share.as_f64() / 100.0)
                });
            format!("{} {share} %{load}", plan.model(model).name)
        })
        .collect();
    lines.extend(
        stage
            .mirror
            .map(|mirror| format!("{} {} % copied", plan.model(mirror.to).name, mirror.percent)),
    );
    lines.join("\n")
}

fn running(plan: &Plan, stage: &Stage) -> String {
    let lines = stage.running.iter().map(|(id, replicas)| {
        let model = plan.model(*id);
        match &model.autoscaling {
            Some(scaling) => format!("{} ×{}–{}", model.name, scaling.min, scaling.max),
            None => format!("{} ×{replicas}", model.name),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn target(plan: &Plan, split: &Split) -> String {
    split.sole().map_or_else(
        || crate::tree::traffic_words(plan, split),
        |model| plan.model(model).name.to_string(),
    )
}
