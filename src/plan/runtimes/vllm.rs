//! vLLM's own metrics (<https://github.com/vllm-project/vllm/blob/main/vllm/v1/metrics/loggers.py>).

use super::server::{Bounds, Counter, Ending, Server, seconds};

/// Of times of whole requests.
const LONG: &[f64] = &[
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0,
    480.0, 960.0, 1_920.0, 7_680.0,
];

pub(super) static SERVER: Server = Server {
    name: "vllm",
    streams: true,
    // It calls every request a success that has ended, whatever the reason.
    counters: &[Counter {
        metric: "vllm:request_success_total",
        label: "finished_reason",
        endings: &[
            ("stop", Ending::Good),
            ("length", Ending::Good),
            ("repetition", Ending::Good),
            ("error", Ending::Bad),
            ("abort", Ending::Aborted),
        ],
        otherwise: None,
    }],
    time_to_first_token: seconds(
        "vllm:time_to_first_token_seconds",
        Bounds::Listed(&[
            0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
            10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2_560.0,
        ]),
    ),
    inter_token_latency: seconds(
        "vllm:inter_token_latency_seconds",
        Bounds::Listed(&[
            0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
            10.0, 20.0, 40.0, 80.0,
        ]),
    ),
    queue_time: seconds("vllm:request_queue_time_seconds", Bounds::Listed(LONG)),
    model_latency: seconds("vllm:e2e_request_latency_seconds", Bounds::Listed(LONG)),
    // One engine for each data-parallel rank of a pod.
    labels: &["engine", "finished_reason", "model_name"],
};
