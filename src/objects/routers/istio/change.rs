//! What changed about the objects of this router, in a few words.

use serde_json::Value;

use super::{DESTINATION_RULE, GATEWAY, VIRTUAL_SERVICE};

/// What to say of an object that is another one; `None` where it is none of the router's.
pub(in crate::objects::routers) fn change(old: &Value, new: &Value) -> Option<&'static str> {
    match new["kind"].as_str().or(old["kind"].as_str())? {
        VIRTUAL_SERVICE if without_weights(old) == without_weights(new) => Some("weights"),
        VIRTUAL_SERVICE => Some("routes"),
        DESTINATION_RULE => Some("subsets"),
        GATEWAY => Some("gateway"),
        _ => None,
    }
}

/// A `VirtualService` whose routes all weigh the same.
fn without_weights(body: &Value) -> Value {
    let mut body = body.clone();
    let Some(rules) = body.pointer_mut("/spec/http").and_then(Value::as_array_mut) else {
        return body;
    };
    let routes = rules
        .iter_mut()
        .filter_map(|rule| rule.get_mut("route")?.as_array_mut());
    for destination in routes.flatten().filter_map(Value::as_object_mut) {
        destination.remove("weight");
    }
    body
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn weights_are_told_from_routes() {
        let routes = |weight: u32, name: &str| json!({"kind": "VirtualService", "spec": {"http": [{"name": name, "route": [{"weight": weight}]}]}});
        let before = routes(90, "a");
        assert_eq!(change(&before, &routes(91, "a")), Some("weights"));
        assert_eq!(change(&before, &routes(91, "b")), Some("routes"));
        assert_eq!(change(&before, &Value::Null), Some("routes"));
        let pods = json!({"kind": "Deployment"});
        assert_eq!(change(&pods, &pods), None);
    }
}
