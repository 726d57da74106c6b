//! TensorFlow Serving: gRPC on `--port`, REST on `--rest_api_port`
//! (<https://github.com/tensorflow/serving/blob/master/tensorflow_serving/model_servers/main.cc>).

use crate::plan::{Generated, Model, ServedModel};

use super::server::{Bounds, Counter, Ending, Histogram, Server, Timed};
use super::{
    CONFIG_FOLDER, Launch, Loads, MetricUnit, RuntimeFacts, RuntimePort, RuntimeProbes, variables,
};

const GRPC: RuntimePort = RuntimePort {
    name: "grpc",
    number: 8500,
};
const HTTP: RuntimePort = RuntimePort {
    name: "http",
    number: 8501,
};

pub(super) static FACTS: RuntimeFacts = RuntimeFacts {
    name: "tensorflow-serving",
    container: "tensorflow-serving",
    ports: &[GRPC, HTTP],
    metrics: None,
    needs_model: true,
    versions: true,
    loads: Loads {
        reads: &["/", "gs://", "s3://", "hdfs://"],
        fetches: false,
        copies: true,
    },
    launch,
    probes: Some(RuntimeProbes {
        path: status_path,
        port: HTTP,
        loaded: None,
        timeout: 1,
        readiness_period: 5,
        // 15 minutes to fetch and load a model.
        startup_period: 10,
        startup_tries: 90,
    }),
    streams: false,
    shares_memory: false,
    // It counts microseconds and does not say so.
    metric_units: &[MetricUnit {
        prefix: ":tensorflow:serving:",
        seconds: 0.000_001,
    }],
    server: Some(&SERVER),
};

const TOKENS: &str = "it answers whole requests, and not token by token";

/// Its own metrics (<https://github.com/tensorflow/serving/blob/master/tensorflow_serving/servables/tensorflow/util.cc>).
pub(super) static SERVER: Server = Server {
    name: "tensorflow-serving",
    streams: false,
    counters: &[Counter {
        metric: ":tensorflow:serving:request_count",
        label: "status",
        // The statuses of gRPC. Failures are those that Envoy counts as such, and those by which a server says that it does not
        // have the model, is not ready or is full; the others are the caller's.
        endings: &[
            ("OK", Ending::Good),
            ("CANCELLED", Ending::Aborted),
            ("UNKNOWN", Ending::Bad),
            ("INVALID_ARGUMENT", Ending::Good),
            ("DEADLINE_EXCEEDED", Ending::Bad),
            ("NOT_FOUND", Ending::Bad),
            ("ALREADY_EXISTS", Ending::Good),
            ("PERMISSION_DENIED", Ending::Good),
            ("RESOURCE_EXHAUSTED", Ending::Bad),
            ("FAILED_PRECONDITION", Ending::Bad),
            ("ABORTED", Ending::Bad),
            ("OUT_OF_RANGE", Ending::Good),
            ("UNIMPLEMENTED", Ending::Bad),
            ("INTERNAL", Ending::Bad),
            ("UNAVAILABLE", Ending::Bad),
            ("DATA_LOSS", Ending::Bad),
            ("UNAUTHENTICATED", Ending::Good),
        ],
        otherwise: None,
    }],
    time_to_first_token: Timed::Not(TOKENS),
    inter_token_latency: Timed::Not(TOKENS),
    queue_time: Timed::Not("it times no queue of requests"),
    model_latency: Timed::By(Histogram {
        metric: ":tensorflow:serving:request_latency",
        unit: 0.000_001,
        bounds: Bounds::Growing {
            first: 10.0,
            factor: 1.8,
            count: 33,
        },
    }),
    labels: &["API", "entrypoint", "model_name", "status"],
};

const MONITORING_FILE: &str = "monitoring.config";
const MODELS_FILE: &str = "models.config";
/// Metrics on the REST port, where Prometheus finds them.
const MONITORING: &str =
    "prometheus_config { enable: true path: \"/monitoring/prometheus/metrics\" }\n";

fn launch(model: &Model, own: &Generated) -> Launch {
    let mut files = Vec::new();
    let mut args = vec![
        format!("--port={}", model.port_number(GRPC)),
        format!("--rest_api_port={}", model.port_number(HTTP)),
    ];
    if let Some(
        served @ ServedModel {
            version: Some(version),
            ..
        },
    ) = &own.served
    {
        // A base path serves its newest version; only a model configuration can name another.
        files.push((MODELS_FILE, pinned(served, *version)));
        args.push(format!("--model_config_file={CONFIG_FOLDER}/{MODELS_FILE}"));
    } else {
        args.push("--model_name=$(MODEL_NAME)".to_owned());
        args.push("--model_base_path=$(MODEL_PATH)".to_owned());
    }
    files.push((MONITORING_FILE, MONITORING.to_owned()));
    args.push(format!(
        "--monitoring_config_file={CONFIG_FOLDER}/{MONITORING_FILE}"
    ));
    Launch {
        command: Some(vec!["tensorflow_model_server".to_owned()]),
        args: Some(args),
        config: variables(own),
        files,
        ..Launch::default()
    }
}

/// The model's own REST status: `/metadata` answers 200 only once the model is AVAILABLE, where the bare status path answers
/// 200 while it still loads.
fn status_path(model: &Model) -> String {
    let served = model.served();
    let name = served.map_or("", |served| served.name.as_str());
    let version = served
        .and_then(|served| served.version)
        .map_or_else(String::new, |version| format!("/versions/{version}"));
    format!("/v1/models/{name}{version}/metadata")
}

/// A `ModelServerConfig` in protobuf's text format that serves one version of one model.
fn pinned(served: &ServedModel, version: u64) -> String {
    format!(
        "model_config_list {{\n  config {{\n    name: {}\n    base_path: {}\n    model_platform: \"tensorflow\"\n    model_version_policy {{ specific {{ versions: {version} }} }}\n  }}\n}}\n",
        quoted(&served.name),
        quoted(&served.source.address()),
    )
}

/// A string of protobuf's text format.
fn quoted(text: &str) -> String {
    let escaped = text.chars().fold(String::new(), |mut escaped, c| {
        match c {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\t' => escaped.push_str("\\t"),
            other => escaped.push(other),
        }
        escaped
    });
    format!("\"{escaped}\"")
}
