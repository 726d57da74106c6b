//! The router that `traffic.provider` names. One file a router.

mod istio;

use crate::diag::{Report, Route};
use crate::plan::Router;
use crate::spec::{Provider, Spec};
use crate::units::DnsLabel;

/// The router with everything that only it has; `at` is the route of `spec.traffic`.
pub(super) fn resolve(spec: &Spec, rollout: &DnsLabel, at: &Route, report: &mut Report) -> Router {
    match spec.traffic.provider {
        Provider::Istio => Router::Istio(istio::resolve(spec, rollout, at, report)),
    }
}
