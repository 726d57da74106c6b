//! How requests come in, and the base routes that every cohort copies.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::{Matcher, Sticky};

/// How requests come in.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Traffic {
    /// Who routes.
    #[serde(default)]
    pub provider: Provider,
    /// Who carries Gateway API's routes, for what the specification leaves open.
    pub implementation: Option<Implementation>,
    /// The hosts that the routes answer to.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// A Gateway that is created.
    pub gateway: Option<Gateway>,
    /// Istio's Gateways that exist.
    #[serde(default)]
    pub gateways: Vec<String>,
    /// Gateway API's Gateways that exist.
    #[serde(default)]
    pub parent_refs: Vec<ParentRef>,
    /// The Service port that gateways lead to.
    pub port: Option<PortRef>,
    /// Whether callers in the mesh are routed too; the router knows the default.
    pub mesh: Option<bool>,
    /// What becomes of requests that no base route takes.
    pub unmatched: Option<Unmatched>,
    /// Whether somebody else's `VirtualService` hands requests over to these routes.
    #[serde(default)]
    pub delegate: bool,
    /// The header in which the gateway says which model a request asks for; default: `x-gateway-model-name`.
    pub served_model_header: Option<String>,
    /// How much traffic is expected.
    pub expected: Option<Expected>,
    /// How users stay with a version; default: each request is on its own.
    pub sticky: Option<Sticky>,
    /// The base routes; default: one that takes everything.
    #[serde(default)]
    pub routes: Vec<BaseRoute>,
    /// The `DestinationRule`'s `trafficPolicy`, in Istio's shape.
    pub policy: Option<Value>,
    /// Names of adopted objects.
    #[serde(default)]
    pub names: TrafficNames,
}

/// Who routes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Provider {
    /// Istio's `VirtualService` and `DestinationRule`.
    #[default]
    Istio,
    /// Gateway API's routes.
    #[serde(rename = "gateway-api")]
    GatewayApi,
}

/// Who carries Gateway API's routes, of those whose way with header values is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Implementation {
    /// Istio's gateways and waypoints.
    Istio,
    /// Envoy Gateway.
    EnvoyGateway,
}

/// A Gateway of Gateway API that exists, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParentRef {
    /// The Gateway's name.
    pub name: String,
    /// The Gateway's namespace; default: the rollout's.
    pub namespace: Option<String>,
    /// One listener, by name.
    pub section_name: Option<String>,
    /// The listeners on one port.
    pub port: Option<u16>,
}

/// What becomes of requests that no base route takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Unmatched {
    /// They are answered with 404.
    Refuse,
    /// They are left to the routes of others on the same host.
    Leave,
}

/// A Gateway that is created.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gateway {
    /// The Gateway's name.
    pub name: String,
    /// The labels of the pods that carry the Gateway; Istio's.
    #[serde(default)]
    pub selector: BTreeMap<String, String>,
    /// The ports that the Gateway opens; Istio's; default: port 80, HTTP, the hosts.
    pub servers: Option<Vec<Server>>,
    /// Who carries the Gateway; Gateway API's.
    pub gateway_class_name: Option<String>,
    /// The ports that the Gateway opens, in Gateway API's shape; default: port 80, HTTP, every host.
    pub listeners: Option<Vec<Value>>,
}

/// One port of a Gateway.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Server {
    /// The port's number.
    pub port: u16,
    /// The port's protocol; default: `HTTPS` with a credential, else `HTTP`.
    pub protocol: Option<ServerProtocol>,
    /// The hosts that the port answers to; default: the hosts of the rollout.
    pub hosts: Option<Vec<String>>,
    /// The Secret with the certificate: TLS ends here.
    pub credential_name: Option<String>,
}

/// What a Gateway's port speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum ServerProtocol {
    /// Plain HTTP/1.1 and h2c.
    HTTP,
    /// HTTP over TLS.
    HTTPS,
    /// HTTP/2.
    HTTP2,
    /// gRPC.
    GRPC,
}

impl ServerProtocol {
    /// Istio's word for the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Self::HTTP => "HTTP",
            Self::HTTPS => "HTTPS",
            Self::HTTP2 => "HTTP2",
            Self::GRPC => "GRPC",
        }
    }
}

/// A port by name or number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum PortRef {
    /// The port's number.
    Number(u16),
    /// The port's name.
    Name(String),
}

impl fmt::Display for PortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// The load that capacity is held against.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expected {
    /// Requests a minute, at the peak.
    pub requests_per_minute: f64,
}

/// Names of adopted objects; default: the rollout's name.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrafficNames {
    /// The name of the `VirtualService`.
    pub virtual_service: Option<String>,
    /// The name of the `DestinationRule`.
    pub destination_rule: Option<String>,
}

/// A route without a destination: what it takes and what it does to requests.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaseRoute {
    /// The base route's name.
    pub name: String,
    /// The entries, of which any may match; default: everything.
    #[serde(default)]
    pub r#match: Vec<BaseMatch>,
    /// A new path or authority.
    pub rewrite: Option<Rewrite>,
    /// The timeout of the whole request, retries included.
    pub timeout: Option<String>,
    /// The retries, in Istio's shape.
    pub retries: Option<Value>,
    /// The CORS policy, in Istio's shape.
    pub cors_policy: Option<Value>,
    /// Headers set, added or removed.
    pub headers: Option<Headers>,
}

/// What a base route takes.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BaseMatch {
    /// The condition on the path.
    pub uri: Option<Matcher>,
    /// The condition on the HTTP method.
    pub method: Option<Matcher>,
}

/// What a request's target becomes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rewrite {
    /// What replaces the matched path or prefix.
    pub uri: Option<String>,
    /// What replaces the host.
    pub authority: Option<String>,
}

/// Header changes on the way in and out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Headers {
    /// Operations on requests, on the way to the model.
    pub request: Option<HeaderOperations>,
    /// Operations on responses, on the way back.
    pub response: Option<HeaderOperations>,
}

/// Header changes in one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HeaderOperations {
    /// Replaced.
    #[serde(default)]
    pub set: BTreeMap<String, String>,
    /// Appended.
    #[serde(default)]
    pub add: BTreeMap<String, String>,
    /// Removed.
    #[serde(default)]
    pub remove: Vec<String>,
}
