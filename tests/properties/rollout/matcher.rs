//! What a cohort or a base route takes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Tape;

/// A condition on one string, as the language has them.
#[derive(Clone, Debug)]
pub(crate) enum Matcher {
    Exact(&'static str),
    Prefix(&'static str),
    /// The expression, and the same as a function.
    Regex(&'static str, fn(&str) -> bool),
    Present,
}

impl Matcher {
    pub(super) fn document(&self) -> Value {
        match self {
            Self::Exact(text) => json!(text),
            Self::Prefix(text) => json!({"prefix": text}),
            Self::Regex(text, _) => json!({"regex": text}),
            Self::Present => json!({"present": true}),
        }
    }
}

/// One entry of a `match`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) headers: BTreeMap<&'static str, Matcher>,
    pub(crate) without: BTreeMap<&'static str, Matcher>,
    pub(crate) host: Option<Matcher>,
    pub(crate) claims: BTreeMap<&'static str, Matcher>,
    pub(crate) query: BTreeMap<&'static str, Matcher>,
    pub(crate) cookie: Option<(&'static str, Matcher)>,
    pub(crate) uri: Option<Matcher>,
    pub(crate) method: Option<Matcher>,
    pub(crate) labels: BTreeMap<&'static str, &'static str>,
    pub(crate) namespace: Option<&'static str>,
}

impl Entry {
    pub(crate) fn asks_for_source(&self) -> bool {
        !self.labels.is_empty() || self.namespace.is_some()
    }

    pub(super) fn document(&self) -> Value {
        let mut map = Map::new();
        let all = |named: &BTreeMap<&'static str, Matcher>| {
            let entries = named
                .iter()
                .map(|(name, matcher)| ((*name).to_owned(), matcher.document()));
            Value::Object(entries.collect())
        };
        let mut put = |key: &str, value: Value| map.insert(key.to_owned(), value);
        if !self.headers.is_empty() {
            put("headers", all(&self.headers));
        }
        if !self.without.is_empty() {
            put("withoutHeaders", all(&self.without));
        }
        if let Some(matcher) = &self.host {
            put("host", matcher.document());
        }
        if !self.claims.is_empty() {
            put("jwtClaims", all(&self.claims));
        }
        if !self.query.is_empty() {
            put("queryParams", all(&self.query));
        }
        if let Some((name, matcher)) = &self.cookie {
            put("cookies", json!({*name: matcher.document()}));
        }
        if let Some(matcher) = &self.uri {
            put("uri", matcher.document());
        }
        if let Some(matcher) = &self.method {
            put("method", matcher.document());
        }
        if !self.labels.is_empty() {
            put("sourceLabels", json!(self.labels));
        }
        if let Some(namespace) = self.namespace {
            put("sourceNamespace", json!(namespace));
        }
        Value::Object(map)
    }
}

/// A base route: what it takes, and its `rewrite.uri`.
#[derive(Clone, Debug)]
pub(crate) struct Base {
    pub(crate) name: &'static str,
    pub(crate) entries: Vec<(Option<Matcher>, Option<Matcher>)>,
    pub(crate) rewrite: Option<&'static str>,
}

fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix('v').unwrap_or_default();
    text == "w" || (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_under_a_version(path: &str) -> bool {
    path.starts_with("/v1/") || path.starts_with("/v2/")
}

fn value(tape: &mut Tape<'_>) -> Matcher {
    tape.pick(&[
        Matcher::Exact("v1"),
        Matcher::Exact("v2"),
        Matcher::Exact("on"),
        Matcher::Prefix("v"),
        Matcher::Present,
        Matcher::Regex("v[0-9]+|w", is_version),
    ])
    .clone()
}

fn is_canary(host: &str) -> bool {
    host == "canary.example" || host == "beta.example"
}

/// `gateway`: whether requests come in through one, with hosts and tokens; `is_plain`: without what Gateway API has no word for.
pub(super) fn entry(
    tape: &mut Tape<'_>,
    may_use_regex_paths: bool,
    gateway: bool,
    is_plain: bool,
) -> Entry {
    let mut entry = Entry::default();
    for _ in 0..=tape.below(3) {
        match tape.below(if is_plain { 6 } else { 11 }) {
            0 | 1 => {
                let name = tape.pick(&["x-a", "x-b", "user-group"]);
                entry.headers.insert(name, value(tape));
            }
            2 => {
                let name = tape.pick(&["q", "model"]);
                entry.query.insert(name, value(tape));
            }
            3 => {
                let matchers = [
                    Matcher::Exact("b.1"),
                    Matcher::Prefix("b"),
                    Matcher::Present,
                ];
                entry.cookie = Some(("exp", tape.pick(&matchers).clone()));
            }
            4 => {
                let regex = Matcher::Regex("/v[12]/.*", is_under_a_version);
                let mut matchers = vec![
                    Matcher::Exact("/v1/models/a"),
                    Matcher::Prefix("/v1/models"),
                    Matcher::Prefix("/v2"),
                    Matcher::Prefix("/"),
                ];
                matchers.extend(may_use_regex_paths.then_some(regex));
                entry.uri = Some(tape.pick(&matchers).clone());
            }
            5 => {
                let mut matchers = vec![Matcher::Exact("GET"), Matcher::Exact("POST")];
                matchers.extend((!is_plain).then_some(Matcher::Prefix("P")));
                entry.method = Some(tape.pick(&matchers).clone());
            }
            7 => {
                let name = tape.pick(&["x-a", "x-b", "user-group"]);
                entry.without.insert(name, value(tape));
            }
            8 if gateway => {
                let matchers = [
                    Matcher::Exact("canary.example"),
                    Matcher::Prefix("canary."),
                    Matcher::Regex("(canary|beta).example", is_canary),
                ];
                entry.host = Some(tape.pick(&matchers).clone());
            }
            9 if gateway => {
                let matchers = [
                    Matcher::Exact("v1"),
                    Matcher::Prefix("v"),
                    Matcher::Regex("v[0-9]+|w", is_version),
                ];
                let name = tape.pick(&["group", "realm.roles"]);
                entry.claims.insert(name, tape.pick(&matchers).clone());
            }
            6 => {
                let apps: [&'static str; 2] = ["web", "batch"];
                entry.labels.insert("app", apps[tape.below(2)]);
            }
            _ => entry.namespace = Some("shop"),
        }
    }
    // One entry asks for what one request can have: the header or its absence, a gateway's request or a pod in the mesh.
    let headers = &entry.headers;
    entry.without.retain(|name, _| !headers.contains_key(name));
    let is_everything = matches!(&entry.uri, Some(Matcher::Prefix("/")));
    if is_everything
        && entry
            .document()
            .as_object()
            .is_some_and(|all| all.len() == 1)
    {
        entry.method = Some(Matcher::Exact("GET"));
    }
    if entry.asks_for_source() {
        entry.host = None;
        entry.claims.clear();
    }
    entry
}

/// Which requests are copied: entries on what no cohort and no base route has a regex for.
pub(super) fn copied(tape: &mut Tape<'_>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for _ in 0..tape.below(3) {
        let mut entry = Entry::default();
        match tape.below(4) {
            0 => entry.method = Some(Matcher::Exact("POST")),
            1 => entry.method = Some(Matcher::Prefix("P")),
            2 => {
                entry.headers.insert("x-copy", Matcher::Present);
            }
            _ => {
                entry.without.insert("x-copy", Matcher::Exact("v1"));
                entry.labels.insert("app", "web");
            }
        }
        entries.push(entry);
    }
    entries
}

pub(super) fn base_routes(tape: &mut Tape<'_>) -> Vec<Base> {
    let mut routes = vec![
        Base {
            name: "one",
            entries: vec![(Some(Matcher::Exact("/v1/models/a")), None)],
            rewrite: None,
        },
        Base {
            name: "post",
            entries: vec![(Some(Matcher::Prefix("/v1")), Some(Matcher::Exact("POST")))],
            rewrite: Some("/write"),
        },
        Base {
            name: "models",
            entries: vec![
                (Some(Matcher::Prefix("/v1/models")), None),
                (Some(Matcher::Prefix("/v2")), None),
            ],
            rewrite: Some("/m"),
        },
    ];
    routes.retain(|_| tape.once_in(2));
    let is_unmatched = !routes.is_empty() && tape.once_in(4);
    if !is_unmatched && (!routes.is_empty() || tape.once_in(3)) {
        let rewrite = tape.once_in(2).then_some("/r/");
        routes.push(Base {
            name: "rest",
            entries: match tape.below(3) {
                0 => vec![(Some(Matcher::Prefix("/")), None)],
                _ => Vec::new(),
            },
            rewrite,
        });
    }
    routes
}
