//! MLServer's own metrics (<https://github.com/SeldonIO/MLServer/blob/master/mlserver/handlers/dataplane.py>).

use super::server::{Counter, Ending, MEANS, Server, Timed};

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
