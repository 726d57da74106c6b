//! Models: defaults of the runtime, labels and names that may be kept.

mod account;
mod labels;
mod pod;
mod ports;
mod scaling;
mod server;
mod storage;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::model::{Budget, Generated, Model, Workload};
use crate::plan::runtimes::{self, RuntimeFacts};
use crate::spec::{self, DisruptionBudget, Document};
use crate::units::DnsLabel;

use super::label;

/// All models, or `None` where any is wrong.
pub(super) fn resolve(
    document: &Document,
    rollout: &DnsLabel,
    service_selector: &BTreeMap<String, String>,
    report: &mut Report,
) -> Option<Vec<Model>> {
    let models: Vec<_> = document
        .spec
        .models
        .iter()
        .enumerate()
        .map(|(index, model)| {
            let at = Route::root().key("spec").key("models").index(index);
            Resolver {
                model,
                at,
                rollout,
                given_labels: &document.metadata.labels,
                expected: document.spec.traffic.expected.is_some(),
                service_selector,
                report,
            }
            .resolve()
        })
        .collect();
    models.into_iter().collect()
}

/// Resolves one model.
struct Resolver<'a> {
    model: &'a spec::Model,
    at: Route,
    rollout: &'a DnsLabel,
    /// Labels of every object.
    given_labels: &'a BTreeMap<String, String>,
    /// Whether the spec says how many requests there will be.
    expected: bool,
    service_selector: &'a BTreeMap<String, String>,
    report: &'a mut Report,
}

impl Resolver<'_> {
    fn resolve(&mut self) -> Option<Model> {
        let model = self.model;
        let name = label(&model.name, self.at.key("name"), self.report);
        let runtime = runtimes::facts(model.runtime);
        let ports = self.ports(runtime);
        self.scale();
        let server = self.server(runtime);
        self.check_extra_args(runtime);
        let generated = self.generated(runtime);
        let name = name?;
        let workload_name = self.workload_name(&name);
        let labels = self.labels(&name);
        let account = self.account(&workload_name);
        Some(Model {
            workload: Workload::Generated(Box::new(Generated {
                account,
                ..generated?
            })),
            replicas: model.count(),
            scaling: self.scaling(),
            capacity: model
                .capacity
                .as_ref()
                .map(|capacity| capacity.requests_per_second),
            workload_name,
            selector: labels.selector,
            subset_labels: labels.subset,
            pod_labels: labels.pods,
            ports: ports?,
            name,
            server,
        })
    }

    /// What only a generated workload has; its account needs the workload's name.
    fn generated(&mut self, runtime: &RuntimeFacts) -> Option<Generated> {
        let model = self.model;
        let image = model.image.parse().ok();
        if image.is_none() {
            self.refuse(
                Code::GP010,
                "image",
                format!("`{}` is no image reference", model.image),
            );
        }
        if runtime.needs_model && model.model.is_none() {
            self.report.push(
                Diagnostic::new(
                    Code::GP007,
                    Place::value(self.at.key("runtime")),
                    format!(
                        "the runtime `{}` needs `model`: what it serves, and from where",
                        runtime.name
                    ),
                )
                .help("add `model: {name: …, uri: …}`"),
            );
        }
        let drain = self.drain();
        let served = self.served(runtime);
        let cache = self.cache();
        Some(Generated {
            runtime: model.runtime,
            image: image?,
            served,
            cache,
            budget: model.disruption_budget.as_ref().map(|budget| match budget {
                DisruptionBudget::MinAvailable(pods) => Budget::MinAvailable(pods.clone()),
                DisruptionBudget::MaxUnavailable(pods) => Budget::MaxUnavailable(pods.clone()),
            }),
            rolling: self.rolling(),
            drain,
            container: model
                .container_name
                .clone()
                .unwrap_or_else(|| runtime.container.to_owned()),
            account: None,
            pod: pod::pod(model),
        })
    }

    fn refuse(&mut self, code: Code, field: &str, message: String) {
        self.report.push(Diagnostic::new(
            code,
            Place::value(self.at.key(field)),
            message,
        ));
    }
}
