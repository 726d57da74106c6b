//! The Service that a model's manifest brings.

use serde_json::Value;

use crate::plan::resolve::models::FoundObject;
use crate::plan::{PortRef, ServicePort, ServiceType, Wire};

/// The ports as the manifest says them.
pub(super) fn ports(service: &FoundObject) -> Vec<ServicePort> {
    let ports = service.object.body["spec"]["ports"].as_array();
    let ports = ports.into_iter().flatten().filter_map(|port| {
        let number = number(&port["port"])?;
        let name = port["name"].as_str();
        let target = &port["targetPort"];
        let target = target.as_str().map_or_else(
            || PortRef::Number(self::number(target).unwrap_or(number)),
            |name| PortRef::Name(name.to_owned()),
        );
        let by_name = || name.map_or(Wire::Unknown, Wire::of_port_name);
        let protocol = port["appProtocol"].as_str();
        Some(ServicePort {
            // Only the one port of a Service may have no name, and nothing is told apart by it.
            name: name.unwrap_or("http").to_owned(),
            number,
            target,
            wire: protocol.map_or_else(by_name, Wire::of_app_protocol),
            node_port: self::number(&port["nodePort"]),
        })
    });
    ports.collect()
}

/// The type as the manifest says it.
pub(super) fn kind(service: &FoundObject) -> ServiceType {
    match service.object.body["spec"]["type"].as_str() {
        Some("NodePort") => ServiceType::NodePort,
        Some("LoadBalancer") => ServiceType::LoadBalancer,
        Some(_) | None => ServiceType::ClusterIP,
    }
}

fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|number| u16::try_from(number).ok())
}
