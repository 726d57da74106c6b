//! MLServer: `mlserver start` (<https://github.com/SeldonIO/MLServer/blob/master/mlserver/settings.py>). It reads its settings from
//! variables, and a model's from `model-settings.json` in the folder; what that leaves out comes from variables too.

use crate::plan::{Generated, Model};

use super::server::{Counter, Ending, MEANS, Server, Timed};
use super::{
    Launch, Loads, RuntimeFacts, RuntimePort, RuntimeProbes, literal, open_inference_path,
};

const HTTP: RuntimePort = RuntimePort {
    name: "http",
    number: 8080,
};
const GRPC: RuntimePort = RuntimePort {
    name: "grpc",
    number: 8081,
};
const METRICS: RuntimePort = RuntimePort {
    name: "metrics",
    number: 8082,
};

pub(super) static FACTS: RuntimeFacts = RuntimeFacts {
    name: "mlserver",
    container: "mlserver",
    ports: &[HTTP, GRPC],
    metrics: Some(METRICS),
    needs_model: true,
    versions: true,
    loads: Loads {
        reads: &["/"],
        fetches: false,
        copies: true,
    },
    launch,
    probes: Some(RuntimeProbes {
        path: open_inference_path,
        port: HTTP,
        loaded: None,
        timeout: 1,
        readiness_period: 5,
        // 15 minutes to load a model.
        startup_period: 10,
        startup_tries: 90,
    }),
    streams: false,
    shares_memory: false,
    metric_units: &[],
    server: Some(&SERVER),
};

fn launch(model: &Model, own: &Generated) -> Launch {
    let Some(served) = &own.served else {
        return Launch::default();
    };
    let folder = literal(&served.source.address());
    let port = |port| model.port_number(port).to_string();
    let mut env = vec![
        ("MLSERVER_HTTP_PORT", port(HTTP)),
        ("MLSERVER_GRPC_PORT", port(GRPC)),
        ("MLSERVER_METRICS_PORT", port(METRICS)),
        ("MLSERVER_MODEL_NAME", literal(&served.name)),
        ("MLSERVER_MODEL_URI", folder.clone()),
    ];
    let version = served.version.map(|version| version.to_string());
    env.extend(version.map(|version| ("MLSERVER_MODEL_VERSION", version)));
    Launch {
        command: Some(vec!["mlserver".to_owned(), "start".to_owned()]),
        args: Some(vec![folder]),
        env,
        ..Launch::default()
    }
}

/// Its own metrics (<https://github.com/SeldonIO/MLServer/blob/master/mlserver/handlers/dataplane.py>).
pub(super) static SERVER: Server = Server {
    name: "mlserver",
    streams: false,
    counters: &[
        Counter {
            metric: "model_infer_request_success_total",
            label: "",
            endings: &[],
            otherwise: Some(Ending::Good),
        },
        Counter {
            metric: "model_infer_request_failure_total",
            label: "",
            endings: &[],
            otherwise: Some(Ending::Bad),
        },
    ],
    time_to_first_token: Timed::Not("it does not time tokens"),
    inter_token_latency: Timed::Not("it does not time tokens"),
    queue_time: Timed::Not("it does not time its queue"),
    model_latency: Timed::Not(MEANS),
    labels: &["model", "version"],
};
