//! NVIDIA Triton: `tritonserver`
//! (<https://github.com/triton-inference-server/server/blob/main/src/command_line_parser.cc>).

use crate::plan::{Generated, Model};

use super::server::{Bounds, Counter, Ending, Histogram, MEANS, Server, Timed};
use super::{
    Launch, Loads, MetricUnit, RuntimeFacts, RuntimePort, RuntimeProbes, literal,
    open_inference_path,
};

const HTTP: RuntimePort = RuntimePort {
    name: "http",
    number: 8000,
};
const GRPC: RuntimePort = RuntimePort {
    name: "grpc",
    number: 8001,
};
const METRICS: RuntimePort = RuntimePort {
    name: "metrics",
    number: 8002,
};

pub(super) static FACTS: RuntimeFacts = RuntimeFacts {
    name: "triton",
    container: "triton",
    ports: &[HTTP, GRPC],
    metrics: Some(METRICS),
    needs_model: true,
    versions: true,
    loads: Loads {
        // <https://github.com/triton-inference-server/server/blob/main/docs/user_guide/model_repository.md>
        reads: &["/", "gs://", "s3://", "as://"],
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
        // 20 minutes to fetch and load a repository.
        startup_period: 10,
        startup_tries: 120,
    }),
    streams: false,
    shares_memory: false,
    // Counters end in `_us`, and the histogram in `_ms`.
    metric_units: &[MetricUnit {
        prefix: "nv_inference_first_response_histogram_ms",
        seconds: 0.001,
    }],
    server: Some(&SERVER),
};

fn launch(model: &Model, own: &Generated) -> Launch {
    let Some(served) = &own.served else {
        return Launch::default();
    };
    let repository = served.source.address();
    Launch {
        // The image's entry point sets up CUDA, and starts what its arguments say.
        command: None,
        args: Some(vec![
            "tritonserver".to_owned(),
            format!("--model-repository={}", literal(&repository)),
            format!("--http-port={}", model.port_number(HTTP)),
            format!("--grpc-port={}", model.port_number(GRPC)),
            format!("--metrics-port={}", model.port_number(METRICS)),
            // How long it waits for what is in flight once it was told to stop; by default 30 seconds.
            format!("--exit-timeout-secs={}", own.drain.finish_seconds()),
        ]),
        ..Launch::default()
    }
}

/// Its own metrics (<https://github.com/triton-inference-server/server/blob/main/docs/user_guide/metrics.md>).
pub(super) static SERVER: Server = Server {
    name: "triton",
    streams: false,
    counters: &[
        Counter {
            metric: "nv_inference_request_success",
            label: "",
            endings: &[],
            otherwise: Some(Ending::Good),
        },
        // Releases before 24.03 have no `reason`.
        Counter {
            metric: "nv_inference_request_failure",
            label: "reason",
            endings: &[("CANCELED", Ending::Aborted)],
            otherwise: Some(Ending::Bad),
        },
    ],
    // Of decoupled models only, and with `--metrics-config histogram_latencies=true`.
    time_to_first_token: Timed::By(Histogram {
        metric: "nv_inference_first_response_histogram_ms",
        unit: 0.001,
        bounds: Bounds::Listed(&[100.0, 500.0, 2_000.0, 5_000.0]),
    }),
    inter_token_latency: Timed::Not("it does not time tokens"),
    queue_time: Timed::Not(MEANS),
    model_latency: Timed::Not(MEANS),
    labels: &["reason"],
};
