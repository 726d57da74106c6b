//! Traffic: who routes, hosts, base routes.

use std::collections::BTreeMap;

use crate::diag::Route;
use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{BaseMatch, BaseRoute, PortRef, Service, StringMatch, Traffic, Wire};
use crate::spec::{self, HeaderOperations, Headers, Matcher, Spec};
use crate::units::{DnsLabel, HeaderName, is_host};

use super::cohorts::condition;
use super::{label, router};

/// The traffic, or `None` where it is wrong.
pub(super) fn resolve(
    spec: &Spec,
    rollout: &DnsLabel,
    service: &Service,
    report: &mut Report,
) -> Option<Traffic> {
    let at = Route::root().key("spec").key("traffic");
    let given = &spec.traffic;
    let port = routed_port(given, service, &at, report);
    let router = router::resolve(spec, rollout, &at, report);
    check_hosts(given, router.has_gateway(), &at, report);
    let routes = resolve_routes(&given.routes, &at.key("routes"), report)?;
    Some(Traffic {
        hosts: given.hosts.clone(),
        router,
        port: port?,
        mesh: given.mesh.unwrap_or(true),
        expected_per_minute: given
            .expected
            .as_ref()
            .map(|expected| expected.requests_per_minute),
        routes,
    })
}

/// The Service port that gateways lead to: the one that is named, else the only routed one, else `http`.
fn routed_port(
    given: &spec::Traffic,
    service: &Service,
    at: &Route,
    report: &mut Report,
) -> Option<usize> {
    let routed =
        |port: &crate::plan::ServicePort| port.wire != Wire::Unknown && port.wire.is_routed();
    let found = match &given.port {
        Some(PortRef::Name(name)) => service.ports.iter().position(|port| port.name == *name),
        Some(PortRef::Number(number)) => {
            service.ports.iter().position(|port| port.number == *number)
        }
        None if service.ports.len() == 1 => Some(0),
        None => service
            .ports
            .iter()
            .position(|port| port.name == "http")
            .or_else(|| service.ports.iter().position(routed)),
    };
    let known = service.ports.iter().map(|port| port.name.as_str());
    let place = Place::value(at.key("port"));
    match (found, &given.port) {
        (Some(index), _) if matches!(service.ports[index].wire, Wire::Connections(_)) => {
            let name = &service.ports[index].name;
            report.push(
                Diagnostic::new(Code::GP104, place, format!("the port `{name}` carries connections, and only HTTP and gRPC requests can be routed"))
                    .help("route a port whose name or `appProtocol` says http, http2, grpc or grpc-web"),
            );
            None
        }
        (Some(index), _) => Some(index),
        (None, Some(wanted)) => {
            report.push(
                Diagnostic::new(
                    Code::GP104,
                    place,
                    format!("the Service has no port `{wanted}`"),
                )
                .maybe_help(suggestion(&wanted.to_string(), known)),
            );
            None
        }
        (None, None) => {
            report.push(
                Diagnostic::new(Code::GP104, place, "the Service has several ports, and none of them is known to carry HTTP or gRPC")
                    .help("name the one that is routed: `traffic.port`"),
            );
            None
        }
    }
}

fn check_hosts(given: &spec::Traffic, has_gateway: bool, at: &Route, report: &mut Report) {
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

/// The base routes; where there are none, one that takes everything.
fn resolve_routes(
    given: &[spec::BaseRoute],
    at: &Route,
    report: &mut Report,
) -> Option<Vec<BaseRoute>> {
    if given.is_empty() {
        return Some(vec![BaseRoute {
            name: "default".to_owned(),
            entries: Vec::new(),
            rewrite: None,
            timeout: None,
            retries: None,
            cors_policy: None,
            headers: None,
        }]);
    }
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut routes = Vec::new();
    for (index, route) in given.iter().enumerate() {
        let at = at.index(index);
        label(&route.name, at.key("name"), report);
        if let Some(first) = known.insert(&route.name, index) {
            report.push(
                Diagnostic::new(
                    Code::GP105,
                    Place::value(at.key("name")),
                    format!("the route name `{}` is used twice", route.name),
                )
                .label(
                    Place::value(at.parent().index(first).key("name")),
                    "first used here",
                ),
            );
        }
        let entries: Vec<_> = route
            .r#match
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let at = at.key("match").index(index);
                let mut one = |matcher: &Option<Matcher>, field: &str| {
                    matcher
                        .as_ref()
                        .map(|matcher| condition(matcher, &at.key(field), report))
                };
                let (uri, method) = (one(&entry.uri, "uri"), one(&entry.method, "method"));
                let settle = |found: Option<Option<StringMatch>>| {
                    found.map_or(Some(None), |condition| condition.map(Some))
                };
                Some(BaseMatch {
                    uri: settle(uri)?,
                    method: settle(method)?,
                })
            })
            .collect();
        let headers = route
            .headers
            .as_ref()
            .map(|headers| escape_headers(headers, &at.key("headers"), report));
        let entries = entries.into_iter().collect::<Option<Vec<_>>>();
        routes.push(entries.map(|entries| BaseRoute {
            name: route.name.clone(),
            entries,
            rewrite: route.rewrite.clone(),
            timeout: route.timeout.clone(),
            retries: route.retries.clone(),
            cors_policy: route.cors_policy.clone(),
            headers,
        }));
    }
    routes.into_iter().collect()
}

/// Checks header operations, and doubles `%` in their values: Envoy reads them as format strings.
fn escape_headers(headers: &Headers, at: &Route, report: &mut Report) -> Headers {
    let mut direction = |operations: &Option<HeaderOperations>, field: &str| {
        operations.as_ref().map(|operations| {
            let at = at.key(field);
            let mut values = |map: &BTreeMap<String, String>, field: &str| {
                map.iter()
                    .map(|(name, value)| {
                        let at = at.key(field).key(name);
                        check_operation(name, Place::key(at.clone()), report);
                        if value.contains('\n') {
                            report.push(
                                Diagnostic::new(
                                    Code::GP212,
                                    Place::value(at),
                                    format!("the value of the header `{name}` has a line break"),
                                )
                                .note("Envoy refuses the whole configuration for it")
                                .help("write the value in one line"),
                            );
                        }
                        (name.clone(), value.replace('%', "%%"))
                    })
                    .collect()
            };
            let (set, add) = (
                values(&operations.set, "set"),
                values(&operations.add, "add"),
            );
            for (index, name) in operations.remove.iter().enumerate() {
                check_operation(name, Place::value(at.key("remove").index(index)), report);
            }
            HeaderOperations {
                set,
                add,
                remove: operations.remove.clone(),
            }
        })
    };
    Headers {
        request: direction(&headers.request, "request"),
        response: direction(&headers.response, "response"),
    }
}

fn check_operation(name: &str, place: Place, report: &mut Report) {
    let lower = name.to_ascii_lowercase();
    if lower == "host" || name.starts_with(':') {
        report.push(
            Diagnostic::new(
                Code::GP212,
                place,
                format!("the header `{name}` cannot be changed by a header operation"),
            )
            .help("use `rewrite.authority` for the host, and `rewrite.uri` for the path"),
        );
    } else if HeaderName::parse(&lower).is_err() {
        report.push(Diagnostic::new(
            Code::GP212,
            place,
            format!("`{name}` is no HTTP header name"),
        ));
    }
}
