//! The rollout as somebody would write it.

use glidepath::units::RouterName;
use serde_json::{Map, Value, json};

use super::{Base, CopiedCohorts, Entry, Rollout, Shares, Step, Sticky, WHOLE, name};

impl Rollout {
    /// The rollout in the language.
    pub(crate) fn document(&self) -> Value {
        let containers: Vec<Value> = self
            .ports
            .iter()
            .map(|(name, number)| json!({"name": name, "containerPort": number}))
            .collect();
        let models: Vec<Value> = (0..self.models)
            .map(|model| {
                json!({"name": name(model), "runtime": "custom", "image": format!("registry.example/m:{model}"),
                       // Replicas are random, and enough: whether they are is not what these properties are about.
                       "replicas": 2, "capacity": {"requestsPerSecond": 1000}, "ports": containers})
            })
            .collect();
        let cohorts: Vec<Value> = self
            .cohorts
            .iter()
            .enumerate()
            .map(|(at, entries)| {
                let entries: Vec<Value> = entries.iter().map(Entry::document).collect();
                let mut document = json!({"name": cohort(at), "match": entries});
                if let Some(size) = self.sizes[at] {
                    document["share"] = percent(size);
                }
                document
            })
            .collect();
        let mut traffic = json!({"port": "http", "expected": {"requestsPerMinute": 60}});
        match self.router {
            RouterName::Istio if self.gateway => {
                traffic["gateways"] = json!(["infra/public"]);
                traffic["hosts"] = json!(["*"]);
            }
            RouterName::Istio => {}
            RouterName::GatewayApi => {
                traffic["provider"] = json!("gateway-api");
                if self.gateway {
                    traffic["parentRefs"] = json!([{"name": "public", "namespace": "infra"}]);
                    traffic["mesh"] = json!(true);
                }
            }
        }
        if !self.routes.is_empty() {
            traffic["routes"] = self.routes.iter().map(base_document).collect();
        }
        if self.sticky.is_some() && self.router == RouterName::GatewayApi {
            traffic["implementation"] = json!("envoy-gateway");
        }
        match self.sticky {
            None => {}
            Some(Sticky::Cookie) => traffic["sticky"] = json!({"cookie": "bucket"}),
            Some(Sticky::Header) => traffic["sticky"] = json!({"header": "x-user-hash"}),
        }
        let ports: Vec<Value> = self
            .ports
            .iter()
            .map(|(name, number)| json!({"name": name, "port": number}))
            .collect();
        let steps: Vec<Value> = self
            .steps
            .iter()
            .enumerate()
            .map(|(at, step)| self.step_document(at, step))
            .collect();
        json!({
            "apiVersion": "glidepath.dev/v1alpha1",
            "kind": "ModelRollout",
            "metadata": {"name": "random", "namespace": "tests"},
            "spec": {
                "service": {"ports": ports},
                "models": models,
                "stable": name(self.stable),
                "traffic": traffic,
                "cohorts": cohorts,
                "steps": steps,
                "retire": if self.retire { "auto" } else { "never" },
            },
        })
    }
}

fn cohort(at: usize) -> String {
    format!("c{at}")
}

fn percent(hundredths: u32) -> Value {
    if hundredths.is_multiple_of(100) {
        json!(hundredths / 100)
    } else {
        json!(f64::from(hundredths) / 100.0)
    }
}

fn shares_document(shares: &Shares) -> Value {
    let entries = shares
        .iter()
        .map(|(model, share)| (name(*model), percent(*share)));
    Value::Object(entries.collect())
}

fn base_document(base: &Base) -> Value {
    let mut route = json!({"name": base.name});
    if !base.entries.is_empty() {
        let entries = base.entries.iter().map(|(uri, method)| {
            let mut entry = Map::new();
            for (key, matcher) in [("uri", uri), ("method", method)] {
                if let Some(matcher) = matcher {
                    entry.insert(key.to_owned(), matcher.document());
                }
            }
            Value::Object(entry)
        });
        route["match"] = entries.collect();
    }
    if let Some(to) = base.rewrite {
        route["rewrite"] = json!({"uri": to});
    }
    route
}

/// The mirror of every step copies the same requests.
impl Rollout {
    fn mirror(&self, to: usize, share: u32) -> Value {
        let mut mirror = json!({"to": name(to), "percent": percent(share)});
        if !self.copied.is_empty() {
            mirror["match"] = self.copied.iter().map(Entry::document).collect();
        }
        match &self.copied_cohorts {
            CopiedCohorts::Unsaid => {}
            CopiedCohorts::All => mirror["cohorts"] = json!("all"),
            CopiedCohorts::None => mirror["cohorts"] = json!("none"),
            CopiedCohorts::Some(cohorts) => {
                mirror["cohorts"] = cohorts.iter().map(|at| cohort(*at)).collect();
            }
        }
        mirror
    }

    fn step_document(&self, at: usize, step: &Step) -> Value {
        let mut map = json!({"name": format!("s{at}")});
        if let Some(weights) = &step.weights {
            map["weights"] = shares_document(weights);
        }
        for (at, target) in &step.cohorts {
            map["cohorts"][cohort(*at)] = match target {
                None => Value::Null,
                Some(shares) => match shares.iter().collect::<Vec<_>>()[..] {
                    [(model, &WHOLE)] => json!(name(*model)),
                    _ => shares_document(shares),
                },
            };
        }
        match step.mirror {
            Some(Some((to, share))) => {
                map["mirror"] = self.mirror(to, share);
            }
            Some(None) => map["mirror"] = Value::Null,
            None => {}
        }
        for (key, models) in [
            ("deploy", &step.deploy),
            ("retire", &step.retire),
            ("keep", &step.keep),
        ] {
            if !models.is_empty() {
                map[key] = models.iter().map(|model| name(*model)).collect();
            }
        }
        for (model, count) in &step.replicas {
            map["replicas"][name(*model)] = json!(count);
        }
        map
    }
}
