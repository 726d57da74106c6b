//! What is known of each serving runtime, as plain data and functions over a [`Model`]. One file a runtime: a pod is built, a
//! spec is resolved and a metric is read from these facts alone.

mod custom;
mod loads;
mod mlserver;
mod server;
mod sglang;
mod tensorflow_serving;
mod torchserve;
mod triton;
mod vllm;

use crate::spec::{RuntimeName, ServerName};

use super::{Generated, MODELS_FOLDER, Model, Source};

pub use loads::{Loads, Way};
pub use server::{Counter, Ending, Histogram, Server, Timed};
pub use vllm::finishes;

/// The volume that carries a runtime's files.
pub const CONFIG_VOLUME: &str = "glidepath";
/// Where a runtime's files are mounted.
pub const CONFIG_FOLDER: &str = "/etc/glidepath";

/// What is known of a runtime.
#[derive(Debug)]
pub struct RuntimeFacts {
    /// The language's word for the runtime.
    pub name: &'static str,
    /// The container's name in the pod.
    pub container: &'static str,
    /// The ports for callers that it opens where the spec names none.
    pub ports: &'static [RuntimePort],
    /// The port of its metrics, where that is none of those for callers.
    pub metrics: Option<RuntimePort>,
    /// Whether it cannot start without `model`: what it serves, and from where.
    pub needs_model: bool,
    /// Whether it knows versions of a model.
    pub versions: bool,
    /// What it serves from where.
    pub loads: Loads,
    /// How its container is started.
    pub launch: fn(&Model, &Generated) -> Launch,
    /// How it tells that it serves, where it has a way of its own.
    pub probes: Option<RuntimeProbes>,
    /// Whether its answers are streams, which end when the reader has read them.
    pub streams: bool,
    /// Whether its processes share memory where it uses several accelerators.
    pub shares_memory: bool,
    /// The units of its own metrics, where their names do not say them.
    pub metric_units: &'static [MetricUnit],
    /// Its own measurements, where they are known.
    pub server: Option<&'static Server>,
}

/// A container port that a runtime opens by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimePort {
    /// The port's name, which is also its protocol's.
    pub name: &'static str,
    /// The port's number.
    pub number: u16,
}

/// How a runtime's container is started; the spec's own fields go before it.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// The command that replaces the image's entry point.
    pub command: Option<Vec<String>>,
    /// The container's arguments.
    pub args: Option<Vec<String>>,
    /// Variables, each a value as the container sees it.
    pub env: Vec<(&'static str, String)>,
    /// Variables that the ConfigMap holds.
    pub config: Vec<(&'static str, String)>,
    /// Files below [`CONFIG_FOLDER`], by name.
    pub files: Vec<(&'static str, String)>,
}

/// Probes that a runtime brings; those of the spec go before them.
#[derive(Debug)]
pub struct RuntimeProbes {
    /// The path that answers 200 as long as requests may come.
    pub path: fn(&Model) -> String,
    /// The port that answers.
    pub port: RuntimePort,
    /// A command that succeeds once the model is loaded, where the path answers earlier.
    pub loaded: Option<fn(&Model) -> Vec<String>>,
    /// Seconds in which it must answer.
    pub timeout: i32,
    /// Seconds between two tries of the readiness probe.
    pub readiness_period: i32,
    /// Seconds between two tries of the startup probe.
    pub startup_period: i32,
    /// Tries of the startup probe before the container is restarted.
    pub startup_tries: i32,
}

/// The unit of a runtime's metrics of times.
#[derive(Clone, Copy, Debug)]
pub struct MetricUnit {
    /// What the metrics' names begin with.
    pub prefix: &'static str,
    /// The unit of the times, in seconds.
    pub seconds: f64,
}

/// Every runtime's facts.
pub static ALL: [&RuntimeFacts; 7] = [
    &tensorflow_serving::FACTS,
    &triton::FACTS,
    &torchserve::FACTS,
    &vllm::FACTS,
    &sglang::FACTS,
    &mlserver::FACTS,
    &custom::FACTS,
];

/// What is known of a runtime.
pub fn facts(runtime: RuntimeName) -> &'static RuntimeFacts {
    match runtime {
        RuntimeName::TensorflowServing => &tensorflow_serving::FACTS,
        RuntimeName::Triton => &triton::FACTS,
        RuntimeName::Torchserve => &torchserve::FACTS,
        RuntimeName::Vllm => &vllm::FACTS,
        RuntimeName::Sglang => &sglang::FACTS,
        RuntimeName::Mlserver => &mlserver::FACTS,
        RuntimeName::Custom => &custom::FACTS,
    }
}

/// Every model server whose own metrics are known.
pub static SERVERS: [&Server; 6] = [
    &tensorflow_serving::SERVER,
    &triton::SERVER,
    &vllm::SERVER,
    &sglang::SERVER,
    &torchserve::SERVER,
    &mlserver::SERVER,
];

/// What is known of a model server.
pub fn server(name: ServerName) -> &'static Server {
    match name {
        ServerName::TensorflowServing => &tensorflow_serving::SERVER,
        ServerName::Triton => &triton::SERVER,
        ServerName::Vllm => &vllm::SERVER,
        ServerName::Sglang => &sglang::SERVER,
        ServerName::Torchserve => &torchserve::SERVER,
        ServerName::Mlserver => &mlserver::SERVER,
    }
}

/// A text as Kubernetes hands it over unchanged: in arguments and variables `$(NAME)` is a reference, and `$$` a dollar sign.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

/// What a container of a generated workload is told of the model, as variables.
fn variables(own: &Generated) -> Vec<(&'static str, String)> {
    let Some(served) = &own.served else {
        return Vec::new();
    };
    let version = served.version.map(|version| version.to_string());
    [
        ("MODEL_NAME", Some(served.name.clone())),
        ("MODEL_PATH", Some(served.source.address())),
        ("MODEL_VERSION", version),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// What a server that fetches from the Hugging Face Hub is told of the cache, as variables.
fn hub(own: &Generated) -> Vec<(&'static str, String)> {
    let fetched = own.served.as_ref().map(|served| &served.source);
    match (fetched, &own.cache) {
        (Some(Source::Hub { .. }), Some(_)) => vec![("HF_HOME", MODELS_FOLDER.to_owned())],
        _ => Vec::new(),
    }
}

/// The model's path in the Open Inference Protocol, which answers 200 once the model is ready
/// (<https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md>).
fn open_inference_path(model: &Model) -> String {
    let served = model.served();
    let name = served.map_or("", |served| served.name.as_str());
    let version = served.and_then(|served| served.version);
    let version = version.map_or_else(String::new, |version| format!("/versions/{version}"));
    format!("/v2/models/{name}{version}/ready")
}

/// How many seconds the unit of a metric is, where a runtime counts it and its name does not say so.
pub fn metric_unit(metric: &str) -> Option<f64> {
    let units = ALL.iter().flat_map(|facts| facts.metric_units);
    let found = units
        .into_iter()
        .find(|unit| metric.starts_with(unit.prefix));
    found.map(|unit| unit.seconds)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_name_of_the_language_has_its_facts() {
        let schema: Value =
            serde_json::from_str(include_str!("../../../schema/rollout.schema.json"))
                .expect("the schema is JSON");
        let runtime = &schema["$defs"]["model"]["properties"]["runtime"];
        let named: Vec<&str> = runtime["enum"]
            .as_array()
            .expect("a closed list")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(named, ALL.map(|facts| facts.name));
        for name in named {
            let known = RuntimeName::deserialize(Value::from(name)).expect("a name");
            assert_eq!(facts(known).name, name);
        }
    }

    #[test]
    fn every_server_of_the_language_has_its_table() {
        let schema: Value =
            serde_json::from_str(include_str!("../../../schema/rollout.schema.json"))
                .expect("the schema is JSON");
        let named = &schema["$defs"]["model"]["properties"]["server"]["enum"];
        let named: Vec<&str> = named
            .as_array()
            .expect("a closed list")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(named, SERVERS.map(|server| server.name));
        for name in named {
            let known = ServerName::deserialize(Value::from(name)).expect("a name");
            assert_eq!(server(known).name, name);
        }
    }

    #[test]
    fn a_probe_asks_a_port_that_the_runtime_opens() {
        for facts in ALL {
            if let Some(probes) = &facts.probes {
                assert!(facts.ports.contains(&probes.port), "{}", facts.name);
            }
        }
    }

    #[test]
    fn only_a_runtime_s_own_metrics_have_its_unit() {
        let unit = metric_unit(":tensorflow:serving:request_latency");
        assert_eq!(unit, Some(0.000_001));
        assert_eq!(metric_unit("request_latency"), None);
    }
}
