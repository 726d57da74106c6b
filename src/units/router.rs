//! The routers, named once.

/// Who moves the traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RouterName {
    /// Istio's sidecars and gateways.
    Istio,
    /// Gateway API's routes, whoever implements them.
    GatewayApi,
}
