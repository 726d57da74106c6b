//! Istio's `networking.istio.io`: Gateway, DestinationRule, VirtualService
//! (<https://istio.io/latest/docs/reference/config/networking/>).

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::{Number, Value};

/// Any of the three, with the group's version that the spec asks for.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Resource<S> {
    pub(in crate::objects) api_version: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) metadata: ObjectMeta,
    pub(in crate::objects) spec: S,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct GatewaySpec {
    pub(in crate::objects) selector: BTreeMap<String, String>,
    pub(in crate::objects) servers: Vec<Server>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Server {
    pub(in crate::objects) hosts: Vec<String>,
    pub(in crate::objects) port: ServerPort,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) tls: Option<ServerTls>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct ServerPort {
    pub(in crate::objects) name: String,
    pub(in crate::objects) number: u16,
    pub(in crate::objects) protocol: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct ServerTls {
    pub(in crate::objects) mode: &'static str,
    pub(in crate::objects) credential_name: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct DestinationRuleSpec {
    pub(in crate::objects) host: String,
    pub(in crate::objects) subsets: Vec<Subset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) traffic_policy: Option<Value>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Subset {
    pub(in crate::objects) name: String,
    pub(in crate::objects) labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) traffic_policy: Option<Value>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct VirtualServiceSpec {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) gateways: Vec<String>,
    /// None in a delegate.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) hosts: Vec<String>,
    pub(in crate::objects) http: Vec<HttpRoute>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct HttpRoute {
    pub(in crate::objects) name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) r#match: Vec<HttpMatch>,
    pub(in crate::objects) route: Vec<WeightedDestination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) rewrite: Option<HttpRewrite>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) timeout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) retries: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) mirror: Option<Destination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) mirror_percentage: Option<MirrorPercentage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) cors_policy: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) headers: Option<HttpHeaders>,
}

/// Conditions that must all hold.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct HttpMatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) authority: Option<StringMatch>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::objects) headers: BTreeMap<String, StringMatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) method: Option<StringMatch>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) port: Option<u16>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::objects) query_params: BTreeMap<String, StringMatch>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::objects) source_labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) source_namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) uri: Option<StringMatch>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::objects) without_headers: BTreeMap<String, StringMatch>,
}

/// One condition; none of the fields is Istio's way to ask whether there is a value.
#[derive(Clone, Debug, Default, Serialize)]
pub(in crate::objects) struct StringMatch {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) exact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) regex: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct WeightedDestination {
    pub(in crate::objects) destination: Destination,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) headers: Option<HttpHeaders>,
    pub(in crate::objects) weight: u32,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Destination {
    pub(in crate::objects) host: String,
    pub(in crate::objects) port: PortSelector,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) subset: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::objects) struct PortSelector {
    pub(in crate::objects) number: u16,
}

/// In percent, 0 to 100.
#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct MirrorPercentage {
    pub(in crate::objects) value: Number,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct HttpRewrite {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) authority: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct HttpHeaders {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) request: Option<HeaderOperations>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) response: Option<HeaderOperations>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct HeaderOperations {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::objects) set: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::objects) add: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) remove: Vec<String>,
}
