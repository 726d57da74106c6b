//! The Service's ports: those that the spec gives, or the stable model's.

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::resolve::label;
use crate::plan::{Model, ModelId, PortRef, ServicePort, ServiceType, Wire, Workload};
use crate::spec::Spec;

/// The ports that the spec gives, each of which leads somewhere in every model's pods.
pub(super) fn given(
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
            if models.iter().all(|model| has_port(model, &named)) {
                named
            } else {
                PortRef::Number(port.port)
            }
        });
        for model in models {
            if !has_port(model, &target) {
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

/// The stable model's container ports, where every model has them; the backend's where all have backends.
pub(super) fn default(
    models: &[Model],
    stable: ModelId,
    report: &mut Report,
) -> Option<Vec<ServicePort>> {
    let at = Route::root().key("spec").key("models");
    let of_pods = &models[stable.0];
    if let Some(backend) = &of_pods.backend {
        let name = "http";
        return Some(vec![ServicePort {
            wire: Wire::of_port_name(name),
            name: name.to_owned(),
            number: backend.port,
            target: PortRef::Number(backend.port),
            node_port: None,
        }]);
    }
    if of_pods.ports.is_empty() {
        let message = format!(
            "which ports the Service has is not known: the containers of `{}` name none",
            of_pods.name
        );
        report.push(
            Diagnostic::new(
                Code::GP127,
                Place::value(at.index(stable.0).key("name")),
                message,
            )
            .help("list `spec.service.ports`"),
        );
        return None;
    }
    let mut ports = Vec::new();
    for (index, port) in of_pods.ports.iter().enumerate() {
        let name = port.name.as_deref();
        if name.is_some_and(|name| of_pods.is_metrics(name)) {
            continue;
        }
        let Some(name) = port.name.clone() else {
            let place = match of_pods.own() {
                Some(_) => at.index(stable.0).key("workload").key("manifest"),
                None => at.index(stable.0).key("ports").index(index),
            };
            report.push(
                Diagnostic::new(
                    Code::GP104,
                    Place::value(place),
                    "a container port without a name cannot become a Service port",
                )
                .help("give the port a name, or list `spec.service.ports`"),
            );
            return None;
        };
        let target = PortRef::Name(name.clone());
        if let Some(lacking) = models.iter().find(|model| !has_port(model, &target)) {
            report.push(
                Diagnostic::new(
                    Code::GP104,
                    Place::key(at),
                    format!(
                        "the model `{}` has no port `{name}`, which the stable model `{}` has",
                        lacking.name, of_pods.name
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

/// Whether the model's pods have a port, as far as that is known: a container need not list the numbers that it listens on.
fn has_port(model: &Model, wanted: &PortRef) -> bool {
    let is_listed = match wanted {
        PortRef::Number(number) => model.ports.iter().any(|port| port.number == *number),
        PortRef::Name(name) => {
            let mut ports = model.ports.iter();
            ports.any(|port| port.name.as_deref() == Some(name))
        }
    };
    let is_free = match (&model.workload, wanted) {
        (Workload::Generated(_), _) => false,
        (Workload::Own(own), PortRef::Name(_)) => own.pods.is_none(),
        (Workload::Own(_), PortRef::Number(_)) | (Workload::Elsewhere, _) => true,
    };
    is_listed || is_free || model.backend.is_some()
}
