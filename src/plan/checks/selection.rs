//! GP1xx: labels by which pods are found, of one model against another's.

use std::collections::BTreeMap;

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{self, Plan};
use crate::spec::{Document, Model};

pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    let models = &document.spec.models;
    for second in 1..plan.models.len() {
        // One complaint a model: a mistake that all of them share would otherwise be told for each pair.
        let found = (0..second).find_map(|first| {
            let pairs = [(first, second), (second, first)];
            let finds = |labels: fn(&plan::Model) -> &BTreeMap<String, String>| {
                pairs.into_iter().find(|(owner, other)| {
                    let [owner, other] = [owner, other].map(|index| &plan.models[*index]);
                    // Who gives no labels selects nothing, and not everything.
                    !labels(owner).is_empty() && selects(labels(owner), &other.pod_labels)
                })
            };
            // The Deployments' fault is the graver one, and often the reason of the subsets'.
            finds(|model| &model.selector)
                .map(|(owner, other)| overlap(plan, models, owner, other))
                .or_else(|| {
                    let (owner, other) = finds(|model| &model.subset_labels)?;
                    Some(shared_subset(plan, models, owner, other))
                })
        });
        if let Some(found) = found {
            report.push(found);
        }
    }
}

/// Whether a selector finds pods with these labels.
fn selects(selector: &BTreeMap<String, String>, pods: &BTreeMap<String, String>) -> bool {
    selector
        .iter()
        .all(|(key, value)| pods.get(key) == Some(value))
}

fn overlap(plan: &Plan, models: &[Model], owner: usize, other: usize) -> Diagnostic {
    let [owner_name, other_name] = [owner, other].map(|index| &plan.models[index].name);
    let labels = words(&plan.models[owner].selector);
    let help = if models[other].selector.is_some() {
        format!(
            "give the selectors of `{owner_name}` and `{other_name}` a label whose values differ"
        )
    } else {
        format!(
            "give `{other_name}` a `selector` whose labels differ, and let `service.selector` name a label that both have; `adopt: true` gives one to pods that run"
        )
    };
    Diagnostic::new(
        Code::GP116,
        place(models, other, false),
        format!("the Deployment of `{owner_name}` selects the pods of `{other_name}` too: they carry {labels}"),
    )
    .label(place(models, owner, false), "selects them")
    .note("Deployments and autoscalers count the pods that their selector finds, whoever made them")
    .help(help)
}

fn shared_subset(plan: &Plan, models: &[Model], owner: usize, other: usize) -> Diagnostic {
    let [owner_name, other_name] = [owner, other].map(|index| &plan.models[index].name);
    let labels = words(&plan.models[owner].subset_labels);
    Diagnostic::new(
        Code::GP116,
        place(models, other, true),
        format!("the subset of `{owner_name}` selects the pods of `{other_name}` too: they carry {labels}"),
    )
    .label(place(models, owner, true), "selects them")
    .note("requests for one of the models would reach the other")
    .help("give each of them `subset: {labels: …}` of its own")
}

/// Where the labels come from: what the spec gives, else the model's name.
fn place(models: &[Model], index: usize, subset: bool) -> Place {
    let at = Route::root().key("spec").key("models").index(index);
    let model = &models[index];
    Place::value(if subset && model.subset.is_some() {
        at.key("subset").key("labels")
    } else if model.selector.is_some() {
        at.key("selector")
    } else if model.workload.is_some() {
        at.key("workload").key("manifest")
    } else {
        at.key("name")
    })
}

/// `` `app: a` and `version: v1` ``.
fn words(labels: &BTreeMap<String, String>) -> String {
    let labels = labels.iter().map(|(key, value)| format!("{key}: {value}"));
    and_list(labels)
}
