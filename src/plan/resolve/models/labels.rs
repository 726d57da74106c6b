//! The names and labels by which Kubernetes tells the models apart.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Route};
use crate::plan::labels;
use crate::plan::resolve::check_label;
use crate::units::{DnsLabel, is_dns_subdomain, names};

use super::Resolver;

/// The labels by which a model's pods are found.
pub(super) struct Labels {
    /// The Deployment's selector.
    pub(super) selector: BTreeMap<String, String>,
    /// What tells the model's pods from the others'.
    pub(super) subset: BTreeMap<String, String>,
    /// All labels of the pods.
    pub(super) pods: BTreeMap<String, String>,
}

impl Resolver<'_> {
    /// The Deployment's name, with a complaint where Kubernetes does not take it.
    pub(super) fn workload_name(&mut self, name: &DnsLabel) -> String {
        let model = self.model;
        let workload = model
            .workload_name
            .clone()
            .unwrap_or_else(|| format!("{}-{name}", self.rollout));
        let length = workload.len();
        let field = if model.workload_name.is_some() {
            "workloadName"
        } else {
            "name"
        };
        if !is_dns_subdomain(&workload) || length > names::MAX_WORKLOAD {
            let (code, message) = if length > names::MAX_WORKLOAD {
                (
                    Code::GP107,
                    format!(
                        "the workload's name has {length} characters, and {} are allowed: its ReplicaSets have eleven more",
                        names::MAX_WORKLOAD
                    ),
                )
            } else {
                (
                    Code::GP106,
                    format!("`{workload}` is no name that Kubernetes takes"),
                )
            };
            self.refuse(code, field, message);
        } else if length > names::MAX_LABEL {
            self.report.push(
                Diagnostic::new(
                    Code::GP119,
                    Place::value(self.at.key(field)),
                    format!("the Deployment `{workload}` has a name of {length} characters, and {} fit into a label", names::MAX_LABEL),
                )
                .note("Kubernetes cuts it in the names and host names of the pods, and what labels its metrics by it drops or cuts it")
                .help("shorten it"),
            );
        }
        workload
    }

    /// The usual labels, changed by what is adopted.
    pub(super) fn labels(&mut self, name: &DnsLabel) -> Labels {
        let model = self.model;
        let subset = model.subset.as_ref().map(|subset| &subset.labels);
        let mut pods = labels(self.rollout, self.given_labels, Some(name));
        pods.extend(self.service_selector.clone());
        if let Some(subset) = subset {
            let at = self.at.key("subset").key("labels");
            self.check(subset, &at);
            if let Some(selector) = &model.selector {
                self.agree(
                    subset,
                    selector,
                    &at,
                    "the `selector`",
                    "give both one value",
                );
            }
            pods.extend(subset.clone());
        }
        if let Some(selector) = &model.selector {
            self.check(selector, &self.at.key("selector"));
            pods.extend(selector.clone());
        }
        let of_pods = |key: &str| (key.to_owned(), pods[key].clone());
        let usual = || BTreeMap::from([names::LABEL_APP, names::LABEL_VERSION].map(of_pods));
        let telling = || BTreeMap::from([of_pods(names::LABEL_VERSION)]);
        let mut labels = Labels {
            selector: model.selector.clone().unwrap_or_else(usual),
            subset: subset.cloned().unwrap_or_else(telling),
            pods,
        };
        for (key, value) in &model.pod_labels {
            match self.keeper(&labels, key) {
                Some((who, kept)) if kept != *value => self.report.push(
                    Diagnostic::new(
                        Code::GP109,
                        Place::value(self.at.key("podLabels").key(key)),
                        format!("`{key}: {value}` would take the pods away from {who}, by `{key}: {kept}`"),
                    )
                    .help("use another key"),
                ),
                Some(_) => {}
                None => {
                    labels.pods.insert(key.clone(), value.clone());
                }
            }
        }
        labels
    }

    /// Who lives by a label of the pods, in words, and its value.
    pub(super) fn keeper(&self, labels: &Labels, key: &str) -> Option<(String, String)> {
        let name = &self.model.name;
        let found = [
            (
                self.service_selector,
                "the Service that selects them".to_owned(),
            ),
            (
                &labels.subset,
                format!("the routes' subset `{name}`, which finds them"),
            ),
            (
                &labels.selector,
                "the Deployment that selects them".to_owned(),
            ),
        ];
        let found = found
            .into_iter()
            .find_map(|(by, who)| Some((who, by.get(key)?.clone())));
        let is_ours = names::RESERVED_LABELS.contains(&key);
        let ours = || {
            Some((
                "what glidepath and telemetry find them by".to_owned(),
                labels.pods.get(key)?.clone(),
            ))
        };
        found.or_else(|| is_ours.then(ours).flatten())
    }

    /// Holds labels of the pods against Kubernetes' rules, and against the Service.
    fn check(&mut self, given: &BTreeMap<String, String>, at: &Route) {
        for (key, value) in given {
            check_label(key, value, &at.key(key), self.report);
        }
        let help = "set `service.selector` to labels that the pods of every model have";
        self.agree(given, self.service_selector, at, "the Service", help);
    }

    /// No pod carries two values of one label.
    fn agree(
        &mut self,
        given: &BTreeMap<String, String>,
        others: &BTreeMap<String, String>,
        at: &Route,
        who: &str,
        help: &str,
    ) {
        for (key, value) in given {
            if let Some(other) = others.get(key).filter(|other| *other != value) {
                self.report.push(
                    Diagnostic::new(
                        Code::GP109,
                        Place::value(at.key(key)),
                        format!(
                            "{who} selects `{key}: {other}`, and never pods with `{key}: {value}`"
                        ),
                    )
                    .help(help),
                );
            }
        }
    }
}
