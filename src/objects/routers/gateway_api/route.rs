//! The routes: one copy of the stage's rules each.

use crate::objects::Object;
use crate::objects::api::gateway_api as api;
use crate::plan::{Callers, Copy, Feature, WrittenRule};

use super::matches::written_match;
use super::{Builder, GATEWAY, GROUP, GRPC_ROUTE, HTTP_ROUTE, filters};

impl Builder<'_> {
    /// One copy of the stage's rules: a GRPCRoute of a port of gRPC, else an HTTPRoute.
    pub(super) fn route(&self, copy: &Copy<'_>, wave: i32) -> Object {
        let (kind, file) = if copy.port.wire.is_grpc() {
            (GRPC_ROUTE, "grpc-route")
        } else {
            (HTTP_ROUTE, "http-route")
        };
        // A check on the plan has refused what has no order.
        let rules = self.plan.written_rules(self.stage, copy);
        let rules = rules.unwrap_or_default().into_iter();
        let spec = api::RouteSpec {
            parent_refs: self.parents(copy),
            hostnames: self.hostnames(copy),
            rules: rules.map(|rule| self.rule(rule, copy)).collect(),
        };
        let name = format!("{}{}", self.router.route, copy.suffix);
        let file = format!("{file}{}", copy.suffix);
        self.object(kind, &name, file, wave, spec)
    }

    fn parents(&self, copy: &Copy<'_>) -> Vec<api::ParentRef> {
        let gateways = self.router.parents.iter().map(|parent| api::ParentRef {
            group: GROUP,
            kind: GATEWAY,
            name: parent.name.clone(),
            namespace: parent.namespace.clone(),
            section_name: parent.section_name.clone(),
            port: parent.port,
        });
        match copy.callers {
            Callers::Gateway => gateways.collect(),
            Callers::Mesh => vec![api::ParentRef {
                group: "",
                kind: "Service",
                name: self.plan.service.name.clone(),
                namespace: None,
                section_name: None,
                port: Some(copy.port.number),
            }],
        }
    }

    /// The hosts of requests through a Gateway; `*` is all that its listeners take.
    fn hostnames(&self, copy: &Copy<'_>) -> Vec<String> {
        let hosts = self.plan.traffic.hosts.iter();
        match copy.callers {
            Callers::Gateway => hosts.filter(|host| *host != "*").cloned().collect(),
            Callers::Mesh => Vec::new(),
        }
    }

    fn rule(&self, rule: WrittenRule<'_>, copy: &Copy<'_>) -> api::Rule {
        let is_grpc = copy.port.wire.is_grpc();
        let base = rule.of.base;
        let timeouts = api::Timeouts {
            request: base.timeout.clone(),
            backend_request: base.try_timeout.clone(),
        };
        let has_timeouts = timeouts.request.is_some() || timeouts.backend_request.is_some();
        // Istio keeps the endpoint pickers of a host by the names of its rules, and those of another rollout may have the same.
        let has_pools = self.plan.models.iter().any(|model| model.pool.is_some());
        let names = self.router.installed.has(Feature::RuleName) && !has_pools;
        let mut filters = filters::of_rule(&rule);
        filters.extend(rule.of.mirror.map(|mirror| self.mirror(mirror, copy)));
        let matches = rule.matches.iter();
        api::Rule {
            name: names.then_some(rule.name),
            matches: matches
                .filter_map(|entry| written_match(entry, is_grpc))
                .collect(),
            filters,
            backend_refs: self.backends(&rule.of.split, copy),
            timeouts: has_timeouts.then_some(timeouts),
            retry: base.retries.clone(),
        }
    }
}
