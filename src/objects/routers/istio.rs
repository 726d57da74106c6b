//! Istio: a DestinationRule with one subset a running model, and VirtualServices with cohort routes ahead of the weights.

use serde::Serialize;

use crate::diag::Route;
use crate::objects::api::istio as api;
use crate::objects::meta::{id, metadata};
use crate::objects::{Object, Scope, Waves, json};
use crate::plan::Istio as Router;
use crate::plan::{
    BaseMatch, BaseRoute, Joined, Match, Plan, ServicePort, Split, Stage, StageId, StringMatch,
    join,
};
use crate::units::{DnsLabel, Percent, names};

pub(super) fn build(plan: &Plan, router: &Router, stage: StageId, waves: Waves) -> Vec<Object> {
    let istio = Istio {
        plan,
        router,
        stage: plan.stage(stage),
        host: names::service_host(
            &plan.service.name,
            plan.namespace.as_ref().map(DnsLabel::as_str),
        ),
    };
    let mut objects = vec![istio.object(
        "DestinationRule",
        &router.destination_rule,
        "destination-rule",
        waves.subsets,
        istio.subsets(),
    )];
    if let Some(gateway) = &router.gateway {
        objects.push(Object {
            scope: Scope::Base,
            ..istio.object(
                "Gateway",
                &gateway.name,
                "gateway",
                waves.config,
                Istio::gateway(gateway),
            )
        });
    }
    if !router.gateways.is_empty() {
        let routes = istio.gateway_routes();
        objects.push(istio.object(
            "VirtualService",
            &router.virtual_service,
            "virtual-service",
            waves.routes,
            routes,
        ));
    }
    if plan.traffic.mesh {
        let file = if router.gateways.is_empty() {
            "virtual-service"
        } else {
            "virtual-service-mesh"
        };
        objects.push(istio.object(
            "VirtualService",
            &router.mesh_virtual_service,
            file,
            waves.routes,
            istio.mesh_routes(),
        ));
    }
    objects
}

struct Istio<'a> {
    plan: &'a Plan,
    router: &'a Router,
    stage: &'a Stage,
    host: String,
}

/// One copy of the routes: the port that it leads to, and how it is told from other copies.
#[derive(Clone, Copy)]
struct Copy<'a> {
    port: &'a ServicePort,
    /// Whether callers in the mesh, whose pods are known, use it.
    is_mesh: bool,
    /// Whether routes carry the port in their name and match.
    is_one_of_many: bool,
    /// Whether its last route may take everything.
    is_last: bool,
}

impl Istio<'_> {
    fn object<S: Serialize>(
        &self,
        kind: &'static str,
        name: &str,
        file: &str,
        wave: i32,
        spec: S,
    ) -> Object {
        let api_version = self.router.api_version.name();
        let metadata = metadata(self.plan, name, wave, None);
        Object {
            id: id(self.plan, kind, name),
            file: file.to_owned(),
            scope: Scope::Stage,
            wave,
            origin: Route::root().key("spec").key("traffic"),
            body: json(&api::Resource {
                api_version,
                kind,
                metadata,
                spec,
            }),
        }
    }

    fn gateway(gateway: &crate::plan::Gateway) -> api::GatewaySpec {
        let servers = gateway.servers.iter().map(|server| {
            let protocol = server.protocol.to_ascii_lowercase();
            api::Server {
                hosts: server.hosts.clone(),
                port: api::ServerPort {
                    // A port's name must be unique in its gateway: the first of a protocol has the plain one.
                    name: if gateway
                        .servers
                        .iter()
                        .filter(|other| other.protocol == server.protocol)
                        .count()
                        > 1
                    {
                        format!("{protocol}-{}", server.port)
                    } else {
                        protocol
                    },
                    number: server.port,
                    protocol: server.protocol,
                },
                tls: server
                    .credential_name
                    .clone()
                    .map(|credential_name| api::ServerTls {
                        mode: "SIMPLE",
                        credential_name,
                    }),
            }
        });
        api::GatewaySpec {
            selector: gateway.selector.clone(),
            servers: servers.collect(),
        }
    }

    fn subsets(&self) -> api::DestinationRuleSpec {
        let subsets = self.stage.running.keys().map(|id| {
            let model = self.plan.model(*id);
            api::Subset {
                name: model.name.to_string(),
                labels: model.subset_labels.clone(),
                traffic_policy: self.router.subset_policies.get(id).cloned(),
            }
        });
        api::DestinationRuleSpec {
            host: self.host.clone(),
            subsets: subsets.collect(),
            traffic_policy: self.router.policy.clone(),
        }
    }

    /// For requests that come in through gateways: all of them lead to one port.
    fn gateway_routes(&self) -> api::VirtualServiceSpec {
        let traffic = &self.plan.traffic;
        let port = &self.plan.service.ports[traffic.port];
        let copy = Copy {
            port,
            is_mesh: false,
            is_one_of_many: false,
            is_last: true,
        };
        api::VirtualServiceSpec {
            gateways: self.router.gateways.clone(),
            hosts: traffic.hosts.clone(),
            http: self.routes(copy),
        }
    }

    /// For callers in the mesh: every port that may carry requests has its own copy, because a route leads to one port.
    fn mesh_routes(&self) -> api::VirtualServiceSpec {
        let plan = self.plan;
        let mut hosts = vec![self.host.clone()];
        if self.router.gateways.is_empty() {
            hosts.extend(
                plan.traffic
                    .hosts
                    .iter()
                    .filter(|host| **host != self.host)
                    .cloned(),
            );
        }
        let ports: Vec<&ServicePort> = plan
            .service
            .ports
            .iter()
            .filter(|port| port.wire.is_routed())
            .collect();
        let routed = &plan.service.ports[plan.traffic.port];
        // A port of unknown protocol is routed only where the spec says that requests come in through it.
        let ports = if ports.iter().any(|port| port.number == routed.number) {
            ports
        } else {
            [ports, vec![routed]].concat()
        };
        let http = ports.iter().enumerate().flat_map(|(index, port)| {
            self.routes(Copy {
                port,
                is_mesh: true,
                is_one_of_many: ports.len() > 1,
                is_last: index + 1 == ports.len(),
            })
        });
        api::VirtualServiceSpec {
            gateways: Vec::new(),
            hosts,
            http: http.collect(),
        }
    }

    /// Cohorts in their order, each a copy of every base route; then the base routes with the weights.
    fn routes(&self, copy: Copy<'_>) -> Vec<api::HttpRoute> {
        let base_routes = &self.plan.traffic.routes;
        let mut routes = Vec::new();
        for (id, split) in &self.stage.cohorts {
            let cohort = self.plan.cohort(*id);
            let entries: Vec<&Match> = cohort
                .entries
                .iter()
                .filter(|entry| copy.is_mesh || !entry.asks_for_source())
                .collect();
            for base in base_routes {
                let name = match base_routes.len() {
                    1 => format!("cohort-{}", cohort.name),
                    _ => format!("cohort-{}-{}", cohort.name, base.name),
                };
                let groups = by_rewrite(joined(&entries, base, copy));
                for (index, (rewrite, matches)) in groups.into_iter().enumerate() {
                    let name = match index {
                        0 => name.clone(),
                        _ => format!("{name}-{}", index + 1),
                    };
                    let mut route = self.route(name, matches, base, split, copy);
                    if let (Some(uri), Some(operation)) = (rewrite, &mut route.rewrite) {
                        operation.uri = Some(uri);
                    }
                    routes.push(route);
                }
            }
        }
        for base in base_routes {
            let everything = vec![&EVERYTHING];
            let takes_all = copy.is_last && base.entries.is_empty();
            let matches = if takes_all {
                Vec::new()
            } else {
                joined(&everything, base, copy)
                    .into_iter()
                    .map(|(_, entry)| entry)
                    .collect()
            };
            let mut route = self.route(base.name.clone(), matches, base, &self.stage.split, copy);
            if let Some(mirror) = self.stage.mirror {
                route.mirror = Some(self.destination(mirror.to, copy));
                route.mirror_percentage = Some(api::MirrorPercentage {
                    value: mirror.percent.to_number(),
                });
            }
            routes.push(route);
        }
        routes
    }

    fn route(
        &self,
        name: String,
        matches: Vec<api::HttpMatch>,
        base: &BaseRoute,
        split: &Split,
        copy: Copy<'_>,
    ) -> api::HttpRoute {
        let weights = Percent::base(split.shares().map(|(_, share)| share));
        let route = split
            .shares()
            .map(|(model, share)| api::WeightedDestination {
                destination: self.destination(model, copy),
                weight: share.out_of(weights),
            });
        api::HttpRoute {
            name: if copy.is_one_of_many {
                format!("{name}-{}", copy.port.name)
            } else {
                name
            },
            r#match: matches,
            route: route.collect(),
            rewrite: base.rewrite.clone().map(|rewrite| api::HttpRewrite {
                uri: rewrite.uri,
                authority: rewrite.authority,
            }),
            timeout: base.timeout.clone(),
            retries: base.retries.clone(),
            mirror: None,
            mirror_percentage: None,
            cors_policy: base.cors_policy.clone(),
            headers: base.headers.clone().map(|headers| api::HttpHeaders {
                request: headers.request.map(operations),
                response: headers.response.map(operations),
            }),
        }
    }

    fn destination(&self, model: crate::plan::ModelId, copy: Copy<'_>) -> api::Destination {
        api::Destination {
            host: self.host.clone(),
            port: api::PortSelector {
                number: copy.port.number,
            },
            subset: self.plan.model(model).name.to_string(),
        }
    }
}

static EVERYTHING: Match = Match {
    headers: std::collections::BTreeMap::new(),
    query_params: std::collections::BTreeMap::new(),
    uri: None,
    method: None,
    source_labels: std::collections::BTreeMap::new(),
    source_namespace: None,
};

/// Every pair of a cohort's entry and a base route's entry that do not exclude each other, and what the base route's
/// `rewrite.uri` is for this pair.
fn joined(
    entries: &[&Match],
    base: &BaseRoute,
    copy: Copy<'_>,
) -> Vec<(Option<String>, api::HttpMatch)> {
    let rewrite = base
        .rewrite
        .as_ref()
        .and_then(|rewrite| rewrite.uri.as_ref());
    let anything = [BaseMatch::default()];
    let base_entries = if base.entries.is_empty() {
        &anything[..]
    } else {
        &base.entries[..]
    };
    let mut matches = Vec::new();
    for entry in entries {
        for base in base_entries {
            let wide = base.uri.as_ref();
            let uri = join(entry.uri.as_ref(), base.uri.as_ref());
            let method = join(entry.method.as_ref(), base.method.as_ref());
            // What cannot be joined was refused by a check on the plan.
            if let (Joined::Both(uri), Joined::Both(method)) = (uri, method) {
                let rewrite = rewrite.map(|to| format!("{to}{}", narrowed(wide, uri.as_ref())));
                let entry = api::HttpMatch {
                    headers: entry
                        .headers
                        .iter()
                        .map(|(name, condition)| {
                            (name.as_str().to_owned(), string_match(condition))
                        })
                        .collect(),
                    method: method.as_ref().map(string_match),
                    port: copy.is_one_of_many.then_some(copy.port.number),
                    query_params: entry
                        .query_params
                        .iter()
                        .map(|(name, condition)| (name.clone(), string_match(condition)))
                        .collect(),
                    source_labels: entry.source_labels.clone(),
                    source_namespace: entry.source_namespace.clone(),
                    uri: uri.as_ref().map(string_match),
                };
                matches.push((rewrite, entry));
            }
        }
    }
    matches
}

/// What a narrower path has beyond the wider one. Istio's `rewrite.uri` replaces what the route matched: a longer prefix would
/// lose its end (<https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRewrite>).
fn narrowed<'a>(wide: Option<&StringMatch>, narrow: Option<&'a StringMatch>) -> &'a str {
    // A route without a path has the prefix `/`.
    let prefix = match wide {
        Some(StringMatch::Prefix(prefix)) => prefix.as_str(),
        Some(StringMatch::Exact(_) | StringMatch::Regex(_)) => return "",
        Some(StringMatch::Present) | None => "/",
    };
    match narrow {
        Some(StringMatch::Prefix(text) | StringMatch::Exact(text)) => {
            text.strip_prefix(prefix).unwrap_or_default()
        }
        Some(StringMatch::Regex(_) | StringMatch::Present) | None => "",
    }
}

/// Neighbours with one rewrite together: a route has room for one.
fn by_rewrite(
    matches: Vec<(Option<String>, api::HttpMatch)>,
) -> Vec<(Option<String>, Vec<api::HttpMatch>)> {
    let mut groups: Vec<(Option<String>, Vec<api::HttpMatch>)> = Vec::new();
    for (rewrite, entry) in matches {
        match groups.last_mut() {
            Some((known, group)) if *known == rewrite => group.push(entry),
            _ => groups.push((rewrite, vec![entry])),
        }
    }
    groups
}

fn string_match(condition: &StringMatch) -> api::StringMatch {
    let mut result = api::StringMatch::default();
    match condition {
        StringMatch::Exact(text) => result.exact = Some(text.clone()),
        StringMatch::Prefix(text) => result.prefix = Some(text.clone()),
        StringMatch::Regex(pattern) => result.regex = Some(pattern.clone()),
        StringMatch::Present => {}
    }
    result
}

fn operations(operations: crate::plan::HeaderOperations) -> api::HeaderOperations {
    api::HeaderOperations {
        set: operations.set,
        add: operations.add,
        remove: operations.remove,
    }
}
