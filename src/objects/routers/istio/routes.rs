//! The routes of one VirtualService: cohorts first, then the weights.

use std::collections::{BTreeMap, HashSet};

use crate::objects::api::istio as api;
use crate::plan::{BaseRoute, HeaderOperations, Headers, Match, ModelId, Split};
use crate::units::{DnsLabel, Percent};

use super::Builder;
use super::matches::{by_rewrite, http_match, joined};
use super::virtual_service::Copy;

/// Every request.
static EVERYTHING: Match = Match {
    headers: BTreeMap::new(),
    query_params: BTreeMap::new(),
    uri: None,
    method: None,
    source_labels: BTreeMap::new(),
    source_namespace: None,
};

impl Builder<'_> {
    /// Cohorts in their order, each a copy of every base route; then the base routes with the weights.
    pub(super) fn routes(&self, copy: Copy<'_>) -> Vec<api::HttpRoute> {
        let base_routes = &self.plan.traffic.routes;
        let mut routes = Vec::new();
        // Two base routes may narrow a cohort to the same requests: only the first of the two copies would ever match.
        let mut taken: HashSet<Match> = HashSet::new();
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
                let mut matches = joined(&entries, base);
                matches.retain(|(_, entry)| taken.insert(entry.clone()));
                let groups = by_rewrite(matches);
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
                joined(&everything, base)
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
        matches: Vec<Match>,
        base: &BaseRoute,
        split: &Split,
        copy: Copy<'_>,
    ) -> api::HttpRoute {
        let weights = Percent::base(split.shares().map(|(_, share)| share));
        let route = split.shares().map(|(model, share)| {
            let backend = self.plan.model(model).backend.as_ref();
            api::WeightedDestination {
                destination: self.destination(model, copy),
                headers: backend
                    .and_then(|backend| backend.headers.clone())
                    .map(changes),
                weight: share.out_of(weights),
            }
        });
        api::HttpRoute {
            name: if copy.is_one_of_many {
                format!("{name}-{}", copy.port.name)
            } else {
                name
            },
            r#match: matches
                .into_iter()
                .map(|entry| http_match(entry, copy))
                .collect(),
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
            headers: base.headers.clone().map(changes),
        }
    }

    fn destination(&self, model: ModelId, copy: Copy<'_>) -> api::Destination {
        let model = self.plan.model(model);
        let (host, number, subset) = match &model.backend {
            None => (
                self.host.clone(),
                copy.port.number,
                Some(model.name.to_string()),
            ),
            Some(backend) => {
                let namespace = self.plan.namespace.as_ref().map(DnsLabel::as_str);
                (backend.host(namespace), backend.port, None)
            }
        };
        api::Destination {
            host,
            port: api::PortSelector { number },
            subset,
        }
    }
}

fn changes(headers: Headers) -> api::HttpHeaders {
    api::HttpHeaders {
        request: headers.request.map(operations),
        response: headers.response.map(operations),
    }
}

fn operations(operations: HeaderOperations) -> api::HeaderOperations {
    api::HeaderOperations {
        set: operations.set,
        add: operations.add,
        remove: operations.remove,
    }
}
