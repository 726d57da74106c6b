//! Who moves the traffic, and what only that router has. One file a router.

mod istio;

pub use istio::{Gateway, Istio, Server};

use std::collections::BTreeMap;

use crate::units::RouterName;

/// Who moves the traffic. Whatever depends on it matches exhaustively, so that a new router does not compile before it is
/// resolved, checked, built, traced and measured.
#[derive(Clone, Debug)]
pub enum Router {
    /// Istio's sidecars and gateways.
    Istio(Istio),
}

impl Router {
    /// The router's name, for who needs nothing else of it.
    pub fn name(&self) -> RouterName {
        match self {
            Self::Istio(_) => RouterName::Istio,
        }
    }

    /// The labels by which a namespace is the router's.
    pub fn namespace_labels(&self) -> BTreeMap<String, String> {
        match self {
            Self::Istio(_) => istio::namespace_labels(),
        }
    }

    /// Whether requests come in through a gateway, and not only from the mesh; be it the gateway of somebody who delegates.
    pub fn has_gateway(&self) -> bool {
        match self {
            Self::Istio(istio) => istio.has_entrance(),
        }
    }

    /// Whether an object of somebody else's hands requests over, so that hosts and gateways are its.
    pub fn is_delegate(&self) -> bool {
        match self {
            Self::Istio(istio) => istio.delegate,
        }
    }
}
