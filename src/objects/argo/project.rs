//! An AppProject that allows what the rollout needs, and nothing else.

use std::collections::BTreeMap;

use crate::objects::Object;
use crate::objects::routers::{self, Kind};
use crate::plan::{Cluster, Delivery, Plan};

use super::application::destination;
use super::{Argo, api};

/// Every kind that glidepath emits into a namespace, with its group. What is not here cannot be synced: no Role, no Secret,
/// no Job, no pod of its own.
pub(super) fn kinds(plan: &Plan) -> Vec<Kind> {
    let own = KINDS.iter().chain(routers::kinds(&plan.traffic.router));
    let mut kinds: Vec<Kind> = own.copied().collect();
    kinds.sort_unstable();
    kinds
}

/// The kinds that are emitted whoever routes.
const KINDS: &[Kind] = &[
    ("", "ConfigMap"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "Deployment"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("keda.sh", "ScaledObject"),
    ("policy", "PodDisruptionBudget"),
];

impl Argo<'_> {
    pub(super) fn project(&self) -> Object {
        let project = &self.wanted.project;
        let clusters = match &self.wanted.delivery {
            Delivery::One { cluster, .. } => cluster.clone(),
            Delivery::Rollouts { .. } => {
                Cluster::Server("https://kubernetes.default.svc".to_owned())
            }
            // Which clusters there are is the generator's to say.
            Delivery::Clusters { .. } => Cluster::Server("*".to_owned()),
        };
        let destinations = project.namespaces.iter();
        let namespaces = match &self.plan.create_namespace {
            None => Vec::new(),
            Some(_) if self.wanted.has_older_crds => vec![allow("", "Namespace", None)],
            Some(_) => project
                .namespaces
                .iter()
                .map(|name| allow("", "Namespace", Some(name.clone())))
                .collect(),
        };
        let spec = api::AppProjectSpec {
            description: format!("Model rollouts that glidepath writes ({})", self.plan.name),
            source_repos: vec![self.wanted.repo_url.clone()],
            destinations: destinations
                .map(|namespace| destination(&clusters, namespace))
                .collect(),
            // Without a list, nothing cluster-wide is allowed.
            cluster_resource_whitelist: namespaces,
            namespace_resource_whitelist: kinds(self.plan)
                .into_iter()
                .map(|(group, kind)| allow(group, kind, None))
                .collect(),
        };
        self.object(
            "AppProject",
            &project.name,
            "app-project",
            BTreeMap::new(),
            spec,
        )
    }
}

fn allow(group: &'static str, kind: &'static str, name: Option<String>) -> api::AllowedKind {
    api::AllowedKind { group, kind, name }
}
