//! The prover against an enumeration: every set of objects that may be applied, every state that each workload's pods may be in,
//! and requests that reach every route, each traced through the objects as they are then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use glidepath::objects::{Object, ObjectId, Scope};
use glidepath::safety::{Applied, Side, Unserved, unserved};
use glidepath::text::Route;
use glidepath::trace::{Outcome, Request, Via, trace};
use glidepath::units::RouterName;
use serde_json::Value;

use super::random::{Dice, Random};
use crate::support::rounds;

#[test]
fn the_prover_agrees_with_an_enumeration_of_everything() {
    let (mut safe, mut found) = (0_u32, 0_u32);
    for seed in 0..rounds(1_000, 20_000) {
        let seed = u64::try_from(seed).expect("a small number");
        let Random { before, after } = Random::new(&mut Dice::new(seed));
        let proved = unserved(&Applied::built(&before), &Applied::built(&after));
        let World(enumerated) = World::enumerate(&before, &after);
        assert_eq!(
            proved,
            enumerated,
            "seed {seed}: left the prover, right the enumeration\nbefore: {}\nafter: {}",
            Value::from(before),
            Value::from(after)
        );
        if enumerated.is_empty() {
            safe += 1;
        } else {
            found += 1;
        }
    }
    // Neither answer is right by chance.
    assert!(
        safe * 5 > found && found * 5 > safe,
        "{safe} safe, {found} not"
    );
}

/// The ready pods of a workload at some moment, each kind by its template.
type Ready<'a> = Vec<&'a Value>;

/// What is applied, by kind and name, with the side that it is of.
type Present<'a> = BTreeMap<(&'a str, &'a str), (&'a Value, Side)>;

/// What is found by looking at everything.
struct World(BTreeSet<Unserved>);

/// One moment of a move.
struct Moment<'a> {
    objects: Present<'a>,
    pods: Vec<Ready<'a>>,
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn key(object: &Value) -> (&str, &str) {
    (word(&object["kind"]), word(&object["metadata"]["name"]))
}

impl World {
    fn enumerate(before: &[Value], after: &[Value]) -> Self {
        let find = |objects: &'_ [Value], wanted: (&str, &str)| {
            objects.iter().position(|object| key(object) == wanted)
        };
        let keys: BTreeSet<(&str, &str)> = before.iter().chain(after).map(key).collect();
        let sides = |wanted| {
            (
                find(before, wanted).map(|at| &before[at]),
                find(after, wanted).map(|at| &after[at]),
            )
        };
        // Every choice of a version for each object that changes, and of a state for each workload.
        let mut applied: Vec<Present<'_>> = vec![BTreeMap::new()];
        let mut pods: Vec<Vec<Ready<'_>>> = vec![Vec::new()];
        for wanted in keys {
            let (old, new) = sides(wanted);
            if wanted.0 == "Deployment" {
                let scaled = |objects: &[Value]| {
                    find(objects, ("HorizontalPodAutoscaler", wanted.1)).is_some()
                };
                let states = states(
                    old.map(|o| (o, scaled(before))),
                    new.map(|o| (o, scaled(after))),
                );
                pods = product(&pods, &states, |mut all, state| {
                    all.push(state.clone());
                    all
                });
                continue;
            }
            let mut versions = vec![new.map(|object| (object, Side::After))];
            if old != new {
                versions.push(old.map(|object| (object, Side::Before)));
            }
            applied = product(&applied, &versions, |mut all, version| {
                all.extend(version.map(|version| (wanted, version)));
                all
            });
        }
        let all = || before.iter().chain(after);
        // Of a Service whose pods nobody here runs, nothing is known.
        let known = |name: &str| {
            let services = all().filter(|object| key(object) == ("Service", name));
            services.into_iter().any(|service| {
                let mut workloads = all().filter(|object| object["kind"] == "Deployment");
                workloads.any(|workload| carries(workload, &service["spec"]["selector"]))
            })
        };
        let mut met = BTreeSet::new();
        for objects in &applied {
            for pods in &pods {
                let moment = Moment {
                    objects: objects.clone(),
                    pods: pods.clone(),
                };
                moment.look(&known, &mut met);
            }
        }
        let at_rest = |objects: &[Value], side: Side| {
            let mut met = BTreeSet::new();
            Moment::at_rest(objects, side).look(&known, &mut met);
            met
        };
        let (was, will) = (at_rest(before, Side::Before), at_rest(after, Side::After));
        // What fails before the move is no fault of it, unless it does so at its end, too.
        let excused = |one: &Unserved| {
            let wanted = (one.routing.kind.as_str(), one.routing.name.as_str());
            let old = find(before, wanted).map(|at| &before[at]);
            let new = find(after, wanted).map(|at| &after[at]);
            let has_port = |service: Option<&Value>| {
                let ports = service.map_or(&[][..], |service| list(&service["spec"]["ports"]));
                ports
                    .iter()
                    .any(|port| one.route == format!("{}", port["port"]))
            };
            let at = |side: Side| Unserved {
                side,
                ..one.clone()
            };
            if one.routing.kind == "Service" {
                !(has_port(old) && has_port(new)) || was.contains(&at(Side::Before))
            } else if old.is_none() && !will.contains(one) && is_first(before, new, one) {
                // Nobody could ask.
                true
            } else if old == new {
                was.contains(&at(Side::Before)) && !will.contains(&at(Side::After))
            } else {
                one.side == Side::Before && was.contains(one)
            }
        };
        met.retain(|one| !excused(one));
        // The prover tells of a Service once, whichever of its ports it is.
        let met = met.into_iter().map(|one| match one.routing.kind.as_str() {
            "Service" => Unserved {
                side: Side::After,
                route: String::new(),
                ..one
            },
            _ => one,
        });
        Self(met.collect())
    }
}

/// Whether a new routing object, and the Service that it leads to, are nobody's yet.
fn is_first(before: &[Value], new: Option<&Value>, one: &Unserved) -> bool {
    let hosts = |object: &Value| {
        let hosts = list(&object["spec"]["hosts"]).iter();
        hosts
            .map(|host| word(host).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let asked = new.map(hosts).unwrap_or_default();
    before.iter().all(|object| {
        let (kind, name) = key(object);
        match kind {
            "VirtualService" => hosts(object).is_disjoint(&asked),
            "Service" => name != one.service && !asked.contains(name),
            _ => true,
        }
    })
}

/// Whether a workload's pods carry labels.
fn carries(workload: &Value, wanted: &Value) -> bool {
    let carried = &workload["spec"]["template"]["metadata"]["labels"];
    let mut wanted = wanted.as_object().into_iter().flatten();
    wanted.all(|(key, value)| carried[key] == *value)
}

fn product<A: Clone, B>(all: &[A], more: &[B], join: impl Fn(A, &B) -> A) -> Vec<A> {
    let pairs = all
        .iter()
        .flat_map(|one| more.iter().map(move |other| (one, other)));
    pairs.map(|(one, other)| join(one.clone(), other)).collect()
}

/// Every set of kinds of pods that may be ready, where a workload goes from one version to the other.
fn states<'a>(old: Option<(&'a Value, bool)>, new: Option<(&'a Value, bool)>) -> Vec<Ready<'a>> {
    let replicas = |side: Option<(&Value, bool)>| {
        side.map_or(0, |(object, scaled)| {
            let asked = object["spec"]["replicas"].as_u64().expect("replicas");
            if asked > 0 && scaled { 2 } else { asked }
        })
    };
    let pods = |side: Option<(&'a Value, bool)>| -> Ready<'a> {
        let ready = side.filter(|_| replicas(side) > 0);
        ready.iter().map(|(object, _)| *object).collect()
    };
    let (before, after) = (pods(old), pods(new));
    let ([from], [to]) = (&before[..], &after[..]) else {
        return vec![before, after];
    };
    let (from, to): (&Value, &Value) = (from, to);
    if from["spec"]["selector"] != to["spec"]["selector"] {
        return vec![before.clone(), Vec::new(), after.clone()];
    }
    if from["spec"]["template"] == to["spec"]["template"] {
        return vec![after.clone()];
    }
    let mut states = vec![before.clone(), vec![from, to], after.clone()];
    let unavailable = &to["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"];
    let count = replicas(new);
    let taken = match unavailable {
        Value::Number(number) => number.as_u64().expect("a count"),
        Value::String(_) => count * 60 / 100,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => count / 4,
    };
    if to["spec"]["strategy"]["type"] == "Recreate" || taken >= count {
        states.push(Vec::new());
    }
    states
}

impl<'a> Moment<'a> {
    fn at_rest(objects: &'a [Value], side: Side) -> Self {
        let workloads = objects
            .iter()
            .filter(|object| object["kind"] == "Deployment");
        let pods = workloads.map(|object| {
            let ready = object["spec"]["replicas"].as_u64() > Some(0);
            if ready { vec![object] } else { Vec::new() }
        });
        Self {
            pods: pods.collect(),
            objects: objects
                .iter()
                .filter(|object| object["kind"] != "Deployment")
                .map(|object| (key(object), (object, side)))
                .collect(),
        }
    }

    /// Adds every destination that a request may be sent to now, and that has no ready pod.
    fn look(&self, known: &dyn Fn(&str) -> bool, met: &mut BTreeSet<Unserved>) {
        for ((kind, name), (object, side)) in &self.objects {
            match *kind {
                "VirtualService" => self.follow(name, object, *side, known, met),
                "Service" => self.ask(name, object, *side, met),
                _ => {}
            }
        }
    }

    /// Requests that go to a Service itself, by each of its ports. The port is part of the name here, and taken off later.
    fn ask(&self, name: &str, service: &Value, side: Side, met: &mut BTreeSet<Unserved>) {
        for port in list(&service["spec"]["ports"]) {
            if !self.has_pod(service, port, &Value::Null) {
                met.insert(Unserved {
                    routing: identity("Service", name),
                    side,
                    route: port["port"].to_string(),
                    service: name.to_owned(),
                    subset: None,
                    port: None,
                    is_copy: false,
                });
            }
        }
    }

    /// Requests of every group that one object routes.
    fn follow(
        &self,
        name: &str,
        routing: &Value,
        side: Side,
        known: &dyn Fn(&str) -> bool,
        met: &mut BTreeSet<Unserved>,
    ) {
        let object = Object {
            id: ObjectId {
                kind: "VirtualService".into(),
                namespace: Some("ml".to_owned()),
                name: name.to_owned(),
            },
            file: name.to_owned(),
            scope: Scope::Stage,
            wave: 0,
            origin: Route::root(),
            body: routing.clone(),
        };
        for group in ["a", "b", "none"] {
            let request = Request {
                via: Via::Mesh,
                port: 80,
                host: None,
                method: "GET".to_owned(),
                path: "/".to_owned(),
                headers: BTreeMap::from([("group".to_owned(), group.to_owned())]),
                query: BTreeMap::new(),
                claims: BTreeMap::new(),
                source_labels: BTreeMap::new(),
                source_namespace: None,
            };
            let outcome = trace(RouterName::Istio, &[Arc::new(object.clone())], &request);
            let Outcome::Routed(served) = outcome.expect("it is understood") else {
                panic!("every request is routed");
            };
            let routes = list(&routing["spec"]["http"]).iter();
            let route = routes
                .clone()
                .find(|route| word(&route["name"]) == served.route);
            let route = route.expect("the route that was traced");
            let to = list(&route["route"]).iter();
            let to = to.filter(|to| to["weight"].as_u64() != Some(0));
            let mut to: Vec<(&Value, bool)> = to.map(|to| (&to["destination"], false)).collect();
            let is_copied = served.mirror.is_some_and(|(_, share)| share > 0.0);
            to.extend(is_copied.then_some((&route["mirror"], true)));
            for (to, is_copy) in to {
                let service = word(&to["host"]).split('.').next().unwrap_or_default();
                let is_here = !word(&to["host"]).ends_with(".example");
                if is_here && known(service) && !self.serves(service, to) {
                    met.insert(Unserved {
                        routing: identity("VirtualService", name),
                        side,
                        route: served.route.clone(),
                        service: service.to_owned(),
                        subset: to["subset"].as_str().map(str::to_owned),
                        port: to["port"]["number"].as_u64(),
                        is_copy,
                    });
                }
            }
        }
    }

    /// Whether a destination has a ready pod on each port that it means, by every definition of its subset.
    fn serves(&self, name: &str, to: &Value) -> bool {
        let Some((service, _)) = self.objects.get(&("Service", name)) else {
            return false;
        };
        let ports: Vec<&Value> = list(&service["spec"]["ports"])
            .iter()
            .filter(|port| {
                let number = &to["port"]["number"];
                number.is_null() || port["port"] == *number
            })
            .collect();
        let labels: Vec<&Value> = match to["subset"].as_str() {
            None => vec![&Value::Null],
            Some(subset) => self
                .objects
                .values()
                .filter(|(rule, _)| {
                    let host = word(&rule["spec"]["host"]).split('.').next();
                    rule["kind"] == "DestinationRule" && host == Some(name)
                })
                .flat_map(|(rule, _)| list(&rule["spec"]["subsets"]))
                .filter(|found| word(&found["name"]) == subset)
                .map(|found| &found["labels"])
                .collect(),
        };
        let all = || {
            ports
                .iter()
                .flat_map(|port| labels.iter().map(move |labels| (port, labels)))
        };
        !ports.is_empty()
            && !labels.is_empty()
            && all().all(|(port, labels)| self.has_pod(service, port, labels))
    }

    fn has_pod(&self, service: &Value, port: &Value, labels: &Value) -> bool {
        self.pods.iter().flatten().any(|pod| {
            let ports = list(&pod["spec"]["template"]["spec"]["containers"][0]["ports"]);
            let target = &port["targetPort"];
            carries(pod, &service["spec"]["selector"])
                && carries(pod, labels)
                && (target.is_number() || ports.iter().any(|port| port["name"] == *target))
        })
    }
}

fn identity(kind: &str, name: &str) -> glidepath::safety::Identity {
    let api = match kind {
        "Service" => "v1",
        _ => "networking.istio.io/v1",
    };
    let body = serde_json::json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "ml"}});
    glidepath::safety::Identity::of(&body).expect("an identity")
}
