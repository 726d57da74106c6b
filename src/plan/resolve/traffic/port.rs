//! The Service port that is routed.

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{PortRef, Service, ServicePort, Wire};
use crate::spec::Traffic;

/// The Service port that gateways lead to: the one that is named, else the only routed one, else `http`.
pub(super) fn routed(
    given: &Traffic,
    service: &Service,
    at: &Route,
    report: &mut Report,
) -> Option<usize> {
    let routed = |port: &ServicePort| port.wire != Wire::Unknown && port.wire.is_routed();
    let found = match &given.port {
        Some(PortRef::Name(name)) => service.ports.iter().position(|port| port.name == *name),
        Some(PortRef::Number(number)) => {
            service.ports.iter().position(|port| port.number == *number)
        }
        None if service.ports.len() == 1 => Some(0),
        None => service
            .ports
            .iter()
            .position(|port| port.name == "http")
            .or_else(|| service.ports.iter().position(routed)),
    };
    let known = service.ports.iter().map(|port| port.name.as_str());
    let place = Place::value(at.key("port"));
    match (found, &given.port) {
        (Some(index), _) if matches!(service.ports[index].wire, Wire::Connections(_)) => {
            let name = &service.ports[index].name;
            report.push(
                Diagnostic::new(Code::GP104, place, format!("the port `{name}` carries connections, and only HTTP and gRPC requests can be routed"))
                    .help("route a port whose name or `appProtocol` says http, http2, grpc or grpc-web"),
            );
            None
        }
        (Some(index), _) => Some(index),
        (None, Some(wanted)) => {
            report.push(
                Diagnostic::new(
                    Code::GP104,
                    place,
                    format!("the Service has no port `{wanted}`"),
                )
                .maybe_help(suggestion(&wanted.to_string(), known)),
            );
            None
        }
        (None, None) => {
            report.push(
                Diagnostic::new(Code::GP104, place, "the Service has several ports, and none of them is known to carry HTTP or gRPC")
                    .help("name the one that is routed: `traffic.port`"),
            );
            None
        }
    }
}
