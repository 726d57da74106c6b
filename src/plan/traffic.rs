//! How requests come in, and which of them belong to whom.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::units::{ClaimPath, HeaderName, Percent};

use super::{Callers, Headers, Rewrite, Router, Sticky};

/// How requests come in.
#[derive(Clone, Debug)]
pub struct Traffic {
    /// Who moves the traffic.
    pub router: Router,
    /// The hosts that the gateway's routes answer to; without a gateway, hosts in the mesh beside the Service's own.
    pub hosts: Vec<String>,
    /// The Service port that the gateways lead to, as an index.
    pub port: usize,
    /// Whether callers in the mesh are routed.
    pub mesh: bool,
    /// The expected requests a minute, at the peak.
    pub expected_per_minute: Option<f64>,
    /// What becomes of requests that no base route takes.
    pub unmatched: Unmatched,
    /// What users are known by who stay with a model; none where each request is on its own.
    pub sticky: Option<Sticky>,
    /// The base routes; never empty.
    pub routes: Vec<BaseRoute>,
}

/// What becomes of requests that no base route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unmatched {
    /// There are none: the last base route takes everything.
    Nothing,
    /// They are answered with 404.
    Refused,
    /// They are left to the routes of others on the same host; in the mesh, where there are none, they are refused.
    Left,
}

/// A named set of requests.
#[derive(Clone, Debug)]
pub struct Cohort {
    /// The cohort's name.
    pub name: String,
    /// The part of all requests that the cohort is expected to claim, if the spec says it.
    pub share: Option<Percent>,
    /// The entries, of which any may match; never empty.
    pub entries: Vec<Match>,
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Match {
    /// Conditions by header; cookies are conditions on `cookie`.
    pub headers: BTreeMap<HeaderName, StringMatch>,
    /// Conditions by header, of which none may hold; a header that is not there meets none.
    pub without_headers: BTreeMap<HeaderName, StringMatch>,
    /// Conditions by query parameter.
    pub query_params: BTreeMap<String, StringMatch>,
    /// The condition on the path.
    pub uri: Option<StringMatch>,
    /// The condition on the HTTP method.
    pub method: Option<StringMatch>,
    /// The condition on the host, without its port and in any case.
    pub host: Option<StringMatch>,
    /// Conditions by claim of the caller's token, which only gateways read; of a claim that is a list, one item must meet it.
    pub claims: BTreeMap<ClaimPath, StringMatch>,
    /// Labels of the calling pod.
    pub source_labels: BTreeMap<String, String>,
    /// Namespace of the calling pod.
    pub source_namespace: Option<String>,
}

impl Match {
    /// Whether it takes every request.
    pub fn takes_all(&self) -> bool {
        self.covers(&Self::default())
    }

    /// Whether it asks about the calling pod, which a gateway cannot know.
    pub fn asks_for_source(&self) -> bool {
        !self.source_labels.is_empty() || self.source_namespace.is_some()
    }

    /// Whether these callers can meet it: only gateways read tokens, and where there is one, the hosts are its.
    pub fn is_known_of(&self, callers: Callers, has_gateway: bool) -> bool {
        match callers {
            Callers::Gateway => !self.asks_for_source(),
            Callers::Mesh => self.claims.is_empty() && !(has_gateway && self.host.is_some()),
        }
    }
}

/// A condition on one string.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StringMatch {
    /// The value is this.
    Exact(String),
    /// The value begins with this.
    Prefix(String),
    /// The path is this, or one below it, by whole elements: a prefix as Gateway API reads it.
    Below(String),
    /// The whole value matches this RE2 expression.
    Regex(String),
    /// There is a value.
    Present,
}

/// A route without a destination.
#[derive(Clone, Debug)]
pub struct BaseRoute {
    /// The base route's name.
    pub name: String,
    /// The entries, of which any may match; without one, everything does.
    pub entries: Vec<BaseMatch>,
    /// A new path or authority.
    pub rewrite: Option<Rewrite>,
    /// The timeout of the whole request, such as `5s`.
    pub timeout: Option<String>,
    /// The retries, in the router's shape.
    pub retries: Option<Value>,
    /// The timeout of one try, where the router has it apart from the retries.
    pub try_timeout: Option<String>,
    /// The CORS policy, in the router's shape.
    pub cors_policy: Option<Value>,
    /// Headers set, added or removed, their values as Envoy must read them.
    pub headers: Option<Headers>,
}

impl BaseRoute {
    /// Whether it takes every request: it asks for nothing, or one of its entries does.
    pub fn takes_all(&self) -> bool {
        self.entries.is_empty()
            || self
                .entries
                .iter()
                .any(|entry| entry.as_match().takes_all())
    }
}

/// What a base route takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BaseMatch {
    /// The path.
    pub uri: Option<StringMatch>,
    /// The method.
    pub method: Option<StringMatch>,
}

impl BaseMatch {
    /// The same as conditions of a cohort.
    pub fn as_match(&self) -> Match {
        Match {
            uri: self.uri.clone(),
            method: self.method.clone(),
            ..Match::default()
        }
    }
}
