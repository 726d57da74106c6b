//! Gateway API's `gateway.networking.k8s.io`: Gateway, HTTPRoute, GRPCRoute, ReferenceGrant
//! (<https://gateway-api.sigs.k8s.io/reference/spec/>).
//!
//! What the API server would fill in is written: who compares lists whole, as Argo CD does for kinds that it has no merge keys of,
//! would find a difference for ever.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

/// Any of the four.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Resource<S> {
    pub(in crate::objects) api_version: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) metadata: ObjectMeta,
    pub(in crate::objects) spec: S,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct GatewaySpec {
    pub(in crate::objects) gateway_class_name: String,
    pub(in crate::objects) listeners: Vec<Value>,
}

/// The spec of an HTTPRoute or a GRPCRoute.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct RouteSpec {
    pub(in crate::objects) parent_refs: Vec<ParentRef>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) hostnames: Vec<String>,
    pub(in crate::objects) rules: Vec<Rule>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct ParentRef {
    pub(in crate::objects) group: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) section_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) port: Option<u16>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Rule {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) name: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) matches: Vec<Match>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) filters: Vec<Filter>,
    pub(in crate::objects) backend_refs: Vec<WeightedRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) timeouts: Option<Timeouts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) retry: Option<Value>,
}

/// Conditions that must all hold: of an HTTPRoute by path, of a GRPCRoute by service and method.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Match {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) path: Option<Condition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) headers: Vec<NamedCondition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) query_params: Vec<NamedCondition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) method: Option<Method>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(in crate::objects) enum Method {
    Http(String),
    Grpc(GrpcMethod),
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct GrpcMethod {
    pub(in crate::objects) r#type: &'static str,
    pub(in crate::objects) service: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) method: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Condition {
    pub(in crate::objects) r#type: &'static str,
    pub(in crate::objects) value: String,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct NamedCondition {
    pub(in crate::objects) name: String,
    #[serde(flatten)]
    pub(in crate::objects) condition: Condition,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type")]
pub(in crate::objects) enum Filter {
    RequestHeaderModifier {
        #[serde(rename = "requestHeaderModifier")]
        changes: HeaderChanges,
    },
    ResponseHeaderModifier {
        #[serde(rename = "responseHeaderModifier")]
        changes: HeaderChanges,
    },
    #[serde(rename = "URLRewrite")]
    UrlRewrite {
        #[serde(rename = "urlRewrite")]
        rewrite: UrlRewrite,
    },
    RequestMirror {
        #[serde(rename = "requestMirror")]
        mirror: Mirror,
    },
    #[serde(rename = "CORS")]
    Cors { cors: Value },
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct HeaderChanges {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) set: Vec<Header>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) add: Vec<Header>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) remove: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Header {
    pub(in crate::objects) name: String,
    pub(in crate::objects) value: String,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct UrlRewrite {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) hostname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) path: Option<NewPath>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type")]
pub(in crate::objects) enum NewPath {
    ReplacePrefixMatch {
        #[serde(rename = "replacePrefixMatch")]
        to: String,
    },
    ReplaceFullPath {
        #[serde(rename = "replaceFullPath")]
        to: String,
    },
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Mirror {
    pub(in crate::objects) backend_ref: Ref,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) percent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) fraction: Option<Fraction>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::objects) struct Fraction {
    pub(in crate::objects) numerator: u32,
    pub(in crate::objects) denominator: u32,
}

/// What requests go to.
#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Ref {
    pub(in crate::objects) group: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) namespace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) port: Option<u16>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct WeightedRef {
    #[serde(flatten)]
    pub(in crate::objects) to: Ref,
    pub(in crate::objects) weight: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) filters: Vec<Filter>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Timeouts {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) request: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) backend_request: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct ReferenceGrantSpec {
    pub(in crate::objects) from: Vec<GrantFrom>,
    pub(in crate::objects) to: Vec<GrantTo>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct GrantFrom {
    pub(in crate::objects) group: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) namespace: String,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct GrantTo {
    pub(in crate::objects) group: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) name: String,
}
