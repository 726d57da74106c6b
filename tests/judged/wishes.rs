//! Requests that emitted routes ask for, and some that just miss.

use std::collections::BTreeMap;
use std::sync::Arc;

use glidepath::objects::Object;
use glidepath::trace::{Request, Via};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::string::string_regex;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::properties::rollout::Tape;

/// What a condition asks a text to be.
#[derive(Clone, Debug)]
enum Wish {
    Exact(String),
    Prefix(String),
    Regex(String),
    Present,
}

impl Wish {
    /// Of Istio's `{exact: v1}`.
    fn of_istio(matcher: &Value) -> Option<Self> {
        let (kind, value) = match matcher.as_object()?.iter().next() {
            None => return Some(Self::Present),
            Some((kind, value)) => (kind, value.as_str()?.to_owned()),
        };
        Some(match &**kind {
            "exact" => Self::Exact(value),
            "prefix" => Self::Prefix(value),
            "regex" => Self::Regex(value),
            _ => return None,
        })
    }

    /// Of Gateway API's `{type: Exact, value: v1}`.
    fn of_gateway_api(matcher: &Value) -> Option<Self> {
        let value = matcher["value"].as_str()?.to_owned();
        Some(match matcher["type"].as_str().unwrap_or("Exact") {
            "Exact" => Self::Exact(value),
            "PathPrefix" => Self::Prefix(value),
            "RegularExpression" => Self::Regex(value),
            _ => return None,
        })
    }

    /// A text that is as asked, or nearly.
    fn text(&self, tape: &mut Tape<'_>, runner: &mut TestRunner) -> String {
        let mut text = match self {
            Self::Exact(value) => value.clone(),
            Self::Prefix(value) => format!("{value}{}", tape.pick(&["", "", "x", "/x", "/x/y"])),
            Self::Present => "any".to_owned(),
            Self::Regex(regex) => generated(regex, runner).unwrap_or_else(|| "any".to_owned()),
        };
        match tape.below(12) {
            0 => text.push('x'),
            1 => text = text.to_ascii_uppercase(),
            _ => {}
        }
        text
    }
}

/// A text of a regular expression that a request can hold.
fn generated(regex: &str, runner: &mut TestRunner) -> Option<String> {
    let strategy = string_regex(regex).ok()?;
    let texts = (0..20).filter_map(|_| Some(strategy.new_tree(runner).ok()?.current()));
    let is_sent = |text: &String| {
        text.len() < 200
            && text.trim() == text
            && text
                .bytes()
                .all(|byte| matches!(byte, b' '..=b'~') && !b"%?#\\".contains(&byte))
    };
    texts.filter(is_sent).last()
}

/// What one entry of a match asks for.
#[derive(Clone, Debug, Default)]
struct Entry {
    path: Option<Wish>,
    method: Option<Wish>,
    host: Option<Wish>,
    headers: Vec<(String, Wish)>,
    query: Vec<(String, Wish)>,
    labels: BTreeMap<String, String>,
    namespace: Option<String>,
    port: Option<u16>,
}

/// All that the routes of a stage ask for.
#[derive(Debug)]
pub(super) struct Wishes<'a> {
    entries: Vec<Entry>,
    /// At a gateway.
    hosts: Vec<String>,
    /// In the mesh.
    services: Vec<String>,
    has_gateway: bool,
    ports: &'a [u16],
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn texts(value: &Value) -> impl Iterator<Item = String> {
    list(value)
        .iter()
        .filter_map(|text| Some(text.as_str()?.to_owned()))
}

fn named(value: &Value) -> Vec<(String, Wish)> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .filter_map(|(name, matcher)| Some((name.clone(), Wish::of_istio(matcher)?)))
        .collect()
}

fn typed(value: &Value) -> Vec<(String, Wish)> {
    let entries = list(value).iter();
    entries
        .filter_map(|entry| {
            Some((
                entry["name"].as_str()?.to_lowercase(),
                Wish::of_gateway_api(entry)?,
            ))
        })
        .collect()
}

fn of_istio(entry: &Value) -> Entry {
    let labels = entry["sourceLabels"].as_object().into_iter().flatten();
    Entry {
        path: Wish::of_istio(&entry["uri"]),
        method: Wish::of_istio(&entry["method"]),
        host: Wish::of_istio(&entry["authority"]),
        headers: named(&entry["headers"]),
        query: named(&entry["queryParams"]),
        labels: labels
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
        namespace: entry["sourceNamespace"].as_str().map(str::to_owned),
        port: entry["port"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok()),
    }
}

fn of_gateway_api(entry: &Value) -> Entry {
    let method = &entry["method"];
    let (method, path) = match (method.as_str(), method["service"].as_str()) {
        (Some(method), _) => (
            Some(Wish::Exact(method.to_owned())),
            Wish::of_gateway_api(&entry["path"]),
        ),
        (None, Some(service)) => {
            let call = method["method"].as_str();
            let path = call.map_or_else(
                // Every call has a method.
                || Wish::Exact(format!("/{service}/Any")),
                |call| Wish::Exact(format!("/{service}/{call}")),
            );
            (Some(Wish::Exact("POST".to_owned())), Some(path))
        }
        (None, None) => (None, Wish::of_gateway_api(&entry["path"])),
    };
    Entry {
        path,
        method,
        headers: typed(&entry["headers"]),
        query: typed(&entry["queryParams"]),
        ..Entry::default()
    }
}

impl<'a> Wishes<'a> {
    pub(super) fn of(objects: &[Arc<Object>], has_gateway: bool, ports: &'a [u16]) -> Self {
        let (mut entries, mut hosts, mut services) = (Vec::new(), Vec::new(), Vec::new());
        for object in objects {
            let spec = &object.body["spec"];
            match &*object.id.kind {
                "VirtualService" => {
                    let routes = list(&spec["http"]).iter();
                    entries.extend(routes.flat_map(|route| list(&route["match"])).map(of_istio));
                    hosts.extend(texts(&spec["hosts"]));
                    let gateways = list(&spec["gateways"]);
                    if gateways.is_empty() || gateways.contains(&json!("mesh")) {
                        services.extend(texts(&spec["hosts"]));
                    }
                }
                "HTTPRoute" | "GRPCRoute" => {
                    let rules = list(&spec["rules"]).iter();
                    entries.extend(
                        rules
                            .flat_map(|rule| list(&rule["matches"]))
                            .map(of_gateway_api),
                    );
                    hosts.extend(texts(&spec["hostnames"]));
                    let parents = list(&spec["parentRefs"]).iter();
                    let parents = parents.filter(|parent| parent["kind"] == "Service");
                    services.extend(
                        parents.filter_map(|parent| Some(parent["name"].as_str()?.to_owned())),
                    );
                }
                _ => {}
            }
        }
        if services.is_empty() {
            let emitted = objects
                .iter()
                .filter(|object| &*object.id.kind == "Service");
            services.extend(emitted.map(|object| object.id.name.clone()));
        }
        for hosts in [&mut hosts, &mut services] {
            hosts.sort();
            hosts.dedup();
        }
        Self {
            entries,
            hosts,
            services,
            has_gateway,
            ports,
        }
    }

    /// A request that some entry asks for, or nearly, or nobody.
    pub(super) fn request(&self, tape: &mut Tape<'_>, runner: &mut TestRunner) -> Request {
        let none = Entry::default();
        let entry = match self.entries.len() {
            0 => &none,
            _ if tape.once_in(5) => &none,
            count => &self.entries[tape.below(count)],
        };
        // One condition of some is left out, now and then.
        let kept = |tape: &mut Tape<'_>| !tape.once_in(9);
        let is_from_a_pod = !entry.labels.is_empty() || entry.namespace.is_some();
        let is_from_a_pod = is_from_a_pod || tape.once_in(3);
        let has_mesh = !self.services.is_empty();
        let via = if self.has_gateway && !(is_from_a_pod && has_mesh) {
            Via::Gateway
        } else {
            Via::Mesh
        };
        let hosts = match via {
            Via::Gateway => &self.hosts,
            Via::Mesh => &self.services,
        };
        let host = match &entry.host {
            Some(wish) if kept(tape) => wish.text(tape, runner),
            _ if hosts.is_empty() => "shop.example".to_owned(),
            _ => tape.pick(hosts).replace('*', "shop"),
        };
        let path = match &entry.path {
            Some(wish) if kept(tape) => wish.text(tape, runner),
            _ => (*tape.pick(&["/", "/v1/models/m:predict", "/v1/models", "/other"])).to_owned(),
        };
        let mut request = Request {
            via,
            port: entry.port.unwrap_or_else(|| *tape.pick(self.ports)),
            host: Some(host),
            method: match &entry.method {
                Some(wish) if kept(tape) => wish.text(tape, runner),
                _ => (*tape.pick(&["GET", "POST"])).to_owned(),
            },
            path: if path.starts_with('/') {
                path
            } else {
                format!("/{path}")
            },
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            claims: BTreeMap::new(),
            source_labels: entry.labels.clone(),
            source_namespace: entry.namespace.clone(),
        };
        for (into, wishes) in [
            (&mut request.headers, &entry.headers),
            (&mut request.query, &entry.query),
        ] {
            for (name, wish) in wishes {
                // Claims stand among the headers of a match.
                if kept(tape) && !name.starts_with('@') {
                    into.insert(name.clone(), wish.text(tape, runner));
                }
            }
        }
        request
    }
}
