//! SGLang: `python3 -m sglang.launch_server` (<https://docs.sglang.io/advanced_features/server_arguments.html>).

use crate::plan::{Generated, Model, Source};

use super::server::{Bounds, Counter, Ending, Server, seconds};
use super::{Launch, Loads, RuntimeFacts, RuntimePort, RuntimeProbes, hub, literal};

const HTTP: RuntimePort = RuntimePort {
    name: "http",
    number: 30000,
};

pub(super) static FACTS: RuntimeFacts = RuntimeFacts {
    name: "sglang",
    container: "sglang",
    ports: &[HTTP],
    metrics: None,
    needs_model: true,
    versions: false,
    loads: Loads {
        // It chooses the Run:ai Model Streamer by itself (<https://docs.sglang.io/advanced_features/object_storage.html>).
        reads: &["/", "s3://", "gs://", "az://"],
        fetches: true,
        copies: true,
    },
    launch,
    probes: Some(RuntimeProbes {
        // 503 until a first request of its own has been answered, and again once it was told to stop
        // (`python/sglang/srt/entrypoints/http_server.py`).
        path: |_| "/health".to_owned(),
        port: HTTP,
        loaded: None,
        // Some releases generate a token for it.
        timeout: 5,
        readiness_period: 5,
        // 30 minutes to download, load and capture graphs.
        startup_period: 10,
        startup_tries: 180,
    }),
    streams: true,
    shares_memory: true,
    metric_units: &[],
    server: Some(&SERVER),
};

// Told to stop, it waits until no request is left, however long that takes: `terminationGracePeriodSeconds` bounds it.
fn launch(model: &Model, own: &Generated) -> Launch {
    let Some(served) = &own.served else {
        return Launch::default();
    };
    let mut args = vec![
        format!("--model-path={}", literal(&served.source.address())),
        format!("--served-model-name={}", literal(&served.name)),
        // It listens on 127.0.0.1 by default.
        "--host=0.0.0.0".to_owned(),
        format!("--port={}", model.port_number(HTTP)),
        "--enable-metrics".to_owned(),
    ];
    if let Source::Hub { revision, .. } = &served.source {
        args.extend(revision.iter().map(|name| format!("--revision={name}")));
    }
    let command = ["python3", "-m", "sglang.launch_server"];
    Launch {
        command: Some(command.map(str::to_owned).to_vec()),
        args: Some(args),
        env: hub(own),
        ..Launch::default()
    }
}

/// Of times to a first token.
const LONG: &[f64] = &[
    0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 200.0,
    400.0,
];

/// Its own metrics, with `--enable-metrics`
/// (<https://github.com/sgl-project/sglang/blob/main/python/sglang/srt/metrics/collector.py>).
pub(super) static SERVER: Server = Server {
    name: "sglang",
    streams: true,
    // It does not count failures: those that its engine ends are aborted.
    counters: &[
        Counter {
            metric: "sglang:num_requests_total",
            label: "",
            endings: &[],
            otherwise: Some(Ending::Good),
        },
        Counter {
            metric: "sglang:num_aborted_requests_total",
            label: "",
            endings: &[],
            otherwise: Some(Ending::Aborted),
        },
    ],
    time_to_first_token: seconds("sglang:time_to_first_token_seconds", Bounds::Listed(LONG)),
    inter_token_latency: seconds(
        "sglang:inter_token_latency_seconds",
        Bounds::Listed(&[
            0.002, 0.004, 0.006, 0.008, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.06, 0.08,
            0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 4.0, 6.0, 8.0,
        ]),
    ),
    queue_time: seconds(
        "sglang:queue_time_seconds",
        Bounds::Listed(&[
            0.0, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0,
            70.0, 80.0, 90.0, 100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0, 900.0,
            1_000.0, 1_200.0, 1_400.0, 1_600.0, 1_800.0, 2_000.0, 2_500.0, 3_000.0,
        ]),
    ),
    model_latency: seconds(
        "sglang:e2e_request_latency_seconds",
        Bounds::Listed(&[
            0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0,
            200.0, 400.0, 600.0, 1_200.0, 1_800.0, 2_400.0,
        ]),
    ),
    labels: &[
        "dp_rank",
        "engine_type",
        "is_streaming",
        "model_name",
        "moe_ep_rank",
        "pp_rank",
        "tp_rank",
    ],
};
