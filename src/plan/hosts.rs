//! The hosts that a rollout routes, as the routers tell them apart.

use std::collections::BTreeMap;
use std::fmt;

use crate::diag::Route;
use crate::units::DnsLabel;

use super::{Plan, Router, Unmatched};

/// Istio's word for all sidecars.
const MESH: &str = "mesh";

/// One host at one place where requests come in: Istio makes one list of all routes for it, in an order that nobody chooses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoutedHost {
    /// `namespace/name` of the gateway, `name` where the namespace is unknown, or `mesh`.
    pub gateway: String,
    /// The host, in lower case and with its namespace's domain where it is a short name.
    pub host: String,
}

impl fmt::Display for RoutedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.gateway == MESH {
            write!(f, "the host `{}` in the mesh", self.host)
        } else {
            write!(
                f,
                "the host `{}` on the gateway `{}`",
                self.host, self.gateway
            )
        }
    }
}

impl Plan {
    /// Every host that is routed here beside the Service's own, and the part of the spec that asks for it; none where what the
    /// routes do not take is left to others on the same hosts.
    pub fn routed_hosts(&self) -> BTreeMap<RoutedHost, Route> {
        if self.traffic.unmatched == Unmatched::Left {
            return BTreeMap::new();
        }
        let namespace = self.namespace.as_ref().map(DnsLabel::as_str);
        let within = |name: &str| match namespace {
            Some(namespace) if !name.contains('/') => format!("{namespace}/{name}"),
            _ => name.to_owned(),
        };
        let gateways: Vec<String> = match &self.traffic.router {
            Router::Istio(istio) if istio.gateways.is_empty() => vec![MESH.to_owned()],
            Router::Istio(istio) => istio.gateways.iter().map(|name| within(name)).collect(),
            Router::GatewayApi(api) => api
                .parents
                .iter()
                .map(|parent| within(&parent.to_string()))
                .collect(),
        };
        let at = Route::root().key("spec").key("traffic").key("hosts");
        let hosts = self.traffic.hosts.iter().enumerate();
        hosts
            .flat_map(|(index, host)| {
                let host = host.to_ascii_lowercase();
                // Istio completes a name without dots by the namespace of the object that says it.
                let host = match namespace {
                    Some(namespace) if host != "*" && !host.contains('.') => {
                        format!("{host}.{namespace}.svc.cluster.local")
                    }
                    _ => host,
                };
                let at = at.index(index);
                gateways.iter().map(move |gateway| {
                    let gateway = gateway.clone();
                    let host = host.clone();
                    (RoutedHost { gateway, host }, at.clone())
                })
            })
            .collect()
    }
}
