//! In: the document as JSON. Out: every value in Istio's own shapes that Istio refuses, at its line.
//! The rules are those of Istio's admission (`ValidateVirtualService`, `ValidateDestinationRule` and `ValidateGateway` of
//! `pkg/config/validation`) and of its CRDs (schemas, and rules in CEL). Of a rollout for Gateway API only the base routes are held
//! against it, for they are written in its shape. Never asks which stage a value is written in.
//!
//! Where each rule is held. What is not named here is an enumeration, a range or a type, and in `rollout.schema.json`.
//!
//! | Istio's rule | of | here |
//! | --- | --- | --- |
//! | `ValidateDuration`, the CRDs' `duration(self) >= duration('1ms')` | every duration | `duration` |
//! | `validateHTTPRoute`: `timeout` | VirtualService | `route`; a zero is left out by `plan/resolve/traffic/routes.rs` |
//! | `validateHTTPRetry` | VirtualService | `retries` |
//! | `validateCORSPolicy`, `validateAllowOrigins`, `ValidateCORSHTTPHeaderName` | VirtualService | `cors` |
//! | `validateHTTPRewrite` | VirtualService | `route`; there is no `uriRegexRewrite` |
//! | `validateAuthorityRewrite`, `ValidateHTTPHeader*OperationName`, `ValidateHTTPHeaderValue` | VirtualService | `plan/resolve/traffic/headers.rs`; `%` is doubled there, so no value is a broken format |
//! | `validateHTTPRouteMatchRequest`, `validateStringMatch` | VirtualService | `plan/resolve/entry`, `plan/resolve/condition.rs`, `units/regex` |
//! | `validateGatewayNames` | VirtualService | `gateway` |
//! | hosts of `ValidateVirtualService`: forms, `*` in the mesh, overlaps | VirtualService | `hosts`; overlaps with the Service's own host: `plan/checks/router/istio/hosts.rs` |
//! | a VirtualService without hosts has no gateways; claims of a token only at gateways | VirtualService | `hosts`; `plan/checks/router/istio/claims.rs` |
//! | `validateHTTPRouteDestinations`, `validateDestination`, `validateSubsetName`, mirrors | VirtualService | cannot occur: the plan writes destinations, weights that sum to a whole, and mirrors |
//! | `validateHTTPRouteConflict`, redirects, direct responses, faults, routes that delegate, TLS and TCP routes, `exportTo` | VirtualService | cannot occur: none is written |
//! | `validateTrafficPolicy`, `validatePortTrafficPolicies`, `validateProxyProtocol` | DestinationRule | `policy` |
//! | `validateConnectionPool` | DestinationRule | `pool` |
//! | `validateLoadBalancer` | DestinationRule | `balancer` |
//! | `ValidateLocalityLbSetting`, `validateLocalities` | DestinationRule | `locality` |
//! | `ValidateZoneAwareLbSetting` | DestinationRule | cannot occur: `version` refuses the field |
//! | `validateOutlierDetection` | DestinationRule | `outlier` |
//! | `ValidateTLS` | DestinationRule | `tls` |
//! | `validateTunnelSettings` | DestinationRule | `tunnel` |
//! | `validateSubset`, subset names and labels, `host`, `workloadSelector` | DestinationRule | cannot occur: names of models, the Service's host; labels: `plan/resolve/labels.rs` |
//! | the name of a Gateway | Gateway | `gateway` |
//! | `validateServer`, `ValidateNamespaceSlashWildcardHostname` | Gateway | `servers`, `hosts` |
//! | `validateServerPort`, unique names of ports | Gateway | cannot occur: names come from protocol and number |
//! | `validateTLSOptions` | Gateway | `servers`; the one mode that is written is `SIMPLE` with a `credentialName` |
//! | fields that a release's CRD lacks | all | `version` |

mod balancer;
mod cors;
mod duration;
mod gateway;
mod hosts;
mod locality;
mod outlier;
mod policy;
mod pool;
mod retries;
mod route;
mod servers;
mod tls;
mod tunnel;
mod version;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::text::Route;

pub use duration::{is_zero, milliseconds};
pub use version::IstioVersion;

/// The most faults that are told of a whole document, so that a hostile one cannot buy time with them.
const MAX_TOLD: usize = 1_000;

/// A value in one of Istio's shapes, and what is needed to judge it.
#[derive(Clone, Copy)]
struct Shape<'a> {
    value: &'a Value,
    route: &'a Route,
    /// The oldest release that must take it.
    version: IstioVersion,
    /// The rollout's namespace, where the document says it.
    namespace: Option<&'a str>,
}

/// Every value in Istio's shapes that Istio refuses. A value whose JSON type is wrong already is the schema's to complain about.
pub(super) fn check(json: &Value) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    let is_asked_for = !super::gateway_api::is_asked_for(json);
    // Whoever does not write Istio's objects asks for no release of it.
    let version = if is_asked_for {
        version::asked_for(json)
    } else {
        IstioVersion::NEWEST
    };
    let namespace = json.pointer("/metadata/namespace").and_then(Value::as_str);
    let spec = Route::root().key("spec");
    let at = |value, route: &Route, judge: fn(Shape<'_>, &mut Vec<Diagnostic>), faults: &mut _| {
        judge(
            Shape {
                value,
                route,
                version,
                namespace,
            },
            faults,
        );
    };
    for (index, model) in items(json.pointer("/spec/models")).enumerate() {
        if is_full(&faults) {
            break;
        }
        if let Some(given) = model.get("trafficPolicy") {
            let route = spec.key("models").index(index).key("trafficPolicy");
            at(given, &route, policy::check, &mut faults);
        }
    }
    let Some(traffic) = json.pointer("/spec/traffic") else {
        return faults;
    };
    let route = spec.key("traffic");
    if let Some(given) = traffic.get("policy") {
        at(given, &route.key("policy"), policy::check, &mut faults);
    }
    for (index, given) in items(traffic.get("routes")).enumerate() {
        if is_full(&faults) {
            break;
        }
        let route = route.key("routes").index(index);
        at(given, &route, route::check, &mut faults);
    }
    if !is_asked_for {
        faults.truncate(MAX_TOLD);
        return faults;
    }
    hosts::check(traffic, &route, &mut faults);
    gateway::check(traffic, &route, &mut faults);
    servers::check(traffic, &route, namespace, &mut faults);
    faults.truncate(MAX_TOLD);
    faults
}

/// Whether as much is told as anybody reads.
fn is_full(faults: &[Diagnostic]) -> bool {
    faults.len() >= MAX_TOLD
}

/// The items of a list; none where there is no list.
fn items(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// The text of a field; none where it is absent or empty, which are the same to Istio.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    let text = value.get(name)?.as_str()?;
    (!text.is_empty()).then_some(text)
}

/// A complaint about the value at `route`.
fn refused(route: Route, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::GP213, Place::value(route), message)
}
