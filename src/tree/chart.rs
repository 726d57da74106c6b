//! The traffic as a Mermaid chart, which GitHub and GitLab draw.

use std::fmt::Write as _;

use crate::plan::Plan;

/// More stages than this make a chart that nobody can read.
const MOST_STAGES: usize = 40;

/// Low, so that what follows is in sight; the first colour is pale, and the second one paints the marked stage.
const MARKED: &str = "%%{init: {\"xyChart\": {\"height\": 240}, \"themeVariables\": {\"xyChart\": {\"plotColorPalette\": \"#9ab8d8, #1f6feb, #8250df, #bf8700\"}}}}%%\n";

/// An `xychart-beta` with one line a model that is not stable: its share of the requests that no cohort claims, stage by stage.
///
/// A marked stage stands out: by its name, and by its colour where there is one model.
pub fn traffic_chart(plan: &Plan, marked: Option<usize>) -> Option<String> {
    let candidates: Vec<_> = plan
        .model_ids()
        .filter(|model| {
            *model != plan.stable
                && plan
                    .stages
                    .iter()
                    .any(|stage| !stage.split.of(*model).is_zero())
        })
        .collect();
    if plan.stages.len() > MOST_STAGES || candidates.is_empty() {
        return None;
    }
    let names: Vec<&str> = candidates
        .iter()
        .map(|model| plan.model(*model).name.as_str())
        .collect();
    let stages = plan.stages.iter().enumerate().map(|(index, stage)| {
        let mark = if marked == Some(index) { "▶ " } else { "" };
        format!("\"{mark}{}\"", stage.name)
    });
    let stages = stages.collect::<Vec<_>>().join(", ");
    let mut text = String::from("```mermaid\n");
    if marked.is_some() {
        text.push_str(MARKED);
    }
    text.push_str("xychart-beta\n");
    let mut line =
        |words: String| writeln!(text, "    {words}").expect("writing to a string cannot fail");
    line(format!(
        "title \"Requests to {} (% of those that no cohort claims)\"",
        names.join(", ")
    ));
    line(format!("x-axis [{stages}]"));
    line("y-axis \"%\" 0 --> 100".to_owned());
    let kind = if candidates.len() == 1 { "bar" } else { "line" };
    for model in &candidates {
        let shares: Vec<String> = plan
            .stages
            .iter()
            .map(|stage| stage.split.of(*model).to_string())
            .collect();
        line(format!("{kind} [{}]", shares.join(", ")));
    }
    if let (Some(marked), [model]) = (marked, &candidates[..]) {
        // Bars of one place cover each other: this one paints the marked stage over.
        let shares = plan.stages.iter().enumerate().map(|(index, stage)| {
            if index == marked {
                stage.split.of(*model).to_string()
            } else {
                "0".to_owned()
            }
        });
        line(format!("bar [{}]", shares.collect::<Vec<_>>().join(", ")));
    }
    text.push_str("```\n");
    Some(text)
}
