//! Models: defaults of the runtime, labels and names that may be kept.

use std::collections::BTreeMap;

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::PortRef;
use crate::plan::model::{
    Account, Autoscaling, Budget, ContainerPort, Drain, Model, Pod, Rolling, ServedModel,
};
use crate::plan::runtimes::{self, RuntimeFacts};
use crate::spec::{self, DisruptionBudget, Spec};
use crate::units::{DnsLabel, is_dns_subdomain, names};

use super::{check_label, label};

/// The default pause before a container is told to stop, in seconds: longer than endpoints take to reach every proxy.
const DRAIN_SECONDS: u32 = 15;
/// The default time for a pod to end, in seconds.
const GRACE_SECONDS: u32 = 60;

/// All models, or `None` where any is wrong.
pub(super) fn resolve(
    spec: &Spec,
    rollout: &DnsLabel,
    service_selector: &BTreeMap<String, String>,
    report: &mut Report,
) -> Option<Vec<Model>> {
    let models: Vec<_> = spec
        .models
        .iter()
        .enumerate()
        .map(|(index, model)| {
            let at = Route::root().key("spec").key("models").index(index);
            Resolver {
                model,
                at,
                rollout,
                service_selector,
                report,
            }
            .resolve()
        })
        .collect();
    let models = models.into_iter().collect::<Option<Vec<_>>>()?;
    subsets_differ(&models, report);
    Some(models)
}

/// Two subsets that select the same pods would split traffic between two names of one thing.
fn subsets_differ(models: &[Model], report: &mut Report) {
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

struct Resolver<'a> {
    model: &'a spec::Model,
    at: Route,
    rollout: &'a DnsLabel,
    service_selector: &'a BTreeMap<String, String>,
    report: &'a mut Report,
}

impl Resolver<'_> {
    fn resolve(&mut self) -> Option<Model> {
        let model = self.model;
        let name = label(&model.name, self.at.key("name"), self.report);
        let runtime = runtimes::facts(model.runtime);
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
        let ports = self.ports(runtime);
        let drain = self.drain();
        self.scale();
        let name = name?;
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
        let (selector, pod_labels) = self.labels(&name);
        let version = pod_labels[names::LABEL_VERSION].clone();
        let account = self.account(&workload);
        Some(Model {
            image: image?,
            served: model.model.as_ref().map(|served| ServedModel {
                name: served.name.clone(),
                uri: served.uri.clone(),
                version: served.version,
            }),
            replicas: model.replicas.unwrap_or(1),
            autoscaling: model.autoscaling.as_ref().map(|scaling| Autoscaling {
                min: scaling.min,
                max: scaling.max,
                cpu: scaling.cpu,
                metrics: scaling.metrics.clone().unwrap_or_default(),
            }),
            capacity: model
                .capacity
                .as_ref()
                .map(|capacity| capacity.requests_per_second),
            budget: model.disruption_budget.as_ref().map(|budget| match budget {
                DisruptionBudget::MinAvailable(pods) => Budget::MinAvailable(pods.clone()),
                DisruptionBudget::MaxUnavailable(pods) => Budget::MaxUnavailable(pods.clone()),
            }),
            rolling: self.rolling(),
            drain,
            workload,
            selector,
            subset_labels: BTreeMap::from([(names::LABEL_VERSION.to_owned(), version)]),
            pod_labels,
            account,
            ports: ports?,
            pod: pod(model),
            name,
            runtime: model.runtime,
        })
    }

    fn refuse(&mut self, code: Code, field: &str, message: String) {
        self.report.push(Diagnostic::new(
            code,
            Place::value(self.at.key(field)),
            message,
        ));
    }

    fn ports(&mut self, runtime: &RuntimeFacts) -> Option<Vec<ContainerPort>> {
        let Some(given) = &self.model.ports else {
            let ports: Vec<_> = runtime
                .ports
                .iter()
                .map(|port| ContainerPort {
                    name: Some(port.name.to_owned()),
                    number: port.number,
                    protocol: None,
                })
                .collect();
            if ports.is_empty() {
                self.report.push(
                    Diagnostic::new(
                        Code::GP007,
                        Place::value(self.at.key("runtime")),
                        format!(
                            "the runtime `{}` needs `ports`: what its container listens on",
                            runtime.name
                        ),
                    )
                    .help("add `ports: [{name: http, containerPort: 8080}]`"),
                );
            }
            return (!ports.is_empty()).then_some(ports);
        };
        if given.is_empty() {
            self.refuse(
                Code::GP006,
                "ports",
                "`ports` is empty, and a model needs at least one".to_owned(),
            );
            return None;
        }
        let mut ports: Vec<ContainerPort> = Vec::new();
        for (index, port) in given.iter().enumerate() {
            let at = self.at.key("ports").index(index);
            let Ok(number) = u16::try_from(port.container_port)
                .map_err(|_| ())
                .and_then(|n| if n == 0 { Err(()) } else { Ok(n) })
            else {
                self.report.push(Diagnostic::new(
                    Code::GP010,
                    Place::value(at.key("containerPort")),
                    format!("{} is no port; 1 to 65535 is allowed", port.container_port),
                ));
                return None;
            };
            if ports
                .iter()
                .any(|other| other.name.is_some() && other.name == port.name)
            {
                let name = port.name.as_deref().unwrap_or_default();
                self.report.push(Diagnostic::new(
                    Code::GP105,
                    Place::value(at.key("name")),
                    format!("the port name `{name}` is used twice"),
                ));
            }
            ports.push(ContainerPort {
                name: port.name.clone(),
                number,
                protocol: port.protocol.clone(),
            });
        }
        Some(ports)
    }

    fn drain(&mut self) -> Drain {
        let given = self.model.drain.unwrap_or_default();
        let drain = Drain {
            seconds: given.seconds.unwrap_or(DRAIN_SECONDS),
            hook: given.hook.unwrap_or_default(),
            grace_seconds: self
                .model
                .termination_grace_period_seconds
                .unwrap_or(GRACE_SECONDS),
        };
        if drain.seconds >= drain.grace_seconds {
            let field = if self.model.termination_grace_period_seconds.is_some() {
                "terminationGracePeriodSeconds"
            } else {
                "drain"
            };
            self.report.push(
                Diagnostic::new(
                    Code::GP010,
                    Place::value(self.at.key(field)),
                    format!("a pod that drains for {} seconds is killed after {}", drain.seconds, drain.grace_seconds),
                )
                .note("the grace period begins with the pause, so it must outlast the pause and the slowest request")
                .help("raise `terminationGracePeriodSeconds`, or lower `drain.seconds`"),
            );
        }
        drain
    }

    fn scale(&mut self) {
        let Some(scaling) = &self.model.autoscaling else {
            return;
        };
        if self.model.replicas.is_some() {
            self.report.push(
                Diagnostic::new(
                    Code::GP404,
                    Place::key(self.at.key("replicas")),
                    "`replicas` beside `autoscaling`: git and the autoscaler would fight over one number",
                )
                .label(Place::key(self.at.key("autoscaling")), "scaled here")
                .help("remove `replicas`, and set `autoscaling.min`"),
            );
        }
        if scaling.min > scaling.max {
            self.refuse(
                Code::GP010,
                "autoscaling",
                format!("`min: {}` is above `max: {}`", scaling.min, scaling.max),
            );
        }
    }

    fn rolling(&self) -> Rolling {
        let given = self.model.rolling_update.as_ref();
        Rolling {
            max_surge: given
                .and_then(|rolling| rolling.max_surge.clone())
                .unwrap_or(PortRef::Number(1)),
            max_unavailable: given
                .and_then(|rolling| rolling.max_unavailable.clone())
                .unwrap_or(PortRef::Number(0)),
        }
    }

    /// The Deployment's selector and the pods' labels: the usual ones, changed by what is adopted.
    fn labels(&mut self, name: &DnsLabel) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
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

    fn account(&mut self, workload: &str) -> Option<Account> {
        let model = self.model;
        let Some(account) = &model.service_account else {
            return model.service_account_name.as_ref().map(|name| Account {
                name: name.clone(),
                create: None,
            });
        };
        if model.service_account_name.is_some() {
            self.report.push(
                Diagnostic::new(
                    Code::GP006,
                    Place::key(self.at.key("serviceAccountName")),
                    "`serviceAccountName` beside `serviceAccount`: one of them is allowed",
                )
                .label(Place::key(self.at.key("serviceAccount")), "the other one")
                .help("write `serviceAccount: {create: false, name: …}`"),
            );
        }
        let name = account.name.clone().unwrap_or_else(|| workload.to_owned());
        if !is_dns_subdomain(&name) {
            self.refuse(
                Code::GP106,
                "serviceAccount",
                format!("`{name}` is no name that Kubernetes takes"),
            );
        }
        for key in account.annotations.keys() {
            if !crate::units::is_label_key(key) {
                let place = Place::key(self.at.key("serviceAccount").key("annotations").key(key));
                self.report.push(Diagnostic::new(
                    Code::GP010,
                    place,
                    format!("`{key}` is no annotation key that Kubernetes takes"),
                ));
            }
        }
        Some(Account {
            name,
            create: account
                .create
                .unwrap_or(true)
                .then(|| account.annotations.clone()),
        })
    }
}

fn pod(model: &spec::Model) -> Pod {
    Pod {
        command: model.command.clone(),
        args: model.args.clone(),
        env: model.env.clone().unwrap_or_default(),
        env_from: model.env_from.clone().unwrap_or_default(),
        readiness_probe: model.readiness_probe.clone(),
        liveness_probe: model.liveness_probe.clone(),
        startup_probe: model.startup_probe.clone(),
        resources: model.resources.clone(),
        annotations: model.pod_annotations.clone(),
        node_selector: model.node_selector.clone(),
        tolerations: model.tolerations.clone().unwrap_or_default(),
        affinity: model.affinity.clone(),
        volumes: model.volumes.clone().unwrap_or_default(),
        volume_mounts: model.volume_mounts.clone().unwrap_or_default(),
        image_pull_secrets: model.image_pull_secrets.clone().unwrap_or_default(),
        security_context: model.security_context.clone(),
    }
}
