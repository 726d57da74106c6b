//! The traffic as a Mermaid chart, which GitHub and GitLab draw.

use std::fmt::Write as _;

use crate::plan::Plan;

/// More stages than this make a chart that nobody can read.
const MOST_STAGES: usize = 40;

/// An `xychart-beta` with one line a model that is not stable: its share of the requests that no cohort claims, stage by stage.
pub(super) fn chart(plan: &Plan) -> Option<String> {
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
    let stages: Vec<&str> = plan
        .stages
        .iter()
        .map(|stage| stage.name.as_str())
        .collect();
    let mut text = String::from("```mermaid\nxychart-beta\n");
    let mut line =
        |words: String| writeln!(text, "    {words}").expect("writing to a string cannot fail");
    line(format!(
        "title \"Requests to {} (% of those that no cohort claims)\"",
        names.join(", ")
    ));
    line(format!(
        "x-axis [{}]",
        stages
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect::<Vec<_>>()
            .join(", ")
    ));
    line("y-axis \"%\" 0 --> 100".to_owned());
    let kind = if candidates.len() == 1 { "bar" } else { "line" };
    for model in candidates {
        let shares: Vec<String> = plan
            .stages
            .iter()
            .map(|stage| stage.split.of(model).to_string())
            .collect();
        line(format!("{kind} [{}]", shares.join(", ")));
    }
    text.push_str("```\n");
    Some(text)
}
