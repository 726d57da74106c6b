//! The Service: ports that every model has.

use std::collections::BTreeMap;

use crate::diag::Route;
use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Model, ModelId, PortRef, Service, ServicePort, ServiceType, Wire};
use crate::spec::{SessionAffinity, Spec};
use crate::units::{DnsLabel, names};

use super::{check_annotations, check_label, check_labels, label};

/// The Service, or `None` where it is wrong.
pub(super) fn resolve(
    spec: &Spec,
    rollout: &DnsLabel,
    selector: BTreeMap<String, String>,
    models: &[Model],
    stable: ModelId,
    report: &mut Report,
) -> Option<Service> {
    let at = Route::root().key("spec").key("service");
    let name = match &spec.service.name {
        Some(name) => label(name, at.key("name"), report)?,
        None => rollout.clone(),
    };
    for (key, value) in &selector {
        check_label(key, value, &at.key("selector").key(key), report);
    }
    check_labels(&spec.service.labels, &at.key("labels"), report);
    check_annotations(&spec.service.annotations, &at.key("annotations"), report);
    if selector.contains_key(names::LABEL_VERSION) {
        report.push(
            Diagnostic::new(
                Code::GP109,
                Place::key(at.key("selector").key(names::LABEL_VERSION)),
                "a Service that selects one `version` never reaches the other models",
            )
            .help("select a label that the pods of every model have"),
        );
    }
    let ports = match &spec.service.ports {
        Some(_) => given_ports(spec, &at.key("ports"), models, report),
        None => default_ports(&models[stable.0], models, report),
    };
    Some(Service {
        name: name.as_str().to_owned(),
        kind: spec.service.r#type,
        ports: ports?,
        adopted_selector: adopted(spec, stable, &selector),
        labels: spec.service.labels.clone(),
        annotations: spec.service.annotations.clone(),
        session: session(spec),
        selector,
    })
}

/// How long callers from one address stay with one pod, where they do.
fn session(spec: &Spec) -> Option<Option<u32>> {
    let config = spec.service.session_affinity_config;
    let seconds = config.map(|config| config.client_ip.timeout_seconds);
    match spec.service.session_affinity {
        SessionAffinity::None => None,
        SessionAffinity::ClientIP => Some(seconds),
    }
}

/// What stable's running pods carry for certain, where that is not all that the Service will select.
fn adopted(
    spec: &Spec,
    stable: ModelId,
    selector: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    let carried = spec.models[stable.0].selector.as_ref()?;
    let is_known = |(key, value): (&String, &String)| carried.get(key) == Some(value);
    (spec.adopt && !selector.iter().all(is_known)).then(|| carried.clone())
}

fn given_ports(
    spec: &Spec,
    at: &Route,
    models: &[Model],
    report: &mut Report,
) -> Option<Vec<ServicePort>> {
    let mut ports: Vec<ServicePort> = Vec::new();
    let mut sound = true;
    for (index, port) in spec.service.ports.iter().flatten().enumerate() {
        let at = at.index(index);
        label(&port.name, at.key("name"), report);
        for (field, clash) in [
            (
                "name",
                ports.iter().position(|other| other.name == port.name),
            ),
            (
                "port",
                ports.iter().position(|other| other.number == port.port),
            ),
        ] {
            if let Some(first) = clash {
                let first = Place::value(at.parent().index(first).key(field));
                report.push(
                    Diagnostic::new(
                        Code::GP105,
                        Place::value(at.key(field)),
                        format!("the {field} of this Service port is used twice"),
                    )
                    .label(first, "first used here"),
                );
            }
        }
        if let (Some(number), ServiceType::ClusterIP) = (port.node_port, spec.service.r#type) {
            report.push(Diagnostic::new(
                Code::GP006,
                Place::key(at.key("nodePort")),
                format!(
                    "the node port {number} needs a Service of type `NodePort` or `LoadBalancer`"
                ),
            ));
        }
        let target = port.target_port.clone().unwrap_or_else(|| {
            let named = PortRef::Name(port.name.clone());
            if models
                .iter()
                .all(|model| container_port(model, &named).is_some())
            {
                named
            } else {
                PortRef::Number(port.port)
            }
        });
        for model in models {
            if container_port(model, &target).is_none() {
                sound = false;
                let field = if port.target_port.is_some() {
                    "targetPort"
                } else {
                    "port"
                };
                report.push(
                    Diagnostic::new(
                        Code::GP104,
                        Place::value(at.key(field)),
                        format!("the Service port `{}` leads to the container port `{target}`, which the model `{}` does not have", port.name, model.name),
                    )
                    .maybe_help(suggestion(&target.to_string(), model.ports.iter().filter_map(|port| port.name.as_deref()))),
                );
                break;
            }
        }
        let wire = port
            .app_protocol
            .as_deref()
            .map_or_else(|| Wire::of_port_name(&port.name), Wire::of_app_protocol);
        ports.push(ServicePort {
            name: port.name.clone(),
            number: port.port,
            target,
            wire,
            node_port: port.node_port,
        });
    }
    sound.then_some(ports)
}

/// The stable model's container ports, where every model has them.
fn default_ports(
    stable: &Model,
    models: &[Model],
    report: &mut Report,
) -> Option<Vec<ServicePort>> {
    let mut ports = Vec::new();
    for (index, port) in stable.ports.iter().enumerate() {
        if port
            .name
            .as_deref()
            .is_some_and(|name| stable.is_metrics(name))
        {
            continue;
        }
        let Some(name) = port.name.clone() else {
            let at = Route::root().key("spec").key("models");
            let model = models
                .iter()
                .position(|model| model.name == stable.name)
                .unwrap_or_default();
            report.push(
                Diagnostic::new(
                    Code::GP104,
                    Place::value(at.index(model).key("ports").index(index)),
                    "a container port without a name cannot become a Service port",
                )
                .help("give the port a name, or list `spec.service.ports`"),
            );
            return None;
        };
        let target = PortRef::Name(name.clone());
        if let Some(lacking) = models
            .iter()
            .find(|model| container_port(model, &target).is_none())
        {
            report.push(
                Diagnostic::new(
                    Code::GP104,
                    Place::key(Route::root().key("spec").key("models")),
                    format!(
                        "the model `{}` has no port `{name}`, which the stable model `{}` has",
                        lacking.name, stable.name
                    ),
                )
                .help("give every model the same port names, or list `spec.service.ports`"),
            );
            return None;
        }
        ports.push(ServicePort {
            wire: Wire::of_port_name(&name),
            name,
            number: port.number,
            target,
            node_port: None,
        });
    }
    Some(ports)
}

/// The model's container port of this name or number.
fn container_port(model: &Model, wanted: &PortRef) -> Option<u16> {
    let found = model.ports.iter().find(|port| match wanted {
        PortRef::Number(number) => port.number == *number,
        PortRef::Name(name) => port.name.as_deref() == Some(name),
    });
    found.map(|port| port.number)
}
