//! Who moves the traffic, and what only that router has. One file a router.

mod gateway_api;
mod istio;

pub use gateway_api::{GatewayApi, Grant, Parent, WrittenGateway};
pub use istio::{Gateway, Istio, Server};

use std::collections::BTreeMap;

use crate::units::RouterName;

use super::StringMatch;

/// Who moves the traffic. Whatever depends on it matches exhaustively, so that a new router does not compile before it is
/// resolved, checked, built, traced and measured.
#[derive(Clone, Debug)]
pub enum Router {
    /// Istio's sidecars and gateways.
    Istio(Istio),
    /// Gateway API's routes, whoever implements them.
    GatewayApi(GatewayApi),
}

impl Router {
    /// The router's name, for who needs nothing else of it.
    pub fn name(&self) -> RouterName {
        match self {
            Self::Istio(_) => RouterName::Istio,
            Self::GatewayApi(_) => RouterName::GatewayApi,
        }
    }

    /// The labels by which a namespace is the router's.
    pub fn namespace_labels(&self) -> BTreeMap<String, String> {
        match self {
            Self::Istio(_) => istio::namespace_labels(),
            // Whoever implements it has its own, which nothing here names.
            Self::GatewayApi(_) => BTreeMap::new(),
        }
    }

    /// Whether requests come in through a gateway, and not only from the mesh; be it the gateway of somebody who delegates.
    pub fn has_gateway(&self) -> bool {
        match self {
            Self::Istio(istio) => istio.has_entrance(),
            Self::GatewayApi(api) => !api.parents.is_empty(),
        }
    }

    /// Whether an object of somebody else's hands requests over, so that hosts and gateways are its.
    pub fn is_delegate(&self) -> bool {
        match self {
            Self::Istio(istio) => istio.delegate,
            Self::GatewayApi(_) => false,
        }
    }

    /// The prefix of every path, as the router reads prefixes.
    pub fn any_path(&self) -> StringMatch {
        match self {
            Self::Istio(_) => StringMatch::Prefix("/".to_owned()),
            Self::GatewayApi(_) => StringMatch::Below("/".to_owned()),
        }
    }

    /// Whether callers in the mesh are routed where the spec does not say it. An implementation of Gateway API without a mesh never
    /// accepts a route of a Service, and Argo CD shows that as degraded.
    pub fn routes_mesh_by_default(&self) -> bool {
        match self {
            Self::Istio(_) => true,
            Self::GatewayApi(_) => !self.has_gateway(),
        }
    }
}
