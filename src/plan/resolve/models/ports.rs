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
}
