use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::diag::Route;
use crate::objects::{ObjectId, Scope};
use crate::units::ClaimPath;

fn object(kind: &'static str, spec: &Value) -> Arc<Object> {
    let mut spec = spec.clone();
    if spec["hosts"].is_null() {
        spec["hosts"] = json!(["x.example"]);
    }
    Arc::new(Object {
        id: ObjectId {
            kind: kind.into(),
            namespace: None,
            name: "x".to_owned(),
        },
        file: String::new(),
        scope: Scope::Stage,
        wave: 0,
        origin: Route::root(),
        body: json!({"kind": kind, "metadata": {"name": "x"}, "spec": spec}),
    })
}

fn request() -> Request {
    Request {
        via: Via::Mesh,
        port: 80,
        host: Some("x.example".to_owned()),
        method: "GET".to_owned(),
        path: "/".to_owned(),
        headers: BTreeMap::new(),
        query: BTreeMap::new(),
        claims: BTreeMap::new(),
        source_labels: BTreeMap::new(),
        source_namespace: None,
    }
}

/// Whether a request is taken by a route with this one match entry.
fn taken(entry: &Value, change: impl FnOnce(&mut Request)) -> Result<bool, String> {
    let route = json!({"match": [entry]});
    let mut request = request();
    change(&mut request);
    matching::takes(&route, &request).map(|entry| entry.is_some())
}

fn pair(key: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), value.to_owned())])
}

#[test]
fn a_regex_matches_the_whole_value() {
    let entry = json!({"headers": {"x": {"regex": "a|bc"}}});
    for (value, is_taken) in [("a", true), ("bc", true), ("abc", false), ("xa", false)] {
        let found = taken(&entry, |request| request.headers = pair("x", value));
        assert_eq!(found, Ok(is_taken), "{value}");
    }
}

#[test]
fn an_empty_condition_asks_for_presence() {
    let entry = json!({"headers": {"x": {}}});
    assert_eq!(taken(&entry, |_| {}), Ok(false));
    assert_eq!(
        taken(&entry, |request| request.headers = pair("x", "")),
        Ok(true)
    );
}

#[test]
fn prefixes_and_cases_are_as_written() {
    let entry = json!({"uri": {"prefix": "/v1"}, "method": {"exact": "POST"}});
    let with = |path: &str, method: &str| {
        taken(&entry, |request| {
            path.clone_into(&mut request.path);
            method.clone_into(&mut request.method);
        })
    };
    assert_eq!(with("/v1/models", "POST"), Ok(true));
    assert_eq!(with("/V1/models", "POST"), Ok(false));
    assert_eq!(with("/v1/models", "post"), Ok(false));
}

#[test]
fn a_gateway_knows_no_calling_pod() {
    let entry = json!({"sourceLabels": {"app": "web"}, "sourceNamespace": "shop"});
    let with = |via: Via| {
        taken(&entry, |request| {
            request.via = via;
            request.source_labels = pair("app", "web");
            request.source_namespace = Some("shop".to_owned());
        })
    };
    assert_eq!(with(Via::Mesh), Ok(true));
    assert_eq!(with(Via::Gateway), Ok(false));
}

#[test]
fn a_rewrite_replaces_what_was_matched() {
    let route = json!({"rewrite": {"uri": "/v1"}});
    for (uri, path, rewritten) in [
        (json!({"prefix": "/a"}), "/a/b", "/v1/b"),
        (json!({"exact": "/a"}), "/a", "/v1"),
        (json!({"regex": "/a.*"}), "/a/b", "/v1"),
        (Value::Null, "/a/b", "/v1a/b"),
    ] {
        let entry = json!({"uri": uri});
        assert_eq!(
            matching::rewritten(&route, &entry, path),
            rewritten,
            "{uri}"
        );
    }
    assert_eq!(matching::rewritten(&json!({}), &json!({}), "/a"), "/a");
}

#[test]
fn what_is_unknown_is_no_guess() {
    for entry in [
        json!({"scheme": {"exact": "https"}}),
        json!({"headers": {"@request.auth.claims.a": {}}}),
        json!({"uri": {"suffix": "x"}}),
        json!({"uri": {"exact": "x", "prefix": "y"}}),
        json!({"uri": {"regex": "("}}),
    ] {
        assert!(taken(&entry, |_| {}).is_err(), "{entry}");
    }
}

#[test]
fn the_first_route_that_matches_serves() {
    let objects = [
        object(
            "DestinationRule",
            &json!({"subsets": [{"name": "a"}, {"name": "b"}]}),
        ),
        object(
            "VirtualService",
            &json!({"http": [
                {"name": "no", "match": [{"port": 81}], "route": [{"destination": {"subset": "a"}}]},
                {"name": "yes", "match": [{"port": 80}], "route": [
                    {"destination": {"subset": "a"}, "weight": 75},
                    {"destination": {"subset": "c"}, "weight": 25},
                    {"destination": {"subset": "b"}, "weight": 0}
                ], "mirror": {"subset": "b"}, "mirrorPercentage": {"value": 5}},
                {"name": "late", "route": [{"destination": {"subset": "b"}}]}
            ]}),
        ),
    ];
    let served = Served {
        kind: "virtualService",
        object: "x".to_owned(),
        route: "yes".to_owned(),
        shares: vec![("a".to_owned(), 0.75), ("c".to_owned(), 0.25)],
        mirror: Some(("b".to_owned(), 0.05)),
        path: "/".to_owned(),
        host: None,
        missing: vec!["c".to_owned()],
    };
    assert_eq!(trace(&objects, &request()), Ok(Outcome::Routed(served)));
    let from_outside = Request {
        via: Via::Gateway,
        ..request()
    };
    assert_eq!(trace(&objects, &from_outside), Ok(Outcome::Unrouted));
}

/// Who serves a path where `/v1` has a route of its own.
fn route_of(path: &str, query: BTreeMap<String, String>) -> Result<(String, String), String> {
    let route = |name: &str, uri: Option<&str>| {
        let matches: Vec<Value> = uri
            .iter()
            .map(|uri| json!({"uri": {"exact": uri}}))
            .collect();
        json!({"name": name, "match": matches, "route": [{"destination": {"subset": "a"}}]})
    };
    let service = json!({"http": [route("v1", Some("/v1")), route("rest", None)]});
    let request = Request {
        path: path.to_owned(),
        query,
        ..request()
    };
    match trace(&[object("VirtualService", &service)], &request)? {
        Outcome::Routed(served) => Ok((served.route, served.path)),
        other @ (Outcome::NoRoute | Outcome::Unrouted) => panic!("{other:?}"),
    }
}

#[test]
fn a_path_is_normalised_before_a_route_is_looked_for() {
    for path in ["/v1", "/x/../v1", "/./v1", "/%761"] {
        let served = route_of(path, BTreeMap::new());
        assert_eq!(served, Ok(("v1".to_owned(), "/v1".to_owned())), "{path}");
    }
    let served = route_of("/a%2Fb", BTreeMap::new());
    assert_eq!(served, Ok(("rest".to_owned(), "/a%2Fb".to_owned())));
}

#[test]
fn what_no_client_can_send_is_no_request() {
    for path in ["/v1#part", "/a b", "/café", "/v1?x=1"] {
        let refused = route_of(path, BTreeMap::new()).expect_err(path);
        assert!(refused.contains("is no path of a request"), "{refused}");
    }
    for value in ["a b", "é", "x#y"] {
        assert!(route_of("/v1", pair("q", value)).is_err(), "{value}");
    }
    assert!(route_of("/v1", pair("q", "a+b%20c=d")).is_ok());
}

#[test]
fn a_regex_takes_bytes() {
    for (regex, value, is_taken) in [
        ("caf.", "café", false),
        ("caf..", "café", true),
        (r"\d", "٣", false),
        ("café", "café", true),
    ] {
        let entry = json!({"headers": {"x": {"regex": regex}}});
        let found = taken(&entry, |request| request.headers = pair("x", value));
        assert_eq!(found, Ok(is_taken), "{regex} on {value}");
    }
}

#[test]
fn a_header_that_is_not_there_is_excluded_as_an_empty_one() {
    for (condition, value, is_taken) in [
        (json!({}), None, true),
        (json!({}), Some(""), false),
        (json!({"exact": "a"}), None, true),
        (json!({"exact": "a"}), Some("a"), false),
        (json!({"exact": "a"}), Some("b"), true),
        (json!({"exact": ""}), None, false),
        (json!({"regex": ".*"}), None, false),
        (json!({"prefix": "a"}), Some("ab"), false),
    ] {
        let entry = json!({"withoutHeaders": {"x": condition}});
        let found = taken(&entry, |request| {
            request.headers = value.map(|value| pair("x", value)).unwrap_or_default();
        });
        assert_eq!(found, Ok(is_taken), "{condition} {value:?}");
    }
}

#[test]
fn a_host_is_compared_as_it_is_written() {
    let entry = json!({"authority": {"exact": "a.example"}});
    for (host, is_taken) in [
        ("a.example", true),
        ("A.example", false),
        ("a.example:80", false),
    ] {
        let found = taken(&entry, |request| request.host = Some(host.to_owned()));
        assert_eq!(found, Ok(is_taken), "{host}");
    }
    assert!(taken(&entry, |request| request.host = None).is_err());
    let entry = json!({"headers": {"host": {"exact": "a.example"}}});
    let found = taken(&entry, |request| {
        request.host = Some("a.example".to_owned());
    });
    assert_eq!(found, Ok(true));
}

#[test]
fn one_item_of_a_claim_has_to_match_at_a_gateway() {
    let claims = |values: &[&str]| {
        let path = ClaimPath::parse("realm.roles").expect("a path");
        let values = values.iter().map(|value| (*value).to_owned());
        BTreeMap::from([(path, values.collect::<Vec<String>>())])
    };
    for name in [
        "@request.auth.claims.realm.roles",
        "@request.auth.claims[realm][roles]",
    ] {
        for (values, via, is_taken) in [
            (&["a", "b"][..], Via::Gateway, true),
            (&["a"], Via::Gateway, false),
            (&[], Via::Gateway, false),
            (&["b"], Via::Mesh, false),
        ] {
            for (field, is_taken) in [("headers", is_taken), ("withoutHeaders", !is_taken)] {
                let entry = json!({field: {name: {"exact": "b"}}});
                let found = taken(&entry, |request| {
                    request.via = via;
                    request.claims = claims(values);
                });
                assert_eq!(found, Ok(is_taken), "{name} {values:?} {field}");
            }
        }
    }
}

#[test]
fn a_host_finds_its_routes_by_name_and_in_any_case() {
    let service = |hosts: Value, gateways: Value| {
        object(
            "VirtualService",
            &json!({"hosts": hosts, "gateways": gateways, "http": [
                {"name": "r", "route": [{"destination": {"subset": "a"}}], "rewrite": {"authority": "b.example"}}
            ]}),
        )
    };
    let public = service(json!(["*.example.com", "a.example"]), json!(["ns/public"]));
    let of = |object: &Arc<Object>, via: Via, host: &str| {
        let request = Request {
            via,
            host: Some(host.to_owned()),
            ..request()
        };
        trace(std::slice::from_ref(object), &request)
    };
    for host in ["A.Example", "a.example:8443", "x.example.com"] {
        let found = of(&public, Via::Gateway, host);
        assert!(
            matches!(&found, Ok(Outcome::Routed(served)) if served.host.as_deref() == Some("b.example")),
            "{host}: {found:?}"
        );
    }
    for host in ["example.com", "b.example", "a.example.org"] {
        assert_eq!(
            of(&public, Via::Gateway, host),
            Ok(Outcome::NoRoute),
            "{host}"
        );
    }
    let mesh = service(json!(["r.ml.svc.cluster.local"]), json!([]));
    for host in ["r", "r.ml", "r.ml.svc:80", "r.ml.svc.cluster.local"] {
        assert!(
            matches!(of(&mesh, Via::Mesh, host), Ok(Outcome::Routed(_))),
            "{host}"
        );
    }
    for host in ["r.m", "r.ml.svc.cluster", "other"] {
        assert!(of(&mesh, Via::Mesh, host).is_err(), "{host}");
    }
}
