//! The text of the rollout: its parts in the order of the language's own examples, each with the comment that it needs.

use serde_json::{Map, Value, json};

use crate::tree;
use crate::units::names::{ADOPT, API_VERSION, BASELINE, KIND};

use super::model::{Model, Rollout};

/// The first lines, with the stage that is what runs.
fn head(stage: &str) -> String {
    format!(
        "\
# Written by `glidepath init --from`: from what runs to the stage `{stage}` no request is lost, in whatever order it is applied.
# `glidepath plan` shows the stages that this file makes, `glidepath render` writes them.
"
    )
}

impl Rollout {
    /// The stage that is what runs now, and the first that may be applied.
    pub(super) fn begins(&self) -> &'static str {
        if self
            .cohorts
            .iter()
            .any(|cohort| cohort.model != self.stable())
        {
            PRESENT
        } else if self.adopts {
            ADOPT
        } else {
            BASELINE
        }
    }
}

/// The whole file.
pub(super) fn text(rollout: &Rollout) -> String {
    let mut metadata = Map::from_iter([("name".to_owned(), json!(rollout.name()))]);
    let namespace = &rollout.scope.service.identity.namespace;
    if !namespace.is_empty() {
        metadata.insert("namespace".to_owned(), json!(namespace));
    }
    let mut text = head(rollout.begins());
    text += &tree::yaml(&json!({"apiVersion": API_VERSION, "kind": KIND, "metadata": metadata}));
    text += "spec:\n";
    if rollout.adopts {
        let comment = if rollout.added.is_empty() {
            "A stage `adopt` comes first: it defines the subset, before anything routes to it."
        } else {
            "A stage `adopt` comes first: it labels the pods that run, before anything routes by the labels."
        };
        part(&mut text, comment, &field("adopt", &json!(true)));
    }
    let stays = rollout.service.stays.as_ref();
    let comment = stays.map(|why| format!("Somebody else's: {why}."));
    part(
        &mut text,
        comment.as_deref().unwrap_or_default(),
        &field("service", &rollout.service.fields.clone().into()),
    );
    let comment = match rollout.candidate() {
        Some(new) if !new.runs => format!(
            "What is new goes into {}.yaml, which is a copy of {}.yaml to begin with.",
            new.name,
            rollout.stable()
        ),
        Some(_) | None => String::new(),
    };
    part(&mut text, &comment, "models:\n");
    for model in &rollout.models {
        text += &indented(&item(&model_parts(model)));
    }
    part(&mut text, "", &field("stable", &json!(rollout.stable())));
    let mut traffic = rollout.routing.traffic.clone();
    if rollout.service.fields["ports"]
        .as_array()
        .is_some_and(|ports| ports.len() > 1)
    {
        traffic.insert("port".to_owned(), json!(rollout.routed_port()));
    }
    if !rollout.routes.is_empty() {
        traffic.insert("routes".to_owned(), json!(rollout.routes));
    }
    if !traffic.is_empty() {
        let comment = if traffic.contains_key("mesh") {
            "`mesh: true` would route callers in the mesh, too; today only what comes through the gateways is."
        } else {
            ""
        };
        part(&mut text, comment, &field("traffic", &traffic.into()));
    }
    let cohorts = rollout.cohorts.iter();
    let cohorts = cohorts.map(|one| json!({"name": one.name, "match": one.matches}));
    let cohorts: Vec<Value> = cohorts.collect();
    if !cohorts.is_empty() {
        part(&mut text, "", &field("cohorts", &cohorts.into()));
    }
    let gates = "gates:\n- {name: availability, availability: {objective: 99.5%}}\n";
    part(&mut text, "What must hold before a stage is left.", gates);
    let steps = format!("steps:\n{}", steps(rollout));
    part(
        &mut text,
        "Each says what changes; everything else stays.",
        &steps,
    );
    if let Some(version) = &rollout.routing.api_version {
        part(
            &mut text,
            "",
            &field("outputs", &json!({ "istioApiVersion": version })),
        );
    }
    text
}

/// A field of `spec`, below the comment that it needs.
fn part(text: &mut String, comment: &str, yaml: &str) {
    if !comment.is_empty() {
        text.extend(["  # ", comment, "\n"]);
    }
    *text += &indented(yaml);
}

fn field(name: &str, value: &Value) -> String {
    tree::yaml(&json!({ name: value }))
}

/// The fields of a model, in the order of the language's own examples.
fn model_parts(model: &Model) -> Vec<String> {
    let manifest = format!("./{}.yaml", model.name);
    let subset = model.subset.as_ref();
    let parts = [
        ("name", Some(json!(model.name))),
        ("workload", Some(json!({ "manifest": manifest }))),
        ("subset", subset.map(|labels| json!({ "labels": labels }))),
        ("trafficPolicy", model.policy.clone()),
        ("replicas", model.replicas.map(Value::from)),
    ];
    let parts = parts.into_iter();
    let parts = parts.filter_map(|(name, value)| Some(field(name, &value?)));
    parts.collect()
}

/// An item of a list, from its fields.
fn item(parts: &[String]) -> String {
    let text = indented(&parts.concat());
    format!("- {}", text.trim_start())
}

/// Who is led elsewhere now, as the first step; then the shares of the first model beside the one that serves.
fn steps(rollout: &Rollout) -> String {
    let mut steps = Vec::new();
    let rest = "bake: 1h, gates: [availability]";
    if !rollout.cohorts.is_empty() {
        let cohorts = rollout.cohorts.iter();
        let cohorts = cohorts.map(|one| (one.name.clone(), json!(one.model)));
        let cohorts = Value::Object(cohorts.collect());
        steps.push(format!(
            "- {{name: {PRESENT}, cohorts: {cohorts}, {rest}}}\n"
        ));
    }
    let candidate = rollout.candidate().into_iter();
    let weights = candidate.flat_map(|candidate| [10, 50, 100].map(|weight| (candidate, weight)));
    steps.extend(
        weights.map(|(candidate, weight)| match rollout.models.len() {
            2 => format!("- {{weight: {weight}, {rest}}}\n"),
            _ => format!(
                "- {{weights: {{\"{}\": {weight}}}, {rest}}}\n",
                candidate.name
            ),
        }),
    );
    steps.concat()
}

/// The name of the step in which everybody is led as now.
pub(super) const PRESENT: &str = "present";

/// A part of a document, two columns further right.
fn indented(text: &str) -> String {
    let lines = text.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("  {line}\n"),
    });
    lines.collect()
}
