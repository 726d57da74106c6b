//! What changed about the objects of this router, in a few words.

use serde_json::Value;

use super::{GATEWAY, GROUP, GRPC_ROUTE, HTTP_ROUTE, REFERENCE_GRANT};

/// What to say of an object that is another one; `None` where it is none of the router's.
pub(in crate::objects::routers) fn change(old: &Value, new: &Value) -> Option<&'static str> {
    let one = if new.is_null() { old } else { new };
    let group = one["apiVersion"].as_str()?.split('/').next()?;
    match one["kind"].as_str()? {
        _ if group != GROUP => None,
        GRPC_ROUTE | HTTP_ROUTE if without_weights(old) == without_weights(new) => Some("weights"),
        GRPC_ROUTE | HTTP_ROUTE => Some("routes"),
        GATEWAY => Some("gateway"),
        REFERENCE_GRANT => Some("grant"),
        _ => None,
    }
}

/// A route whose backends all weigh the same.
fn without_weights(body: &Value) -> Value {
    let mut body = body.clone();
    let rules = body.pointer_mut("/spec/rules");
    let rules = rules.and_then(Value::as_array_mut).into_iter().flatten();
    let backends = rules.filter_map(|rule| rule.get_mut("backendRefs")?.as_array_mut());
    for backend in backends.flatten().filter_map(Value::as_object_mut) {
        backend.remove("weight");
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn weights_are_told_from_routes() {
        let route = |weight: u32, name: &str| {
            json!({
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "HTTPRoute",
                "spec": {"rules": [{"name": name, "backendRefs": [{"weight": weight}]}]}
            })
        };
        let before = route(90, "a");
        assert_eq!(change(&before, &route(91, "a")), Some("weights"));
        assert_eq!(change(&before, &route(91, "b")), Some("routes"));
        assert_eq!(change(&before, &Value::Null), Some("routes"));
        let other = json!({"apiVersion": "networking.istio.io/v1", "kind": "Gateway"});
        assert_eq!(change(&other, &other), None);
    }
}
