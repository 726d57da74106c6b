//! In: the objects of a stage as they are emitted, and a request. Out: which route takes it and who serves it.
//! Each router's rules are in its own file, and nothing of them comes from the compiler, so that they can judge what it made of
//! a plan.
//! Never sees the plan, and never guesses: what it does not know is an error.

mod gateway_api;
mod istio;
mod regex;
mod text;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::objects::Object;
use crate::units::{ClaimPath, RouterName, normalized_path, unsent_in_path, unsent_in_query};

/// How a request comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// Through a gateway.
    Gateway,
    /// From a pod in the mesh.
    Mesh,
}

impl Via {
    /// `gateway` or `mesh`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Mesh => "mesh",
        }
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// How it comes in.
    pub via: Via,
    /// The Service port that the caller uses; a gateway's callers use the gateway's.
    pub port: u16,
    /// The host that the caller asks for, as it writes it, with a port or without; `None` where nobody says it.
    pub host: Option<String>,
    /// The method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// Headers; names are lower-case, and `host` is none of them.
    pub headers: BTreeMap<String, String>,
    /// Query parameters.
    pub query: BTreeMap<String, String>,
    /// Claims of the caller's token, as the gateway has verified it; of one that is a list, its items.
    pub claims: BTreeMap<ClaimPath, Vec<String>>,
    /// Labels of the calling pod.
    pub source_labels: BTreeMap<String, String>,
    /// Namespace of the calling pod.
    pub source_namespace: Option<String>,
}

/// What becomes of a request in a stage.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A route takes it.
    Routed(Served),
    /// Routes are there, and none takes it: 404.
    NoRoute,
    /// No routing object applies, so the Service spreads requests over the pods of every model.
    Unrouted,
}

/// A route, and where it leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    /// What the router calls its routing object, as a key of JSON: `virtualService`.
    pub kind: &'static str,
    /// The routing object's name.
    pub object: String,
    /// The route's name.
    pub route: String,
    /// The models that serve it, each with its probability from 0 to 1; they sum to 1. A Service that is no part of the rollout is
    /// called by its host and port, `v41.ml.svc.cluster.local:80`.
    pub shares: Vec<(String, f64)>,
    /// The model that gets a copy, and the probability of that.
    pub mirror: Option<(String, f64)>,
    /// The path as the model sees it.
    pub path: String,
    /// The host as the model sees it, where the route writes another one.
    pub host: Option<String>,
    /// Models that the route names and the router cannot reach: requests to them are answered with 503.
    pub missing: Vec<String>,
}

/// What becomes of the request where these objects of a router are applied, or the part of them that this does not understand.
pub fn trace(
    router: RouterName,
    objects: &[Arc<Object>],
    request: &Request,
) -> Result<Outcome, String> {
    match router {
        RouterName::GatewayApi => gateway_api::trace(objects, request),
        RouterName::Istio => istio::trace(objects, request),
    }
}

/// The request as a router sees it, or why nobody can send it.
fn normalized(request: &Request) -> Result<Request, String> {
    if let Some(why) = unsent_in_path(&request.path) {
        return Err(format!("`{}` is no path of a request: {why}", request.path));
    }
    for text in request.query.iter().flat_map(|(name, value)| [name, value]) {
        if let Some(why) = unsent_in_query(text) {
            return Err(format!("`{text}` is in no query of a request: {why}"));
        }
    }
    // The default of Istio and of Envoy Gateway; a mesh or a gateway may be configured otherwise.
    Ok(Request {
        path: normalized_path(&request.path),
        ..request.clone()
    })
}
