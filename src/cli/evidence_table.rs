//! How long each stage must bake before its gates can tell, where the spec says how many requests to expect.

use serde_json::{Value, json};

use crate::diag::words::count;
use crate::gate::{Need, needs, without_failure};
use crate::plan::{Gate, GateId, Plan, StageId};

use super::table::columns;
use crate::diag::escape_markdown as escape;

/// What the slowest gate of one stage needs.
struct Slowest {
    stage: StageId,
    /// In words.
    bake: String,
    need: Need,
}

impl Slowest {
    fn of(plan: &Plan, stage: StageId) -> Option<Self> {
        let known = needs(plan, stage).into_iter();
        let known = known.filter_map(|need| Some((need.bake?, need)));
        let (bake, need) = known.max_by_key(|(bake, _)| *bake)?;
        Some(Self {
            stage,
            bake: bake.to_string(),
            need,
        })
    }

    /// `availability of resnet101: 200 requests`
    fn why(&self) -> String {
        let requests = usize::try_from(self.need.requests).unwrap_or(usize::MAX);
        let requests = count(requests, "request");
        format!("{} of {}: {requests}", self.need.gate, self.need.model)
    }
}

fn slowest(plan: &Plan) -> Vec<Slowest> {
    let stages = plan.stage_ids();
    stages
        .filter_map(|stage| Slowest::of(plan, stage))
        .collect()
}

/// A line for each gate of availability that a stage uses: how many requests without a failure show its objective.
fn samples(plan: &Plan, line: impl Fn(&str) -> String) -> Vec<String> {
    let is_used = |id: &GateId| plan.stages.iter().any(|stage| stage.gates.contains(id));
    let gates = plan.gate_ids().filter(is_used).map(|id| plan.gate(id));
    let sentence = |gate: &Gate| {
        let said = without_failure(gate)?;
        Some(line(&format!("{}: {said}", gate.name)))
    };
    gates.filter_map(sentence).collect()
}

/// A table for the terminal; empty where no gate's need is known.
pub(super) fn text(plan: &Plan) -> String {
    let found = slowest(plan);
    if found.is_empty() {
        return String::new();
    }
    let rows = found.iter().map(|one| {
        [
            plan.numbered(one.stage),
            one.bake.clone(),
            plan.stage(one.stage).bake.to_string(),
            one.why(),
        ]
    });
    let table = columns(["EVIDENCE", "NEEDS", "BAKE", "FOR"], rows);
    let lines = samples(plan, |line| format!("{line}\n"));
    let gap = if lines.is_empty() { "" } else { "\n" };
    format!("\n{table}{gap}{}", lines.concat())
}

/// The table in Markdown.
pub(super) fn markdown(plan: &Plan) -> String {
    let found = slowest(plan);
    if found.is_empty() {
        return String::new();
    }
    let rows = found.iter().map(|one| {
        format!(
            "| {} | {} | {} | {} |\n",
            plan.numbered(one.stage),
            one.bake,
            plan.stage(one.stage).bake,
            escape(&one.why())
        )
    });
    let lines = samples(plan, |line| format!("- {}\n", escape(line)));
    let gap = if lines.is_empty() { "" } else { "\n" };
    format!(
        "\n| Evidence | Needs | Bake | For |\n| --- | --- | --- | --- |\n{}{gap}{}",
        rows.collect::<String>(),
        lines.concat()
    )
}

/// One object a stage, gate and model whose need is known.
pub(super) fn describe(plan: &Plan) -> Value {
    let stages = plan.stage_ids();
    let items = stages.flat_map(|stage| {
        let name = plan.stage(stage).name.as_str();
        needs(plan, stage).into_iter().map(move |need| {
            json!({
                "stage": name,
                "gate": need.gate,
                "model": need.model,
                "requests": need.requests,
                "why": need.why,
                "bakeSeconds": need.bake_seconds(),
            })
        })
    });
    items.collect()
}
