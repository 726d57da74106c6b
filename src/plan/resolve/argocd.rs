//! `outputs.argocd`, its defaults filled in.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::argocd::{ArgoCd, Cluster, ClusterWaves, Delivery, Project};
use crate::spec;
use crate::units::DnsLabel;

use super::check_label;

/// The cluster that Argo CD runs in.
const IN_CLUSTER: &str = "https://kubernetes.default.svc";

/// What Argo CD reads; `None` where the spec does not ask for it or is wrong.
pub(super) fn resolve(
    given: &spec::Argocd,
    rollout: &DnsLabel,
    target: Option<&DnsLabel>,
    report: &mut Report,
) -> Option<ArgoCd> {
    let at = Route::root().key("spec").key("outputs").key("argocd");
    let Some(target) = target else {
        // The destination and the project's rights are one namespace; without it, both would be the whole cluster.
        report.push(
            Diagnostic::new(
                Code::GP007,
                Place::key(at),
                "an Application needs a destination, and `metadata.namespace` is missing",
            )
            .help("add `namespace:` below `metadata`"),
        );
        return None;
    };
    let named = |name: &Option<String>| name.clone().unwrap_or_else(|| rollout.to_string());
    let mut namespaces = [target.to_string()].into();
    let delivery = match (&given.application, &given.application_set) {
        (Some(application), None) => Delivery::One {
            name: named(&application.name),
            cluster: match (&application.server, &application.cluster) {
                (_, Some(name)) => Cluster::Name(name.clone()),
                (server, None) => {
                    Cluster::Server(server.clone().unwrap_or_else(|| IN_CLUSTER.to_owned()))
                }
            },
        },
        (None, Some(set)) => match (&set.rollouts, &set.clusters) {
            (Some(rollouts), None) => {
                if let Some(given) = &rollouts.namespaces {
                    namespaces = given.iter().cloned().collect();
                }
                Delivery::Rollouts {
                    name: named(&set.name),
                    folders: rollouts
                        .folders
                        .iter()
                        .map(|folder| folder_of(folder))
                        .collect(),
                }
            }
            (None, Some(clusters)) => Delivery::Clusters {
                name: named(&set.name),
                labels: sound(&clusters.match_labels, &at, report),
                waves: clusters
                    .waves
                    .as_ref()
                    .map(|given| waves(given, &clusters.match_labels, &at, report)),
            },
            _ => return internal(&at.key("applicationSet"), report),
        },
        _ => return internal(&at, report),
    };
    Some(ArgoCd {
        repo_url: given.repo_url.clone(),
        folder: folder_of(&given.path),
        revision: given
            .target_revision
            .clone()
            .unwrap_or_else(|| "HEAD".to_owned()),
        namespace: given
            .namespace
            .clone()
            .unwrap_or_else(|| "argocd".to_owned()),
        project: Project {
            name: named(&given.project),
            is_own: given.project.is_none(),
            namespaces,
        },
        target: target.clone(),
        has_older_crds: given.older_crds.unwrap_or_default(),
        delivery,
    })
}

/// The labels, held against Kubernetes' rules.
fn sound(
    labels: &BTreeMap<String, String>,
    at: &Route,
    report: &mut Report,
) -> BTreeMap<String, String> {
    let at = at.key("applicationSet").key("clusters").key("matchLabels");
    for (key, value) in labels {
        check_label(key, value, &at.key(key), report);
    }
    labels.clone()
}

/// The root of the repository is no folder in front of others.
fn folder_of(path: &str) -> String {
    if path == "." {
        String::new()
    } else {
        path.to_owned()
    }
}

/// The waves, each cluster in at most one of them.
fn waves(
    given: &spec::ClusterWaves,
    match_labels: &BTreeMap<String, String>,
    at: &Route,
    report: &mut Report,
) -> ClusterWaves {
    let at = at.key("applicationSet").key("clusters");
    let label = at.key("waves").key("label");
    if match_labels.is_empty() {
        // The generator takes every cluster then, and gives nothing of this one's labels: with `missingkey=error` no Application is made.
        report.push(
            Diagnostic::new(
                Code::GP139,
                Place::key(at.key("waves")),
                "without `matchLabels` the cluster that Argo CD runs in counts too, and it has no labels that could tell its wave",
            )
            .help("add `matchLabels` with a label that all the clusters of the waves have"),
        );
    } else if match_labels.contains_key(&given.label) {
        let message = format!(
            "`matchLabels` gives all clusters one value of `{}`, and they would be one wave",
            given.label
        );
        report.push(
            Diagnostic::new(Code::GP139, Place::value(label), message)
                .label(
                    Place::key(at.key("matchLabels").key(&given.label)),
                    "the value is here",
                )
                .help("select the clusters by another label, or leave out `waves`"),
        );
    }
    let mut seen: BTreeMap<&str, Route> = BTreeMap::new();
    for (number, wave) in given.order.iter().enumerate() {
        let values = at.key("waves").key("order").index(number).key("values");
        for (position, value) in wave.values.iter().enumerate() {
            let here = values.index(position);
            if let Some(first) = seen.get(value.as_str()) {
                report.push(
                    Diagnostic::new(
                        Code::GP139,
                        Place::value(here),
                        format!("clusters of `{value}` are in a wave already"),
                    )
                    .label(Place::value(first.clone()), "the first is here")
                    .help("name each value once"),
                );
            } else {
                seen.insert(value, here);
            }
        }
    }
    let order = given.order.iter();
    ClusterWaves {
        label: given.label.clone(),
        order: order
            .map(|wave| (wave.values.clone(), wave.max_update.clone()))
            .collect(),
    }
}

/// The schema has refused all but one of each choice.
fn internal(at: &Route, report: &mut Report) -> Option<ArgoCd> {
    report.push(Diagnostic::new(
        Code::GP006,
        Place::key(at.clone()),
        "internal error: the schema allows what the program cannot read; please report this",
    ));
    None
}
