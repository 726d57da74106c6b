//! The names and labels by which Kubernetes tells the models apart.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Model;
use crate::plan::resolve::check_label;
use crate::units::{DnsLabel, is_dns_subdomain, names};

use super::Resolver;

/// Two subsets that select the same pods would split traffic between two names of one thing.
pub(super) fn differ(models: &[Model], report: &mut Report) {
    for (index, model) in models.iter().enumerate() {
        if let Some(first) = models[..index]
            .iter()
            // Two models of one name were complained about already.
            .position(|other| {
                other.subset_labels == model.subset_labels && other.name != model.name
            })
        {
            let at = |index: usize| {
                Place::value(
                    Route::root()
                        .key("spec")
                        .key("models")
                        .index(index)
                        .key("selector"),
                )
            };
            report.push(
                Diagnostic::new(
                    Code::GP109,
                    at(index),
                    format!(
                        "the pods of `{}` and `{}` have the same `version` label",
                        models[first].name, model.name
                    ),
                )
                .label(at(first), "the other one")
                .help("give each model's selector a `version` of its own"),
            );
        }
    }
}

impl Resolver<'_> {
    /// The Deployment's name, with a complaint where Kubernetes does not take it.
    pub(super) fn workload_name(&mut self, name: &DnsLabel) -> String {
        let model = self.model;
        let workload = model
            .workload_name
            .clone()
            .unwrap_or_else(|| format!("{}-{name}", self.rollout));
        if !is_dns_subdomain(&workload) {
            let length = workload.len();
            let (code, message) = if length > names::MAX_SUBDOMAIN {
                (
                    Code::GP107,
                    format!(
                        "the workload's name has {length} characters, and {} are allowed",
                        names::MAX_SUBDOMAIN
                    ),
                )
            } else {
                (
                    Code::GP106,
                    format!("`{workload}` is no name that Kubernetes takes"),
                )
            };
            let field = if model.workload_name.is_some() {
                "workloadName"
            } else {
                "name"
            };
            self.refuse(code, field, message);
        }
        workload
    }

    /// The Deployment's selector and the pods' labels: the usual ones, changed by what is adopted.
    pub(super) fn labels(
        &mut self,
        name: &DnsLabel,
    ) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
        let own = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let mut pods = BTreeMap::from([
            own(names::LABEL_APP, self.rollout.as_str()),
            own(names::LABEL_VERSION, name.as_str()),
        ]);
        pods.extend(self.service_selector.clone());
        let at = self.at.key("selector");
        if let Some(selector) = &self.model.selector {
            for (key, value) in selector {
                check_label(key, value, &at.key(key), self.report);
                if let Some(other) = self
                    .service_selector
                    .get(key)
                    .filter(|other| *other != value)
                {
                    self.report.push(
                        Diagnostic::new(
                            Code::GP109,
                            Place::value(at.key(key)),
                            format!("the Service selects `{key}: {other}`, so it would never reach pods with `{key}: {value}`"),
                        )
                        .help("set `service.selector` to labels that the pods of every model have"),
                    );
                }
            }
            pods.extend(selector.clone());
        }
        let selector = self.model.selector.clone().unwrap_or_else(|| {
            let keys = [names::LABEL_APP, names::LABEL_VERSION];
            keys.iter().map(|key| own(key, &pods[*key])).collect()
        });
        (selector, pods)
    }
}
