//! Field by field: whether the objects that a rollout writes mean what those meant that it takes over.

use serde_json::{Map, Value, json};

use crate::adopt::model::Rollout;
use crate::adopt::read::{Complaints, Object, Read};
use crate::diag::Route;

use super::{Host, MESH, of_kind, refuse};

/// Complains of the first field of each object that is taken over and that the emitted objects say otherwise.
pub(in crate::adopt) fn hold(
    read: &Read,
    rollout: &Rollout,
    emitted: &[&Value],
    complaints: &mut Complaints<'_>,
) {
    let host = Host::of(&rollout.scope.service.identity);
    for kind in ["VirtualService", "DestinationRule"] {
        let taken = of_kind(read, kind).filter(|one| rollout.takes(&one.identity));
        for object in taken {
            let name = &object.identity.name;
            let new = emitted
                .iter()
                .find(|body| body["kind"] == kind && body["metadata"]["name"] == **name);
            let Some(new) = new else { continue };
            let plain = Plain {
                host: &host,
                rollout,
            };
            let [mut old, new] = [&object.body, *new].map(|body| plain.spec(kind, body, object));
            with_known_subsets(&mut old, &new);
            if let Some(at) = differing(&old, &new, Route::root().key("spec")) {
                refuse(
                    complaints,
                    object,
                    at.clone(),
                    format!(
                        "`{at}` of {} is what a rollout would say otherwise",
                        object.words()
                    ),
                    "write it as a rollout does first: rules for some requests in front, each with what the last ones do to theirs",
                );
            }
        }
    }
}

/// Subsets that no model of the stage stands for are left out: no rule leads to them.
fn with_known_subsets(old: &mut Value, new: &Value) {
    let known = new["subsets"].as_array().into_iter().flatten();
    let known: Vec<&Value> = known.map(|one| &one["name"]).collect();
    if let Some(subsets) = old["subsets"].as_array_mut() {
        subsets.retain(|one| known.contains(&&one["name"]));
    }
}

/// The first place at which two values differ.
fn differing(old: &Value, new: &Value, at: Route) -> Option<Route> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let mut keys: Vec<&String> = old.keys().chain(new.keys()).collect();
            keys.sort();
            keys.dedup();
            keys.into_iter().find_map(|key| {
                let [old, new] = [old, new].map(|map| map.get(key).unwrap_or(&Value::Null));
                differing(old, new, at.key(key))
            })
        }
        (Value::Array(old), Value::Array(new)) => {
            let most = old.len().max(new.len());
            (0..most).find_map(|index| {
                let [old, new] = [old, new].map(|items| items.get(index).unwrap_or(&Value::Null));
                differing(old, new, at.index(index))
            })
        }
        (old, new) => (old != new).then_some(at),
    }
}

/// Objects in the one form in which those that mean the same are equal.
struct Plain<'a> {
    host: &'a Host,
    rollout: &'a Rollout,
}

impl Plain<'_> {
    fn spec(&self, kind: &str, body: &Value, object: &Object) -> Value {
        let mut spec = body["spec"].as_object().cloned().unwrap_or_default();
        if kind == "DestinationRule" {
            spec.insert("host".to_owned(), self.named(&spec["host"], object));
            let mut subsets: Vec<Value> = items(&spec, "subsets");
            let read = self.rollout.routing.subsets.iter();
            let read: Vec<&str> = read.map(|subset| subset.name.as_str()).collect();
            subsets.retain(|one| read.iter().any(|name| one["name"] == **name));
            subsets.sort_by_key(|one| one["name"].to_string());
            spec.insert("subsets".to_owned(), subsets.into());
            return spec.into();
        }
        let hosts = items(&spec, "hosts").into_iter();
        let mut hosts: Vec<Value> = hosts.map(|one| self.named(&one, object)).collect();
        hosts.sort_by_key(Value::to_string);
        let gateways = items(&spec, "gateways");
        if gateways.iter().all(|one| one == MESH) {
            spec.remove("gateways");
            // A rollout routes the Service's own host in the mesh, whether it was routed before or not.
            hosts.retain(|one| one != "(the Service)");
        }
        spec.insert("hosts".to_owned(), hosts.into());
        let rules = items(&spec, "http").into_iter();
        let rules: Vec<Value> = rules.filter_map(|rule| self.rule(rule, object)).collect();
        spec.insert("http".to_owned(), rules.into());
        spec.into()
    }

    fn named(&self, host: &Value, object: &Object) -> Value {
        if self.host.is(host, &object.identity) {
            json!("(the Service)")
        } else {
            host.clone()
        }
    }

    /// A rule; none where it is the copy for another port of the Service.
    fn rule(&self, rule: Value, object: &Object) -> Option<Value> {
        let Value::Object(mut rule) = rule else {
            return Some(rule);
        };
        rule.remove("name");
        let mut route = items(&rule, "route");
        let port = self.rollout.routed_port();
        let other = |one: &Value| {
            let number = one["destination"]["port"]["number"].as_u64();
            number.is_some_and(|number| number != u64::from(port))
        };
        if route.iter().any(other) {
            return None;
        }
        route.retain(|one| one.get("weight").is_none_or(|weight| *weight != 0));
        let is_alone = route.len() == 1;
        for one in &mut route {
            let subset = one["destination"]["subset"].as_str();
            let subset = subset.unwrap_or(self.rollout.stable()).to_owned();
            one["destination"] =
                json!({"host": self.named(&one["destination"]["host"], object), "subset": subset});
            if let (true, Some(fields)) = (is_alone, one.as_object_mut()) {
                fields.remove("weight");
            }
        }
        rule.insert("route".to_owned(), route.into());
        let mut matches = items(&rule, "match");
        for entry in matches.iter_mut().filter_map(Value::as_object_mut) {
            entry.remove("name");
            entry.remove("port");
            entry.retain(|_, value| !is_empty(value));
        }
        if matches.iter().any(is_empty) {
            matches.clear();
        }
        rule.insert("match".to_owned(), matches.into());
        if rule.get("timeout").is_some_and(|timeout| timeout == "0s") {
            rule.remove("timeout");
        }
        Some(rule.into())
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty)
}

fn items(fields: &Map<String, Value>, field: &str) -> Vec<Value> {
    let items = fields.get(field).and_then(Value::as_array);
    items.cloned().unwrap_or_default()
}
