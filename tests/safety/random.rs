//! Random moves of small sets of objects: what is likely to break, and what is not.

use serde_json::{Value, json};

/// Random numbers that are the same on every machine (Marsaglia's xorshift64).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn one_in(&mut self, sides: u64) -> bool {
        self.roll(sides) == 0
    }

    fn of<T: Clone>(&mut self, all: impl AsRef<[T]>) -> T {
        let all = all.as_ref();
        let at = self.roll(u64::try_from(all.len()).expect("a small list"));
        all[usize::try_from(at).expect("a small number")].clone()
    }
}

/// A move: the objects of both sides.
pub(super) struct Random {
    pub(super) before: Vec<Value>,
    pub(super) after: Vec<Value>,
}

/// The objects that a state may have.
const NAMES: [(&str, &[&str]); 5] = [
    ("Service", &["s1", "s2"]),
    ("Deployment", &["d1", "d2", "d3"]),
    ("HorizontalPodAutoscaler", &["d1"]),
    ("DestinationRule", &["r1", "r2"]),
    ("VirtualService", &["w1", "w2"]),
];

impl Random {
    /// A state, and another that differs from it in a few objects.
    pub(super) fn new(dice: &mut Dice) -> Self {
        let mut before = Vec::new();
        for (kind, names) in NAMES {
            for (index, name) in names.iter().enumerate() {
                let rarity = if kind == "HorizontalPodAutoscaler" {
                    4
                } else {
                    2
                };
                if (index == 0 && rarity == 2) || dice.one_in(rarity) {
                    before.push(object(dice, kind, name));
                }
            }
        }
        let mut after = before.clone();
        for _ in 0..=dice.roll(3) {
            change(dice, &mut after);
        }
        Self { before, after }
    }
}

/// Removes, adds, replaces or turns one object.
fn change(dice: &mut Dice, objects: &mut Vec<Value>) {
    let (kind, names) = dice.of(NAMES);
    let name = dice.of(names);
    let at = objects
        .iter()
        .position(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    match at {
        None => objects.push(object(dice, kind, name)),
        Some(at) if dice.one_in(4) => {
            objects.remove(at);
        }
        Some(at) if dice.one_in(2) => objects[at] = object(dice, kind, name),
        Some(at) => turn(dice, &mut objects[at]),
    }
}

/// Changes one field.
fn turn(dice: &mut Dice, object: &mut Value) {
    let name = |value: &Value| value.as_str().expect("a name").to_owned();
    let (kind, named) = (name(&object["kind"]), name(&object["metadata"]["name"]));
    let fresh = self::object(dice, &kind, &named);
    let fields: Vec<String> = fresh["spec"]
        .as_object()
        .expect("a spec")
        .keys()
        .cloned()
        .collect();
    let field = dice.of(&fields);
    object["spec"][&field] = fresh["spec"][&field].clone();
}

fn object(dice: &mut Dice, kind: &str, name: &str) -> Value {
    let (api, spec) = match kind {
        "Service" => ("v1", service(dice)),
        "Deployment" => ("apps/v1", deployment(dice, name)),
        "HorizontalPodAutoscaler" => ("autoscaling/v2", autoscaler(name)),
        "DestinationRule" => ("networking.istio.io/v1", rule(dice)),
        _ => ("networking.istio.io/v1", routes(dice)),
    };
    json!({
        "apiVersion": api,
        "kind": kind,
        "metadata": {"name": name, "namespace": "ml"},
        "spec": spec,
    })
}

fn service(dice: &mut Dice) -> Value {
    let selector = dice.of([
        json!({"app": "r"}),
        json!({"app": "r"}),
        json!({"tier": "x"}),
    ]);
    let to = dice.of([json!("http"), json!("http"), json!("web"), json!(8080)]);
    let mut ports = vec![json!({"name": "a", "port": 80, "targetPort": to})];
    if dice.one_in(3) {
        ports.push(json!({"name": "b", "port": 81, "targetPort": 8081}));
    }
    json!({"selector": selector, "ports": ports})
}

fn deployment(dice: &mut Dice, name: &str) -> Value {
    let mut labels = json!({"app": "r", "version": dice.of(["v1", "v2"])});
    if dice.one_in(2) {
        labels["tier"] = json!("x");
    }
    let ports = dice.of([vec!["http"], vec!["http", "web"], vec!["web"]]);
    let ports: Vec<Value> = ports
        .iter()
        .map(|port| json!({"name": port, "containerPort": 8080}))
        .collect();
    let strategy = dice.of([
        json!({}),
        json!({}),
        json!({"type": "Recreate"}),
        json!({"rollingUpdate": {"maxUnavailable": 0}}),
        json!({"rollingUpdate": {"maxUnavailable": 1}}),
        json!({"rollingUpdate": {"maxUnavailable": "60%"}}),
    ]);
    let selector = dice.of([name, name, name, name, name, "other"]);
    json!({
        "replicas": dice.of([2, 2, 1, 0]),
        "strategy": strategy,
        "selector": {"matchLabels": {"id": selector}},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{
                "name": "server",
                "image": dice.of(["i:1", "i:1", "i:2"]),
                "ports": ports,
            }]},
        },
    })
}

fn autoscaler(name: &str) -> Value {
    json!({
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
        "minReplicas": 2,
        "maxReplicas": 4,
    })
}

fn rule(dice: &mut Dice) -> Value {
    let mut subsets = Vec::new();
    for (name, labels) in [
        ("v1", json!({"version": "v1"})),
        ("v2", json!({"version": "v2"})),
        ("x", json!({"tier": "x"})),
    ] {
        if !dice.one_in(4) {
            subsets.push(json!({"name": name, "labels": labels}));
        }
    }
    let host = dice.of(["s1", "s1", "s2", "s1.ml.svc.cluster.local"]);
    json!({"host": host, "subsets": subsets})
}

fn routes(dice: &mut Dice) -> Value {
    let mut http = Vec::new();
    for group in ["a", "b"] {
        if dice.one_in(3) {
            let mut route = route(dice, group);
            route["match"] = json!([{"headers": {"group": {"exact": group}}}]);
            http.push(route);
        }
    }
    http.push(route(dice, "default"));
    if dice.one_in(6) {
        // Nothing comes here.
        http.push(route(dice, "never"));
    }
    json!({"hosts": [dice.of(["s1", "s2", "x.example"])], "http": http})
}

fn route(dice: &mut Dice, name: &str) -> Value {
    let to = match dice.roll(4) {
        0 => vec![json!({"destination": destination(dice)})],
        1 => vec![
            json!({"destination": destination(dice), "weight": 100}),
            json!({"destination": destination(dice), "weight": 0}),
        ],
        _ => vec![
            json!({"destination": destination(dice), "weight": 70}),
            json!({"destination": destination(dice), "weight": 30}),
        ],
    };
    let mut route = json!({"name": name, "route": to});
    if dice.one_in(5) {
        route["mirror"] = destination(dice);
        if dice.one_in(3) {
            route["mirrorPercentage"] = json!({"value": 0});
        }
    }
    route
}

fn destination(dice: &mut Dice) -> Value {
    let mut to = json!({"host": dice.of(["s1", "s1", "s1", "s2", "s1.ml.svc.cluster.local", "elsewhere.example"])});
    if !dice.one_in(4) {
        to["subset"] = json!(dice.of(["v1", "v2", "v1", "v2", "x"]));
    }
    if dice.one_in(4) {
        to["port"] = json!({"number": dice.of([80, 80, 81])});
    }
    to
}
