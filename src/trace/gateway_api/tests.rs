use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::diag::Route;
use crate::objects::{ObjectId, Scope};

fn object(kind: &'static str, name: &str, spec: &Value) -> Arc<Object> {
    Arc::new(Object {
        id: ObjectId {
            kind: kind.into(),
            namespace: None,
            name: name.to_owned(),
        },
        file: String::new(),
        scope: Scope::Stage,
        wave: 0,
        origin: Route::root(),
        body: json!({"kind": kind, "metadata": {"name": name}, "spec": spec}),
    })
}

fn request(path: &str) -> Request {
    Request {
        via: Via::Gateway,
        port: 80,
        host: None,
        method: "GET".to_owned(),
        path: path.to_owned(),
        headers: BTreeMap::new(),
        query: BTreeMap::new(),
        claims: BTreeMap::new(),
        source_labels: BTreeMap::new(),
        source_namespace: None,
    }
}

fn pair(key: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), value.to_owned())])
}

/// A route of rules, each with its matches, that lead to Services `s0`, `s1` and so on.
fn route(name: &str, rules: &[Value]) -> Arc<Object> {
    let rules: Vec<Value> = rules
        .iter()
        .enumerate()
        .map(|(index, matches)| {
            json!({"name": format!("r{index}"), "matches": matches,
                   "backendRefs": [{"name": format!("{name}{index}"), "port": 80}]})
        })
        .collect();
    object(
        "HTTPRoute",
        name,
        &json!({"parentRefs": [{"name": "g"}], "rules": rules}),
    )
}

/// The rule that takes a request.
fn taken(objects: &[Arc<Object>], request: &Request) -> String {
    match trace(objects, request) {
        Ok(Outcome::Routed(served)) => served.route,
        Ok(Outcome::NoRoute) => "none".to_owned(),
        Ok(Outcome::Unrouted) => "unrouted".to_owned(),
        Err(why) => why,
    }
}

fn prefix(path: &str) -> Value {
    json!({"path": {"type": "PathPrefix", "value": path}})
}

#[test]
fn the_most_specific_match_wins_wherever_it_stands() {
    let header = json!({"headers": [{"name": "X-A", "value": "1"}]});
    let rules = [
        json!([prefix("/")]),
        json!([header]),
        json!([prefix("/v1")]),
        json!([{"path": {"type": "Exact", "value": "/v1"}}]),
        json!([{"method": "GET", "path": {"type": "PathPrefix", "value": "/v1"}}]),
    ];
    let objects = [route("s", &rules)];
    assert_eq!(taken(&objects, &request("/x")), "r0");
    assert_eq!(taken(&objects, &request("/v1")), "r3");
    assert_eq!(taken(&objects, &request("/v1/x")), "r4");
    assert_eq!(taken(&objects, &request("/v1x")), "r0");
    let mut asked = request("/x");
    asked.headers = pair("x-a", "1");
    assert_eq!(taken(&objects, &asked), "r1");
    asked.method = "POST".to_owned();
    asked.path = "/v1/x".to_owned();
    assert_eq!(taken(&objects, &asked), "r2");
}

#[test]
fn of_two_equal_matches_the_first_rule_wins() {
    let rules = [json!([prefix("/a")]), json!([prefix("/a/")])];
    assert_eq!(taken(&[route("s", &rules)], &request("/a/b")), "r0");
}

#[test]
fn what_gateways_rank_differently_has_no_answer() {
    let regex = json!({"path": {"type": "RegularExpression", "value": "/a.*"}});
    let objects = [route("s", &[json!([regex]), json!([prefix("/a")])])];
    assert!(taken(&objects, &request("/a/b")).contains("gateways do not agree"));
    assert_eq!(taken(&objects, &request("/ab")), "r0");
    let method = json!({"method": "GET"});
    let headers = json!({"headers": [{"name": "a", "value": "1"}, {"name": "b", "value": "1"}]});
    let objects = [route("s", &[json!([method]), json!([headers])])];
    let mut asked = request("/");
    asked.headers = BTreeMap::from(["a", "b"].map(|name| (name.to_owned(), "1".to_owned())));
    assert!(taken(&objects, &asked).contains("gateways do not agree"));
    asked.method = "POST".to_owned();
    assert_eq!(taken(&objects, &asked), "r1");
}

#[test]
fn a_route_of_another_host_does_not_take_a_request() {
    let hosts = json!({"parentRefs": [{"name": "g"}], "hostnames": ["*.example.com"],
        "rules": [{"backendRefs": [{"name": "s", "port": 80}]}]});
    let objects = [object("HTTPRoute", "h", &hosts)];
    for (host, wanted) in [
        ("a.example.com", "rules[0]"),
        ("B.A.example.com:8080", "rules[0]"),
        ("example.com", "none"),
        ("a.example.org", "none"),
    ] {
        let mut asked = request("/");
        asked.host = Some(host.to_owned());
        assert_eq!(taken(&objects, &asked), wanted, "{host}");
    }
}

#[test]
fn callers_in_the_mesh_meet_the_routes_of_the_service() {
    let parents = json!([{"group": "", "kind": "Service", "name": "s", "port": 80}]);
    let spec =
        json!({"parentRefs": parents, "rules": [{"backendRefs": [{"name": "s-v1", "port": 80}]}]});
    let objects = [object("HTTPRoute", "h", &spec)];
    let mut asked = request("/");
    assert_eq!(taken(&objects, &asked), "unrouted");
    asked.via = Via::Mesh;
    assert_eq!(taken(&objects, &asked), "rules[0]");
    asked.port = 81;
    assert_eq!(taken(&objects, &asked), "unrouted");
}

#[test]
fn a_method_of_grpc_is_a_path() {
    let method =
        json!({"method": {"service": "inference.GRPCInferenceService", "method": "ModelInfer"}});
    let spec = json!({"parentRefs": [{"name": "g"}], "rules": [
        {"name": "all", "backendRefs": [{"name": "a", "port": 80}]},
        {"name": "infer", "matches": [method], "backendRefs": [{"name": "b", "port": 80}]}]});
    let objects = [object("GRPCRoute", "g", &spec)];
    let infer = request("/inference.GRPCInferenceService/ModelInfer");
    assert_eq!(taken(&objects, &infer), "infer");
    assert_eq!(
        taken(&objects, &request("/inference.GRPCInferenceService/Other")),
        "all"
    );
}

#[test]
fn weights_are_shares_and_a_service_that_is_not_there_is_missing() {
    let refs = json!([{"name": "a", "port": 80, "weight": 9}, {"name": "b", "port": 80, "weight": 1},
                      {"name": "c", "port": 80, "weight": 0}]);
    let mirror = json!({"type": "RequestMirror",
        "requestMirror": {"backendRef": {"name": "a", "port": 80}, "fraction": {"numerator": 1, "denominator": 200}}});
    let rewrite = json!({"type": "URLRewrite", "urlRewrite":
        {"hostname": "in.example", "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": "/x/"}}});
    let spec = json!({"parentRefs": [{"name": "g"}], "rules": [
        {"matches": [prefix("/v1")], "filters": [mirror, rewrite], "backendRefs": refs}]});
    let objects = [
        object("HTTPRoute", "h", &spec),
        object("Service", "a", &json!({})),
    ];
    let Ok(Outcome::Routed(served)) = trace(&objects, &request("/v1/y")) else {
        panic!("it is routed")
    };
    assert_eq!(
        served.shares,
        [("a:80".to_owned(), 0.9), ("b:80".to_owned(), 0.1)]
    );
    assert_eq!(served.mirror, Some(("a:80".to_owned(), 0.005)));
    assert_eq!(served.missing, ["b:80"]);
    assert_eq!(served.path, "/x/y");
    assert_eq!(served.host.as_deref(), Some("in.example"));
}

/// The table of the specification (`HTTPPathModifier`).
#[test]
fn a_prefix_is_replaced_by_its_elements() {
    for (path, from, to, wanted) in [
        ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz", "/xyz/bar"),
        ("/foo/bar", "/foo/", "/xyz/", "/xyz/bar"),
        ("/foo", "/foo", "/xyz", "/xyz"),
        ("/foo/", "/foo", "/xyz", "/xyz/"),
        ("/foo/bar", "/foo", "", "/bar"),
        ("/foo/", "/foo", "", "/"),
        ("/foo", "/foo", "", "/"),
        ("/foo/", "/foo", "/", "/"),
        ("/foo", "/foo", "/", "/"),
    ] {
        let rewrite = json!({"path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": to}});
        assert_eq!(
            rewrite::path(&rewrite, &prefix(from), path),
            wanted,
            "{path} {from} {to}"
        );
    }
}

#[test]
fn what_is_not_known_is_an_error() {
    for rule in [
        json!({"matches": [{"cookies": []}]}),
        json!({"matches": [{"path": {"type": "Glob", "value": "/"}}]}),
        json!({"filters": [{"type": "ExtensionRef"}], "backendRefs": [{"name": "a", "port": 80}]}),
        json!({"filters": [{"type": "RequestRedirect"}], "backendRefs": [{"name": "a", "port": 80}]}),
        json!({"backendRefs": []}),
    ] {
        let spec = json!({"parentRefs": [{"name": "g"}], "rules": [rule]});
        let found = trace(&[object("HTTPRoute", "h", &spec)], &request("/"));
        assert!(found.is_err(), "{rule}: {found:?}");
    }
}
