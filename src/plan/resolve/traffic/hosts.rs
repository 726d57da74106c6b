//! The hosts that the routes answer to.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::spec::Traffic;
use crate::units::is_host;

pub(super) fn check(given: &Traffic, has_gateway: bool, at: &Route, report: &mut Report) {
    if has_gateway && given.hosts.is_empty() {
        report.push(
            Diagnostic::new(
                Code::GP007,
                Place::key(at.clone()),
                "a gateway needs `hosts`: the names that its requests come in under",
            )
            .help("add `hosts: [models.example.com]`, or `hosts: [\"*\"]` for all"),
        );
    }
    for (index, host) in given.hosts.iter().enumerate() {
        let place = Place::value(at.key("hosts").index(index));
        if let Some(first) = given.hosts[..index].iter().position(|other| other == host) {
            report.push(
                Diagnostic::new(
                    Code::GP105,
                    place,
                    format!("the host `{host}` is there twice"),
                )
                .label(
                    Place::value(at.key("hosts").index(first)),
                    "first used here",
                ),
            );
        } else if host == "*" && !has_gateway {
            report.push(
                Diagnostic::new(Code::GP208, place, "the host `*` without a gateway would take the requests of every service in the mesh")
                    .help("add `traffic.gateway` or `traffic.gateways`, or name the hosts"),
            );
        } else if host != "*" && !is_host(host.strip_prefix("*.").unwrap_or(host)) {
            report.push(Diagnostic::new(
                Code::GP106,
                place,
                format!("`{host}` is no host; a DNS name, `*.` and a DNS name, or `*` is allowed"),
            ));
        }
    }
}
