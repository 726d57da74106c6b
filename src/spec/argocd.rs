//! `outputs.argocd`: the objects that Argo CD itself reads.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::PortRef;

/// How Argo CD is to deploy the rollout; exactly one of `application` and `applicationSet`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Argocd {
    /// The repository, as Argo CD knows it.
    #[serde(rename = "repoURL")]
    pub repo_url: String,
    /// The folder of `rollout.yaml` in the repository; `.` is its root.
    pub path: String,
    /// A branch, tag or commit; default `HEAD`.
    pub target_revision: Option<String>,
    /// The namespace of Argo CD's own objects; default `argocd`.
    pub namespace: Option<String>,
    /// An AppProject that exists; default: one of the rollout's own is written.
    pub project: Option<String>,
    /// Leave out what the CRDs before Argo CD 3.2 do not have; default false.
    pub older_crds: Option<bool>,
    /// One Application.
    pub application: Option<Application>,
    /// Many Applications from one object.
    pub application_set: Option<ApplicationSet>,
}

/// One Application; at most one of `server` and `cluster`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Application {
    /// The object's name; default: the rollout's name.
    pub name: Option<String>,
    /// The cluster by its API server's address; default: the one that Argo CD runs in.
    pub server: Option<String>,
    /// The cluster by its name in Argo CD.
    pub cluster: Option<String>,
}

/// Many Applications; exactly one of `rollouts` and `clusters`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApplicationSet {
    /// The object's name; default: the rollout's name.
    pub name: Option<String>,
    /// One Application for each rollout of the repository.
    pub rollouts: Option<Rollouts>,
    /// One Application for each cluster.
    pub clusters: Option<Clusters>,
}

/// The rollouts of a monorepo.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rollouts {
    /// Folders of `rollout.yaml` files in the repository, as globs.
    pub folders: Vec<String>,
    /// The namespaces that the AppProject allows; default: `metadata.namespace`.
    pub namespaces: Option<Vec<String>>,
}

/// The clusters that one rollout reaches.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Clusters {
    /// Labels of the clusters' Secrets in Argo CD; default: every cluster.
    #[serde(default)]
    pub match_labels: BTreeMap<String, String>,
    /// The order in which clusters get a new stage; default: all at once.
    pub waves: Option<ClusterWaves>,
}

/// Clusters in waves.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterWaves {
    /// The label of the clusters' Secrets that tells the waves apart.
    pub label: String,
    /// The waves, in order.
    pub order: Vec<ClusterWave>,
}

/// One wave.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClusterWave {
    /// The label's values.
    pub values: Vec<String>,
    /// How many clusters at a time; default: all of the wave.
    pub max_update: Option<PortRef>,
}
