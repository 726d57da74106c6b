//! One Application on the pointer.

use std::collections::BTreeMap;

use crate::objects::Object;
use crate::plan::Cluster;
use crate::units::names;

use super::{Argo, api, current};

impl Argo<'_> {
    pub(super) fn application(&self, name: &str, cluster: &Cluster) -> Object {
        self.object(
            "Application",
            name,
            "application",
            annotations(),
            self.spec(
                self.in_tree(&self.wanted.folder, current()),
                destination(cluster, self.wanted.target.as_str()),
            ),
        )
    }

    /// The spec that every Application has, whoever makes it.
    pub(super) fn spec(&self, path: String, destination: api::Destination) -> api::ApplicationSpec {
        // Pruned last: the old pods go when everything else is applied and healthy.
        let mut sync_options = vec!["ApplyOutOfSyncOnly=true", "PruneLast=true"];
        if self.server_side {
            sync_options.push("ServerSideApply=true");
        }
        api::ApplicationSpec {
            destination,
            project: self.wanted.project.name.clone(),
            source: api::Source {
                path,
                repo_url: self.wanted.repo_url.clone(),
                target_revision: self.wanted.revision.clone(),
            },
            sync_policy: api::SyncPolicy {
                automated: api::Automated {
                    prune: true,
                    self_heal: true,
                },
                retry: api::Retry {
                    limit: 5,
                    // A retry takes the newest commit: a stage that cannot sync must not keep its own revert waiting.
                    refresh: (!self.wanted.has_older_crds).then_some(true),
                    backoff: api::Backoff {
                        duration: "10s",
                        factor: 2,
                        max_duration: "3m",
                    },
                },
                sync_options,
            },
        }
    }
}

/// Which changes in git concern the Application: all of the tree, because the pointer leads to `../stages` and `../base`.
pub(super) fn annotations() -> BTreeMap<String, String> {
    [(names::ANNOTATION_PATHS.to_owned(), "..".to_owned())].into()
}

pub(super) fn destination(cluster: &Cluster, namespace: &str) -> api::Destination {
    let (name, server) = match cluster {
        Cluster::Name(name) => (Some(name.clone()), None),
        Cluster::Server(server) => (None, Some(server.clone())),
    };
    api::Destination {
        name,
        namespace: namespace.to_owned(),
        server,
    }
}
