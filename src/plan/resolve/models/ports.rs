//! The container's ports: the spec's, else the runtime's.

use k8s_openapi::api::core::v1 as core;

use crate::diag::{Code, Diagnostic, Place};
use crate::plan::runtimes::RuntimeFacts;
use crate::plan::{ContainerPort, HostPort};

use super::Resolver;

/// The port of the node that a container's port takes; 0 is none.
pub(super) fn host_port(port: &core::ContainerPort) -> Option<HostPort> {
    let number = u16::try_from(port.host_port?).ok()?;
    (number > 0).then(|| HostPort {
        number,
        address: port.host_ip.clone(),
    })
}

impl Resolver<'_> {
    pub(super) fn ports(&mut self, runtime: &RuntimeFacts) -> Option<Vec<ContainerPort>> {
        let Some(given) = &self.model.ports else {
            let ports: Vec<_> = runtime
                .ports
                .iter()
                .chain(&runtime.metrics)
                .map(|port| ContainerPort {
                    name: Some(port.name.to_owned()),
                    number: port.number,
                    protocol: None,
                    host: None,
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
        let ports = given.iter().map(|port| ContainerPort {
            name: port.name.clone().filter(|name| !name.is_empty()),
            // What is no port has been refused.
            number: u16::try_from(port.container_port).unwrap_or_default(),
            protocol: port.protocol.clone(),
            host: host_port(port),
        });
        Some(ports.collect())
    }
}
