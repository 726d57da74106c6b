//! How long each stage must bake before its gates can tell, where the spec says how many requests to expect.

use serde_json::{Value, json};

use crate::diag::words::count;
use crate::gate::{Need, chances, needs, without_failure};
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

/// What the chances are of, for people.
const CHANCES: [&str; 6] = ["Chances, %", "Gate", "Limit", "Twice", "Fails", "Open"];
/// The same as a sentence.
const CHANCES_ARE: &str =
    "Passes at the limit and at twice it; a healthy candidate fails or stays open.";

/// A row for each stage, gate and model whose chances are known, in per cent.
fn chances_rows(plan: &Plan) -> Vec<[String; 6]> {
    let stages = plan.stage_ids();
    let rows = stages.flat_map(|stage| {
        chances(plan, stage).into_iter().filter_map(move |one| {
            let gate = format!("{} {}", one.gate, one.model);
            let bare = |chance: String| chance.trim_end_matches(" %").to_owned();
            let [limit, twice, healthy, open] = one.cells()?.map(bare);
            Some([plan.numbered(stage), gate, limit, twice, healthy, open])
        })
    });
    rows.collect()
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
    let heading = CHANCES.map(str::to_uppercase);
    let chances = columns(heading.each_ref().map(String::as_str), chances_rows(plan));
    let lines = lines.concat();
    format!("\n{table}\n{chances}\n{CHANCES_ARE}\n{gap}{lines}")
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
    let chances: Vec<String> = chances_rows(plan)
        .iter()
        .map(|row| row.each_ref().map(|cell| escape(cell)).join(" | "))
        .map(|row| format!("| {row} |\n"))
        .collect();
    let lines = samples(plan, |line| format!("- {}\n", escape(line)));
    let gap = if lines.is_empty() { "" } else { "\n" };
    format!(
        "\n| Evidence | Needs | Bake | For |\n| --- | --- | --- | --- |\n{}\n| {} |\n|{}\n{}\n{CHANCES_ARE}\n{gap}{}",
        rows.collect::<String>(),
        CHANCES.join(" | "),
        " --- |".repeat(CHANCES.len()),
        chances.concat(),
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

/// One object a stage, gate and model: how often the gate would be right, as shares from 0 to 1, or null where counts do not say.
pub(super) fn describe_chances(plan: &Plan) -> Value {
    let stages = plan.stage_ids();
    let items = stages.flat_map(|stage| {
        let name = plan.stage(stage).name.as_str();
        let found = chances(plan, stage).into_iter();
        found.map(move |one| one.write(name))
    });
    items.collect()
}
