//! An AppProject that allows what the rollout needs, and nothing else.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::objects::Object;
use crate::objects::routers::{self, Kind};
use crate::plan::{Cluster, Delivery, Model, OwnObject, Plan};

use super::application::destination;
use super::{Argo, api};

/// Every kind that glidepath emits into a namespace, with its group. What is not here cannot be synced: no Role, no Secret,
/// no Job, no pod of its own, unless a model's manifest brings one.
pub(super) fn kinds(plan: &Plan) -> BTreeSet<(Cow<'static, str>, Cow<'static, str>)> {
    let made = KINDS.iter().chain(routers::kinds(&plan.traffic.router));
    let made = made.map(|(group, kind)| (Cow::Borrowed(*group), Cow::Borrowed(*kind)));
    let own = own_objects(plan).filter(|object| !object.is_cluster_wide);
    let own = own.map(|object| (object.group.clone().into(), object.kind.clone().into()));
    made.chain(own).collect()
}

/// The objects of the team's own that run models.
fn own_objects(plan: &Plan) -> impl Iterator<Item = &OwnObject> {
    let own = plan.models.iter().filter_map(Model::own);
    own.flat_map(|own| &own.objects)
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
        let mut cluster_wide = match &self.plan.create_namespace {
            None => Vec::new(),
            Some(_) if self.wanted.has_older_crds => vec![allow("", "Namespace", None)],
            Some(_) => project
                .namespaces
                .iter()
                .map(|name| allow("", "Namespace", Some(name.clone())))
                .collect(),
        };
        let own = own_objects(self.plan).filter(|object| object.is_cluster_wide);
        cluster_wide.extend(own.map(|object| {
            let name = Some(object.name.clone()).filter(|_| !self.wanted.has_older_crds);
            allow(object.group.clone(), object.kind.clone(), name)
        }));
        let spec = api::AppProjectSpec {
            description: format!("Model rollouts that glidepath writes ({})", self.plan.name),
            source_repos: vec![self.wanted.repo_url.clone()],
            destinations: destinations
                .map(|namespace| destination(&clusters, namespace))
                .collect(),
            // Without a list, nothing cluster-wide is allowed.
            cluster_resource_whitelist: cluster_wide,
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

fn allow(
    group: impl Into<Cow<'static, str>>,
    kind: impl Into<Cow<'static, str>>,
    name: Option<String>,
) -> api::AllowedKind {
    let (group, kind) = (group.into(), kind.into());
    api::AllowedKind { group, kind, name }
}
