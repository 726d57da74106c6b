//! The pod of a model whose workload is made of its fields: the runtime's facts, then the fields, then `podTemplate`.

mod config;
mod container;
mod pod;
mod probes;
mod storage;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::runtimes::{self, Launch, RuntimeFacts};
use super::{Generated, Model};

pub use config::Config;

/// Seconds for a storage initializer to copy what is served.
const COPYING_SECONDS: i32 = 1_800;

/// The pod that the runtime and the fields make, and the ConfigMap that it needs, where there is something to configure.
pub(super) fn build(model: &Model, own: &Generated) -> (core::PodTemplateSpec, Option<Config>) {
    let facts = runtimes::facts(own.runtime);
    let launch = (facts.launch)(model, own);
    let config = Config::of(model, &launch);
    let pod = Pod {
        model,
        own,
        facts,
        launch,
        config,
    };
    let template = core::PodTemplateSpec {
        metadata: Some(ObjectMeta {
            annotations: some_map(&own.pod.annotations),
            labels: Some(model.pod_labels.clone()),
            ..ObjectMeta::default()
        }),
        spec: Some(pod.pod()),
    };
    (template, pod.config)
}

/// The most seconds that a pod may take to start, as far as its probes and what it copies say.
pub fn start_seconds(own: &Generated) -> i32 {
    let budget = own.serving().startup_probe.as_ref().map_or(0, |probe| {
        let tries = probe.failure_threshold.unwrap_or(3);
        let tries = tries.saturating_mul(probe.period_seconds.unwrap_or(10));
        tries.saturating_add(probe.initial_delay_seconds.unwrap_or(0))
    });
    let copying = if own.is_copied() { COPYING_SECONDS } else { 0 };
    budget.saturating_add(copying)
}

/// One model's pod while it is made.
struct Pod<'a> {
    model: &'a Model,
    own: &'a Generated,
    facts: &'static RuntimeFacts,
    launch: Launch,
    /// The ConfigMap, where there is something to configure.
    config: Option<Config>,
}

fn some<T: Clone>(items: &[T]) -> Option<Vec<T>> {
    (!items.is_empty()).then(|| items.to_vec())
}

fn some_map(map: &BTreeMap<String, String>) -> Option<BTreeMap<String, String>> {
    (!map.is_empty()).then(|| map.clone())
}
