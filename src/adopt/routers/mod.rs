//! What routes the requests of the Service now.

mod istio;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::diag::Route;
use crate::safety::Identity;

pub(super) use istio::{hold, read};

/// What routes requests to the Service, in any router's terms.
#[derive(Default)]
pub(super) struct Routing {
    /// The objects that are taken over.
    pub(super) taken: Vec<Identity>,
    /// The parts of the Service's pods that have names.
    pub(super) subsets: Vec<Subset>,
    /// The rules, in their order.
    pub(super) rules: Vec<Rule>,
    /// The fields of `spec.traffic` that are known from the objects alone.
    pub(super) traffic: Map<String, Value>,
    /// The Service's port that the rules lead to, where they say it.
    pub(super) port: Option<u16>,
    /// The version of the router's API, where it is not the newest.
    pub(super) api_version: Option<String>,
}

/// A named part of the Service's pods.
pub(super) struct Subset {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) policy: Option<Value>,
}

/// A rule that leads requests to parts of the Service's pods.
pub(super) struct Rule {
    /// The object that says it.
    pub(super) object: Identity,
    /// Its place there.
    pub(super) at: Route,
    pub(super) name: Option<String>,
    /// The weight of each subset that gets any; of all pods where it names none.
    pub(super) shares: Vec<(Option<String>, u64)>,
    /// The conditions, of which any may hold; none: every request.
    pub(super) matches: Vec<Map<String, Value>>,
    /// What is done to the requests, by the fields of a base route.
    pub(super) options: Map<String, Value>,
}

impl Rule {
    /// Whether only the path and the method of a request decide.
    pub(super) fn is_base(&self) -> bool {
        let mut keys = self.matches.iter().flat_map(Map::keys);
        keys.all(|key| key == "uri" || key == "method")
    }
}
