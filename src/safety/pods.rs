//! A workload's pods: which labels and ports they have, how many there are, and how they are replaced.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::applied::Identity;
use super::fields::{Labels, count, items, labels, text};

/// How many pods a workload runs where it does not say.
const DEFAULT_REPLICAS: u32 = 1;

/// The pods that one version of a workload asks for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pods {
    /// The labels of the pods.
    pub(super) labels: Labels,
    /// The names of their ports.
    pub(super) ports: BTreeSet<String>,
    /// What the workload says of their number.
    pub(super) replicas: Option<u32>,
    /// Whether it runs one on every node, however many those are.
    pub(super) on_every_node: bool,
    /// How many of them an update takes away at once.
    taken: Taken,
}

/// How many pods an update takes away before others are ready.
#[derive(Clone, Debug, PartialEq)]
enum Taken {
    /// All.
    All,
    /// One after the other.
    One,
    /// None, or it waits for somebody who deletes them.
    None,
    /// A number, or a percentage that Kubernetes rounds down here; 25 % where there is none.
    UpTo(Value),
}

impl Pods {
    pub(super) fn of(identity: &Identity, body: &Value) -> Self {
        let (spec, template) = (&body["spec"], &body["spec"]["template"]);
        let replicas = count(&spec["replicas"]);
        Self {
            labels: labels(&template["metadata"]["labels"]),
            ports: serving(template)
                .flat_map(|container| items(&container["ports"]))
                .map(|port| text(&port["name"]).to_owned())
                .filter(|name| !name.is_empty())
                .collect(),
            replicas,
            on_every_node: identity.kind == "DaemonSet",
            taken: Taken::of(identity, spec),
        }
    }

    /// Whether all of so many may be gone at once while they are replaced.
    pub(super) fn may_be_gone(&self, replicas: u32) -> bool {
        match &self.taken {
            Taken::All => true,
            Taken::One => replicas <= 1,
            Taken::None => false,
            Taken::UpTo(amount) => reaches(amount, replicas),
        }
    }

    /// How many it asks for, where nothing else sets it. One on every node counts as one.
    pub(super) fn asked(&self) -> u32 {
        self.replicas.unwrap_or(DEFAULT_REPLICAS)
    }
}

/// The containers that take requests: those that run beside each other, sidecars by `restartPolicy` included.
fn serving(template: &Value) -> impl Iterator<Item = &Value> {
    let pod = &template["spec"];
    let sidecars = items(&pod["initContainers"]).iter();
    let sidecars = sidecars.filter(|container| text(&container["restartPolicy"]) == "Always");
    items(&pod["containers"]).iter().chain(sidecars)
}

impl Taken {
    fn of(identity: &Identity, spec: &Value) -> Self {
        let update = &spec["updateStrategy"];
        let on_delete = text(&update["type"]) == "OnDelete";
        match identity.kind.as_str() {
            "StatefulSet" | "DaemonSet" if on_delete => Self::None,
            "StatefulSet" => Self::One,
            // On each node the only pod goes first, unless another one may surge.
            "DaemonSet" if is_none(&update["rollingUpdate"]["maxSurge"]) => Self::All,
            "DaemonSet" | "ReplicaSet" => Self::None,
            _ if text(&spec["strategy"]["type"]) == "Recreate" => Self::All,
            _ => Self::UpTo(spec["strategy"]["rollingUpdate"]["maxUnavailable"].clone()),
        }
    }
}

fn is_none(amount: &Value) -> bool {
    match amount {
        Value::Null => true,
        Value::String(percent) => percent.trim_end_matches('%') == "0",
        Value::Number(number) => number.as_u64() == Some(0),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a number or a percentage, which Kubernetes rounds down here, comes to all of the replicas. Without one it is 25 %.
fn reaches(amount: &Value, replicas: u32) -> bool {
    let percent = |percent: &str| percent.trim_end_matches('%').parse::<u64>().ok();
    let most = match amount {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => percent(text).map(|percent| percent * u64::from(replicas) / 100),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => Some(0),
    };
    most.is_some_and(|most| most > 0 && most >= u64::from(replicas))
}

/// What decides how the pods of a template answer: images, what is run and with what, and the volumes that it reads.
pub(super) fn content(body: &Value) -> Value {
    const CONTAINER: [&str; 8] = [
        "name",
        "image",
        "command",
        "args",
        "env",
        "envFrom",
        "volumeMounts",
        "workingDir",
    ];
    let pod = &body["spec"]["template"]["spec"];
    let containers = |list: &Value| -> Value {
        let containers = items(list).iter().map(|container| {
            let fields = CONTAINER.iter().filter_map(|field| {
                let value = container.get(*field)?;
                Some(((*field).to_owned(), value.clone()))
            });
            Value::Object(fields.collect::<Map<String, Value>>())
        });
        containers.collect()
    };
    let mut content = Map::new();
    content.insert(
        "initContainers".to_owned(),
        containers(&pod["initContainers"]),
    );
    content.insert("containers".to_owned(), containers(&pod["containers"]));
    content.insert("volumes".to_owned(), pod["volumes"].clone());
    Value::Object(content)
}

/// The names of the containers of a template.
pub(super) fn containers(body: &Value) -> BTreeSet<&str> {
    let containers = items(&body["spec"]["template"]["spec"]["containers"]).iter();
    containers
        .map(|container| text(&container["name"]))
        .collect()
}
