//! What a router's objects say, in words that every router shares.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::Route as Field;

use super::fields::Labels;

/// A Service, or whatever else finds pods for a route, by its place in the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ServiceName {
    /// The object's kind: `Service`.
    pub(super) kind: &'static str,
    pub(super) namespace: String,
    pub(super) name: String,
}

/// An object that routes requests.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Routes {
    /// The hosts that it routes, each by each way in: a gateway, or the mesh.
    pub(super) hosts: BTreeSet<(String, String)>,
    /// What no other object may route too, by the same ways in: the hosts, or the parts of them that it takes for itself.
    pub(super) claims: BTreeSet<(String, String)>,
    /// The field that names the hosts.
    pub(super) field: Field,
    /// The Services that these hosts are the names of, where they are any's.
    pub(super) services: BTreeSet<ServiceName>,
    /// The routes that a request can reach, in order.
    pub(super) entries: Vec<Route>,
}

/// One route.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    /// The route's name, or its place in the list.
    pub(super) name: String,
    /// Whether it takes every request that comes so far.
    pub(super) takes_all: bool,
    /// Whether it leads nowhere, so that all that it takes is answered with an error.
    pub(super) is_dead: bool,
    /// The field of the routing object that is the route.
    pub(super) field: Field,
    /// Where requests go, each with its share in per cent.
    pub(super) to: Vec<(Destination, f64)>,
    /// Where copies go, each with its share in per cent.
    pub(super) copies: Vec<(Destination, f64)>,
}

/// Where a route leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Destination {
    /// The Service.
    pub(super) service: ServiceName,
    /// The part of its pods, where the route names one.
    pub(super) subset: Option<String>,
    /// The Service's port, where the route names one.
    pub(super) port: Option<u64>,
    /// The field of the routing object that says so.
    pub(super) field: Field,
}

/// An object that names parts of a Service's pods.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Subsets {
    /// The Service.
    pub(super) service: ServiceName,
    /// The labels of each part, by its name.
    pub(super) subsets: BTreeMap<String, Labels>,
}

impl Subsets {
    /// The labels of a part of this Service's pods.
    pub(super) fn of(&self, service: &ServiceName, subset: &str) -> Option<&Labels> {
        let subsets = Some(&self.subsets).filter(|_| self.service == *service);
        subsets.and_then(|subsets| subsets.get(subset))
    }
}

impl Routes {
    /// The route by which requests that nothing else claims are shared: the one that takes all, or else the last one.
    pub(super) fn default_route(&self) -> Option<&Route> {
        let takes_all = self.entries.iter().find(|route| route.takes_all);
        takes_all.or(self.entries.last())
    }
}
