//! Models: defaults of the runtime, labels and names that may be kept.

mod account;
mod labels;
mod own;
mod pod;
mod ports;
mod scaling;
mod server;
mod storage;
mod template;

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::PodTemplateSpec;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::model::{Backend, Budget, Generated, Model, Workload};
use crate::plan::runtimes::{self, RuntimeFacts};
use crate::plan::{ContainerPort, CreatedPool, Pool, Scaling};
use crate::spec::{self, DisruptionBudget, Document, Named};
use crate::units::DnsLabel;

use super::label;
use super::labels::namespace as namespace_name;
use super::traffic::escape;

pub(super) use own::{FoundObject, Owned};

use own::Found;

/// All models, or `None` where any is wrong.
pub(super) fn resolve(
    document: &Document,
    rollout: &DnsLabel,
    owned: &Owned,
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
                named: &document.named,
                report,
            }
            .resolve(owned.get(index))
        })
        .collect();
    let models: Vec<Model> = models.into_iter().collect::<Option<_>>()?;
    own::tell_apart(document, owned, models, report)
}

/// The port that stands for a pool, which is reached without one.
const HTTP: u16 = 80;

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
    named: &'a Named,
    report: &'a mut Report,
}

impl Resolver<'_> {
    fn resolve(&mut self, found: Option<&Found>) -> Option<Model> {
        let model = self.model;
        if model.workload.is_some() {
            self.own(found?)
        } else if model.runs_elsewhere() {
            self.elsewhere()
        } else {
            self.made()
        }
    }

    /// A model whose objects are made of its fields.
    fn made(&mut self) -> Option<Model> {
        let model = self.model;
        let name = label(&model.name, self.at.key("name"), self.report);
        // The schema asks for both where neither `workload` nor `backend` is there.
        let runtime = runtimes::facts(model.runtime?);
        let ports = self.ports(runtime);
        self.scale();
        let server = self.server(runtime);
        self.check_extra_args(runtime);
        let generated = self.generated(runtime);
        let name = name?;
        let workload_name = self.workload_name(&name);
        let labels = self.labels(&name);
        let account = self.account(&workload_name);
        let mut own = Generated {
            account,
            ..generated?
        };
        let lacks = runtime.needs_model && own.served.is_none();
        let mut resolved = Model {
            // It moves in once its pod is made.
            workload: Workload::Generated(Box::new(own.clone())),
            pool: self.pool(ports.as_deref()),
            backend: None,
            replicas: model.count().unwrap_or(1),
            scaling: self.scaling(),
            capacity: self.capacity(),
            workload_name,
            selector: labels.selector.clone(),
            subset_labels: labels.subset.clone(),
            pod_labels: labels.pods.clone(),
            ports: ports?,
            name,
            server,
        };
        // What lacks its model has been refused, and has no pod.
        if !lacks {
            self.make_pod(&mut resolved, &mut own, &labels)?;
            resolved.workload = Workload::Generated(Box::new(own));
        }
        Some(resolved)
    }

    /// A model that somebody else runs.
    fn elsewhere(&mut self) -> Option<Model> {
        let model = self.model;
        let name = label(&model.name, self.at.key("name"), self.report)?;
        let backend = self.backend()?;
        Some(Model {
            workload: Workload::Elsewhere,
            workload_name: model
                .workload_name
                .clone()
                .unwrap_or_else(|| backend.service.clone()),
            backend: Some(backend),
            pool: self.pool(None),
            replicas: 1,
            scaling: Scaling::External,
            capacity: self.capacity(),
            selector: BTreeMap::new(),
            subset_labels: BTreeMap::new(),
            pod_labels: BTreeMap::new(),
            ports: Vec::new(),
            name,
            server: model.server.map(runtimes::server),
        })
    }

    fn capacity(&self) -> Option<f64> {
        let capacity = self.model.capacity.as_ref();
        capacity.map(|capacity| capacity.requests_per_second)
    }

    /// The inference pool, where requests go to one; `ports` are those of the pods that are made.
    fn pool(&self, ports: Option<&[ContainerPort]>) -> Option<Pool> {
        let given = self.model.pool()?;
        let by_name = |port: &&ContainerPort| port.name.as_deref() == Some("http");
        let ports = ports.unwrap_or_default();
        let default = ports.iter().find(by_name).or(ports.first());
        let default = default.map(|port| port.number);
        let create = given.create.as_ref().map(|create| CreatedPool {
            target_ports: create
                .target_ports
                .clone()
                .unwrap_or_else(|| default.into_iter().collect()),
            picker: create.endpoint_picker.clone(),
        });
        Some(Pool {
            name: given.name.clone(),
            port: given.port,
            create,
        })
    }

    /// Where the model's requests go, where the spec says so.
    fn backend(&mut self) -> Option<Backend> {
        let given = self.model.backend.as_ref()?;
        let at = self.at.key("backend");
        if let Some(pool) = &given.inference_pool {
            return Some(Backend {
                service: pool.name.clone(),
                namespace: None,
                port: pool.port.unwrap_or(HTTP),
                headers: None,
            });
        }
        let given_service = given.service.as_ref()?;
        let namespace = given_service.namespace.as_ref();
        let namespace = namespace.map(|name| {
            let at = at.key("service").key("namespace");
            namespace_name(name, at, self.report)
        });
        let headers = given.headers.as_ref();
        Some(Backend {
            service: given_service.name.clone(),
            namespace: match namespace {
                Some(name) => Some(name?.to_string()),
                None => None,
            },
            port: given_service.port,
            headers: headers.map(|headers| escape(headers, None, &at.key("headers"), self.report)),
        })
    }

    /// What only a generated workload has; its account needs the workload's name.
    fn generated(&mut self, runtime: &RuntimeFacts) -> Option<Generated> {
        let model = self.model;
        let given = model.image.as_ref()?;
        let image = given.parse().ok();
        if image.is_none() {
            let message = format!("`{given}` is no image reference");
            self.refuse(Code::GP010, "image", message);
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
            runtime: model.runtime?,
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
            template: PodTemplateSpec::default(),
            config: None,
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
