//! Istio: its gateways, the names of its objects, and what is handed to them in its own shape.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Gateway, Istio, ModelId, Server};
use crate::spec::{self, Spec};
use crate::units::{DnsLabel, is_dns_subdomain, names};

/// What only Istio has, with the complaints about it.
pub(super) fn resolve(spec: &Spec, rollout: &DnsLabel, at: &Route, report: &mut Report) -> Istio {
    let given = &spec.traffic;
    let gateway = given
        .gateway
        .as_ref()
        .map(|gateway| resolve_gateway(gateway, given, &at.key("gateway"), report));
    let mut gateways: Vec<String> = gateway.iter().map(|gateway| gateway.name.clone()).collect();
    gateways.extend(given.gateways.iter().cloned());
    let kept = |name: &Option<String>, field: &str, report: &mut Report| {
        let name = name.clone().unwrap_or_else(|| rollout.to_string());
        if !is_dns_subdomain(&name) {
            let place = Place::value(at.key("names").key(field));
            report.push(Diagnostic::new(
                Code::GP106,
                place,
                format!("`{name}` is no name that Kubernetes takes"),
            ));
        }
        name
    };
    let virtual_service = kept(&given.names.virtual_service, "virtualService", report);
    let mesh_virtual_service = if gateways.is_empty() && !given.delegate {
        virtual_service.clone()
    } else {
        format!("{virtual_service}-mesh")
    };
    if mesh_virtual_service.len() > names::MAX_SUBDOMAIN {
        report.push(Diagnostic::new(
            Code::GP107,
            Place::value(at.key("names").key("virtualService")),
            format!(
                "`{virtual_service}` leaves no room for `-mesh` in the {} characters of a name",
                names::MAX_SUBDOMAIN
            ),
        ));
    }
    let policies = spec.models.iter().enumerate();
    Istio {
        api_version: spec.outputs.istio_api_version,
        gateways,
        gateway,
        delegate: given.delegate,
        policy: given.policy.clone(),
        subset_policies: policies
            .filter_map(|(index, model)| Some((ModelId(index), model.traffic_policy.clone()?)))
            .collect(),
        virtual_service,
        mesh_virtual_service,
        destination_rule: kept(&given.names.destination_rule, "destinationRule", report),
    }
}

fn resolve_gateway(
    gateway: &spec::Gateway,
    given: &spec::Traffic,
    at: &Route,
    report: &mut Report,
) -> Gateway {
    let default = [spec::Server {
        port: 80,
        protocol: None,
        hosts: None,
        credential_name: None,
    }];
    let servers = gateway.servers.as_deref().unwrap_or(&default);
    ports_agree(servers, given, at, report);
    Gateway {
        name: gateway.name.clone(),
        selector: gateway.selector.clone(),
        servers: servers
            .iter()
            .map(|server| Server {
                port: server.port,
                protocol: protocol(server),
                hosts: server.hosts.clone().unwrap_or_else(|| given.hosts.clone()),
                credential_name: server.credential_name.clone(),
            })
            .collect(),
    }
}

fn protocol(server: &spec::Server) -> &'static str {
    server.protocol.map_or_else(
        || {
            if server.credential_name.is_some() {
                "HTTPS"
            } else {
                "HTTP"
            }
        },
        spec::ServerProtocol::name,
    )
}

/// Servers may share a port, each with hosts and a certificate of its own; Envoy listens there in one way for all of them.
fn ports_agree(servers: &[spec::Server], given: &spec::Traffic, at: &Route, report: &mut Report) {
    let hosts = |server: &'_ spec::Server| -> Vec<String> {
        server.hosts.clone().unwrap_or_else(|| given.hosts.clone())
    };
    let mut known: BTreeMap<u16, usize> = BTreeMap::new();
    let mut taken: BTreeMap<(u16, String), usize> = BTreeMap::new();
    for (index, server) in servers.iter().enumerate() {
        let at = |index: usize| at.key("servers").index(index);
        let first = *known.entry(server.port).or_insert(index);
        if protocol(&servers[first]) != protocol(server) {
            report.push(
                Diagnostic::new(
                    Code::GP105,
                    Place::value(at(index).key("port")),
                    format!(
                        "the port {} of this gateway speaks {} already, and cannot speak {} too",
                        server.port,
                        protocol(&servers[first]),
                        protocol(server)
                    ),
                )
                .label(Place::value(at(first).key("port")), "first used here"),
            );
        }
        for host in hosts(server) {
            let first = *taken.entry((server.port, host.clone())).or_insert(index);
            if first != index {
                report.push(
                    Diagnostic::new(
                        Code::GP105,
                        Place::value(at(index).key("port")),
                        format!(
                            "the port {} of this gateway has the host `{host}` twice",
                            server.port
                        ),
                    )
                    .label(Place::value(at(first).key("port")), "first here"),
                );
                break;
            }
        }
    }
}
