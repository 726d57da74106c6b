//! The container's ports: the spec's, else the runtime's.

use crate::diag::{Code, Diagnostic, Place};
use crate::plan::ContainerPort;
use crate::plan::runtimes::RuntimeFacts;

use super::Resolver;

impl Resolver<'_> {
    pub(super) fn ports(&mut self, runtime: &RuntimeFacts) -> Option<Vec<ContainerPort>> {
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
        let ports = given.iter().map(|port| ContainerPort {
            name: port.name.clone().filter(|name| !name.is_empty()),
            // What is no port has been refused.
            number: u16::try_from(port.container_port).unwrap_or_default(),
            protocol: port.protocol.clone(),
        });
        Some(ports.collect())
    }
}
