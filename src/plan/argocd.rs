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
    /// Where Argo CD's own objects live.
    pub namespace: String,
    /// The AppProject.
    pub project: Project,
    /// Where the rollout's objects live: the destination of what is one rollout's.
    pub target: DnsLabel,
    /// Whether the CRDs lack what Argo CD 3.2 brought.
    pub has_older_crds: bool,
    /// What is deployed where.
    pub delivery: Delivery,
}

/// An AppProject.
#[derive(Clone, Debug)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// Whether it is one of the objects.
    pub is_own: bool,
    /// The namespaces that it allows.
    pub namespaces: BTreeSet<String>,
}

/// What is deployed where.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// This rollout on one cluster.
    One {
        /// The Application's name.
        name: String,
        /// The cluster.
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
    /// By its API server's address.
    Server(String),
    /// By its name.
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
