//! A Service: whom it selects, and where its ports lead.

use serde_json::Value;

use super::fields::{Labels, items, labels, text};
use super::pods::Pods;

/// The kind of a Service.
pub(super) const SERVICE: &str = "Service";

/// A Service, or a pool, that finds its pods by labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Service {
    /// The labels of its pods; never none.
    pub(super) selector: Labels,
    /// Its ports.
    pub(super) ports: Vec<Port>,
}

/// One port of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Port {
    /// The number that callers use.
    pub(super) number: u64,
    /// The port of the pods, where it is named; a number needs no declaration.
    pub(super) named: Option<String>,
}

impl Service {
    /// `None` where somebody else says which pods, or where they are.
    pub(super) fn of(body: &Value) -> Option<Self> {
        let spec = &body["spec"];
        let selector = labels(&spec["selector"]);
        if selector.is_empty() || text(&spec["type"]) == "ExternalName" {
            return None;
        }
        let ports = items(&spec["ports"]).iter().filter_map(|port| {
            Some(Port {
                number: port["port"].as_u64()?,
                named: port["targetPort"].as_str().map(str::to_owned),
            })
        });
        Some(Self {
            selector,
            ports: ports.collect(),
        })
    }

    /// The ports that a destination means: the one that it names, or all.
    pub(super) fn ports(&self, named: Option<u64>) -> Vec<&Port> {
        let all = self.ports.iter();
        all.filter(|port| named.is_none_or(|named| port.number == named))
            .collect()
    }
}

impl Port {
    /// Whether pods have the port.
    pub(super) fn is_of(&self, pods: &Pods) -> bool {
        let named = self.named.as_ref();
        named.is_none_or(|name| pods.ports.contains(name))
    }
}
