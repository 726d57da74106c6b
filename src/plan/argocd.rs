//! How Argo CD reads the rollout: what `outputs.argocd` says, with nothing left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::units::DnsLabel;

use super::PortRef;

/// The objects that Argo CD itself reads.
#[derive(Clone, Debug)]
pub struct ArgoCd {
    /// The repository, without credentials.
    pub repo_url: String,
    /// The folder of the rollout in it, without `/` at either end; empty for the root.
    pub folder: String,
    /// The branch, tag or commit.
    pub revision: String,
    /// The namespace of Argo CD's own objects.
    pub namespace: String,
    /// The AppProject.
    pub project: Project,
    /// The namespace of the rollout's objects: the destination of what is one rollout's.
    pub target: DnsLabel,
    /// Whether the CRDs lack what Argo CD 3.2 brought.
    pub has_older_crds: bool,
    /// What is deployed where.
    pub delivery: Delivery,
}

/// An AppProject.
#[derive(Clone, Debug)]
pub struct Project {
    /// The AppProject's name.
    pub name: String,
    /// Whether the AppProject is one of the objects.
    pub is_own: bool,
    /// The namespaces that the AppProject allows.
    pub namespaces: BTreeSet<String>,
}

/// What is deployed where.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// This rollout on one cluster.
    One {
        /// The Application's name.
        name: String,
        /// The cluster that the Application is for.
        cluster: Cluster,
    },
    /// Every rollout of the repository on the cluster that Argo CD runs in.
    Rollouts {
        /// The ApplicationSet's name.
        name: String,
        /// The rollouts' folders, as globs.
        folders: Vec<String>,
    },
    /// This rollout on many clusters.
    Clusters {
        /// The ApplicationSet's name.
        name: String,
        /// Labels of the clusters' Secrets.
        labels: BTreeMap<String, String>,
        /// The order of the clusters, where there is one.
        waves: Option<ClusterWaves>,
    },
}

/// A cluster, as Argo CD knows it.
#[derive(Clone, Debug)]
pub enum Cluster {
    /// The address of its API server.
    Server(String),
    /// Its name in Argo CD.
    Name(String),
}

/// Clusters in an order.
#[derive(Clone, Debug)]
pub struct ClusterWaves {
    /// The label that tells the waves apart.
    pub label: String,
    /// The label's values in each wave, and how many clusters of it at a time.
    pub order: Vec<(Vec<String>, Option<PortRef>)>,
}
