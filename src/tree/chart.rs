//! The traffic as a Mermaid chart, which GitHub and GitLab draw.

use std::fmt::Write as _;

use crate::plan::{ModelId, Plan, StageId};

/// More stages than this make a chart whose numbers run into each other.
const MOST_STAGES: usize = 30;
/// Of the chart, in pixels; GitHub shrinks it where the page is narrower.
const WIDTH: usize = 800;
/// What Mermaid leaves of the width for the labels below the axis.
const AXIS: usize = 720;
/// Of one character of a label at Mermaid's default size.
const CHARACTER: usize = 8;
/// A line's colour, and the square that names it below the chart: `xychart` has no legend in the versions that GitHub and GitLab
/// run. Both are to be seen on white and on black.
const COLOURS: [(&str, char); 7] = [
    ("#3b88c3", '🟦'),
    ("#f4900c", '🟧'),
    ("#78b159", '🟩'),
    ("#aa8ed6", '🟪'),
    ("#dd2e44", '🟥'),
    ("#c1694f", '🟫'),
    ("#e0b63a", '🟨'),
];

/// Of the column behind a marked stage: to be seen on white and on black.
const MARK: &str = "#8c959f55";

/// Of all requests, where the size of every cohort that matters is known.
const OF_ALL: &str = "Share of all requests";
const OF_UNCLAIMED: &str = "Share of the requests that no cohort claims (cohorts: unknown)";

/// An `xychart-beta` with one line a model: its share of the requests, stage by stage. Below it, whose line has which colour. None
/// where nothing moves, or where nobody could read it.
///
/// A marked stage stands out by a column behind the lines and an arrow before its name; such a chart is lower, so that what
/// follows it is in sight.
pub fn traffic_chart(plan: &Plan, marked: Option<StageId>) -> Option<String> {
    let known = |stage| {
        plan.model_ids()
            .all(|model| plan.share(stage, model).known().is_some())
    };
    let all_known = plan.stage_ids().all(known);
    let share = |stage: StageId, model: ModelId| match plan.share(stage, model).known() {
        Some(share) if all_known => share.percent(),
        Some(_) | None => plan.stage(stage).split.of(model),
    };
    let has_share = |model: &ModelId| {
        plan.stage_ids()
            .any(|stage| !share(stage, *model).is_zero())
    };
    // Those that come first: they are what the rollout is about.
    let mut models: Vec<ModelId> = plan.model_ids().filter(has_share).collect();
    models.sort_by_key(|model| *model == plan.stable);
    if models.len() < 2 || models.len() > COLOURS.len() || plan.stages.len() > MOST_STAGES {
        return None;
    }
    let colours: Vec<&str> = COLOURS.iter().map(|(colour, _)| *colour).collect();
    let colours = match marked {
        Some(_) => [&[MARK], &colours[..models.len()]].concat(),
        None => colours[..models.len()].to_vec(),
    };
    let height = if marked.is_some() { 240 } else { 320 };
    let mut text = String::new();
    let mut line =
        |words: String| writeln!(text, "{words}").expect("writing to a string cannot fail");
    line("```mermaid".to_owned());
    line(format!(
        "%%{{init: {{\"xyChart\": {{\"width\": {WIDTH}, \"height\": {height}}}, \"themeVariables\": {{\"xyChart\": {{\"plotColorPalette\": \"{}\"}}}}}}}}%%",
        colours.join(", ")
    ));
    line("xychart-beta".to_owned());
    let title = if all_known { OF_ALL } else { OF_UNCLAIMED };
    line(format!("    title \"{title}\""));
    line(format!("    x-axis [{}]", labels(plan, marked).join(", ")));
    line("    y-axis \"%\" 0 --> 100".to_owned());
    if let Some(marked) = marked {
        let column = plan
            .stage_ids()
            .map(|index| if index == marked { "100" } else { "0" });
        line(format!(
            "    bar [{}]",
            column.collect::<Vec<_>>().join(", ")
        ));
    }
    for model in &models {
        let shares: Vec<String> = plan
            .stage_ids()
            .map(|stage| share(stage, *model).to_string())
            .collect();
        line(format!("    line [{}]", shares.join(", ")));
    }
    line("```".to_owned());
    line(String::new());
    let legend: Vec<String> = models
        .iter()
        .zip(COLOURS)
        .map(|(model, (_, square))| format!("{square} `{}`", plan.model(*model).name))
        .collect();
    line(legend.join(" "));
    Some(text)
}

/// The names of the stages, or their numbers where the names would run into each other.
fn labels(plan: &Plan, marked: Option<StageId>) -> Vec<String> {
    let names = plan.stages.iter().map(|stage| stage.name.as_str());
    let longest = names.clone().map(str::len).max().unwrap_or(0);
    let has_room = (longest + 1) * CHARACTER * plan.stages.len() <= AXIS;
    let label = |index: StageId| {
        let numbered = plan.numbered(index);
        let name = if has_room {
            plan.stage(index).name.as_str()
        } else {
            numbered.split('-').next().unwrap_or_default()
        };
        let mark = if marked == Some(index) { "▶ " } else { "" };
        format!("\"{mark}{name}\"")
    };
    plan.stage_ids().map(label).collect()
}
