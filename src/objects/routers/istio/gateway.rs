//! The Gateway, where the rollout brings its own.

use crate::objects::api::istio as api;
use crate::objects::{Object, Scope};
use crate::plan::{Gateway, Server};

use super::{Builder, GATEWAY};

impl Builder<'_> {
    pub(super) fn gateway(&self, gateway: &Gateway, wave: i32) -> Object {
        Object {
            // What the stage `adopt` lacks is no part of every stage.
            scope: if self.plan.adopts() {
                Scope::Stage
            } else {
                Scope::Base
            },
            ..self.object(GATEWAY, &gateway.name, "gateway", wave, spec(gateway))
        }
    }
}

fn spec(gateway: &Gateway) -> api::GatewaySpec {
    let servers = gateway
        .servers
        .iter()
        .enumerate()
        .map(|(index, server)| api::Server {
            hosts: server.hosts.clone(),
            port: api::ServerPort {
                name: port_name(gateway, index),
                number: server.port,
                protocol: server.protocol,
            },
            tls: server
                .credential_name
                .clone()
                .map(|credential_name| api::ServerTls {
                    mode: "SIMPLE",
                    credential_name,
                }),
        });
    api::GatewaySpec {
        selector: gateway.selector.clone(),
        servers: servers.collect(),
    }
}

/// A port's name must be unique in its gateway: `http` where it is the only one of its protocol, then `http-80`, then `http-80-2`.
fn port_name(gateway: &Gateway, index: usize) -> String {
    let server = &gateway.servers[index];
    let protocol = server.protocol.to_ascii_lowercase();
    let of_protocol = |other: &&Server| other.protocol == server.protocol;
    if gateway.servers.iter().filter(of_protocol).count() == 1 {
        return protocol;
    }
    let before = gateway.servers[..index].iter().filter(of_protocol);
    match before.filter(|other| other.port == server.port).count() {
        0 => format!("{protocol}-{}", server.port),
        earlier => format!("{protocol}-{}-{}", server.port, earlier + 1),
    }
}
