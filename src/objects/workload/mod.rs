//! The objects of one running model: configuration, account, Deployment, autoscaler, disruption budget. One file a kind.

mod autoscaler;
mod config_map;
mod deployment;
mod disruption_budget;
mod inference_pool;
mod own;
mod scaled_object;
mod service_account;

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use serde_json::Value;

use crate::diag::Route;
use crate::plan::{self, Account, Autoscaler, Generated, Model, ModelId, Plan};

use super::api::keda::KIND as SCALED_OBJECT;
use super::base::of_model;
use super::meta::{id, kind_of, metadata};
use super::{Object, Scope, Waves, json};

pub(super) fn build(plan: &Plan, model_id: ModelId, replicas: u32, waves: Waves) -> Vec<Object> {
    let model = plan.model(model_id);
    let mut objects = match &model.workload {
        plan::Workload::Generated(made) => generated(plan, model_id, made, replicas, waves),
        plan::Workload::Own(own) => own::build(model, model_id, own, replicas, waves),
        plan::Workload::Elsewhere => Vec::new(),
    };
    if let Some(pool) = &model.pool
        && let Some(made) = &pool.create
    {
        objects.push(inference_pool::build(plan, model_id, pool, made, waves));
    }
    if plan.service.per_model && model.backend.is_none() && model.pool.is_none() {
        objects.push(of_model(plan, model_id, waves));
    }
    objects
}

/// The objects of a workload that is made of the model's fields.
fn generated(
    plan: &Plan,
    model_id: ModelId,
    own: &Generated,
    replicas: u32,
    waves: Waves,
) -> Vec<Object> {
    let model = plan.model(model_id);
    let origin = Route::root().key("spec").key("models").index(model_id.0);
    let workload = Workload {
        plan,
        id: model_id,
        model,
        own,
        waves,
    };
    let object = |kind: &'static str, file: &str, name: &str, wave: i32, body: Value| {
        debug_assert_eq!(kind_of(&body), kind);
        Object {
            id: id(plan, kind, name),
            file: format!("{file}-{}", model.name),
            scope: Scope::Stage,
            wave,
            origin: origin.clone(),
            body,
        }
    };
    let mut objects = Vec::new();
    if let Some(config) = &own.config {
        objects.push(object(
            "ConfigMap",
            "configmap",
            &config.name,
            waves.config,
            json(&workload.config_map(config)),
        ));
    }
    if let Some(Account {
        name,
        create: Some(annotations),
    }) = &own.account
    {
        let body = json(&workload.service_account(name, annotations));
        objects.push(object(
            "ServiceAccount",
            "service-account",
            name,
            waves.config,
            body,
        ));
    }
    let body = json(&workload.deployment(replicas));
    objects.push(object(
        "Deployment",
        "deployment",
        &model.workload_name,
        waves.workload,
        body,
    ));
    if let Some(autoscaling) = model.autoscaling() {
        let (kind, file, body) = match &autoscaling.by {
            Autoscaler::Metrics { cpu, metrics } => {
                let body = json(&workload.autoscaler(autoscaling, *cpu, metrics));
                ("HorizontalPodAutoscaler", "horizontal-pod-autoscaler", body)
            }
            Autoscaler::Keda(keda) => {
                let body = json(&workload.scaled_object(autoscaling, keda));
                (SCALED_OBJECT, "scaled-object", body)
            }
        };
        let name = &model.workload_name;
        objects.push(object(kind, file, name, waves.scaling, body));
    }
    if let Some(budget) = &own.budget {
        let body = json(&workload.disruption_budget(budget));
        objects.push(object(
            "PodDisruptionBudget",
            "pod-disruption-budget",
            &model.workload_name,
            waves.scaling,
            body,
        ));
    }
    objects
}

/// One running model.
struct Workload<'a> {
    plan: &'a Plan,
    id: ModelId,
    model: &'a Model,
    own: &'a Generated,
    waves: Waves,
}

impl Workload<'_> {
    fn metadata(&self, name: &str, wave: i32) -> ObjectMeta {
        metadata(self.plan, name, wave, Some(self.model))
    }

    fn selector(&self) -> LabelSelector {
        LabelSelector {
            match_labels: Some(self.model.selector.clone()),
            match_expressions: None,
        }
    }
}

pub(super) fn some_map(map: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then(|| map.clone())
}
