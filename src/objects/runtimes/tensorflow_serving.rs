//! TensorFlow Serving: gRPC on `--port`, REST on `--rest_api_port`
//! (<https://github.com/tensorflow/serving/blob/master/tensorflow_serving/model_servers/main.cc>).

use k8s_openapi::api::core::v1::{HTTPGetAction, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::plan::{Model, Source};

use super::{CONFIG_FOLDER, Parts, source_variables};

const MONITORING_FILE: &str = "monitoring.config";
const MODELS_FILE: &str = "models.config";
/// Metrics on the REST port, where Prometheus finds them.
const MONITORING: &str =
    "prometheus_config { enable: true path: \"/monitoring/prometheus/metrics\" }\n";
/// Seconds between two tries of the readiness probe.
const READINESS_PERIOD: i32 = 5;
/// Seconds between two tries of the startup probe, and how many there are: 15 minutes to fetch and load a model.
const STARTUP_PERIOD: i32 = 10;
const STARTUP_TRIES: i32 = 90;

pub(super) fn parts(model: &Model) -> Parts {
    let mut config = source_variables(model);
    let mut files = Vec::new();
    let mut args = vec![
        format!("--port={}", port(model, "grpc", 8500)),
        format!("--rest_api_port={}", port(model, "http", 8501)),
    ];
    if let Some(
        source @ Source {
            version: Some(version),
            ..
        },
    ) = &model.source
    {
        // A base path serves its newest version; only a model configuration can name another.
        config.insert(MODELS_FILE.to_owned(), pinned(source, *version));
        files.push(MODELS_FILE);
        args.push(format!("--model_config_file={CONFIG_FOLDER}/{MODELS_FILE}"));
    } else {
        args.push("--model_name=$(MODEL_NAME)".to_owned());
        args.push("--model_base_path=$(MODEL_PATH)".to_owned());
    }
    config.insert(MONITORING_FILE.to_owned(), MONITORING.to_owned());
    files.push(MONITORING_FILE);
    args.push(format!(
        "--monitoring_config_file={CONFIG_FOLDER}/{MONITORING_FILE}"
    ));
    Parts {
        container: "tensorflow-serving",
        command: Some(vec!["tensorflow_model_server".to_owned()]),
        args: Some(args),
        config,
        files,
        readiness: Some(Probe {
            period_seconds: Some(READINESS_PERIOD),
            ..probe(model)
        }),
        startup: Some(Probe {
            failure_threshold: Some(STARTUP_TRIES),
            period_seconds: Some(STARTUP_PERIOD),
            ..probe(model)
        }),
    }
}

/// The number of the port of this name.
fn port(model: &Model, name: &str, default: u16) -> u16 {
    model
        .ports
        .iter()
        .find(|port| port.name.as_deref() == Some(name))
        .map_or(default, |port| port.number)
}

/// The model's own REST status: `/metadata` answers 200 only once the model is AVAILABLE, where the bare status path answers
/// 200 while it still loads.
fn probe(model: &Model) -> Probe {
    let source = model.source.as_ref();
    let name = source.map_or("", |source| source.name.as_str());
    let version = source
        .and_then(|source| source.version)
        .map_or_else(String::new, |version| format!("/versions/{version}"));
    let named = model
        .ports
        .iter()
        .any(|port| port.name.as_deref() == Some("http"));
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some(format!("/v1/models/{name}{version}/metadata")),
            port: if named {
                IntOrString::String("http".to_owned())
            } else {
                IntOrString::Int(8501)
            },
            ..HTTPGetAction::default()
        }),
        ..Probe::default()
    }
}

/// A `ModelServerConfig` in protobuf's text format that serves one version of one model.
fn pinned(source: &Source, version: u64) -> String {
    format!(
        "model_config_list {{\n  config {{\n    name: {}\n    base_path: {}\n    model_platform: \"tensorflow\"\n    model_version_policy {{ specific {{ versions: {version} }} }}\n  }}\n}}\n",
        quoted(&source.name),
        quoted(&source.uri),
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
