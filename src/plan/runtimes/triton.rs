//! NVIDIA Triton's own metrics
//! (<https://github.com/triton-inference-server/server/blob/main/docs/user_guide/metrics.md>).

use super::server::{Bounds, Counter, Ending, Histogram, MEANS, Server, Timed};

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
