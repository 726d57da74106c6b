//! The routes of one VirtualService: the stage's rules in their order.

use crate::objects::api::istio as api;
use crate::plan::{Callers, HeaderOperations, Headers, Match, ModelId, Rule};
use crate::units::{DnsLabel, Percent};

use super::Builder;
use super::matches::http_match;
use super::virtual_service::Copy;

impl Builder<'_> {
    /// The stage's rules as routes, in their order.
    pub(super) fn routes(&self, copy: Copy<'_>) -> Vec<api::HttpRoute> {
        let callers = if copy.is_mesh {
            Callers::Mesh
        } else {
            Callers::Gateway
        };
        let rules = self.plan.rules(self.stage, callers).into_iter();
        rules.map(|rule| self.route(rule, copy)).collect()
    }

    fn route(&self, mut rule: Rule<'_>, copy: Copy<'_>) -> api::HttpRoute {
        if rule.entries.is_empty() && !copy.is_last {
            rule.entries.push(Match::default());
        }
        let weights = Percent::base(rule.split.shares().map(|(_, share)| share));
        let route = rule.split.shares().map(|(model, share)| {
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
                format!("{}-{}", rule.name, copy.port.name)
            } else {
                rule.name
            },
            r#match: rule
                .entries
                .into_iter()
                .map(|entry| http_match(entry, copy))
                .collect(),
            route: route.collect(),
            rewrite: rule.rewrite.map(|rewrite| api::HttpRewrite {
                uri: rewrite.uri,
                authority: rewrite.authority,
            }),
            timeout: rule.base.timeout.clone(),
            retries: rule.base.retries.clone(),
            mirror: rule.mirror.map(|mirror| self.destination(mirror.to, copy)),
            mirror_percentage: rule.mirror.map(|mirror| api::MirrorPercentage {
                value: mirror.percent.to_number(),
            }),
            cors_policy: rule.base.cors_policy.clone(),
            headers: rule.headers.map(changes),
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
