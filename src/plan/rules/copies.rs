//! How often the rules of a stage are written: once for what comes in through gateways, and once for each port of callers in the mesh.

use crate::plan::{Plan, ServicePort};

use super::Callers;

/// One copy of the rules, as an object of its own.
#[derive(Clone, Debug)]
pub struct Copy<'a> {
    /// Whose requests it is for.
    pub callers: Callers,
    /// The Service port that it leads to.
    pub port: &'a ServicePort,
    /// What its name has beyond that of the others: empty, `-mesh` or `-mesh-grpc`.
    pub suffix: String,
}

impl Plan {
    /// The ports whose requests are routed for callers in the mesh. One of unknown protocol is among them only where the spec says that
    /// requests come in through it.
    pub fn mesh_ports(&self) -> Vec<&ServicePort> {
        let routed = &self.service.ports[self.traffic.port];
        let ports = self.service.ports.iter();
        let mut ports: Vec<&ServicePort> = ports.filter(|port| port.wire.is_routed()).collect();
        if !ports.iter().any(|port| port.number == routed.number) {
            ports.push(routed);
        }
        ports
    }

    /// The copies of the rules where each has an object of its own.
    pub fn copies(&self) -> Vec<Copy<'_>> {
        let has_gateway = self.traffic.router.has_gateway();
        let mut copies = Vec::new();
        if has_gateway {
            copies.push(Copy {
                callers: Callers::Gateway,
                port: &self.service.ports[self.traffic.port],
                suffix: String::new(),
            });
        }
        if self.traffic.mesh {
            let ports = self.mesh_ports();
            let many = ports.len() > 1;
            copies.extend(ports.into_iter().map(|port| {
                let mesh = if has_gateway { "-mesh" } else { "" };
                let of_port = many.then(|| format!("-{}", port.name));
                Copy {
                    callers: Callers::Mesh,
                    port,
                    suffix: format!("{mesh}{}", of_port.unwrap_or_default()),
                }
            }));
        }
        copies
    }
}
