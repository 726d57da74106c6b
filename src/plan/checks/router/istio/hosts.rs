//! GP217: without a gateway, `traffic.hosts` stand in one VirtualService with the Service's own host.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Plan;
use crate::units::{DnsLabel, hosts_overlap, names};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    if plan.traffic.router.has_gateway() {
        return;
    }
    let namespace = plan.namespace.as_ref().map(DnsLabel::as_str);
    let own = names::service_host(&plan.service.name, namespace);
    let at = Route::root().key("spec").key("traffic").key("hosts");
    for (index, host) in plan.traffic.hosts.iter().enumerate() {
        if *host != own && hosts_overlap(&own, host) {
            report.push(
                Diagnostic::new(
                    Code::GP217,
                    Place::value(at.index(index)),
                    format!("the host `{host}` takes the requests of the Service's own host, `{own}`, too"),
                )
                .note("Istio refuses both in one VirtualService, and routes the Service's own host always")
                .help("name the hosts one by one, or add a gateway"),
            );
        }
    }
}
