//! The router that `traffic.provider` names. One file a router.

mod gateway_api;
mod istio;

use crate::diag::{Report, Route};
use crate::plan::Router;
use crate::spec::{Provider, Spec};
use crate::units::DnsLabel;

/// The router with everything that only it has; `at` is the route of `spec.traffic`.
pub(super) fn resolve(spec: &Spec, rollout: &DnsLabel, at: &Route, report: &mut Report) -> Router {
    match spec.traffic.provider {
        Provider::GatewayApi => Router::GatewayApi(gateway_api::resolve(spec, rollout)),
        Provider::Istio => Router::Istio(istio::resolve(spec, rollout, at, report)),
    }
}
