//! What only Gateway API has.

use std::fmt;

use serde_json::Value;

use crate::plan::{Model, ModelId, Plan};
use crate::spec::{self, Feature};
use crate::units::DnsLabel;

use super::Router;

/// What only Gateway API has: which of it the cluster has, and the Gateways that lead here.
#[derive(Clone, Debug)]
pub struct GatewayApi {
    /// Who carries the routes, where the spec says it.
    pub implementation: Option<spec::Implementation>,
    /// The CRDs of the cluster.
    pub installed: spec::GatewayApi,
    /// Every Gateway that leads here, a written one first.
    pub parents: Vec<Parent>,
    /// The Gateway that is one of the objects.
    pub gateway: Option<WrittenGateway>,
    /// The name of the route of the Gateways, and of the only one of the Service.
    pub route: String,
}

/// A Gateway, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    /// The Gateway's name.
    pub name: String,
    /// The Gateway's namespace, where it is not the rollout's.
    pub namespace: Option<String>,
    /// One of its listeners.
    pub section_name: Option<String>,
    /// The port of its listeners.
    pub port: Option<u16>,
}

/// `namespace/name#section`.
impl fmt::Display for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        f.write_str(&self.name)?;
        if let Some(section) = &self.section_name {
            write!(f, "#{section}")?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        Ok(())
    }
}

/// A Gateway that is created.
#[derive(Clone, Debug)]
pub struct WrittenGateway {
    /// The Gateway's name.
    pub name: String,
    /// The GatewayClass that carries it.
    pub class: String,
    /// The ports that it opens, in Gateway API's shape, with the defaults of its CRD.
    pub listeners: Vec<Value>,
}

/// Leave to refer to what is in another namespace, which stands in that namespace.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The first model with a backend that needs it.
    pub model: ModelId,
    /// The namespace of the backend.
    pub namespace: String,
    /// The group of the backend.
    pub group: &'static str,
    /// The kind of the backend.
    pub kind: &'static str,
    /// The name of the backend.
    pub name: String,
    /// The kind of the route that refers to it.
    pub from: &'static str,
    /// The group and version of the grant.
    pub api_version: &'static str,
    /// Whether it is one of the objects: where the rollout brings objects into that namespace already, it is the rollout's to say.
    /// Anywhere else a grant is the word of those who own the namespace.
    pub is_written: bool,
}

impl Plan {
    /// What routes of Gateways need leave for. A route of a Service needs none (GEP-1294).
    pub fn grants(&self) -> Vec<Grant> {
        let Router::GatewayApi(api) = &self.traffic.router else {
            return Vec::new();
        };
        if api.parents.is_empty() {
            return Vec::new();
        }
        let from = if self.service.ports[self.traffic.port].wire.is_grpc() {
            "GRPCRoute"
        } else {
            "HTTPRoute"
        };
        let api_version = if api.installed.has(Feature::ReferenceGrantV1) {
            "gateway.networking.k8s.io/v1"
        } else {
            "gateway.networking.k8s.io/v1beta1"
        };
        let own = self.namespace.as_ref().map(DnsLabel::as_str);
        let brings = |namespace: &str| {
            let mut objects = self
                .models
                .iter()
                .filter_map(Model::own)
                .flat_map(|own| &own.objects);
            own.is_some() && objects.any(|object| object.namespace.as_deref() == Some(namespace))
        };
        let grants = self.model_ids().filter_map(|model| {
            let backend = self.model(model).backend.as_ref()?;
            let namespace = backend.namespace.clone().filter(|name| own != Some(name))?;
            Some(Grant {
                model,
                is_written: brings(&namespace),
                namespace,
                group: "",
                kind: "Service",
                name: backend.service.clone(),
                from,
                api_version,
            })
        });
        grants.collect()
    }
}
