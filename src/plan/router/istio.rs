//! What only Istio has.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::ModelId;
use crate::spec::IstioApiVersion;
use crate::units::names::LABEL_INJECTION;

/// What only Istio has: its objects' names and version, and what is written into them in Istio's own shape.
#[derive(Clone, Debug)]
pub struct Istio {
    /// The version of Istio's networking API that is written.
    pub api_version: IstioApiVersion,
    /// Every gateway that leads here, a created one first.
    pub gateways: Vec<String>,
    /// The gateway that is one of the objects.
    pub gateway: Option<Gateway>,
    /// Whether the VirtualService has no hosts and gateways, and another one hands requests over to it.
    pub delegate: bool,
    /// The DestinationRule's `trafficPolicy`.
    pub policy: Option<Value>,
    /// The `trafficPolicy` of a model's subset, where the spec gives one.
    pub subset_policies: BTreeMap<ModelId, Value>,
    /// The VirtualService's name.
    pub virtual_service: String,
    /// The name of the VirtualService for callers in the mesh; the same one where there is no gateway.
    pub mesh_virtual_service: String,
    /// The DestinationRule's name.
    pub destination_rule: String,
}

impl Istio {
    /// Whether requests come in from beyond the mesh: through a gateway, be it that of who delegates.
    pub fn has_entrance(&self) -> bool {
        !self.gateways.is_empty() || self.delegate
    }
}

/// A Gateway that is created.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The Gateway's name.
    pub name: String,
    /// The labels of the pods that carry the Gateway.
    pub selector: BTreeMap<String, String>,
    /// The ports that the Gateway opens.
    pub servers: Vec<Server>,
}

/// One port of a Gateway.
#[derive(Clone, Debug)]
pub struct Server {
    /// The port's number.
    pub port: u16,
    /// Istio's word for what the port speaks.
    pub protocol: &'static str,
    /// The hosts that the port answers to.
    pub hosts: Vec<String>,
    /// The Secret with its certificate.
    pub credential_name: Option<String>,
}

/// A namespace's pods get sidecars by this label.
pub(super) fn namespace_labels() -> BTreeMap<String, String> {
    BTreeMap::from([(LABEL_INJECTION.to_owned(), "enabled".to_owned())])
}
