//! What Argo CD itself reads: an Application or an ApplicationSet, and an AppProject with the least rights.
//!
//! Nothing here has `ignoreDifferences`: git is the only writer of every field that glidepath emits.

mod application;
mod application_set;
mod project;

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;

use crate::diag::Route;
use crate::plan::{ArgoCd, Delivery, Plan};
use crate::units::names;

use super::api::argo as api;
use super::meta::labels;
use super::{Object, ObjectId, Scope, json};

/// The objects for Argo CD, sorted by file name; none where the spec does not ask for them.
pub(super) fn build(plan: &Plan, tree: &str, server_side: bool) -> Vec<Object> {
    let Some(argo) = &plan.argocd else {
        return Vec::new();
    };
    let own = Argo {
        plan,
        wanted: argo,
        tree,
        server_side,
    };
    let mut objects = vec![match &argo.delivery {
        Delivery::One { name, cluster } => own.application(name, cluster),
        Delivery::Rollouts { name, folders } => own.rollouts(name, folders),
        Delivery::Clusters {
            name,
            labels,
            waves,
        } => own.clusters(name, labels, waves.as_ref()),
    }];
    if argo.project.is_own {
        objects.insert(0, own.project());
    }
    objects
}

struct Argo<'a> {
    plan: &'a Plan,
    wanted: &'a ArgoCd,
    /// The folder of the tree, below the rollout's.
    tree: &'a str,
    /// Whether an object is too large for a client-side apply.
    server_side: bool,
}

impl Argo<'_> {
    /// A path in the repository: one of the tree of the rollout in `folder`.
    fn in_tree(&self, folder: &str, path: &str) -> String {
        let tree = self.tree;
        if folder.is_empty() {
            format!("{tree}/{path}")
        } else {
            format!("{folder}/{tree}/{path}")
        }
    }

    fn object<S: Serialize>(
        &self,
        kind: &'static str,
        name: &str,
        file: &str,
        annotations: BTreeMap<String, String>,
        spec: S,
    ) -> Object {
        let mut all = self.plan.annotations.clone();
        all.extend(annotations);
        let namespace = Some(self.wanted.namespace.clone());
        Object {
            id: ObjectId {
                kind: kind.into(),
                namespace: namespace.clone(),
                name: name.to_owned(),
            },
            file: file.to_owned(),
            scope: Scope::Base,
            wave: 0,
            origin: Route::root().key("spec").key("outputs").key("argocd"),
            body: json(&api::Resource {
                api_version: api::API_VERSION,
                kind,
                metadata: ObjectMeta {
                    name: Some(name.to_owned()),
                    namespace,
                    labels: Some(labels(self.plan, None)),
                    annotations: (!all.is_empty()).then_some(all),
                    ..ObjectMeta::default()
                },
                spec,
            }),
        }
    }
}

/// The pointer's folder, which Argo CD applies.
fn current() -> &'static str {
    names::POINTER_FILE
        .split('/')
        .next()
        .unwrap_or(names::POINTER_FILE)
}

#[cfg(test)]
mod tests;
