//! Traffic: who routes, hosts, base routes.

mod headers;
mod port;
mod routes;
mod sticky;
mod unmatched;

use crate::diag::{Report, Route};
use crate::plan::{Service, Traffic};
use crate::spec::Spec;
use crate::units::DnsLabel;

use super::router;

pub(super) use headers::escape;

/// The traffic, or `None` where it is wrong.
pub(super) fn resolve(
    spec: &Spec,
    rollout: &DnsLabel,
    service: &Service,
    report: &mut Report,
) -> Option<Traffic> {
    let at = Route::root().key("spec").key("traffic");
    let given = &spec.traffic;
    let port = port::routed(given, service, &at, report);
    let router = router::resolve(spec, rollout, &at, report);
    let sticky = given.sticky.as_ref();
    let sticky = sticky.map(|sticky| sticky::resolve(sticky, &at.key("sticky"), report));
    let routes = routes::resolve(&given.routes, given.provider, &at.key("routes"), report)?;
    Some(Traffic {
        unmatched: unmatched::resolve(given, &routes, &at, report)?,
        hosts: given.hosts.clone(),
        mesh: given.mesh.unwrap_or(router.routes_mesh_by_default()),
        router,
        port: port?,
        expected_per_minute: given
            .expected
            .as_ref()
            .map(|expected| expected.requests_per_minute),
        sticky: sticky.map_or(Some(None), |sticky| sticky.map(Some))?,
        routes,
    })
}
