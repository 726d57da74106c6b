//! Plans as tables for the terminal.

use std::fmt::Write as _;

use clap::builder::styling::{AnsiColor, Style};

use crate::plan::{Plan, StageId};
use crate::tree::{back_words, target_words, users_words};
use crate::units::{Duration, Percent};

use super::table::{self, Cell, Line, cell, number};

/// Characters of a full traffic bar.
const BAR: u32 = 10;
/// The stages as a table, a headline above and the point of no return below it.
///
/// Each model has a line of its own. Routes, bake, gates and rollback stand beside the models, or below them where `width` (in
/// columns) is too small for that. Without a width there is room for everything.
pub(super) fn plan(plan: &Plan, width: Option<u16>, coloured: bool) -> String {
    let width = width.map_or(usize::MAX, usize::from);
    let mut lines = beside(plan);
    if table::width(&lines) > width {
        lines = below(plan);
    }
    let mut text = headline(plan);
    text.push_str(&table::print(&lines, coloured));
    if let Some(index) = plan.stage_ids().find(|index| plan.is_past_return(*index)) {
        let name = &plan.stage(index).name;
        writeln!(
            text,
            "\nPoint of no return: {name} (one step no longer brings the old model back)"
        )
        .expect("writing to a string cannot fail");
    }
    text
}

fn headline(plan: &Plan) -> String {
    let place = plan
        .namespace
        .as_ref()
        .map_or_else(String::new, |namespace| format!(" in {namespace}"));
    let load = plan
        .traffic
        .expected_per_minute
        .map_or_else(String::new, |load| format!(", {load} requests a minute"));
    let stable = &plan.model(plan.stable).name;
    format!("{}{place}, stable {stable}{load}\n\n", plan.name)
}

/// The table with everything in columns.
fn beside(plan: &Plan) -> Vec<Line> {
    let facts: Vec<_> = plan.stage_ids().map(|at| facts(plan, at)).collect();
    // A column that would be empty in every stage is left out.
    let used: Vec<usize> = (0..FACTS.len())
        .filter(|column| facts.iter().any(|fact| !fact[*column].is_empty()))
        .collect();
    let mut head = head(plan);
    let models_wide = head.len();
    head.extend(used.iter().map(|column| cell(FACTS[*column])));
    let mut lines = vec![Line::heading(head)];
    for (index, facts) in plan.stage_ids().zip(&facts) {
        let models = models(plan, index);
        let height = facts.iter().map(Vec::len).chain([models.len()]).max();
        for at in 0..height.unwrap_or(0) {
            let mut cells = models.get(at).cloned().unwrap_or_default();
            cells.resize(models_wide, Cell::default());
            cells.extend(used.iter().map(|column| match facts[*column].get(at) {
                Some(fact) => cell(fact.clone()),
                None if at == 0 => cell("–"),
                None => Cell::default(),
            }));
            lines.push(Line::Cells(cells));
        }
    }
    lines
}

/// The table with the models in columns and the rest below them.
fn below(plan: &Plan) -> Vec<Line> {
    let mut lines = vec![Line::heading(head(plan))];
    for index in plan.stage_ids() {
        lines.extend(models(plan, index).into_iter().map(Line::Cells));
        let [routes, bake, gates, back] = facts(plan, index);
        let what = [
            ("bake", bake.concat()),
            ("gates", gates.join(", ")),
            ("rollback", back.concat()),
        ];
        let words: Vec<String> = what
            .into_iter()
            .filter(|(_, words)| !words.is_empty())
            .map(|(name, words)| format!("{name} {words}"))
            .collect();
        lines.extend(routes.into_iter().map(Line::Note));
        lines.extend((!words.is_empty()).then(|| Line::Note(words.join(" · "))));
    }
    lines
}

/// The headings of the model columns.
fn head(plan: &Plan) -> Vec<Cell> {
    let mut head = vec![cell("STAGE"), cell("MODEL"), cell("TRAFFIC"), cell("")];
    head.extend(plan.traffic.expected_per_minute.map(|_| number("PER MIN")));
    head.push(number("PODS"));
    head
}

/// A row for each model that runs or is routed to: the stage's name in the first, then model, bar, share, load, pods.
fn models(plan: &Plan, index: StageId) -> Vec<Vec<Cell>> {
    let stage = plan.stage(index);
    let mut rows = Vec::new();
    for id in plan.model_ids() {
        let share = stage.split.of(id);
        let replicas = stage.running.get(&id);
        if replicas.is_none() && share.is_zero() {
            continue;
        }
        let model = plan.model(id);
        let pods = replicas.map_or_else(|| "–".to_owned(), |replicas| model.pods_words(*replicas));
        let name = if rows.is_empty() {
            plan.numbered(index)
        } else {
            String::new()
        };
        let colour = if id == plan.stable {
            Style::new()
        } else {
            AnsiColor::Cyan.on_default()
        };
        let mut row = vec![
            cell(name).styled(Style::new().bold()),
            cell(model.name.to_string()),
            cell(bar(share)).styled(colour),
            number(format!("{share} %")),
        ];
        row.extend(plan.load_words(index, id).map(number));
        row.push(number(pods));
        rows.push(row);
    }
    rows
}

/// The headings of [`facts`].
const FACTS: [&str; 4] = ["ROUTES", "BAKE", "GATES", "ROLLBACK"];

/// What a stage says beside its models: cohorts, copies and who moves, bake, gates, the stage that a rollback goes to.
fn facts(plan: &Plan, index: StageId) -> [Vec<String>; 4] {
    let stage = plan.stage(index);
    let mut routes: Vec<String> = stage
        .cohorts
        .iter()
        .map(|(id, split)| format!("{} → {}", plan.cohort(*id).name, target_words(plan, split)))
        .collect();
    routes.extend((!stage.kind.is_routed()).then(|| "by the Service alone".to_owned()));
    routes.extend(stage.mirror_target().map(|copies| {
        let model = &plan.model(copies.to).name;
        format!(
            "copies of {} % → {model}{}",
            copies.percent,
            plan.copied_words(stage)
        )
    }));
    routes.extend(users_words(plan, index));
    let bake = (stage.bake != Duration::ZERO).then(|| stage.bake.to_string());
    let gates = stage.gates.iter().map(|gate| plan.gate(*gate).name.clone());
    let back = back_words(plan, index);
    [
        routes,
        bake.into_iter().collect(),
        gates.collect(),
        back.into_iter().collect(),
    ]
}

/// A bar of ten characters; anything above nothing shows, and so does anything below everything.
fn bar(share: Percent) -> String {
    let full = match share.rest().hundredths() {
        0 => BAR,
        _ => (share.hundredths() * BAR).div_ceil(10_000).min(BAR - 1),
    };
    (0..BAR)
        .map(|at| if at < full { '█' } else { '░' })
        .collect()
}
