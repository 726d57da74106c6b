//! TorchServe: `torchserve --start` (<https://pytorch.org/serve/server.html>). It is not maintained any more.

use crate::plan::{Generated, Model, ServedModel, Source};

use super::server::{Counter, Ending, MEANS, Server, Timed};
use super::{
    CONFIG_FOLDER, Launch, Loads, MetricUnit, RuntimeFacts, RuntimePort, RuntimeProbes, literal,
};

const HTTP: RuntimePort = RuntimePort {
    name: "http",
    number: 8080,
};
const GRPC: RuntimePort = RuntimePort {
    name: "grpc",
    number: 7070,
};
const METRICS: RuntimePort = RuntimePort {
    name: "metrics",
    number: 8082,
};

pub(super) static FACTS: RuntimeFacts = RuntimeFacts {
    name: "torchserve",
    container: "torchserve",
    ports: &[HTTP, GRPC],
    metrics: Some(METRICS),
    needs_model: true,
    // An archive says which version it is.
    versions: false,
    loads: Loads {
        reads: &["/", "https://"],
        fetches: false,
        copies: true,
    },
    launch,
    probes: Some(RuntimeProbes {
        path: |_| "/ping".to_owned(),
        port: HTTP,
        loaded: Some(loaded),
        timeout: 5,
        readiness_period: 5,
        // 15 minutes to fetch an archive and load it.
        startup_period: 10,
        startup_tries: 90,
    }),
    streams: false,
    shares_memory: false,
    metric_units: &[
        MetricUnit {
            prefix: "PredictionTime",
            seconds: 0.001,
        },
        MetricUnit {
            prefix: "HandlerTime",
            seconds: 0.001,
        },
        MetricUnit {
            prefix: "QueueTime",
            seconds: 0.001,
        },
        MetricUnit {
            prefix: "WorkerLoadTime",
            seconds: 0.001,
        },
    ],
    server: Some(&SERVER),
};

const CONFIG_FILE: &str = "config.properties";

fn launch(model: &Model, own: &Generated) -> Launch {
    let Some(served) = &own.served else {
        return Launch::default();
    };
    let (store, archive) = archive(served);
    let args = [
        "--start".to_owned(),
        // Without it the container would end at once.
        "--foreground".to_owned(),
        "--no-config-snapshots".to_owned(),
        format!("--ts-config={CONFIG_FOLDER}/{CONFIG_FILE}"),
        format!("--model-store={}", literal(&store)),
        format!("--models={}={}", literal(&served.name), literal(&archive)),
    ];
    // By default it listens on 127.0.0.1 only, which is where whoever can replace its model stays, and its metrics go to a log.
    // Callers come through the mesh; its own tokens would be in a file that only the pod has.
    let config = format!(
        "inference_address=http://0.0.0.0:{}\nmetrics_address=http://0.0.0.0:{}\ngrpc_inference_address=0.0.0.0\ngrpc_inference_port={}\nmetrics_mode=prometheus\ndisable_token_authorization=true\n",
        model.port_number(HTTP),
        model.port_number(METRICS),
        model.port_number(GRPC),
    );
    Launch {
        command: Some(vec!["torchserve".to_owned()]),
        args: Some(args.to_vec()),
        files: vec![(CONFIG_FILE, config)],
        ..Launch::default()
    }
}

/// The folder of archives and the archive: the file that the URI names, else the model's in the folder that it names.
fn archive(served: &ServedModel) -> (String, String) {
    let address = match &served.source {
        // The folder must be there, and stays empty.
        Source::Read(address) if !address.starts_with('/') => {
            return ("/tmp".to_owned(), address.clone());
        }
        // One file is copied under its own name.
        Source::Copied { uri, folder } => match uri.rsplit_once('/') {
            Some((_, file)) if is_archive(file) => format!("{folder}/{file}"),
            _ => folder.clone(),
        },
        Source::Read(_) | Source::Hub { .. } | Source::Claim { .. } => served.source.address(),
    };
    match address.rsplit_once('/') {
        Some((folder, file)) if is_archive(file) => (folder.to_owned(), file.to_owned()),
        _ => (address, format!("{}.mar", served.name)),
    }
}

fn is_archive(file: &str) -> bool {
    file.rsplit_once('.').is_some_and(|(_, end)| end == "mar")
}

/// `/ping` counts a worker as soon as it has started, and the management API calls it ready then (`WorkLoadManager` and
/// `WorkerThread` of 0.12.0). That the model is loaded shows only in a metric, which a worker gets with it.
fn loaded(model: &Model) -> Vec<String> {
    let script = format!(
        "import urllib.request as r; raise SystemExit(b'WorkerLoadTime{{' not in r.urlopen('http://127.0.0.1:{}/metrics').read())",
        model.port_number(METRICS)
    );
    vec!["python".to_owned(), "-c".to_owned(), script]
}

/// Its own metrics, with `metrics_mode=prometheus` (<https://pytorch.org/serve/metrics.html>).
pub(super) static SERVER: Server = Server {
    name: "torchserve",
    streams: false,
    // It counts by the class of the status, and its probes among the good ones.
    counters: &[
        counter("Requests2XX", Ending::Good),
        counter("Requests4XX", Ending::Good),
        counter("Requests5XX", Ending::Bad),
    ],
    time_to_first_token: Timed::Not("it does not time tokens"),
    inter_token_latency: Timed::Not("it does not time tokens"),
    queue_time: Timed::Not(MEANS),
    model_latency: Timed::Not(MEANS),
    labels: &["Hostname", "Level"],
};

const fn counter(metric: &'static str, ending: Ending) -> Counter {
    Counter {
        metric,
        label: "",
        endings: &[],
        otherwise: Some(ending),
    }
}
