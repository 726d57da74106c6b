//! `glidepath plan`

use clap::{Args, ValueEnum};

use crate::tree::plan_markdown;

use crate::promotion::stages;

use super::inputs::{Input, Paths, sole};
use super::output::Output;
use super::{Exit, Failure, cost_table, evidence_table, plan_table};

/// Show the stages: who gets which traffic, replicas, cohorts, bake, gates, rollback
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    #[command(flatten)]
    paths: Paths,
    /// How the plan is written
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    format: PlanFormat,
    /// Show what each stage asks the cluster for, and the peak: pods, CPU, memory, devices
    #[arg(long)]
    cost: bool,
    /// Print what the content digest of a stage is the SHA-256 of, for `sha256sum` or `gh attestation verify`
    #[arg(long, value_name = "STAGE", conflicts_with_all = ["format", "cost"])]
    content: Option<String>,
    /// Print the rollout with the steps that its strategy, ramps and step defaults become, as a rollout.yaml of the same tree
    #[arg(long, conflicts_with_all = ["format", "cost", "content"])]
    expand: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PlanFormat {
    /// A table
    Text,
    /// A Markdown table and a Mermaid chart
    Markdown,
    /// One JSON object, or a list of them for several rollouts
    Json,
}

pub(super) fn run(args: &PlanArgs, output: &mut Output<'_>) -> Result<Exit, Failure> {
    let inputs = args.paths.compile(output)?;
    if let Some(stage) = &args.content {
        let input = sole(inputs)?;
        let stage = stages::in_plan(&input.compiled.plan, stage)?;
        output.result(input.compiled.content(stage))?;
        return output.finish(Exit::Done);
    }
    if args.expand {
        output.result(sole(inputs)?.compiled.expanded())?;
        return output.finish(Exit::Done);
    }
    match args.format {
        PlanFormat::Text => {
            for (index, input) in inputs.iter().enumerate() {
                if index > 0 {
                    output.result("\n")?;
                }
                if args.cost {
                    let plan = &input.compiled.plan;
                    output.result(cost_table::text(plan, output.is_coloured()))?;
                    continue;
                }
                let table =
                    plan_table::plan(&input.compiled.plan, output.width(), output.is_coloured());
                output.result(table)?;
                output.result(evidence_table::text(&input.compiled.plan))?;
            }
        }
        PlanFormat::Markdown => {
            for input in &inputs {
                if args.cost {
                    output.result(cost_table::markdown(&input.compiled.plan))?;
                    continue;
                }
                output.result(plan_markdown(&input.compiled.plan, false))?;
                output.result(evidence_table::markdown(&input.compiled.plan))?;
            }
        }
        PlanFormat::Json => {
            let one = |input: &Input| {
                let plan = &input.compiled.plan;
                let mut body = input.compiled.lock().to_json();
                body["needs"] = evidence_table::describe(plan);
                body["chances"] = evidence_table::describe_chances(plan);
                if args.cost {
                    body["cost"] = cost_table::describe(plan);
                }
                body
            };
            let body = match &inputs[..] {
                [input] => one(input),
                many => many.iter().map(one).collect(),
            };
            output.json(&body)?;
        }
    }
    output.finish(Exit::Done)
}
