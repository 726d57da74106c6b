//! The VirtualServices: one for what comes in through gateways, one for callers in the mesh.

use crate::objects::Object;
use crate::objects::api::istio as api;
use crate::plan::ServicePort;

use super::{Builder, VIRTUAL_SERVICE};

/// One copy of the routes: the port that it leads to, and how it is told from other copies.
#[derive(Clone, Copy)]
pub(super) struct Copy<'a> {
    pub(super) port: &'a ServicePort,
    /// Whether callers in the mesh, whose pods are known, use it.
    pub(super) is_mesh: bool,
    /// Whether routes carry the port in their name and match.
    pub(super) is_one_of_many: bool,
    /// Whether its last route may take everything.
    pub(super) is_last: bool,
}

impl Builder<'_> {
    /// For requests that come in through gateways, or are handed over: all of them lead to one port.
    pub(super) fn gateway_routes(&self, wave: i32) -> Object {
        let traffic = &self.plan.traffic;
        let port = &self.plan.service.ports[traffic.port];
        let copy = Copy {
            port,
            is_mesh: false,
            is_one_of_many: false,
            is_last: true,
        };
        let spec = api::VirtualServiceSpec {
            gateways: self.router.gateways.clone(),
            hosts: traffic.hosts.clone(),
            http: self.routes(copy),
        };
        let name = &self.router.virtual_service;
        self.object(VIRTUAL_SERVICE, name, "virtual-service", wave, spec)
    }

    /// For callers in the mesh: every port that may carry requests has its own copy, because a route leads to one port.
    pub(super) fn mesh_routes(&self, wave: i32) -> Object {
        let plan = self.plan;
        let mut hosts = vec![self.host.clone()];
        if !self.router.has_entrance() {
            hosts.extend(
                plan.traffic
                    .hosts
                    .iter()
                    .filter(|host| **host != self.host)
                    .cloned(),
            );
        }
        let ports = plan.mesh_ports();
        let http = ports.iter().enumerate().flat_map(|(index, port)| {
            self.routes(Copy {
                port,
                is_mesh: true,
                is_one_of_many: ports.len() > 1,
                is_last: index + 1 == ports.len(),
            })
        });
        let spec = api::VirtualServiceSpec {
            gateways: Vec::new(),
            hosts,
            http: http.collect(),
        };
        let file = if self.router.has_entrance() {
            "virtual-service-mesh"
        } else {
            "virtual-service"
        };
        let name = &self.router.mesh_virtual_service;
        self.object(VIRTUAL_SERVICE, name, file, wave, spec)
    }
}
